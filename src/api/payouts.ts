import type { FastifyInstance, FastifyReply } from "fastify";
import { HubError } from "../base/errors.ts";
import { type Money, toDecimal } from "../base/money.ts";
import { paperHtml, paperPdf, paperXlsx } from "../papers/index.ts";
import type { PaidRow, PayoutReport } from "../runs/index.ts";
import {
  type PayoutAnswer,
  PayoutFileQuery,
  PayoutParams,
  type PayoutRow,
  PayoutRowsQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { FILE_KINDS, type FileKind, fileLinks, sendFile } from "./files.ts";
import { payoutCsv, payoutPaper } from "./payout-paper.ts";
import { readInput } from "./request-input.ts";

/**
 * `GET /api/pairs/:pair/payouts/:id`, what a payout is made of, `…/report.pdf` (`.html`, `.xlsx`,
 * `.csv`) the same as a file, and `…/rows`, a page of its rows. All ask Stripe; a payout of 50,000
 * rows takes a minute to add up.
 */
export function registerPayouts(app: FastifyInstance, { payouts, clock }: ApiDeps): void {
  app.get("/pairs/:pair/payouts/:id", async (request, reply): Promise<PayoutAnswer> => {
    const { pair, id } = readInput(PayoutParams, request.params);
    return answerOf(await found(id, payouts.report(pair, id, goneSignal(reply))));
  });

  for (const kind of FILE_KINDS) {
    app.get(`/pairs/:pair/payouts/:id/report.${kind}`, async (request, reply) => {
      const { pair, id } = readInput(PayoutParams, request.params);
      const query = readInput(PayoutFileQuery, request.query);
      const report = await found(id, payouts.report(pair, id, goneSignal(reply)));
      const { name, pieces } = fileOf(report, { kind, pair, query, madeAt: clock.now() });
      return sendFile(reply, { kind, name, pieces });
    });
  }

  app.get("/pairs/:pair/payouts/:id/rows", async (request, reply) => {
    const { pair, id } = readInput(PayoutParams, request.params);
    const { after } = readInput(PayoutRowsQuery, request.query);
    const { rows, next } = await found(id, payouts.rows(pair, { id, after }, goneSignal(reply)));
    return { rows: rows.map(rowOf), next: next ?? null };
  });
}

/** @throws HubError `api.not_found` for an id that a person has given and Stripe does not know */
async function found<T>(id: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (!(cause instanceof HubError) || cause.code !== "stripe.object_missing") throw cause;
    const kinds = { po: "payout", tu: "top-up", ibt: "inbound transfer" };
    const what = kinds[id.slice(0, id.indexOf("_")) as keyof typeof kinds];
    throw new HubError("api.not_found", `Stripe has no ${what} ${id}`, {
      cure: "Check the id, and that it is of this pair's Stripe account.",
      cause,
    });
  }
}

/** A payout as a file of one kind. */
function fileOf(
  report: PayoutReport,
  of: Readonly<{ kind: FileKind; pair: string; query: PayoutFileQuery; madeAt: Date }>,
) {
  const { kind, pair, query, madeAt } = of;
  const title = `Payout ${report.payout.id}`;
  const name = `${pair}-${report.payout.id}`;
  if (kind === "csv") return { name, pieces: payoutCsv(pair, report) };
  const papers = [payoutPaper(pair, report, madeAt)];
  const frame = { title, nothing: "", madeAt, size: query.paper };
  if (kind === "pdf") return { name, pieces: paperPdf(papers, frame) };
  if (kind === "xlsx") return { name, pieces: paperXlsx(papers, frame) };
  const links = query.links === "true" ? fileLinks("report", {}) : [];
  return { name, pieces: paperHtml(papers, { ...frame, links }) };
}

/** Nobody adds up for a caller who has gone. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on("close", () => gone.abort());
  return gone.signal;
}

function answerOf(report: PayoutReport): PayoutAnswer {
  const { payout, lines, categories, notItemised } = report;
  const { id, kind, status, amount, isAutomatic, method, traceId, failure } = payout;
  return {
    ...{ id, kind, status, isAutomatic, method, traceId, failure },
    amount: toDecimal(amount),
    currency: amount.currency,
    createdAt: payout.createdAt.toISOString(),
    arrivesAt: payout.arrivesAt?.toISOString() ?? null,
    bankDate: report.bankDate ?? null,
    reversalOf: payout.reversalOf ?? null,
    reversedBy: payout.reversedBy ?? null,
    journals: [...report.journals],
    notItemised: notItemised ?? null,
    rows: report.rows,
    lines: {
      gross: toDecimal(lines.gross),
      refunds: toDecimal(lines.refunds),
      disputes: toDecimal(lines.disputes),
      fees: toDecimal(lines.fees),
      other: toDecimal(lines.other),
    },
    net: toDecimal(report.net),
    difference: toDecimal(report.difference),
    categories: categories.map(({ category, rows, waiting, ...sums }) => ({
      ...{ category, rows, waiting, batches: batchesOf(report, category) },
      ...decimals(sums),
    })),
    firstWaiting: [...report.firstWaiting],
  };
}

/** Numbers that a category names; the files have all of them. */
const BATCHES_NAMED_MAX = 20;

function batchesOf({ batches }: PayoutReport, category: string) {
  const own = batches.filter((one) => one.category === category && one.batNbr !== "");
  const numbers = [...new Set(own.map(({ batNbr }) => batNbr))];
  return { count: numbers.length, first: numbers.slice(0, BATCHES_NAMED_MAX) };
}

function rowOf({ row, line, bookings, waiting }: PaidRow): PayoutRow {
  const { id, created, category, type, sourceId, description, gross, fee, net } = row;
  return {
    ...{ id, category, type, description, line },
    created: created.toISOString(),
    source: sourceId ?? "",
    ...decimals({ gross, fee, net }),
    currency: gross.currency,
    bookings: [...bookings],
    waiting: [...waiting],
  };
}

function decimals({ gross, fee, net }: Readonly<Record<"gross" | "fee" | "net", Money>>) {
  return { gross: toDecimal(gross), fee: toDecimal(fee), net: toDecimal(net) };
}

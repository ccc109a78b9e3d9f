import type { FastifyInstance, FastifyReply } from "fastify";
import { type Money, toDecimal } from "../base/money.ts";
import type { PaidRow, PayoutReport } from "../runs/index.ts";
import { type PayoutAnswer, PayoutParams, type PayoutRow, PayoutRowsQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/**
 * `GET /api/pairs/:pair/payouts/:id`, what a payout is made of, and `…/rows`, a page of its rows.
 * Both ask Stripe; a payout of 50,000 rows takes a minute to add up.
 */
export function registerPayouts(app: FastifyInstance, { payouts }: ApiDeps): void {
  app.get("/pairs/:pair/payouts/:id", async (request, reply): Promise<PayoutAnswer> => {
    const { pair, id } = readInput(PayoutParams, request.params);
    return answerOf(await payouts.report(pair, id, goneSignal(reply)));
  });

  app.get("/pairs/:pair/payouts/:id/rows", async (request, reply) => {
    const { pair, id } = readInput(PayoutParams, request.params);
    const { after } = readInput(PayoutRowsQuery, request.query);
    const { rows, next } = await payouts.rows(pair, { id, after }, goneSignal(reply));
    return { rows: rows.map(rowOf), next: next ?? null };
  });
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
      ...{ category, rows, waiting },
      ...decimals(sums),
    })),
    firstWaiting: [...report.firstWaiting],
  };
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

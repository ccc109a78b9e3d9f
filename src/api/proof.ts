import type { FastifyInstance, FastifyRequest } from "fastify";
import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import { paperHtml, paperPdf, paperXlsx } from "../papers/index.ts";
import {
  matchedWords,
  type Proof,
  type ProofWanted,
  proofCsv,
  proofPaper,
  reported,
} from "../proof/index.ts";
import {
  PROVEN_HEADER,
  type ProofAnswer,
  ProofFileQuery,
  type ProofOfCurrency,
  ProofParams,
  ProofQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { FILE_KINDS, type FileKind, fileLinks, sendFile } from "./files.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

type Asked = Readonly<{ params: unknown; query: unknown }>;

const NOTHING = "Nothing to prove: no row, no balance, no clearing account.";

/**
 * `GET /api/pairs/:pair/proof`: Stripe, the hub and SL held against each other; `.html` the same as
 * a page to print, `.pdf` to sign, `.xlsx` as a workbook, `.csv` its lines, `/progress` how far
 * this hub is with it.
 */
export function registerProof(app: FastifyInstance, deps: ApiDeps): void {
  const reached = new Map<string, string>();
  const make = async (params: unknown, query: Partial<ProofFileQuery>) => {
    const { pair } = readInput(ProofParams, params);
    const { currency } = query;
    await requireKnownPair(deps, pair);
    const when = whenOf(query);
    const onProgress = (words: string) => void reached.set(pair, words);
    try {
      return await deps.proof.run(pair, { ...(when && { when }), currency, onProgress });
    } finally {
      reached.delete(pair);
    }
  };
  app.get("/pairs/:pair/proof", async ({ params, query }: Asked): Promise<ProofAnswer> => {
    const proofs = await make(params, readInput(ProofQuery, query));
    return { proofs: proofs.map((proof) => toAnswer(proof, deps.clock.now())) };
  });
  for (const kind of FILE_KINDS) {
    app.get(`/pairs/:pair/proof.${kind}`, async (request: FastifyRequest, reply) => {
      const query = readInput(ProofFileQuery, request.query);
      const proofs = await make(request.params, query);
      // What a program wants to know of a file without reading it.
      reply.header(PROVEN_HEADER, String(proofs.every(({ isProven }) => isProven)));
      const { name, pieces } = fileOf(proofs, { kind, query, madeAt: deps.clock.now() });
      return sendFile(reply, { kind, name, pieces });
    });
  }
  app.get("/pairs/:pair/proof/progress", async (request) => {
    const { pair } = readInput(ProofParams, request.params);
    return { progress: reached.get(pair) ?? null };
  });
}

/** A proof of all currencies as a file of one kind. */
function fileOf(
  proofs: readonly Proof[],
  of: Readonly<{ kind: FileKind; query: ProofFileQuery; madeAt: Date }>,
) {
  const { kind, query, madeAt } = of;
  const [first] = proofs;
  const title = first === undefined ? "Proof" : `Proof ${first.pair} ${first.day}`;
  const name = title.toLowerCase().replaceAll(" ", "-");
  if (kind === "csv") return { name, pieces: proofCsv(proofs) };
  const papers = proofs.map((proof) => proofPaper(proof, madeAt));
  const { paper: size, links: wanted, ...asked } = query;
  const frame = { title, nothing: NOTHING, madeAt, size };
  if (kind === "pdf") return { name, pieces: paperPdf(papers, frame) };
  if (kind === "xlsx") return { name, pieces: paperXlsx(papers, frame) };
  const links = wanted === "true" ? fileLinks("proof", asked) : [];
  return { name, pieces: paperHtml(papers, { ...frame, links }) };
}

type AskedWhen = Readonly<Partial<Pick<ProofFileQuery, "date" | "month" | "period">>>;

/** What is proved: of a day, a month and a period one. @throws HubError `api.invalid` */
export function whenOf({ date, month, period }: AskedWhen): ProofWanted["when"] | undefined {
  const named = Object.entries({ date, month, period }).filter(([, value]) => value !== undefined);
  if (named.length > 1) {
    const [field, example] = named.at(-1) ?? [];
    const names = named.map(([name]) => name).join(" and ");
    throw new HubError("api.invalid", `${names} exclude each other: name one`, {
      facts: { field, example },
    });
  }
  if (period !== undefined) return { fiscalPeriod: period };
  if (month !== undefined) return { month };
  return date === undefined ? undefined : { day: date };
}

type Report = NonNullable<Proof["stripe"]["report"]>;

function toReport(report: Report): ProofOfCurrency["stripe"]["report"] {
  const { ending, underWay, held } = report;
  return {
    ending: toDecimal(ending),
    underWay: underWay.map((one) => ({ ...one, amount: toDecimal(one.amount) })),
    held: toDecimal(held),
    closing: toDecimal(reported(report)),
  };
}

function toAnswer(proof: Proof, now: Date): ProofOfCurrency {
  const {
    stripe,
    ledger,
    lines,
    findings,
    matched,
    difference,
    until,
    period,
    dashboard: _dashboard,
    left: _left,
    ...rest
  } = proof;
  const { opening, before, rowCount, closing, backward, report } = stripe;
  return {
    ...rest,
    until: until.toISOString(),
    isOver: until <= now,
    period: period ?? null,
    stripe: {
      start: stripe.start ?? null,
      opening: toDecimal(opening),
      rows: toDecimal(before),
      rowCount,
      closing: toDecimal(closing),
      backward: backward === undefined ? null : toDecimal(backward),
      report: report === undefined ? null : toReport(report),
    },
    ledger: {
      account: ledger.account,
      subaccount: ledger.subaccount,
      released: toDecimal(ledger.released),
      base: ledger.base === undefined ? null : toDecimal(ledger.base),
      baseCurrency: ledger.base?.currency ?? null,
      revaluations: ledger.revaluations.map((one) => ({ ...one, base: toDecimal(one.base) })),
      orphans: ledger.orphans.map((one) => ({ ...one, amount: toDecimal(one.amount) })),
    },
    lines: lines.map((line) => ({
      ...line,
      amount: toDecimal(line.amount),
      entries: line.entries.map((entry) => ({ ...entry, amount: toDecimal(entry.amount) })),
    })),
    difference: toDecimal(difference),
    findings: findings.map((finding) => ({ ...finding, amount: toDecimal(finding.amount) })),
    matched: matched.map((one) => {
      return { ...one, amount: toDecimal(one.amount), words: matchedWords(one) };
    }),
  };
}

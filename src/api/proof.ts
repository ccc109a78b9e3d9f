import type { FastifyInstance, FastifyReply } from "fastify";
import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import { type Proof, type ProofWanted, proofCsv, proofPage } from "../proof/index.ts";
import {
  PROVEN_HEADER,
  type ProofAnswer,
  type ProofOfCurrency,
  ProofParams,
  ProofQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

type Asked = Readonly<{ params: unknown; query: unknown }>;

/**
 * `GET /api/pairs/:pair/proof`: Stripe, the hub and SL held against each other; `.html` the same as
 * a page to print, `.csv` its lines, `/progress` how far this hub is with it.
 */
export function registerProof(app: FastifyInstance, deps: ApiDeps): void {
  const reached = new Map<string, string>();
  const make = async (request: Asked): Promise<readonly Proof[]> => {
    const { pair } = readInput(ProofParams, request.params);
    const { date, month, currency } = readInput(ProofQuery, request.query);
    await requireKnownPair(deps, pair);
    const when = whenOf(date, month);
    const onProgress = (words: string) => void reached.set(pair, words);
    try {
      return await deps.proof.run(pair, { ...(when && { when }), currency, onProgress });
    } finally {
      reached.delete(pair);
    }
  };
  app.get("/pairs/:pair/proof", async (request): Promise<ProofAnswer> => {
    return { proofs: (await make(request)).map(toAnswer) };
  });
  app.get("/pairs/:pair/proof.csv", async (request, reply) => {
    const proofs = await make(request);
    return asText(reply, proofs).type("text/csv; charset=utf-8").send(proofCsv(proofs));
  });
  app.get("/pairs/:pair/proof.html", async (request, reply) => {
    const proofs = await make(request);
    const page = proofPage(proofs, deps.clock.now());
    // Whatever stands in the page, it loads nothing and runs nothing.
    reply.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
    return asText(reply, proofs).type("text/html; charset=utf-8").send(page);
  });
  app.get("/pairs/:pair/proof/progress", async (request) => {
    const { pair } = readInput(ProofParams, request.params);
    return { progress: reached.get(pair) ?? null };
  });
}

/** What a program wants to know of a text without reading it. */
function asText(reply: FastifyReply, proofs: readonly Proof[]): FastifyReply {
  return reply.header(PROVEN_HEADER, String(proofs.every(({ isProven }) => isProven)));
}

function whenOf(
  day: string | undefined,
  month: string | undefined,
): ProofWanted["when"] | undefined {
  if (day !== undefined && month !== undefined) {
    throw new HubError("api.invalid", "date and month exclude each other: name one", {
      facts: { field: "month", example: month },
    });
  }
  if (month !== undefined) return { month };
  return day === undefined ? undefined : { day };
}

function toAnswer(proof: Proof): ProofOfCurrency {
  const { stripe, ledger, lines, findings, difference, until, period, ...rest } = proof;
  const { opening, before, rowCount, closing, backward } = stripe;
  return {
    ...rest,
    until: until.toISOString(),
    period: period ?? null,
    stripe: {
      start: stripe.start ?? null,
      opening: toDecimal(opening),
      rows: toDecimal(before),
      rowCount,
      closing: toDecimal(closing),
      backward: backward === undefined ? null : toDecimal(backward),
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
  };
}

import type { FastifyInstance } from "fastify";
import { HubError } from "../base/errors.ts";
import { subtract, toDecimal } from "../base/money.ts";
import { type DayProof as Kept, listDayProofs, readProofRound } from "../proof/index.ts";
import { type DayProof, type DayProofs, DayProofsQuery, ProofParams } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/pairs/:pair/proof/days`: what the hub's own proof of each day came to. */
export function registerDayProofs(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/pairs/:pair/proof/days", async ({ params, query }): Promise<DayProofs> => {
    const { pair } = readInput(ProofParams, params);
    const { from, to } = readInput(DayProofsQuery, query);
    if (from !== undefined && to !== undefined && from > to) {
      throw new HubError("api.invalid", `from ${from} comes after to ${to}`, {
        facts: { field: "from", example: to },
      });
    }
    await requireKnownPair(deps, pair);
    const days = await listDayProofs(deps.pool, { pair, from, to });
    const round = await readProofRound(deps.pool, pair);
    return {
      days: days.map(toRow),
      provedUntil: round?.provedUntil ?? null,
      trouble: round?.trouble ?? null,
    };
  });
}

function toRow({ closing, released, difference, findings, madeAt, ...rest }: Kept): DayProof {
  return {
    ...rest,
    ...{ closing: toDecimal(closing), released: toDecimal(released) },
    waiting: toDecimal(subtract(subtract(closing, released), difference)),
    difference: toDecimal(difference),
    findings: findings.map((one) => ({ ...one, amount: toDecimal(one.amount) })),
    madeAt: madeAt.toISOString(),
  };
}

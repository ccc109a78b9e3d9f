import type { FastifyInstance } from "fastify";
import { toDecimal } from "../base/money.ts";
import { listUnapplied, type Unapplied } from "../runs/index.ts";
import { UnappliedQuery, type UnappliedRow } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/unapplied`: money on payments in SL that no invoice has taken. */
export function registerUnapplied(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/unapplied", async (request) => {
    const { pair } = readInput(UnappliedQuery, request.query);
    await requireKnownPair(deps, pair);
    const rows = await listUnapplied(deps.pool, { pair });
    return { rows: rows.map(toRow) };
  });
}

function toRow({ open, since, lookedAt, ...rest }: Unapplied): UnappliedRow {
  return {
    ...rest,
    open: toDecimal(open),
    currency: open.currency,
    since: since.toISOString(),
    lookedAt: lookedAt.toISOString(),
  };
}

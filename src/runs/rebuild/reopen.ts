import type { Pool } from "pg";
import { HubError } from "../../base/errors.ts";
import { wakeLanes } from "../../lanes/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { findLostOf, reopenLost } from "./rebuild-lost.ts";

/**
 * Lets a document that SL holds no more be booked again: its intent is given up, its rows are free,
 * and its lane is woken, whose run books the next generation into an open period.
 *
 * @throws HubError `conflict.begun` where SL still holds it, and those of the reads
 */
export async function reopenDocument(pool: Pool, pair: PairRuntime, key: string): Promise<void> {
  const lost = await findLostOf(pool, pair, key);
  if (lost !== undefined) return reopenLost(pool, pair.id, [lost]);
  throw new HubError("conflict.begun", `SL still holds a document of ${key}, so none is booked`, {
    facts: { pair: pair.id, key },
    cure: "Let the hub look again with slipway watch: it tells what of it differs.",
  });
}

/** $1 pair, $2 customer, $3 and $4 what pays or is paid. */
const APPLYING_SQL = `
select key, object, lane_key from intent
where pair = $1 and receipt ->> 'customerId' = $2 and purpose = 'apply' and stage = 'done'
  and (draft #>> '{payer,type}' = $3 and draft #>> '{payer,refNbr}' = $4
    or draft -> 'applications' @> jsonb_build_array(
      jsonb_build_object('type', $3::text, 'refNbr', $4::text)))`;

/**
 * Lets what was applied of a document, or to it, be planned again: the aim of an application is
 * absolute and read first, so only what is missing in SL is applied.
 *
 * @returns how many applications of the hub's own it concerns
 */
export async function reopenApplications(
  pool: Pool,
  pair: string,
  of: Readonly<{ customerId: string; type: string; refNbr: string; laneKey: string }>,
): Promise<number> {
  const { customerId, type, refNbr, laneKey } = of;
  const { rows } = await pool.query<{ key: string; object: string; lane_key: string }>(
    APPLYING_SQL,
    [pair, customerId, type, refNbr],
  );
  const records = rows.map((row) => ({
    ...{ key: row.key, what: `application of ${row.object}`, laneKey: row.lane_key },
    fallBack: "abandoned" as const,
  }));
  await reopenLost(pool, pair, records);
  await wakeLanes(pool, [{ pair, key: laneKey }]);
  return records.length;
}

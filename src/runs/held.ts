import type { PoolClient } from "pg";

/**
 * What holds a sale back. `zero` and `mode` stand for whatever else a rule of the pair leaves,
 * `reversed` for what was taken back and is not to be booked again yet.
 */
export type HeldKind =
  | "hold"
  | "skip"
  | "filter"
  | "not-allowed"
  | "min-age"
  | "mode"
  | "zero"
  | "reversed";

/** A sale that is not booked because somebody says so; it is listed until it is. */
export type Held = Readonly<{
  kind: HeldKind;
  /** The rule or the word that says so. */
  rule: string;
}>;

type HeldRow = Readonly<{ held: Held; reason: string; money: string }>;

// `since` stands still as long as the same rule holds: it is how long somebody has waited.
const KEEP_SQL = `
insert into held (pair, lane_key, kind, rule, reason, money)
values ($1, $2, $3, $4, $5, $6)
on conflict (pair, lane_key) do update
  set kind = excluded.kind, rule = excluded.rule, reason = excluded.reason,
      money = excluded.money, seen_at = now(),
      since = case when held.kind = excluded.kind then held.since else now() end`;

/** Lists the lane as held back, in the transaction that ends its run. */
export async function keepHeld(
  tx: PoolClient,
  lane: Readonly<{ pair: string; key: string }>,
  { held, reason, money }: HeldRow,
): Promise<void> {
  await tx.query(KEEP_SQL, [lane.pair, lane.key, held.kind, held.rule, reason, money]);
}

/** Nothing holds the lane back any more: it was booked, or waits for a person. */
export async function dropHeld(
  tx: PoolClient,
  lane: Readonly<{ pair: string; key: string }>,
): Promise<void> {
  await tx.query("delete from held where pair = $1 and lane_key = $2", [lane.pair, lane.key]);
}

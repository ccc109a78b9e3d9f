import type { Pool } from "pg";
import { fingerprint } from "../base/json.ts";
import type { Money } from "../base/money.ts";
import type { Difference } from "../erp/compare.ts";
import { type Booked, receiptName, type Tampering, type TamperKind } from "./compare.ts";
import type { HealPlan } from "./heal-plan.ts";

/** What is off in the proof because of a finding: how much of which clearing account, and where. */
export type Effect = Readonly<{ amount: Money; on: string }>;

/** A document that differs, as it is kept. */
export type Found = Readonly<{
  booked: Pick<Booked, "key" | "receipt"> &
    Readonly<{ laneKey: string; object: string; purpose: string }>;
  tampering: Tampering;
  effect: Effect;
  heal: HealPlan;
}>;

/** What is not over: of one document there is one at most. */
export const LIVE = "('open', 'accepted', 'healing')";

// What was accepted stays so for as long as the same differs; anything else is told again.
const SAVE_SQL = `
insert into watch_finding (pair, intent_key, lane_key, kind, document, object, purpose, period,
  differences, fingerprint, effect_minor, effect_currency, effect_on, heal_by, steps)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11::bigint, $12, $13, $14, $15::jsonb)
on conflict (pair, intent_key) where state in ${LIVE} do update
set kind = excluded.kind, differences = excluded.differences, fingerprint = excluded.fingerprint,
  effect_minor = excluded.effect_minor, effect_on = excluded.effect_on,
  heal_by = excluded.heal_by, steps = excluded.steps, seen_at = clock_timestamp(),
  state = case when watch_finding.state = 'accepted'
      and watch_finding.fingerprint <> excluded.fingerprint
    then 'open' else watch_finding.state end,
  version = watch_finding.version
    + case when watch_finding.fingerprint <> excluded.fingerprint then 1 else 0 end
returning state = 'accepted' as "isAccepted"`;

/** Keeps what differs; what was accepted and differs as it did stays accepted. */
export async function saveFound(
  pool: Pool,
  pair: string,
  { booked, tampering, effect, heal }: Found,
): Promise<Readonly<{ isAccepted: boolean }>> {
  const { kind, differences } = tampering;
  const { key, laneKey, object, purpose, receipt } = booked;
  const { rows } = await pool.query<{ isAccepted: boolean }>(SAVE_SQL, [
    ...[pair, key, laneKey, kind, receiptName(booked), object, purpose, receipt.period],
    ...[JSON.stringify(differences), fingerprint({ kind, differences })],
    ...[effect.amount.minor.toString(), effect.amount.currency, effect.on],
    ...[heal.by, JSON.stringify(heal.steps)],
  ]);
  return { isAccepted: rows[0]?.isAccepted === true };
}

const OVER = "state = case state when 'healing' then 'healed' else 'gone' end";

/** These documents stand in SL as they were booked: nothing about them is left to be told. */
export async function closeClean(pool: Pool, pair: string, keys: readonly string[]): Promise<void> {
  await pool.query(
    `update watch_finding set ${OVER}, closed_at = clock_timestamp(), version = version + 1
     where pair = $1 and intent_key = any ($2::text[]) and state in ${LIVE}`,
    [pair, keys],
  );
}

/** What was credited twice, of orders that are not among these: of them nothing is left to tell. */
export async function closeCredits(
  pool: Pool,
  pair: string,
  but: readonly string[],
): Promise<void> {
  await pool.query(
    `update watch_finding f set ${OVER}, closed_at = clock_timestamp(), version = version + 1
     from intent i
     where f.pair = $1 and f.state in ${LIVE} and f.intent_key <> all ($2::text[])
       and i.pair = f.pair and i.key = f.intent_key and i.purpose = 'order'`,
    [pair, but],
  );
}

/** Documents that were given up and booked again, under a key of their own. */
export async function closeReplaced(pool: Pool, pair: string): Promise<void> {
  await pool.query(
    `update watch_finding f set ${OVER}, closed_at = clock_timestamp(), version = version + 1
     from intent i
     where f.pair = $1 and f.state in ${LIVE} and i.pair = f.pair and i.key = f.intent_key
       and i.stage = 'abandoned' and exists (
         select from intent n
         where n.pair = i.pair and n.object = i.object and n.purpose = i.purpose
           and n.part = i.part and n.generation > i.generation and n.stage = 'done')`,
    [pair],
  );
}

/** A finding as people see it. */
export type Finding = Readonly<{
  id: string;
  pair: string;
  key: string;
  laneKey: string;
  kind: TamperKind;
  state: "open" | "accepted" | "healing" | "healed" | "gone";
  version: number;
  document: string;
  object: string;
  purpose: string;
  period: string;
  differences: readonly Difference[];
  effect: Effect;
  heal: HealPlan;
  foundAt: Date;
  seenAt: Date;
  decidedAt: Date | undefined;
  decidedBy: string;
  reason: string;
  closedAt: Date | undefined;
}>;

export const FINDING_COLUMNS = `f.id::text as id, f.pair, f.intent_key, f.lane_key, f.kind, f.state,
  f.version, f.document, f.object, f.purpose, f.period, f.differences, f.effect_minor::text as
  effect_minor, f.effect_currency, f.effect_on, f.heal_by, f.steps, f.found_at, f.seen_at,
  f.decided_at, f.decided_by, f.reason, f.closed_at`;

export type FindingRow = {
  id: string;
  pair: string;
  intent_key: string;
  lane_key: string;
  kind: TamperKind;
  state: Finding["state"];
  version: number;
  document: string;
  object: string;
  purpose: string;
  period: string;
  differences: Difference[];
  effect_minor: string;
  effect_currency: string;
  effect_on: string;
  heal_by: HealPlan["by"];
  steps: string[];
  found_at: Date;
  seen_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  reason: string | null;
  closed_at: Date | null;
};

export function toFinding(row: FindingRow): Finding {
  const { id, pair, kind, state, version, document, object, purpose, period, differences } = row;
  const amount = { minor: BigInt(row.effect_minor), currency: row.effect_currency };
  return {
    ...{ id, pair, kind, state, version, document, object, purpose, period, differences },
    ...{ key: row.intent_key, laneKey: row.lane_key },
    effect: { amount, on: row.effect_on },
    heal: { by: row.heal_by, steps: row.steps },
    ...{ foundAt: row.found_at, seenAt: row.seen_at, decidedAt: row.decided_at ?? undefined },
    ...{ decidedBy: row.decided_by ?? "", reason: row.reason ?? "" },
    closedAt: row.closed_at ?? undefined,
  };
}

const LISTED_MAX = 1_000;

/** What differs, newest first: what is not over, or everything that ever was. */
export async function listFindings(
  pool: Pool,
  wanted: Readonly<{ pair: string; isAll?: boolean; period?: string }>,
): Promise<readonly Finding[]> {
  const { pair, isAll = false, period = null } = wanted;
  const { rows } = await pool.query<FindingRow>(
    `select ${FINDING_COLUMNS} from watch_finding f
     where f.pair = $1 and ($2 or f.state in ${LIVE}) and ($3::text is null or f.period <= $3)
     order by f.id desc limit ${LISTED_MAX}`,
    [pair, isAll, period],
  );
  return rows.map(toFinding);
}

/** Documents whose findings are being healed: each is looked at until SL shows it as booked. */
export async function keysBeingHealed(pool: Pool, pair: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select intent_key as key from watch_finding where pair = $1 and state = 'healing'
     order by seen_at limit 50`,
    [pair],
  );
  return rows.map(({ key }) => key);
}

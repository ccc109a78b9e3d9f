import type { Pool, PoolClient } from "pg";
import { HubError } from "../../base/errors.ts";
import { type Money, money } from "../../base/money.ts";
import { wakeLanes } from "../../lanes/index.ts";
import { OPENING_OBJECT, type OpeningEntry } from "../../mapping/index.ts";

/** An opening entry that a person has confirmed, and how far it is booked. */
export type ConfirmedEntry = OpeningEntry &
  Readonly<{
    day: string;
    by: string;
    at: Date;
    /** Empty until it is booked, and while it is taken back. */
    batNbr: string;
  }>;

type EntryRow = {
  kind: OpeningEntry["kind"];
  object: string;
  part: string;
  currency: string;
  amount: string;
  day: string;
  by: string;
  at: Date;
  bat_nbr: string | null;
};

const READ_SQL = `
select o.kind, o.object, o.part, o.currency, o.amount::text, o.day, o.confirmed_by as by,
  o.confirmed_at as at, (
    select i.bat_nbr from intent i
    where i.object = o.object and i.pair = o.pair and i.purpose = 'opening' and i.part = o.part
      and i.stage = 'done' and i.reversed_by is null
    order by i.generation desc limit 1) as bat_nbr
from opening_entry o where o.pair = $1
order by o.kind, o.object, o.part`;

/** The entries of a pair that were confirmed, balances first. */
export async function readConfirmed(pool: Pool, pair: string): Promise<readonly ConfirmedEntry[]> {
  const { rows } = await pool.query<EntryRow>(READ_SQL, [pair]);
  return rows.map(({ amount, currency, bat_nbr, ...row }) => ({
    ...row,
    amount: money(BigInt(amount), currency),
    batNbr: bat_nbr ?? "",
  }));
}

/**
 * Why an entry is not booked that was confirmed for another start than that of now: what moved the
 * balance between is in its amount, and is booked by its own rows as well, or by nothing.
 */
export function otherStart(
  { object, day }: Pick<ConfirmedEntry, "object" | "day">,
  start: string | undefined,
): HubError | undefined {
  if (day === start) return undefined;
  return new HubError(
    "golive.changed",
    `The opening entry was confirmed for the start ${day}, which is ${start ?? "not set"} now`,
    {
      facts: { object, day, start: start ?? "" },
      cure: `Set \`start\` back to ${day}, or correct the opening in SL by hand.`,
    },
  );
}

const CONFIRM_SQL = `
insert into opening_entry (pair, object, part, kind, currency, amount, day, confirmed_by)
select $1, e.object, e.part, e.kind, e.currency, e.minor, $2, $3
from jsonb_to_recordset($4::jsonb) as e(object text, part text, kind text, currency text,
  minor bigint)
order by e.object, e.part
on conflict (pair, object, part) do nothing`;

/**
 * Keeps entries as confirmed, in the transaction that tells who did it, and wakes the lane that
 * books them, with the lanes of what came later. One that was confirmed before stays as it was.
 */
export async function confirmEntries(
  tx: PoolClient,
  pair: string,
  confirmed: Readonly<{
    entries: readonly OpeningEntry[];
    day: string;
    by: string;
    laneKeys: readonly string[];
  }>,
): Promise<void> {
  const { entries, day, by, laneKeys } = confirmed;
  const stored = entries.map(({ object, part, kind, amount }) => ({
    ...{ object, part, kind, currency: amount.currency, minor: minorText(amount) },
  }));
  await tx.query(CONFIRM_SQL, [pair, day, by, JSON.stringify(stored)]);
  const keys = [...new Set([OPENING_OBJECT, ...laneKeys])];
  await wakeLanes(
    tx,
    keys.map((key) => ({ pair, key })),
  );
}

function minorText({ minor }: Money): string {
  return minor.toString();
}

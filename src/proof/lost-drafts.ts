import type { Pool } from "pg";
import { type Money, money, sum, zero } from "../base/money.ts";
import type { ErpConnector, GlAccount } from "../erp/port.ts";
import type { BookLine, OwnDocument } from "./documents.ts";
import { IS_LOST, IS_OPENING, movedByRows, OF_OPENED } from "./intent-sql.ts";
import type { DocumentsWanted } from "./read-documents.ts";
import { readAccountLines } from "./read-ledger.ts";

type LostRow = {
  key: string;
  object: string;
  purpose: string;
  bat_nbr: string | null;
  is_opening: boolean;
  owned: string | null;
};

/** $1 pair, $2 currency, $3 keys, $4 day, $5 its end. */
const LOST_SQL = `
select d.key, d.object, d.purpose, d.bat_nbr, ${IS_OPENING} as is_opening,
  ${movedByRows("$4", "$5")}::text as owned
from intent d
where d.pair = $1 and d.stage = 'done' and d.key = any ($3::text[]) and ${IS_LOST}`;

/**
 * The documents that a rebuild took over from SL without their drafts, as these lines of SL show
 * them: nothing else tells what they move, and when. That is held against the rows that they own,
 * as far as any document of their object owns some by now.
 */
export async function readLostDocuments(
  pool: Pool,
  { pair, currency, day, until }: Pick<DocumentsWanted, "pair" | "currency" | "day" | "until">,
  lines: readonly BookLine[],
): Promise<readonly OwnDocument[]> {
  const byKey = Map.groupBy(lines, ({ key }) => key);
  const keys = [...byKey.keys()].filter((key) => key !== "");
  if (keys.length === 0) return [];
  const { rows } = await pool.query<LostRow>(LOST_SQL, [pair, currency, keys, day, until]);
  const owning = new Set(rows.flatMap(({ object, owned }) => (owned === null ? [] : [object])));
  return rows.map((row): OwnDocument => {
    const { key, object, purpose, is_opening: isOpening } = row;
    const all = byKey.get(key) ?? [];
    const batNbr = row.bat_nbr ?? all[0]?.batNbr ?? "";
    const own = all.filter((line) => line.batNbr === batNbr);
    const effect = totalOf(own, currency);
    const byDay = Map.groupBy(own, ({ date }) => date);
    const days = new Map([...byDay].map(([date, ofDay]) => [date, totalOf(ofDay, currency)]));
    const { date = day, period = "" } = own.at(-1) ?? {};
    const owned = row.owned === null ? zero(currency) : money(BigInt(row.owned), currency);
    return {
      ...{ key, object, purpose, batNbr, period, date, effect, isOpening, isChecked: true },
      owned: owning.has(object) ? owned : effect,
      ...(days.size > 1 ? { days } : {}),
    };
  });
}

function totalOf(lines: readonly Readonly<{ amount: Money }>[], currency: string): Money {
  return sum(
    lines.map(({ amount }) => amount),
    currency,
  );
}

/** Where lines are looked for of journals that have lost their drafts. */
type LostOn = Readonly<{ pair: string; currency: string; account: GlAccount; day: string }>;
type Reads = Readonly<{ pool: Pool; erp: Pick<ErpConnector, "listLedgerLines"> }>;

/** What journals of payouts without their drafts have left in transit, by SL's lines. */
export function readLostTransit(
  reads: Reads,
  of: LostOn,
  signal: AbortSignal | undefined,
): Promise<readonly LostLine[]> {
  const from =
    "intent d where d.pair = $1 and d.done_at is not null " +
    "and d.purpose in ('payout-out', 'payout-in', 'payout-back', 'opening')";
  return readLostLines(reads, { ...of, from }, signal);
}

/** What opening journals without their drafts have put on clearing, by SL's lines. */
export async function readLostOpening(
  reads: Reads,
  of: LostOn,
  signal: AbortSignal | undefined,
): Promise<Money> {
  const from = `${OF_OPENED} where ${IS_OPENING}`;
  return totalOf(await readLostLines(reads, { ...of, from }, signal), of.currency);
}

type LostLine = Readonly<{ id: string; amount: Money }>;

/** SL is asked for them only where there are any. */
async function readLostLines(
  { pool, erp }: Reads,
  { pair, from, ...of }: LostOn & Readonly<{ from: string }>,
  signal: AbortSignal | undefined,
): Promise<readonly LostLine[]> {
  const { rows } = await pool.query<{ key: string; object: string }>(
    `select d.key, d.object from ${from} and ${IS_LOST}`,
    [pair],
  );
  if (rows.length === 0) return [];
  const objects = new Map(rows.map(({ key, object }) => [key, object]));
  const lines = await readAccountLines(erp, of, signal);
  return lines.flatMap(({ key, amount }) => {
    const id = objects.get(key);
    return id === undefined ? [] : [{ id, amount }];
  });
}

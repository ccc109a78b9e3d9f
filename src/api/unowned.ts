import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import { isCurrency } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import { toShown } from "../base/money.ts";
import {
  bookableAt,
  countBeside,
  dayOfLane,
  type LedgerPair,
  type OpenPart,
  openParts,
  settleRows,
} from "../ledger/index.ts";
import { readRowWalks, sweepRowsNow } from "../pull/index.ts";
import {
  type SweepRowsAnswer,
  SweepRowsRequest,
  type UnownedAnswer,
  type UnownedPart,
  UnownedQuery,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";
import { toWalkRow } from "./rows.ts";

const LATE_MS = 36 * 3_600_000;

/** `GET /api/rows/unowned` and `POST /api/rows/sweep`. */
export function registerUnowned(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/rows/unowned", async (request): Promise<UnownedAnswer> => {
    const { pair, late = false, after, limit } = readInput(UnownedQuery, request.query);
    await requireKnownPair(deps, pair);
    const pairs = await pairsOf(deps, pair);
    const found = await findUnowned(deps, pairs, { late, after, limit });
    const beside = (await countBeside(deps.pool, pairs)).map(({ net, ids, ...one }) => {
      return { ...one, ids: [...ids], amount: toShown(net) };
    });
    return { walks: await walksOf(deps.pool, pairs), beside, ...found };
  });

  app.post("/rows/sweep", async (request): Promise<SweepRowsAnswer> => {
    const { pair } = readInput(SweepRowsRequest, request.body ?? {});
    await requireKnownPair(deps, pair);
    const pairs = await pairsOf(deps, pair);
    const asked = await sweepRowsNow(deps.pool, pairs);
    return { walks: await walksOf(deps.pool, asked) };
  });
}

async function pairsOf(deps: ApiDeps, wanted: string | undefined): Promise<readonly string[]> {
  return wanted === undefined ? (await deps.pairs.list()).map(({ id }) => id) : [wanted];
}

async function walksOf(pool: Pool, pairs: readonly string[]) {
  return (await readRowWalks(pool)).filter(({ pair }) => pairs.includes(pair)).map(toWalkRow);
}

type Wanted = Readonly<{ late: boolean; after: string | undefined; limit: number }>;

/** Of several pairs one after the other: `after` names a row of the one where the page ended. */
async function findUnowned(
  { pool, ledger }: ApiDeps,
  pairs: readonly string[],
  { late, after, limit }: Wanted,
): Promise<Pick<UnownedAnswer, "rows" | "next">> {
  const mark = after === undefined ? undefined : await findMark(pool, pairs, after);
  const from = mark === undefined ? 0 : pairs.indexOf(mark.pair);
  const rows: UnownedPart[] = [];
  for (const id of pairs.slice(from)) {
    const pair = ledger(id);
    if (pair === undefined) continue;
    await settleRows(pool, pair);
    const parts = await openParts(pool, pair, {
      ...(mark?.pair === id ? { after: mark } : {}),
      ...(late ? { before: new Date(Date.now() - LATE_MS) } : {}),
      limit: limit + 1 - new Set(rows.map((row) => row.id)).size,
    });
    const reasons = await reasonsOf(pool, id, parts);
    const why = (part: OpenPart) => reasonOf(part, reasons) || dayToCome(part, pair.settings);
    rows.push(...parts.map((part) => toUnowned(id, part, why(part))));
    if (new Set(rows.map((row) => row.id)).size > limit) break;
  }
  const ids = [...new Set(rows.map((row) => row.id))];
  const shown = new Set(ids.slice(0, limit));
  const next = ids.length > limit ? (ids[limit - 1] ?? null) : null;
  return { rows: rows.filter(({ id }) => shown.has(id)), next };
}

/** @throws HubError `api.invalid` for a row that nobody has read */
async function findMark(pool: Pool, pairs: readonly string[], id: string) {
  const { rows } = await pool.query<{ pair: string; id: string; created: Date }>(
    `select pair, row_id as id, created from balance_row
     where row_id = $1 and pair = any ($2::text[]) limit 1`,
    [id, pairs],
  );
  const [mark] = rows;
  if (mark !== undefined) return mark;
  throw new HubError("api.invalid", "after: must be the `next` of an earlier answer", {
    facts: { field: "after", example: "txn_3Pq" },
  });
}

/** What people are told of the lanes of these parts, and of the objects that they are of. */
async function reasonsOf(pool: Pool, pair: string, parts: readonly OpenPart[]) {
  const sources = parts.flatMap(({ row }) => row.sourceId ?? []);
  const lanes = parts.flatMap(({ laneKey }) => laneKey ?? []);
  const { rows } = await pool.query<{ object: string; reason: string }>(REASONS_SQL, [
    pair,
    [...new Set([...sources, ...lanes])],
  ]);
  const matched = await pool.query<{ row: string; reason: string }>(MATCHED_SQL, [
    pair,
    [...new Set(parts.map(({ row }) => row.id))],
  ]);
  return new Map([
    ...matched.rows.map(({ row, reason }) => [row, reason] as const),
    ...rows.map(({ object, reason }) => [object, reason] as const),
  ]);
}

/** $1 pair, $2 objects and lanes: the lane of an object is that of its newest event. */
const REASONS_SQL = `
select o.object, coalesce('parked (' || p.code || '): ' || p.reason, h.reason) as reason
from unnest($2::text[]) as o (object)
cross join lateral (select coalesce(
  (select e.lane_key from event e where e.pair = $1 and e.object_id = o.object
     and e.lane_key is not null order by e.seq desc limit 1),
  o.object) as key) as lane
left join held h on h.pair = $1 and h.lane_key = lane.key
left join parked p on p.pair = $1 and p.lane_key = lane.key and p.state = 'open'
where h.reason is not null or p.reason is not null`;

/** $1 pair, $2 rows. */
const MATCHED_SQL = `
select r.row, 'booked by hand: match ' || max(m.id) as reason
from unnest($2::text[]) as r (row)
join proof_match m on m.pair = $1 and m.undone_at is null and r.row = any (m.finding_ids)
group by r.row`;

function toUnowned(pair: string, one: OpenPart, reason: string): UnownedPart {
  const { row, part, owner, laneKey } = one;
  const { currency } = row.gross;
  const minor = part === "gross" ? row.gross.minor : -row.fee.minor;
  return {
    pair,
    id: row.id,
    part,
    amount: toShown({ minor, currency }),
    currency,
    createdAt: row.created.toISOString(),
    category: row.category,
    type: row.type,
    source: row.sourceId ?? "",
    owner,
    laneKey: laneKey ?? null,
    reason,
  };
}

function reasonOf(
  { row, part, laneKey, isWaiting, awaitsUntil }: OpenPart,
  reasons: ReadonlyMap<string, string>,
): string {
  if (!isCurrency(row.gross.currency)) {
    return "a currency that this version does not know: the amount is in its smallest units";
  }
  const byHand = reasons.get(row.id);
  if (byHand !== undefined) return byHand;
  if (laneKey === undefined) return "not booked by this version";
  // A fee has a lane of its own; only where it waits for its payment, what holds that holds it.
  const isOfSource = part === "gross" || isWaiting;
  const told = reasons.get(laneKey) ?? (isOfSource ? reasons.get(row.sourceId ?? "") : undefined);
  if (told !== undefined) return told;
  if (isWaiting) return "waits until its payment is booked";
  if (awaitsUntil === undefined) return "";
  return `waits for a payout to take it along, until ${awaitsUntil.toISOString()}`;
}

/** What the journals of a day take is there once the day is over. */
function dayToCome({ laneKey }: OpenPart, settings: LedgerPair["settings"]): string {
  const day = laneKey === undefined ? undefined : dayOfLane(laneKey);
  if (day === undefined) return "";
  const at = bookableAt(day, settings);
  if (at.getTime() <= Date.now()) return "";
  return `waits for the journals of ${day}, which are booked from ${at.toISOString()} on`;
}

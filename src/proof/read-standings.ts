import type { Pool } from "pg";
import { dayLane, dayOfSummary, summaryLane } from "../ledger/index.ts";
import type { Standing, UnownedPart } from "./parts.ts";
import { type BareRow, IS_SENT, sentDocument } from "./read-rows.ts";

/** Rows of what a capture has left of its charge. */
const PART_RELEASED = "partial_capture_reversal";

type ChargeFound = Readonly<{ chargeId: string; standing: Standing["charge"] }>;

/** What the standings of row parts are read with. */
export type StandingDeps = Readonly<{
  pool: Pool;
  pair: string;
  /** The day of an instant in the pair's zone. */
  dayOf: (instant: Date) => string;
  /** The lane whose collecting journal takes this part: of the row's day, or of its payout. */
  collectedBy: (row: BareRow) => string | undefined;
  /** By the id of a charge or of a refund; undefined where Stripe knows no charge of it. */
  readCharge: (id: string) => Promise<ChargeFound | undefined>;
}>;

/** What the hub's records say about one object of Stripe, or about a day. */
type Told = {
  object: string;
  lane_key: string | null;
  due: boolean | null;
  waits_for: string | null;
  parked_code: string | null;
  parked_state: "open" | "dismissed" | null;
  parked_id: string | null;
  held: string | null;
  is_booked: boolean;
  sent_key: string | null;
  sent_batch: string | null;
  is_own_sent: boolean | null;
};

/** More ids in one statement would only make it harder to plan. */
const IDS_AT_ONCE = 1_000;

/**
 * $1 pair, $2 objects. The lane of an object is that of its intents or of its newest event, else
 * the one that is named after it. A day is a lane itself, and that of its summary is another one.
 */
const LANES = `
with objects as (select unnest($2::text[]) as object), lanes as (
  select o.object, coalesce(
    case when o.object like 'day:%' then o.object end,
    (select i.lane_key from intent i where i.object = o.object and i.pair = $1
     order by i.created_at desc limit 1),
    (select e.lane_key from event e where e.pair = $1 and e.object_id = o.object
       and e.lane_key is not null order by e.seq desc limit 1),
    o.object) as lane_key
  from objects o)`;

/**
 * A case that a person let go on is over. A payment waits for the release of its invoice before it
 * is sent itself, so what its lane has sent counts for it. What is taken back is left alone until a
 * person has it booked again, and counts as booked until then: of a payment that its bank took back
 * nothing is booked again, and its two rows cancel from then on.
 */
const TOLD_SQL = `${LANES}
select w.object, l.key as lane_key, l.due_at is not null or l.owner is not null as due,
  l.waits_for, p.code as parked_code, p.state as parked_state, p.id::text as parked_id,
  coalesce(nullif(h.rule, ''), h.kind, v.held) as held,
  exists (select from intent b where b.object = w.object and b.pair = $1 and b.purpose = 'payment'
    and b.stage = 'done' and (b.reversed_by is null or v.held is not null)) as is_booked,
  s.key as sent_key, s.bat_nbr as sent_batch, s.is_own as is_own_sent
from lanes w
left join lane l on l.pair = $1 and l.key = w.lane_key
left join lateral (
  select code, state, id from parked p where p.pair = $1 and p.lane_key = w.lane_key
  order by p.id desc limit 1) p on p.state in ('open', 'dismissed')
left join held h on h.pair = $1 and h.lane_key = w.lane_key
left join lateral (
  select 'reversal ' || v.id as held from reversal v
  where v.pair = $1 and v.lane_key = w.lane_key and v.state <> 'rebooked'
    and w.object = any (v.objects) order by v.id desc limit 1) v on true
left join lateral (
  select i.key, i.bat_nbr, i.object = w.object as is_own from intent i
  where i.pair = $1 and i.lane_key = w.lane_key and ${IS_SENT}
    and i.draft ->> 'kind' in ('invoice', 'payment', 'memo', 'journal')
  order by i.object = w.object desc, i.created_at desc limit 1) s on true`;

/** Each part with its standing: what its charge, its run, its document and its day say. */
export async function readStandings(
  deps: StandingDeps,
  rows: readonly BareRow[],
): Promise<readonly UnownedPart[]> {
  const { dayOf } = deps;
  const bareGross = new Set(rows.flatMap(({ rowId, part }) => (part === "gross" ? [rowId] : [])));
  // The fee of what waits for a summary waits with it.
  const mayBeSummed = rows.filter(({ rowId }) => bareGross.has(rowId));
  const summed = await readCollected(deps, mayBeSummed);
  const collectedBy = (row: BareRow) => summed.get(row)?.lane ?? deps.collectedBy(row);
  const ids = rows.flatMap((row) => [
    row.sourceId ?? row.rowId,
    row.rowId,
    ...[collectedBy(row) ?? []].flat(),
  ]);
  const told = await readTold(deps, [...new Set(ids)]);
  const charges = await readCharges(
    deps,
    rows.filter((row) => summed.get(row)?.isOwn !== true),
  );
  return rows.map((row) => {
    const { rowId, part, category, sourceId, amount, awaitsUntil } = row;
    const day = dayOf(row.created);
    const collector = collectedBy(row);
    const of = charges.get(sourceId ?? "");
    const about = {
      // What a capture left of a charge is booked with it, and is told of by nothing else.
      own: [
        ...[told.get(sourceId ?? rowId), told.get(rowId)],
        category === PART_RELEASED ? of?.told : undefined,
      ],
      day: told.get(collector ?? ""),
      charge: of?.standing,
    };
    // The fee of a charge that is stopped waits with it, even where a day's journal will take it.
    const withGross = part === "gross" || bareGross.has(rowId);
    const waits = collector === dayLane(day) ? awaitsUntil : undefined;
    const sent = row.pinned?.sent ?? summed.get(row)?.sent;
    const left = summed.get(row)?.left;
    const how = { day, collector, withGross, awaitsUntil: waits, sent, left };
    const standing = standingOf(about, how);
    return { rowId, part, day, category, sourceId, amount, standing };
  });
}

type About = Readonly<{
  own: readonly (Told | undefined)[];
  day: Told | undefined;
  charge: Standing["charge"];
}>;
type How = Readonly<{
  day: string;
  collector: string | undefined;
  withGross: boolean;
  awaitsUntil: Date | undefined;
  /** The journal that the part is pinned to, once it is sent. */
  sent: Standing["sent"];
  /** That a person has left alone what the summary of its day had collected by then. */
  left: Standing["stopped"];
}>;

function standingOf(about: About, how: How): Standing {
  const { day, collector, withGross, awaitsUntil } = how;
  const { charge } = about;
  const own = withGross ? about.own.flatMap((told) => told ?? []) : [];
  const isStopped = own.map(stoppedOf).find((stopped) => stopped !== undefined);
  if (collector === undefined) {
    return {
      charge,
      stopped: isStopped,
      sent: firstOf(own, (told) => sentOf(told, true)),
      waitsFor: firstOf(own, waitOf),
    };
  }
  const journal = about.day;
  if (journal === undefined) return { charge, stopped: isStopped, openDay: day };
  // Day lanes sleep once their journals are booked: a row that came after that woke them again.
  const isAsleep = journal.lane_key !== null && journal.due !== true;
  const summed = dayOfSummary(collector);
  const payout = awaitsUntil && `it may go with a payout until ${awaitsUntil.toISOString()}`;
  return {
    charge,
    stopped: isStopped ?? how.left ?? collectorStopped(journal, summed),
    sent: how.sent ?? firstOf(own, (told) => sentOf(told, false)),
    openDay: isAsleep ? undefined : (summed ?? day),
    waitsFor: isAsleep
      ? `the journals of ${collectorWords(how)} are done without it`
      : summed !== undefined
        ? "the summary of its sales"
        : payout,
  };
}

/** A dismissal of a summary is of what was collected by then, and of nothing that came later. */
function collectorStopped(journal: Told, summed: string | undefined): Standing["stopped"] {
  const isOfOthers = summed !== undefined && journal.parked_state === "dismissed";
  return isOfOthers ? undefined : stoppedOf(journal);
}

function collectorWords({ day, collector }: How): string {
  return collector === undefined || collector === dayLane(day) ? day : collector;
}

function firstOf<T>(told: readonly Told[], read: (one: Told) => T | undefined): T | undefined {
  for (const one of told) {
    const found = read(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stoppedOf(told: Told): Standing["stopped"] {
  const { parked_state: state, parked_code: code, parked_id: id, lane_key: lane, held } = told;
  if (state === "open") return { how: "parked", what: `${code}, case ${id} of ${lane}` };
  if (held !== null) return { how: "skipped", what: `${held}, ${lane}` };
  if (state === "dismissed") return { how: "dismissed", what: `${code}, case ${id} of ${lane}` };
  return undefined;
}

/** @param isBooked whether what is sent for its object books the part, or another one beside it */
function sentOf(told: Told, isBooked: boolean): Standing["sent"] {
  return sentDocument(told, isBooked && told.is_own_sent === true);
}

function waitOf({ due, lane_key: lane, waits_for: waitsFor }: Told): string | undefined {
  if (due !== true) return undefined;
  return `its run (${lane}) has not come to an end${waitsFor === null ? "" : `: ${waitsFor}`}`;
}

/** The summary that books a row's sale, or what went back of that. */
type InSummary = Readonly<{
  lane: string;
  /** Whether it books the row too: else the row's own documents are booked after it. */
  isOwn: boolean;
  /** The document that books the row, once that is sent. */
  sent: Standing["sent"];
  left: How["left"];
}>;

/** Whatever else comes to a sale, such as a dispute, waits with it for the summary of its day. */
const COLLECTED_SQL = `${LANES}
select w.object, d.day, c.object = w.object as is_own, i.key as sent_key, i.bat_nbr as sent_batch,
  p.code as left_code, p.id as left_id
from lanes w
cross join lateral (
  select key, object, purpose from intent n
  where n.pair = $1 and n.lane_key = w.lane_key and n.stage = 'collected'
    and n.purpose in ('payment', 'refund-cash')
  order by n.object = w.object desc, n.created_at limit 1) c
join collected_document d on d.pair = $1 and d.intent_key = c.key
left join intent i on c.object = w.object and i.pair = $1 and i.object = 'day:' || d.day
  and i.purpose = c.purpose and i.part = d.part and ${IS_SENT}
left join lateral (
  select p.code, p.id::text from parked p
  where p.pair = $1 and p.lane_key = 'summary:' || d.day and p.state = 'dismissed'
    and p.closed_at >= d.collected_at order by p.closed_at desc limit 1) p on true
where exists (select from collected_document where pair = $1)`;

type CollectedRow = {
  object: string;
  day: string;
  is_own: boolean;
  sent_key: string | null;
  sent_batch: string | null;
  left_code: string | null;
  left_id: string | null;
};

async function readCollected(
  deps: StandingDeps,
  rows: readonly BareRow[],
): Promise<ReadonlyMap<BareRow, InSummary>> {
  const paidBy = await readPaidBy(deps, rows);
  const objectOf = ({ rowId, sourceId }: BareRow) => paidBy.get(rowId) ?? sourceId ?? "";
  const ids = [...new Set(rows.map(objectOf))];
  const byObject = new Map<string, CollectedRow>();
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const values = [deps.pair, ids.slice(at, at + IDS_AT_ONCE)];
    const found = await deps.pool.query<CollectedRow>(COLLECTED_SQL, values);
    for (const row of found.rows) byObject.set(row.object, row);
  }
  return new Map(
    rows.flatMap((row): [BareRow, InSummary][] => {
      const of = byObject.get(objectOf(row));
      if (of === undefined) return [];
      const sent = sentDocument(of, row.part === "gross");
      const lane = summaryLane(of.day);
      const what = `${of.left_code}, case ${of.left_id} of ${lane}`;
      const left = of.left_id === null ? undefined : ({ how: "dismissed", what } as const);
      return [[row, { lane, isOwn: of.is_own, sent, left }]];
    }),
  );
}

/** $1 pair, $2 days, $3 rows: a charge and what its capture left of it are rows of one moment. */
const PAID_BY_SQL = `
select r.id as row_id, c.object
from collected_document d join intent c on c.pair = d.pair and c.key = d.intent_key
cross join lateral jsonb_array_elements_text(c.draft -> 'rows') as r (id)
where d.pair = $1 and d.day = any ($2::text[]) and c.stage = 'collected'
  and c.purpose = 'payment' and r.id = any ($3::text[])`;

/** The collected charges whose captures have left rows: these name something else at Stripe. */
async function readPaidBy(
  { pool, pair, dayOf }: StandingDeps,
  rows: readonly BareRow[],
): Promise<ReadonlyMap<string, string>> {
  const left = rows.filter(({ category }) => category === PART_RELEASED);
  if (left.length === 0) return new Map();
  const days = [...new Set(left.map(({ created }) => dayOf(created)))];
  const values = [pair, days, left.map(({ rowId }) => rowId)];
  const found = await pool.query<{ row_id: string; object: string }>(PAID_BY_SQL, values);
  return new Map(found.rows.map((row) => [row.row_id, row.object]));
}

async function readTold(
  { pool, pair }: StandingDeps,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Told>> {
  const all = new Map<string, Told>();
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
    const { rows } = await pool.query<Told>(TOLD_SQL, [pair, ids.slice(at, at + IDS_AT_ONCE)]);
    for (const row of rows) all.set(row.object, row);
  }
  return all;
}

const CHARGE_CATEGORIES = new Set(["charge", "charge_failure", PART_RELEASED]);

/** Calls to Stripe at once: runs share its budget. */
const CHARGES_AT_ONCE = 8;

/** A charge as Stripe has it, with what the hub's records say about it. */
type ChargeTold = Readonly<{ standing: Standing["charge"]; told: Told | undefined }>;

/**
 * Only charges without a document are asked for, and these are few. Of a charge that its bank took
 * back Stripe says the same as of one that never was money: whether it was booked tells them apart.
 */
async function readCharges(
  deps: StandingDeps,
  rows: readonly BareRow[],
): Promise<ReadonlyMap<string, ChargeTold>> {
  const sources = rows
    .filter(({ category, part }) => CHARGE_CATEGORIES.has(category) && part === "gross")
    .flatMap(({ sourceId }) => sourceId ?? []);
  const ids = [...new Set(sources)];
  const found = new Map<string, ChargeFound>();
  for (let at = 0; at < ids.length; at += CHARGES_AT_ONCE) {
    const some = ids.slice(at, at + CHARGES_AT_ONCE);
    const answers = await Promise.all(some.map((id) => deps.readCharge(id)));
    some.forEach((id, index) => {
      const answer = answers[index];
      if (answer !== undefined) found.set(id, answer);
    });
  }
  const told = await readTold(deps, [
    ...new Set([...found.values()].map(({ chargeId }) => chargeId)),
  ]);
  return new Map(
    [...found].map(([id, { chargeId, standing }]) => {
      const of = told.get(chargeId);
      return [id, { standing: of?.is_booked === true ? "succeeded" : standing, told: of }];
    }),
  );
}

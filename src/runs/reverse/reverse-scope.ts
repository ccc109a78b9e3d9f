import type { Pool } from "pg";
import { HubError } from "../../base/errors.ts";
import { isRefundPurpose, type Purpose } from "../../base/ids.ts";
import { dayOfLane, dayOfSummary } from "../../ledger/index.ts";
import { isCollected } from "../../mapping/index.ts";
import { BACK, isReversalPart } from "../write/reversal-parts.ts";
import { isOfShare, STORED_COLUMNS, type StoredIntent, toStoredIntent } from "./reversal.ts";

/** What of a lane is to be taken back. */
export type Scope = Readonly<{
  pair: string;
  laneKey: string;
  /** The documents, newest first: the order in which they go back. */
  originals: readonly StoredIntent[];
  /** What else the lane has booked or begun, which stands on these. */
  rest: readonly StoredIntent[];
}>;

/** What a person names: an id of Stripe, a number or batch of SL, a key, or `run:1042`. */
export type Named = Readonly<{ named: string; pair: string | undefined; all: boolean }>;

const FIND_SQL = `
with hit (pair, key) as (
  select i.pair, i.key from intent i
  where ($2::text is null or i.pair = $2)
    and (i.key = $1 or i.object = $1 or i.lane_key = $1 or i.bat_nbr = $1)
  union
  select l.pair, l.intent_key from link l
  where ($2::text is null or l.pair = $2) and (l.sl_key = $1 or l.bat_nbr = $1)
    and l.kind <> 'customer'
  union
  select r.pair, c.intent_key from run r
  join intent i on i.pair = r.pair and i.lane_key = r.lane_key
  join receipt c on c.pair = i.pair and c.intent_key = i.key
    and c.created_at between r.started_at and r.ended_at
  where $1 ~ '^run:[0-9]{1,18}$' and r.id::text = substr($1, 5)
    and ($2::text is null or r.pair = $2)
)
select ${STORED_COLUMNS}, i.pair, h.key is not null as "isNamed",
  b.gross < 0 as "isOut", coalesce(b.source_id, '') as "sourceId"
from intent i left join hit h on h.pair = i.pair and h.key = i.key
left join balance_row b on i.purpose = 'bridge' and b.pair = i.pair
  and b.row_id = case when i.part = '' then i.object else split_part(i.part, '/', 1) end
where (i.pair, i.lane_key) in (
  select w.pair, w.lane_key from hit join intent w on w.pair = hit.pair and w.key = hit.key)
order by i.created_at desc, i.generation desc, i.key`;

type FoundRow = Parameters<typeof toStoredIntent>[0] & {
  pair: string;
  isNamed: boolean;
} & BridgedRow;

/** Of the balance row that a journal of the bridge books; null where it was not read. */
type BridgedRow = Readonly<{ isOut: boolean | null; sourceId: string }>;
/** A document, and what it goes back with; undefined where only a row that was not read tells. */
type Found = StoredIntent & Readonly<{ isNamed: boolean; fact: string | undefined }>;

/** $1 pair, $2 lane, $3 rows: other sides of their conversions that stand in another lane. */
const OTHER_SIDES_SQL = `
select i.object, i.lane_key as "laneKey"
from balance_row a
join balance_row b on b.pair = a.pair and b.source_id = a.source_id and b.row_id <> a.row_id
join intent i on i.pair = b.pair and i.object = b.row_id and i.purpose = 'bridge'
  and i.lane_key <> $2 and i.stage = 'done' and i.reversed_by is null
where a.pair = $1 and a.row_id = any ($3::text[])`;

/** What makes no document in SL that another one could take back. */
const NO_DOCUMENTS: readonly Purpose[] = [
  "customer",
  "customer-update",
  "ship-to",
  "writeback",
  "apply",
  "share-out",
];

/**
 * What the named id stands for: the documents of its fact, and with `all` everything that its lane
 * has booked on it too.
 *
 * @throws HubError `api.not_found`, `api.invalid`, `reverse.already`, `reverse.not_released`,
 *   `reverse.unsupported`
 */
export async function findScope(pool: Pool, wanted: Named): Promise<Scope> {
  const { named, all } = wanted;
  const { rows } = await pool.query<FoundRow>(FIND_SQL, [named, wanted.pair ?? null]);
  const found = inLanesMeant(rows, named).map(({ pair, isNamed, isOut, sourceId, ...row }) => {
    return { ...toStoredIntent(row), pair, isNamed, isOut, sourceId };
  });
  const [first] = found;
  if (first === undefined) {
    throw new HubError("api.not_found", `The hub has booked nothing of ${named}`, {
      cure: "Give an id of Stripe, a number or batch of SL, a key, or a run such as run:1042.",
    });
  }
  const { pair, laneKey } = first;
  const others = found.filter((one) => one.pair !== pair || one.laneKey !== laneKey);
  if (others.length > 0) throw severalLanes(named, found);
  const booked = found.filter((one) => !NO_DOCUMENTS.includes(one.purpose));
  const returned = booked.filter(({ purpose }) => purpose === "return");
  const documents: readonly Found[] = booked.map((one) => {
    const isReturned = returned.some(({ object }) => object === one.object);
    return { ...one, fact: one.purpose === "bridge" ? factBridged(one, isReturned) : factOf(one) };
  });
  const facts = new Set(namedOf(named, documents, laneKey).map(({ fact }) => fact));
  const isWanted = ({ fact }: Found) => all || facts.has(fact);
  const standing = documents.filter((one) => !isGone(one));
  const originals = standing.filter((one) => isWanted(one) && !isReversal(one));
  const rest = standing.filter((one) => !originals.includes(one) && !isReversal(one));
  if (originals.length === 0) {
    const hits = documents.filter(({ isNamed }) => isNamed);
    if (hits.length > 0 && hits.every(isReversal)) throw ownReversal(named, hits[0]?.object ?? "");
    throw nothingLeft(named, documents.filter(isWanted));
  }
  for (const one of originals) assertReversible(one);
  if (originals.some(isOfShare)) assertNoneApplying(found);
  await assertBothSides(pool, { pair, laneKey }, originals);
  return { pair, laneKey, originals, rest };
}

/**
 * Of several lanes those alone where the name is a document's: a note at Stripe is none. A day is
 * its journals, and not what its sales were summed up as beside them.
 */
function inLanesMeant(rows: readonly FoundRow[], named: string): readonly FoundRow[] {
  const laneOf = ({ pair, laneKey }: FoundRow) => `${pair} ${laneKey}`;
  const hits = rows.filter(({ isNamed, purpose }) => isNamed && !NO_DOCUMENTS.includes(purpose));
  const ofDay = dayOfLane(named) === undefined ? [] : hits.filter((one) => one.laneKey === named);
  const meant = ofDay.length > 0 ? ofDay : hits;
  const lanes = new Set(meant.map(laneOf));
  return lanes.size === 0 ? rows : rows.filter((row) => lanes.has(laneOf(row)));
}

/** A lane is named after its sale: its id means that, and not all that hangs on it. */
function namedOf(named: string, documents: readonly Found[], laneKey: string): readonly Found[] {
  const hits = documents.filter(({ isNamed }) => isNamed);
  if (named !== laneKey) return hits;
  const own = hits.filter((one) => one.object === laneKey || one.fact === SALE);
  return own.length === 0 ? hits : own;
}

const SALE = "sale";

/** What goes back together: a sale with its money, all of a refund, of a dispute, of a payout. */
function factOf({ object, purpose, part }: StoredIntent): string {
  if (purpose === "invoice" || purpose === "payment") return SALE;
  if (purpose === "order" || purpose === "rounding") return SALE;
  if (isRefundPurpose(purpose) || purpose.startsWith("dispute-")) return object;
  if (purpose.startsWith("payout-")) return object;
  if (purpose === "return") return returnOf(object);
  // Of a charge only what its bank took back is a memo: its payment hits clearing.
  if (purpose === "wash") return /^(ch|py)_/.test(object) ? returnOf(object) : object;
  if (purpose.startsWith("pending")) return `pending ${object}`;
  // A dispute's own fee stands with it; every other journal is one by itself.
  if (purpose === "fee" && /^(du|dp)_/.test(object)) return object;
  return `${object} ${purpose} ${part}`;
}

/**
 * What a journal of the bridge goes back with: the documents that it takes off the bridge, or the
 * other side of its conversion. Of a charge that a bank took back its row tells which of both.
 */
function factBridged(
  { object, part, isOut, sourceId }: StoredIntent & BridgedRow,
  isReturned: boolean,
): string | undefined {
  if (part === "") return sourceId === "" ? undefined : `conversion ${sourceId}`;
  if (!/^(ch|py)_/.test(object)) return object;
  if (!isReturned) return SALE;
  if (isOut === null) return undefined;
  return isOut ? returnOf(object) : SALE;
}

/** All that a bank took back of a charge, whoever shares it. */
function returnOf(object: string): string {
  return `${object} return`;
}

/** Nothing of it stands in SL, nor can it arrive there. */
function isGone({ stage, isReversed }: StoredIntent): boolean {
  return isReversed || stage === "abandoned" || stage === "planned";
}

/** What takes another one back is never taken back itself: the fact is booked again. */
function isReversal({ purpose, part }: StoredIntent): boolean {
  return (purpose === "reverse" || purpose === "order") && isReversalPart(part);
}

function assertReversible(one: Found): void {
  const { purpose, object, stage, batNbr, key, fact } = one;
  const facts = { object, purpose, batNbr, key };
  assertOfNoSummary(one);
  if (fact === undefined) {
    throw new HubError("reverse.unsupported", `The balance row of journal ${batNbr} was not read`, {
      facts,
      cure: "`slipway rows sweep` reads it, which tells what the journal belongs to; ask again.",
    });
  }
  if (stage !== "done") {
    const batch = batNbr === "" ? "" : `, batch ${batNbr}`;
    throw new HubError("reverse.not_released", `The ${purpose} of ${object} is ${stage}${batch}`, {
      facts,
    });
  }
}

/** A document of many sales goes back for none of them. */
function assertOfNoSummary({ object, purpose, draft, receipt, laneKey }: Found): void {
  const day = dayOfSummary(laneKey);
  if (!isCollected(draft) && day === undefined) return;
  const { type = "", refNbr = "" } = receipt ?? {};
  const name = refNbr === "" ? "the summary of its day" : `${type} ${refNbr}, a day's summary`;
  throw new HubError("reverse.unsupported", `The ${purpose} of ${object} is in ${name}`, {
    facts: { object, purpose, refNbr },
    cure:
      "Refund the charge at Stripe where its money is to go back; move what stands on a wrong " +
      "account of sales by a journal in SL (01.010).",
  });
}

/** An application that waits in SL for its release would take the money of what went back. */
function assertNoneApplying(found: readonly StoredIntent[]): void {
  const applying = found.find(
    ({ purpose, stage, part, isReversed }) =>
      purpose === "apply" &&
      !["planned", "abandoned", "done"].includes(stage) &&
      !isReversed &&
      !part.startsWith(BACK),
  );
  if (applying === undefined) return;
  const { object, part, stage, batNbr } = applying;
  throw new HubError(
    "reverse.not_released",
    `The application of ${object} to ${part} is ${stage}`,
    {
      facts: { object, batNbr },
    },
  );
}

/** The side in the base currency has taken off the bridge what the other one is worth. */
async function assertBothSides(
  pool: Pool,
  { pair, laneKey }: Pick<Scope, "pair" | "laneKey">,
  originals: readonly StoredIntent[],
): Promise<void> {
  const sides = originals.filter(({ purpose, part }) => purpose === "bridge" && part === "");
  if (sides.length === 0) return;
  const { rows } = await pool.query<{ object: string; laneKey: string }>(OTHER_SIDES_SQL, [
    ...[pair, laneKey],
    sides.map(({ object }) => object),
  ]);
  const [other] = rows;
  if (other === undefined) return;
  throw new HubError(
    "reverse.unsupported",
    `The other side of a conversion, ${other.object}, stands in ${other.laneKey}`,
    {
      facts: { object: other.object, lane: other.laneKey },
      cure: "Both sides go back together: enter their reversing journals by hand in SL.",
    },
  );
}

/** How many are named where a name is that of many. */
const NAMED_MAX = 10;

/** A payout that the books were opened with has one id for its opening and for what came after. */
function severalLanes(
  named: string,
  found: readonly (StoredIntent & { pair: string; isNamed: boolean })[],
): HubError {
  const hits = found.filter(({ isNamed, purpose }) => isNamed && !NO_DOCUMENTS.includes(purpose));
  const names = hits.map((one) => {
    const { pair, purpose, object, key } = one;
    return `${numberOf(one)}, the ${purpose} of ${object} (${pair}, key ${key})`;
  });
  const list = names.slice(0, NAMED_MAX).join("; ");
  return new HubError("api.invalid", `${named} names several: ${list}`, {
    facts: { field: "id", example: hits[0]?.key ?? "" },
    cure: "Name the key of the one that is meant, or its pair.",
  });
}

function numberOf({ receipt, purpose, batNbr }: StoredIntent): string {
  const { type = "", refNbr = "" }: NonNullable<StoredIntent["receipt"]> = receipt ?? {};
  if (type === "GJ") return `journal ${batNbr}`;
  return refNbr === "" ? `${purpose} ${batNbr}`.trimEnd() : `${type} ${refNbr}`;
}

function ownReversal(named: string, object: string): HubError {
  return new HubError("reverse.unsupported", `${named} takes a document of ${object} back`, {
    facts: { object },
    cure: `\`slipway reverse ${object} --rebook\` books the fact again; it is not reversed itself.`,
  });
}

function nothingLeft(named: string, documents: readonly StoredIntent[]): HubError {
  const reversed = documents.filter(({ isReversed }) => isReversed);
  if (reversed.length > 0) {
    return new HubError("reverse.already", `Everything of ${named} is reversed already`, {
      facts: { object: reversed[0]?.object },
    });
  }
  return new HubError("api.not_found", `No document of ${named} stands in SL`, {
    cure: "`slipway trace` shows how far it has come.",
  });
}

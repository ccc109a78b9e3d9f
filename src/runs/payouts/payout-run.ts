import { toDecimal } from "../../base/money.ts";
import type { Payout } from "../../canonical/payout.ts";
import type { JournalDraft } from "../../erp/port.ts";
import { wakeLanes } from "../../lanes/index.ts";
import { feesLane } from "../../ledger/index.ts";
import {
  type BookedLegs,
  choosePeriod,
  type Leg,
  type LegPurpose,
  mapLeg,
  openOnly,
  planLegs,
} from "../../mapping/index.ts";
import { NOTHING_NEW, type SaleResult } from "../charges/charge-run.ts";
import { writeIfAllowed } from "../charges/write-back.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { releasedBefore } from "../write/adopt.ts";
import { book, doneReceipt } from "../write/book.ts";
import { type DocumentReceipt, isFrozen } from "../write/intent.ts";
import type { ReceiptRows } from "../write/intent-move.ts";
import { awaitedOf, rowLookMs } from "./payout-schedule.ts";

/**
 * What a payout, top-up or inbound transfer does outside, in order, spread over days;
 * docs/architecture.md shows it. The third is done where its money came back, the last where Stripe
 * has an object to write on.
 */
export const PAYOUT_EFFECTS = [
  { purpose: "payout-out", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "payout-in", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "payout-back", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "writeback", target: "Stripe", writes: ["write"] },
] as const;

/** Whether a lane is named after money between balance and bank. */
export function isPayoutLane(laneKey: string): boolean {
  return /^(po|tu|ibt)_/.test(laneKey);
}

/** What a payout has done to the balance, row by row, and whether it has arrived. */
export function moneyOfPayout(payout: Payout): string {
  const arrived = payout.state === "arrived" ? [`${payout.id} arrived`] : [];
  return [...movesOf(payout), ...arrived].join(", ");
}

function movesOf({ row, undone }: Payout): readonly string[] {
  return [row, undone].flatMap((one) =>
    one === undefined ? [] : [`${one.id} ${toDecimal(one.gross)} ${one.gross.currency}`],
  );
}

/**
 * What the dismissal of a payout has to cover. Its arrival is of that only where the hub has put
 * the money in transit: there it would stay for good.
 */
export async function moneyLeftAlone(context: RunContext, payout: Payout): Promise<string> {
  await context.door.store.load([payout.id]);
  const isMissing = isArrivalMissing(context, payout);
  return isMissing ? moneyOfPayout(payout) : movesOf(payout).join(", ");
}

function isArrivalMissing(context: RunContext, payout: Payout): boolean {
  const isOut = isDone(context, payout, "payout-out") || isDone(context, payout, "opening");
  if (payout.state !== "arrived" || !isOut || isDone(context, payout, "payout-in")) return false;
  const legs = planLegs(payout, legsContext(context, payout, false));
  return legs.some(({ purpose }) => purpose === "payout-in");
}

function isDone({ door }: RunContext, { id }: Payout, purpose: LegPurpose | "opening"): boolean {
  return door.store.find({ object: id, purpose, part: "" })?.stage === "done";
}

/**
 * Books what is missing of a payout as Stripe shows it now, and tells Stripe the batches. The order
 * of its events does not matter: one that failed before anybody saw it paid comes back from
 * transit. Until it has arrived the lane stays due by itself.
 *
 * @throws HubError `stripe.payout_overdue` a week after it should have arrived, and those of
 *   mapping and of the write protocol
 */
export async function runPayout(context: RunContext, payout: Payout): Promise<SaleResult> {
  const { door } = context;
  await door.store.load([payout.id]);
  await wakeFees(context, payout);
  if (payout.row === undefined) return withoutRow(payout, door.clock.now());
  const isBanked = await standsAtBank(context, payout);
  if (!isBanked) await giveUpArrival(context, payout);
  const legs = planLegs(payout, legsContext(context, payout, isBanked));
  if (legs.length === 0) return beforeStart(context, payout);
  const booked: string[] = [];
  const batches: string[] = [];
  for (const leg of legs) {
    const isNew = !isDone(context, payout, leg.purpose);
    const { batNbr, period } = await bookLeg(context, payout, leg);
    batches.push(batNbr);
    booked.push(`${LEG_WORDS[leg.purpose]} in batch ${batNbr} (${period})${isNew ? " now" : ""}`);
  }
  const isNew = booked.some((words) => words.endsWith(" now"));
  await tellBatches(context, payout, batches);
  const words = booked.map((text) => text.replace(/ now$/, "")).join(", ");
  const reason = isNew ? words : `${NOTHING_NEW}: already booked as ${words}`;
  // Whoever follows orders is told of each journal by itself.
  const result = { outcome: "booked", reason, isLater: true } as const;
  const next = awaitedOf(payout, door.clock.now());
  return next === undefined ? result : { ...result, next };
}

/** The fees of what it took along have a lane of their own, which reads the list of it. */
async function wakeFees({ pool, pair }: RunContext, payout: Payout): Promise<void> {
  const { id, kind, isAutomatic } = payout;
  if (pair.settings.fees !== "per-payout" || kind !== "payout" || !isAutomatic) return;
  await wakeLanes(pool, [{ pair: pair.id, key: feesLane(id) }]);
}

const LEG_WORDS: Readonly<Record<LegPurpose, string>> = {
  "payout-out": "balance",
  "payout-in": "bank",
  "payout-back": "return",
};

/** Nothing has moved the balance: for good, or Stripe shows its row a moment later. */
function withoutRow(payout: Payout, now: Date): SaleResult {
  const { id, state, status } = payout;
  if (state !== "undone") {
    throw new Waiting(`the balance transaction of ${id}`, rowLookMs(payout, now));
  }
  return { outcome: "not_applicable", reason: `${id} is ${status}, and never moved the balance` };
}

/**
 * Its row is from before the pair's start, and nothing that came after is to be booked yet: what
 * an opening entry has put in transit is awaited.
 */
function beforeStart({ door, pair }: RunContext, payout: Payout): SaleResult {
  const { id } = payout;
  const early = `The row of ${id} is from before the pair's start on ${pair.settings.start}`;
  const opening = door.store.find({ object: id, purpose: "opening", part: "" });
  if (opening?.stage !== "done") {
    const reason = `${early}, and no opening entry has put it in transit`;
    return { outcome: "not_applicable", reason };
  }
  const next = awaitedOf(payout, door.clock.now());
  const result = {
    outcome: "not_applicable",
    reason: `${early}: its opening entry stands`,
  } as const;
  return next === undefined ? result : { ...result, next };
}

/**
 * Whether SL holds the arrival of a payout whose money came back since, and the hub does not know
 * it: a database that was put back has forgotten it, and Stripe shows only that it failed.
 */
async function standsAtBank({ door, pair }: RunContext, payout: Payout): Promise<boolean> {
  const slot = { object: payout.id, purpose: "payout-in", part: "" } as const;
  const known = door.store.find(slot);
  const isKnown = known !== undefined && isFrozen(known);
  if (isKnown || payout.state !== "undone") return false;
  return (await releasedBefore(door, { ...slot, pair: pair.id })) !== undefined;
}

/** An arrival of which nothing stands in SL, nor can, will not come once the money came back. */
async function giveUpArrival({ door }: RunContext, { id, state }: Payout): Promise<void> {
  const known = door.store.find({ object: id, purpose: "payout-in", part: "" });
  if (state !== "undone" || known === undefined || isFrozen(known)) return;
  if (known.stage !== "abandoned") await door.store.advance(known, { stage: "abandoned" });
}

/** The accounts that its journals have hit, or may have: only those very drafts can be finished. */
function legsContext({ door, pair }: RunContext, payout: Payout, isBanked: boolean) {
  const { settings } = pair;
  const currency = payout.amount.currency;
  const across = (purpose: LegPurpose | "opening", role: "transit" | "bank"): BookedLegs["out"] => {
    const intent = door.store.find({ object: payout.id, purpose, part: "" });
    if (intent === undefined || !isFrozen(intent)) return undefined;
    const { lines } = intent.draft as Partial<JournalDraft>;
    // What a rebuild took over from SL has no lines; then the settings tell.
    const side = (payout.row?.gross.minor ?? 0n) < 0n ? "debit" : "credit";
    const line = lines?.find((one) => one.side === side);
    return line === undefined
      ? settings.accounts[role][currency]
      : { ...line.account, role: line.role };
  };
  const opening = across("opening", "transit");
  const booked: BookedLegs = {
    out: across("payout-out", settings.payout.transit === "off" ? "bank" : "transit") ?? opening,
    in: across("payout-in", "bank") ?? (isBanked ? settings.accounts.bank[currency] : undefined),
    isOpened:
      door.store.find({ object: payout.id, purpose: "opening", part: "" })?.stage === "done",
  };
  return { settings, booked };
}

async function bookLeg(context: RunContext, payout: Payout, leg: Leg): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const { purpose } = leg;
  const owners = ownersOf(leg);
  const known = door.store.find({ object: payout.id, purpose, part: "" });
  const before = doneReceipt(known);
  if (known !== undefined && before !== undefined) {
    // A journal that a rebuild took over from SL owns its row from its next run on.
    const lacksOwner = known.owned.length === 0 && owners.length > 0;
    if (lacksOwner) await door.store.advance(known, { stage: "done", rows: { owners } });
    return before;
  }
  const { settings, reference } = pair;
  const calendar = await reference.calendar();
  const slDecimals = await reference.decimals(leg.amount.currency);
  const chosen = choosePeriod(leg.date, calendar, settings.closedPeriod);
  const receipt = await book(door, {
    object: payout.id,
    purpose,
    part: "",
    make: (key) =>
      mapLeg(payout, leg, { settings, key, chosen: openOnly(chosen), calendar, slDecimals }),
    owners,
  });
  const { batNbr } = receipt;
  steps.note("payout", `journal ${purpose} released in batch ${batNbr}`, { purpose, batNbr });
  return receipt;
}

function ownersOf({ row }: Leg): ReceiptRows["owners"] {
  return row === undefined ? [] : [{ rowId: row.id, part: "gross" }];
}

/** The batches stand on the payout, where people look for them; some have nothing to write on. */
async function tellBatches(
  context: RunContext,
  { id, kind }: Payout,
  batches: readonly string[],
): Promise<void> {
  if (kind === "inbound-transfer") return;
  const planned = { [context.pair.settings.metadata.batchNumber]: batches.join(", ") };
  await writeIfAllowed(context, { objectId: id, planned });
}

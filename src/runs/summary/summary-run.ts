import { present } from "../../base/assert.ts";
import { HubError, toHubError } from "../../base/errors.ts";
import { type Money, sum } from "../../base/money.ts";
import type { CustomerReading, PaymentDraft } from "../../erp/port.ts";
import { dayLane, summedUpAt } from "../../ledger/index.ts";
import type { LinkKind } from "../../links/index.ts";
import {
  type Collected,
  type CollectedInvoice,
  type CollectedMemo,
  type CollectedPayment,
  choosePeriod,
  keptPeriod,
  mapSummaryInvoice,
  mapSummaryMemo,
  mapSummaryPayment,
  type PeriodChoice,
} from "../../mapping/index.ts";
import { applyTo } from "../apply/apply-to.ts";
import { NOTHING_NEW } from "../charges/charge-run.ts";
import { isLeftUnapplied } from "../charges/left-unapplied.ts";
import type { RunContext } from "../context.ts";
import type { RowsBooked } from "../days/fees-awaited.ts";
import { wakeSummedFees } from "../days/late-fees.ts";
import { decisionOf } from "../dismissal.ts";
import { applyOpen } from "../refunds/refund-cash.ts";
import { Waiting, WaitingForNextRun } from "../waiting.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { numberTryOf } from "../write/payment-number.ts";
import {
  type CollectedDocument,
  dayLeftAlone,
  endCollected,
  fixParts,
  readCollected,
  readDay,
  readParts,
  type SummaryPart,
} from "./collected-store.ts";
import { takeOverSummary } from "./take-over.ts";

/**
 * What a day's summary does outside, in order, for the sales of each set of accounts and then for
 * the refunds of each; docs/architecture.md shows it.
 */
export const SUMMARY_EFFECTS = [
  { purpose: "summary", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "payment", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "refund-cash", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "refund-cause", target: "SL", writes: ["reserve", "fill", "release"] },
  { purpose: "apply", target: "SL", writes: ["reserve", "fill", "release"] },
] as const;

/** What comes after the day was summed up mostly comes in numbers: it waits so long for more. */
const QUIET_MS = 5 * 60_000;

/**
 * Books what a day has collected: one invoice and one payment for its sales, one debit and one
 * credit memo for its refunds, for each currency, customer and set of accounts. What is in a
 * document is fixed before it is sent; what comes later makes documents of the next number, and
 * what a person has left alone makes none.
 *
 * @throws HubError for the first documents that cannot be booked, once all others are; before that
 *   Waiting for what is on its way
 */
export async function runSummary(context: RunContext, day: string): Promise<RowsBooked> {
  const { pool, lane, pair, door } = context;
  const dismissal = await dayLeftAlone(pool, lane);
  await waitForDay(context, day);
  const object = dayLane(day);
  await door.store.load([object]);
  const after = dismissal?.at;
  await takeOverSummary(context, { day, after });
  const standing = [
    ...door.store.parts(object, "summary"),
    ...door.store.parts(object, "refund-cash"),
  ];
  const taken = standing.map(({ identity }) => identity.part);
  await fixParts(pool, lane, { day, taken, after });
  const parts = await readParts(pool, pair.id, day);
  const isLeftAlone = ({ newestAt }: SummaryPart) => after !== undefined && newestAt <= after;
  const open = parts.filter((part) => !part.isOver && !isLeftAlone(part));
  const booked = await bookParts(context, day, open);
  for (const part of parts) {
    if (part.isOver && !isLeftAlone(part)) await applyAgain(context, object, part);
  }
  if (booked.length > 0) return { outcome: "booked", reason: booked.join("; ") };
  if (dismissal !== undefined) return { outcome: "not_applicable", reason: decisionOf(dismissal) };
  return { outcome: "booked", reason: `${NOTHING_NEW}: ${day} is summed up` };
}

/** Books parts one after the other: none waits for one that waits, or that SL refuses. */
async function bookParts(
  context: RunContext,
  day: string,
  parts: readonly SummaryPart[],
): Promise<readonly string[]> {
  const booked: string[] = [];
  const refused: HubError[] = [];
  const waits: Waiting[] = [];
  for (const part of parts) {
    try {
      booked.push(await bookPart(context, day, part));
    } catch (thrown) {
      if (thrown instanceof WaitingForNextRun) throw thrown;
      if (thrown instanceof Waiting) {
        waits.push(thrown);
        continue;
      }
      const error = toHubError(thrown);
      if (!isForPerson(error)) throw thrown;
      context.steps.note("summary", `${part.part} cannot be booked: ${error.message}`);
      refused.push(error);
    }
  }
  // A person who dismisses the case leaves the day alone: what is on its way is to stand by then.
  const [soonest] = waits.toSorted((a, b) => a.dueInMs - b.dueInMs);
  if (soonest !== undefined) throw soonest;
  const [first] = refused;
  if (first !== undefined) throw first;
  return booked;
}

/** Whether somebody has to do something about a part: its others need not wait for that. */
function isForPerson({ category }: HubError): boolean {
  return category === "mapping" || category === "erp" || category === "conflict";
}

async function waitForDay({ pool, pair }: RunContext, day: string): Promise<void> {
  const { settings } = pair;
  const overMs = Date.now() - summedUpAt(day, settings).getTime();
  if (overMs < 0) throw new Waiting(`${day} to be over, and summary-delay after it`, -overMs);
  const { newestAgeMs } = await readDay(pool, pair.id, day);
  // Without a delay the last sale of a day is not waited upon, but what comes long after is.
  const quietMs = settings.summaryDelay === 0 ? Math.min(overMs, QUIET_MS) : QUIET_MS;
  if (newestAgeMs === undefined || newestAgeMs >= quietMs) return;
  throw new Waiting(`more sales of ${day} that come late`, quietMs - newestAgeMs);
}

/** All that the documents of a part are made from. */
type Part = SummaryPart &
  Readonly<{
    day: string;
    object: string;
    customer: CustomerReading;
    documents: readonly CollectedDocument[];
  }>;

async function bookPart(context: RunContext, day: string, part: SummaryPart): Promise<string> {
  const { pool, pair } = context;
  const { customerId } = part;
  const customer = present(await pair.reference.customer(customerId), `Customer ${customerId}`);
  const documents = await readCollected(pool, pair.id, { ...part, day });
  const of = { ...part, day, object: dayLane(day), customer, documents };
  return part.kind === "sale" ? bookSales(context, of) : bookRefunds(context, of);
}

async function bookSales(context: RunContext, part: Part): Promise<string> {
  const { pool, lane, steps } = context;
  const { documents } = part;
  const invoice = await bookInvoice(context, part);
  const payment = await bookPayment(context, part, invoice);
  await endCollected(pool, lane, {
    documents,
    receipts: [
      { purpose: "invoice", receipt: invoice },
      { purpose: "payment", receipt: payment },
    ],
    invoiceRefNbr: invoice.refNbr,
  });
  const rowIds = draftsFor<CollectedPayment>(part, "payment").flatMap(({ rows }) => rows);
  await wakeSummedFees(context, { day: part.day, rowIds });
  const words = `invoice ${invoice.refNbr} and payment ${payment.refNbr}`;
  steps.note("summary", `${words}: ${documents.length} collected documents`);
  return words;
}

/** What of a part was collected for one purpose, as it would be booked by itself. */
function draftsFor<D extends Collected>({ documents }: Part, purpose: string): readonly D[] {
  return documents.filter((one) => one.purpose === purpose).map(({ draft }) => draft as D);
}

async function periodOfDay({ pair }: RunContext, day: string): Promise<PeriodChoice> {
  return choosePeriod(day, await pair.reference.calendar(), pair.settings.closedPeriod);
}

/**
 * That of the first document of the part, for the others. The usual cure takes that document back,
 * which nobody does with a summary.
 */
async function periodOfPart(
  { pair }: RunContext,
  { period }: DocumentReceipt,
): Promise<PeriodChoice> {
  const chosen = keptPeriod(period, await pair.reference.calendar());
  if (chosen.closed === undefined) return chosen;
  const { code, message, facts } = chosen.closed;
  const cure = "Open the period in SL, then resume.";
  return { ...chosen, closed: new HubError(code, message, { facts, cure }) };
}

async function bookInvoice(context: RunContext, part: Part): Promise<DocumentReceipt> {
  const { pair, door } = context;
  const { settings, reference } = pair;
  const { day, customer, object } = part;
  const sold = draftsFor<CollectedInvoice>(part, "invoice");
  const chosen = await periodOfDay(context, day);
  const terms = await reference.terms(settings.terms.paid);
  const of = { settings, day, period: chosen.period, customer, terms };
  return book(door, {
    ...{ object, purpose: "summary", part: part.part },
    make: (key) => withNotes(chosen, mapSummaryInvoice(sold, { ...of, key })),
    owners: [],
  });
}

async function bookPayment(
  context: RunContext,
  part: Part,
  invoice: DocumentReceipt,
): Promise<DocumentReceipt> {
  const { pair, door } = context;
  const { settings } = pair;
  const { day, customer, object } = part;
  const paid = draftsFor<CollectedPayment>(part, "payment");
  const identity = { object, purpose: "payment", part: part.part } as const;
  const saved = door.store.find(identity)?.draft as Partial<PaymentDraft> | undefined;
  const chosen = await periodOfPart(context, invoice);
  const amount = totalOf(paid.map((one) => one.amount));
  const [applied] = present(paid[0], "A payment of the day").applications;
  const { receivable } = present(applied, "What a payment of the day is applied to");
  const isAppliedAtOnce = door.erp.capabilities["pay-and-apply"] !== "no";
  const toPay = { refNbr: invoice.refNbr, balance: amount, receivable };
  const of = {
    ...{ settings, day, period: chosen.period, customer },
    cash: present(paid[0], "A payment of the day").cash,
    invoice: isAppliedAtOnce ? toPay : undefined,
  };
  const map = (key: string) => {
    const numberTry = numberTryOf(key, saved?.refNbr);
    return withNotes(chosen, mapSummaryPayment(paid, { ...of, key, numberTry }));
  };
  const owners = ownersOf(paid);
  const receipt = await book(door, { ...identity, make: map, owners });
  await ownRows(context, identity, owners);
  await applyPayment(context, { object, part: part.part });
  return receipt;
}

/** Applies the payment of a part to its invoice as far as it was not saved so, or is so no more. */
async function applyPayment(
  context: RunContext,
  { object, part }: Readonly<{ object: string; part: string }>,
): Promise<void> {
  const { store } = context.door;
  const booked = store.find({ object, purpose: "payment", part });
  const invoice = doneReceipt(store.find({ object, purpose: "summary", part }));
  const payment = doneReceipt(booked);
  if (invoice === undefined || payment === undefined) return;
  const draft = booked?.draft as Partial<PaymentDraft>;
  if (!(await isLeftUnapplied(context, draft, payment))) return;
  const { customerId, refNbr } = payment;
  await applyTo(context, {
    object,
    payer: { type: "PA", customerId, refNbr },
    target: { type: "IN", refNbr: invoice.refNbr },
    amount: present(draft.amount, "The amount of a day's payment"),
  });
}

function totalOf(amounts: readonly Money[]): Money {
  return sum(amounts, present(amounts[0], "An amount of the day").currency);
}

async function bookRefunds(context: RunContext, part: Part): Promise<string> {
  const { pool, lane, steps } = context;
  const { documents, object } = part;
  const cash = await bookMemo(context, part, "refund-cash");
  const cause = await bookMemo(context, part, "refund-cause", cash);
  const { customerId, refNbr } = cause;
  const payer = { type: "CM", customerId, refNbr } as const;
  await applyOpen(context, { object, payer, target: cash });
  await endCollected(pool, lane, {
    documents,
    receipts: [
      { purpose: "refund-cash", receipt: cash },
      { purpose: "refund-cause", receipt: cause },
    ],
    invoiceRefNbr: "",
  });
  const words = `debit memo ${cash.refNbr} and credit memo ${refNbr}`;
  steps.note("summary", `${words}: ${documents.length} collected documents`);
  return words;
}

/**
 * Memos that a person is to apply are looked at until they are. What somebody has taken back of
 * what was applied is applied again where that is healed.
 */
async function applyAgain(
  context: RunContext,
  object: string,
  { kind, part }: SummaryPart,
): Promise<void> {
  const { store } = context.door;
  if (kind === "sale") {
    if (context.isHealing === true) await applyPayment(context, { object, part });
    return;
  }
  const cash = doneReceipt(store.find({ object, purpose: "refund-cash", part }));
  const cause = doneReceipt(store.find({ object, purpose: "refund-cause", part }));
  if (cash === undefined || cause === undefined) return;
  const { customerId, refNbr } = cause;
  const asked = store.find({ object, purpose: "apply", part: `${refNbr}/${cash.refNbr}` });
  if (asked === undefined) return;
  await applyOpen(context, { object, payer: { type: "CM", customerId, refNbr }, target: cash });
}

async function bookMemo(
  context: RunContext,
  part: Part,
  purpose: "refund-cash" | "refund-cause",
  first?: DocumentReceipt,
): Promise<DocumentReceipt> {
  const { pair, door } = context;
  const { settings, reference } = pair;
  const { day, customer, object } = part;
  const memos = draftsFor<CollectedMemo>(part, purpose);
  const chosen = await (first ? periodOfPart(context, first) : periodOfDay(context, day));
  const terms = await reference.terms(settings.terms.paid);
  const type = purpose === "refund-cash" ? "DM" : "CM";
  const of = { settings, day, period: chosen.period, customer, terms, type } as const;
  const owners = ownersOf(memos);
  const identity = { object, purpose, part: part.part };
  const receipt = await book(door, {
    ...identity,
    make: (key) => withNotes(chosen, mapSummaryMemo(memos, { ...of, key })),
    owners,
  });
  await ownRows(context, identity, owners);
  return receipt;
}

type Owners = readonly Readonly<{ rowId: string; part: "gross" }>[];

function ownersOf(collected: readonly Collected[]): Owners {
  return collected.flatMap(({ rows }) => rows.map((rowId) => ({ rowId, part: "gross" })));
}

/** A document that a rebuild took over from SL owns the rows of what it was made of. */
async function ownRows(
  { door }: RunContext,
  identity: Readonly<{ object: string; purpose: LinkKind; part: string }>,
  owners: Owners,
): Promise<void> {
  const booked = door.store.find(identity);
  if (booked === undefined || booked.owned.length > 0 || owners.length === 0) return;
  await door.store.advance(booked, { stage: "done", rows: { owners } });
}

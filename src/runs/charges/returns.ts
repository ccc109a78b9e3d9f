import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { type Money, negate, subtract, sum, toDecimal } from "../../base/money.ts";
import type { ReturnReading } from "../../canonical/port.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { InvoiceDraft, PaymentDraft } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  documentDate,
  isCollected,
  mapReturn,
  ownedRows,
} from "../../mapping/index.ts";
import { applicationsOf } from "../apply/apply.ts";
import { applyTo } from "../apply/apply-to.ts";
import { crossingOfMemo, hitsBridge, type MemoCrossing } from "../bridge/crossing.ts";
import { takeToClearing } from "../bridge/to-clearing.ts";
import type { RunContext } from "../context.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { originalInSl } from "../write/standing-memo.ts";
import type { Worth } from "../write/value.ts";
import { worthsOf } from "./payment-way.ts";

type PaymentIntent = Intent<Partial<PaymentDraft>, DocumentReceipt>;

/** A payment that its bank took back, as it stands in SL now. */
export type Returned = Readonly<{
  chargeId: string;
  amount: Money;
  /** The memo that carries the debt; undefined where a person has reversed the payment in SL. */
  memo: DocumentReceipt | undefined;
  /** Whether this run has booked it. */
  isNew: boolean;
}>;

/** What SL writes into a payment that a person has reversed in 08.240. */
const REVERSED_BY = ["RP", "NS"];

/**
 * Books what banks took back of the payments that this lane has booked: a debit memo on clearing
 * for each, to which what the payment has left unapplied is applied. A charge that was taken back
 * before it was booked never was: its two rows cancel each other.
 *
 * @param seen charges that Stripe shows as paid, which are not looked at again, and such that it
 *   shows as taken back: a rebuild may know them without the lane
 * @throws HubError `erp.return_by_hand` with `payment-return: person`
 */
export async function bookReturns(
  context: RunContext,
  seen: Readonly<{ standing?: readonly string[]; takenBack?: readonly string[] }>,
): Promise<readonly Returned[]> {
  const { door, pair, lane, signal } = context;
  const { standing = [], takenBack = [] } = seen;
  await door.store.loadLane(lane.key);
  await door.store.load(takenBack);
  const charges = door.store.objectsOf("payment").filter((id) => !standing.includes(id));
  const found: Returned[] = [];
  for (const chargeId of charges) {
    const booked = bookedPayments(context, chargeId);
    if (booked.length === 0) continue;
    const known = booked.map((payment) => memoOf(context, payment));
    const { ofCharge, ofReturn } = ownersOf(context, chargeId);
    const isOver = known.every((memo) => memo !== undefined) && ofCharge && ofReturn;
    if (isOver && !mayBeOnBridge(context, chargeId)) {
      for (const [at, memo] of known.entries()) {
        found.push(await returnedOf(context, present(booked[at], "A payment"), memo));
      }
      continue;
    }
    const reading = await pair.stripe.readReturn(chargeId, signal);
    if (reading === undefined) continue;
    for (const payment of booked) found.push(await bookReturn(context, payment, reading));
    await ownRows(context, reading);
    await takeReturnToClearing(context, reading);
  }
  return found;
}

/** The charges of a sale that Stripe shows as paid. */
export function standingCharges(sale: Sale): readonly string[] {
  return sale.payments
    .filter(({ returned }) => returned === undefined)
    .map(({ chargeId }) => chargeId);
}

/** What became of returned payments, in words; undefined where there are none. */
export function returnWords(returned: readonly Returned[]): string | undefined {
  if (returned.length === 0) return undefined;
  const words = returned.map(({ chargeId, amount, memo }) => {
    const end = memo === undefined ? "reversed in SL by a person" : `debit memo ${memo.refNbr}`;
    return `${toDecimal(amount)} of ${chargeId} was returned by its bank: ${end}`;
  });
  return words.join("; ");
}

function bookedPayments({ door }: RunContext, chargeId: string): readonly PaymentIntent[] {
  const all = door.store.parts(chargeId, "payment") as readonly PaymentIntent[];
  return all.filter(({ stage }) => stage === "done");
}

function memoOf({ door }: RunContext, { identity }: PaymentIntent): DocumentReceipt | undefined {
  const { object, part } = identity;
  return doneReceipt(door.store.find({ object, purpose: "return", part }));
}

/** Of a payment that a rebuild took over only SL tells the amount. */
async function returnedOf(
  { door }: RunContext,
  { identity, draft, receipt }: PaymentIntent,
  memo: DocumentReceipt | undefined,
): Promise<Returned> {
  const amount =
    draft.amount ?? (await readBooked(door, present(receipt, "The receipt of a payment"))).amount;
  return { chargeId: identity.object, amount, memo, isNew: false };
}

/** Whose rows have an owner: of a debit in transit its journal has that of the charge. */
function ownersOf({ door }: RunContext, chargeId: string) {
  const isOwner = (purpose: "payment" | "pending" | "return") =>
    door.store.parts(chargeId, purpose).some(({ owned }) => owned.length > 0);
  return { ofCharge: isOwner("payment") || isOwner("pending"), ofReturn: isOwner("return") };
}

/** What a rebuild took over from SL owns its balance row from its next run on. */
async function ownRows(context: RunContext, { payment, returned }: ReturnReading): Promise<void> {
  const { door, pair } = context;
  const { chargeId: object, amount } = payment;
  const owners = ownersOf(context, object);
  if (owners.ofCharge && owners.ofReturn) return;
  const part = firstPart(context, object);
  const memo = door.store.find({ object, purpose: "return", part });
  const date = documentDate(returned.created, bookingZone(pair.settings));
  const settled = negate(returned.gross);
  const { over } = await crossingOfMemo(pair, { amount, settled, date, known: memo });
  if (over?.role === "bridge") return;
  const pending = door.store.find({ object, purpose: "pending", part: "" });
  const paid =
    pending?.stage === "done" ? pending : door.store.find({ object, purpose: "payment", part });
  if (!owners.ofCharge) await own(context, paid, ownedRows(payment));
  if (!owners.ofReturn && over === undefined)
    await own(context, memo, [{ rowId: returned.id, part: "gross" }]);
}

async function own(
  { door }: RunContext,
  intent: Intent | undefined,
  owners: ReturnType<typeof ownedRows>,
): Promise<void> {
  if (intent?.stage !== "done") return;
  await door.store.advance(intent, { stage: "done", rows: { owners } });
}

async function bookReturn(
  context: RunContext,
  intent: PaymentIntent,
  reading: ReturnReading,
): Promise<Returned> {
  const receipt = present(intent.receipt, "The receipt of a payment");
  const { object } = intent.identity;
  const paid = await readBooked(context.door, receipt);
  const amount = intent.draft.amount ?? paid.amount;
  const known = memoOf(context, intent);
  // A day's payment is that of other charges too: nobody can reverse it for one of them.
  const mayBeReversed = !isMemoBegun(context, intent) && !isCollected(intent.draft);
  if (mayBeReversed && (await isReversed(context, receipt, reading))) {
    context.steps.note("return", `payment ${receipt.refNbr} was reversed in SL by a person`);
    return { chargeId: object, amount, memo: undefined, isNew: false };
  }
  const memo = known ?? (await bookMemo(context, intent, { receipt, reading, amount }));
  if (paid.balance.minor > 0n) {
    await applyTo(context, {
      object,
      payer: { type: payerOf(receipt), customerId: receipt.customerId, refNbr: receipt.refNbr },
      target: { type: "DM", refNbr: memo.refNbr },
      amount: paid.balance.minor < amount.minor ? paid.balance : amount,
    });
  }
  return { chargeId: object, amount, memo, isNew: known === undefined };
}

/** An order's money may be a prepayment. */
function payerOf({ type }: DocumentReceipt): "PA" | "PP" {
  return type === "PP" ? "PP" : "PA";
}

async function bookMemo(
  context: RunContext,
  intent: PaymentIntent,
  what: Readonly<{ receipt: DocumentReceipt; reading: ReturnReading; amount: Money }>,
): Promise<DocumentReceipt> {
  const { door, pair, steps } = context;
  const { settings, reference } = pair;
  const { receipt, reading, amount } = what;
  const { payment, returned, livemode } = reading;
  const { object, part } = intent.identity;
  const customer = await reference.customer(receipt.customerId);
  const date = documentDate(returned.created, bookingZone(settings));
  const chosen = choosePeriod(date, await reference.calendar(), settings.closedPeriod);
  const { termsId } = await reference.terms(settings.terms.paid);
  const slDecimals = await reference.decimals(amount.currency);
  const invoice = await paidInvoice(context, intent);
  // Customers who share a charge go one way: one row has one owner.
  const known = begunReturn(context, object, part);
  const settled = negate(returned.gross);
  const crossing = await crossingOfMemo(pair, { amount, settled, date, known });
  const { over } = crossing;
  // A charge that pays several customers has one row, which one document can own.
  const ownsRow = part === firstPart(context, object) && over === undefined;
  const memo = await book(door, {
    object,
    purpose: "return",
    part,
    make: (key) =>
      withNotes(
        chosen,
        mapReturn(payment, returned, {
          settings,
          key,
          customer: present(customer, `SL's customer ${receipt.customerId}`),
          period: chosen.period,
          slDecimals,
          amount,
          invoice,
          terms: termsId,
          livemode,
          over,
        }),
      ),
    worth: await returnWorth(context, crossing, { intent, whole: payment.amount }),
    owners: ownsRow ? [{ rowId: returned.id, part: "gross" }] : [],
  });
  const { refNbr, batNbr } = memo;
  const about = invoice.refNbr === "" ? "" : ` for invoice ${invoice.refNbr}`;
  steps.note("return", `debit memo ${refNbr}${about}: its payment was returned`, {
    refNbr,
    batNbr,
  });
  return memo;
}

/**
 * What a bank took back in another currency than the charge's values its memos: where customers
 * share the charge, in proportion to what each of them had paid, so that together they are that.
 */
async function returnWorth(
  context: RunContext,
  crossing: MemoCrossing,
  of: Readonly<{ intent: PaymentIntent; whole: Money }>,
): Promise<Worth | undefined> {
  if (crossing.worth === undefined) return undefined;
  const { object, part } = of.intent.identity;
  const booked = bookedPayments(context, object);
  const amounts: Money[] = [];
  for (const { draft, receipt } of booked) {
    const known = present(receipt, "The receipt of a payment");
    amounts.push(draft.amount ?? (await readBooked(context.door, known)).amount);
  }
  // A part that was never booked brought nothing, and gives nothing back.
  const others = subtract(of.whole, sum(amounts, of.whole.currency));
  const shares = [...amounts, others].map((amount) => ({ amount }));
  return worthsOf(crossing, shares)[booked.findIndex((one) => one.identity.part === part)];
}

/** The memos of a charge stand; whether the journal behind them does, only its row can tell. */
function mayBeOnBridge({ door, pair }: RunContext, chargeId: string): boolean {
  const { settings } = pair;
  if (settings.accounts.bridge === undefined) return false;
  const memos = door.store.parts(chargeId, "return");
  return memos.some(({ draft }) => hitsBridge(draft, settings) !== false);
}

/** Takes to clearing what the memos of a returned charge have put on the way there. */
async function takeReturnToClearing(
  context: RunContext,
  { payment, returned, livemode }: ReturnReading,
): Promise<void> {
  const { chargeId, paymentIntentId, amount } = payment;
  await takeToClearing(context, {
    object: chargeId,
    rowId: returned.id,
    rowIds: [returned.id],
    direction: "out",
    charged: amount,
    settled: negate(returned.gross),
    linkTo: paymentIntentId ?? chargeId,
    livemode,
    date: documentDate(returned.created, bookingZone(context.pair.settings)),
    documents: context.door.store.parts(chargeId, "return"),
  });
}

/** The memo itself, else one of the same charge that is begun. */
function begunReturn({ door }: RunContext, object: string, part: string): Intent | undefined {
  const own = door.store.find({ object, purpose: "return", part });
  if (own !== undefined && isFrozen(own)) return own;
  return door.store.parts(object, "return").find(isFrozen) ?? own;
}

function firstPart(context: RunContext, chargeId: string): string {
  return bookedPayments(context, chargeId)[0]?.identity.part ?? "";
}

/**
 * The invoice that the payment was for: the one that it was applied to, else the lane's own. One
 * that has paid the memo of an earlier return was for the invoice behind that.
 */
async function paidInvoice(
  context: RunContext,
  payment: PaymentIntent,
): Promise<Readonly<{ refNbr: string; dueDate: string }>> {
  const { door, lane, signal } = context;
  const invoice = door.store.find({ object: lane.key, purpose: "invoice", part: "" }) as
    | Intent<Partial<InvoiceDraft>, DocumentReceipt>
    | undefined;
  const named = await namedInvoice(context, payment);
  const own = doneReceipt(invoice);
  if (own !== undefined && (named ?? own.refNbr) === own.refNbr) {
    const { refNbr } = own;
    return { refNbr, dueDate: invoice?.draft.dueDate ?? (await dueDateOf(context, own)) };
  }
  if (named === undefined || named === "") return { refNbr: "", dueDate: "" };
  const { customerId } = present(payment.receipt, "The receipt of a payment");
  const shown = await door.erp.readReleased("IN", customerId, named, signal);
  return {
    refNbr: named,
    dueDate: shown === undefined ? "" : await dueDateOf(context, shown),
  };
}

/**
 * What the payment was applied to, or what its memo names in SL where a hub that lost its database
 * does not know of that: drafted anew it would differ.
 */
async function namedInvoice(
  context: RunContext,
  { identity, draft, receipt }: PaymentIntent,
): Promise<string | undefined> {
  const { door } = context;
  const { object, part } = identity;
  const standing = await originalInSl(context, { object, purpose: "return", part });
  if (standing !== undefined) return standing;
  const later = applicationsOf(door.store, object)
    .filter(({ draft: { payer } }) => payer.refNbr === receipt?.refNbr)
    .flatMap(({ draft: { applications } }) => applications);
  const all = [
    ...(draft.applications ?? []).map(({ type, invoiceRefNbr: refNbr }) => ({ type, refNbr })),
    ...later,
  ];
  return all.find(({ type = "IN" }) => type === "IN")?.refNbr;
}

async function dueDateOf(
  { pair, signal }: RunContext,
  { batNbr, refNbr }: Pick<DocumentReceipt, "batNbr" | "refNbr">,
): Promise<string> {
  const record = { table: "ARDoc", screen: "invoice", batNbr, refNbr } as const;
  const { baseCurrency } = pair.settings.sl;
  const read = await pair.erp.readColumns(record, { columns: ["DueDate"], baseCurrency }, signal);
  return read?.DueDate ?? "";
}

/** Whether SL has something of the memo, or may: then it is finished, whatever is set by now. */
function isMemoBegun({ door }: RunContext, { identity }: PaymentIntent): boolean {
  const { object, part } = identity;
  const memo = door.store.find({ object, purpose: "return", part });
  return memo !== undefined && isFrozen(memo);
}

/**
 * A person reverses it in 08.240; SL then says so in the payment itself, and a memo beside it would
 * take the money a second time, whatever the setting says by now.
 *
 * @throws HubError `erp.return_by_hand` while a person is to do so
 */
async function isReversed(
  { pair, signal }: RunContext,
  { batNbr, refNbr, customerId }: DocumentReceipt,
  { payment, returned }: ReturnReading,
): Promise<boolean> {
  const record = { table: "ARDoc", screen: "payment", batNbr, refNbr } as const;
  const wanted = { columns: ["S4Future12"], baseCurrency: pair.settings.sl.baseCurrency };
  const read = await pair.erp.readColumns(record, wanted, signal);
  if (REVERSED_BY.includes(read?.S4Future12?.trim().toUpperCase() ?? "")) return true;
  if (pair.settings.paymentReturn !== "person") return false;
  const { chargeId } = payment;
  throw new HubError(
    "erp.return_by_hand",
    `The bank took back ${chargeId} (${returned.id}); payment ${refNbr} is to be reversed in SL`,
    { facts: { chargeId, refNbr, batNbr, customerId } },
  );
}

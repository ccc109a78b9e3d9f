import { type Money, sum, toDecimal } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { Share } from "../../mapping/index.ts";
import { applicationsOf } from "../apply/apply.ts";
import { applyTo } from "../apply/apply-to.ts";
import type { RunContext } from "../context.ts";
import { keepReversedSale } from "../reverse/reverse-lost.ts";
import { markSharingReversed } from "../reverse/sharing-back.ts";
import { type DocumentReceipt, isFrozen } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { STATE_WORDS, waitOn } from "../write/release-by-person.ts";
import { canFindByKey, SCREEN_NAME } from "../write/route.ts";
import { againAs, type SaleResult } from "./charge-run.ts";
import { checkBookedAsOne } from "./check-sale.ts";
import { isLeftUnapplied } from "./left-unapplied.ts";
import { bridgePayment, crossingOfPayment, worthsOf } from "./payment-way.ts";
import { type GoneLine, type ShareOutIntent, type ShareOutState, shareOutOf } from "./share-out.ts";
import { bookShare, checkShare, paymentOf } from "./share-payment.ts";
import { noteUnapplied, unappliedText } from "./unapplied.ts";
import { writeBack } from "./write-back.ts";

type Booked = Readonly<{
  payment: SalePayment;
  intent: ShareOutIntent;
  receipts: readonly DocumentReceipt[];
}>;
/** What has become of lines that could not be applied. */
type Rest = Readonly<{ unreleased: readonly Unreleased[]; gone: readonly GoneLine[] }>;
/** An invoice that must be released by a person before it can be applied to. */
type Unreleased = Readonly<{ customerId: string; refNbr: string; batNbr: string; state: string }>;

/**
 * Books a sale in mode `existing-invoice`: no invoice is made. Each charge becomes a payment for
 * every customer whose invoices its metadata name, applied to those, never above what they have
 * open. Invoices that are not released yet are waited for; what none takes stays on the last
 * payment and is listed.
 */
export async function runExistingInvoices(context: RunContext, sale: Sale): Promise<SaleResult> {
  checkBookedAsOne(context, sale);
  if (sale.payments.length === 0) {
    const reason = "No charge has brought money in, so there is nothing to apply";
    return { outcome: "not_applicable", reason };
  }
  const kept = await keepReversed(context, sale);
  if (kept !== undefined) return kept;
  const wasBooked = sale.payments.every(({ chargeId }) => isSettled(context, chargeId));
  const state: ShareOutState = { found: undefined, taken: { all: new Map(), shown: new Map() } };
  const booked: Booked[] = [];
  for (const payment of sale.payments) {
    const intent = await shareOutOf(context, sale, { payment, state });
    booked.push({ payment, intent, receipts: await bookShares(context, sale, payment, intent) });
  }
  const rests: Rest[] = [];
  for (const one of booked) rests.push(await applyRest(context, one));
  const written = await tellStripe(context, sale, booked);
  const unreleased = rests.flatMap((rest) => rest.unreleased);
  const ended = booked.map((one, at) => ({ ...one, unreleased, gone: rests[at]?.gone ?? [] }));
  for (const one of ended) await settle(context, one);
  const books = ended.map(wordsOf).join("; ");
  return { outcome: "booked", reason: wasBooked ? againAs(books, written) : books };
}

/**
 * The money of a hub that lost its database: all of it was taken back before, and whoever did that
 * has it booked again, or nobody.
 */
async function keepReversed(context: RunContext, sale: Sale): Promise<SaleResult | undefined> {
  const { door, pool, lane } = context;
  const charges = sale.payments.map(({ chargeId }) => chargeId);
  const wentBack = (object: string) => {
    const payments = door.store.parts(object, "payment");
    return payments.length > 0 && payments.every(({ stage }) => stage === "reversed");
  };
  if (!charges.every(wentBack)) return undefined;
  const id = await keepReversedSale(pool, lane, charges);
  if (id === undefined) return undefined;
  await markSharingReversed(pool, lane, charges);
  return {
    outcome: "not_applicable",
    reason: "Reversed before a rebuild; `slipway reverse --rebook` books it again",
    held: { kind: "reversed", rule: `reversal ${id}` },
  };
}

function isSettled({ door }: RunContext, object: string): boolean {
  return door.store.find({ object, purpose: "share-out", part: "" })?.stage === "done";
}

async function bookShares(
  context: RunContext,
  sale: Sale,
  payment: SalePayment,
  { draft, stage }: ShareOutIntent,
): Promise<readonly DocumentReceipt[]> {
  // Whatever refuses one of the customers does so while SL holds nothing of the charge.
  if (stage !== "done") {
    for (const share of draft.shares) await checkShare(context, payment.chargeId, share);
  }
  const receipts: DocumentReceipt[] = [];
  const [first] = draft.shares;
  const known = first && paymentOf(context, payment.chargeId, first.customerId);
  const crossing = await crossingOfPayment(context.pair, sale, payment, known);
  const worths = worthsOf(crossing, draft.shares);
  const { isBridged } = crossing;
  for (const [at, share] of draft.shares.entries()) {
    // What goes over the bridge moves clearing by its journal, which owns the rows.
    const ownsRows = at === 0 && !isBridged;
    const paid = { payment, share, isFirst: at === 0, ownsRows, isBridged, worth: worths[at] };
    receipts.push(await bookShare(context, sale, paid));
  }
  await bridgePayment(context, sale, payment);
  return receipts;
}

/**
 * Applies what was not applied with the payments themselves.
 *
 * @returns the invoices that cannot be applied to before a person releases them, and those that SL
 *   no longer has: what was for them stays unapplied
 */
async function applyRest(context: RunContext, booked: Booked): Promise<Rest> {
  const { intent, receipts } = booked;
  if (intent.stage === "done") return { unreleased: [], gone: intent.receipt?.gone ?? [] };
  const unreleased: Unreleased[] = [];
  const gone: GoneLine[] = [];
  for (const [at, share] of intent.draft.shares.entries()) {
    const receipt = receipts[at];
    if (receipt === undefined) continue;
    for (const line of await openLines(context, booked, { share, receipt })) {
      const waits = await applyLine(context, booked, { share, receipt, line });
      if (waits === "gone") gone.push({ customerId: share.customerId, refNbr: line.refNbr });
      else if (waits !== undefined) unreleased.push(waits);
    }
  }
  return { unreleased, gone };
}

type Line = Share["lines"][number];
type Paid = Readonly<{ share: Share; receipt: DocumentReceipt }>;

/** The lines of a share that its payment was not saved or released with in full. */
async function openLines(
  context: RunContext,
  { payment }: Booked,
  { share, receipt }: Paid,
): Promise<readonly Line[]> {
  const { draft } = paymentOf(context, payment.chargeId, share.customerId) ?? {};
  const { applications } = draft ?? {};
  // A rebuild took it over: its share says what it is meant for, and SL how much of that is done.
  if (applications === undefined) return share.lines;
  if (await isLeftUnapplied(context, draft, receipt)) return share.lines;
  return share.lines.filter(({ refNbr, amount }) => {
    const applied = applications.find(({ invoiceRefNbr }) => invoiceRefNbr === refNbr);
    return applied === undefined || applied.amount.minor < amount.minor;
  });
}

async function applyLine(
  context: RunContext,
  { payment, intent }: Booked,
  what: Paid & Readonly<{ line: Line }>,
): Promise<Unreleased | "gone" | undefined> {
  const { door } = context;
  const { share, receipt, line } = what;
  const { customerId, refNbr } = receipt;
  const object = payment.chargeId;
  const part = partOf(intent, share, line);
  const known = door.store.find({ object, purpose: "apply", part });
  if (known === undefined || !isFrozen(known)) {
    const shown = await door.erp.readReleased("IN", customerId, line.refNbr, door.signal);
    if (shown === undefined) return unreleasedInvoice(context, customerId, line.refNbr);
  }
  await applyTo(context, {
    object,
    part,
    payer: { type: "PA", customerId, refNbr },
    target: { type: "IN", refNbr: line.refNbr },
    amount: line.amount,
  });
  return undefined;
}

/** The invoice's number; where two customers have it, their ids tell them apart. */
function partOf({ draft }: ShareOutIntent, share: Share, { refNbr }: Line): string {
  const all = draft.shares.flatMap(({ lines }) => lines.filter((line) => line.refNbr === refNbr));
  return all.length > 1 ? `${share.customerId}/${refNbr}` : refNbr;
}

/** `gone` where SL has no such invoice any more: then its money stays unapplied. */
async function unreleasedInvoice(
  context: RunContext,
  customerId: string,
  refNbr: string,
): Promise<Unreleased | "gone"> {
  const { door, steps } = context;
  if (!(await canFindByKey(door))) return { customerId, refNbr, batNbr: "", state: "" };
  const all = await door.erp.findInvoices(refNbr, door.signal);
  const own = all.find((invoice) => invoice.customerId.trim() === customerId);
  if (own === undefined) {
    steps.note("apply", `invoice ${refNbr} of ${customerId} is no longer in SL`, { refNbr });
    return "gone";
  }
  const shown = await door.erp.readState("invoice", own.batNbr, door.signal);
  const state = shown === undefined ? "" : STATE_WORDS[shown.state];
  return { customerId, refNbr, batNbr: own.batNbr, state };
}

async function tellStripe(
  context: RunContext,
  sale: Sale,
  booked: readonly Booked[],
): Promise<readonly string[]> {
  const payments = booked.flatMap(({ receipts }) => receipts);
  const customers = [...new Set(payments.map(({ customerId }) => customerId))];
  const [customerId = ""] = customers.length === 1 ? customers : [];
  // The invoices are the merchant's own words: they are read there, never written.
  return writeBack(context, sale, {
    customer: { customerId },
    isOwnCustomer: false,
    invoices: [],
    payments,
    tellsAllPayments: true,
  });
}

/**
 * Ends the sharing out of a charge: waits for its unreleased invoices, then lists what is left.
 *
 * @throws Waiting, or `erp.release_by_hand` once they have been waited for too long
 */
async function settle(context: RunContext, booked: Booked & Rest): Promise<void> {
  const { door, pool, lane, steps } = context;
  const { intent, payment, receipts, unreleased, gone } = booked;
  if (intent.stage === "done") return;
  const [first] = unreleased;
  if (first !== undefined) return waitForInvoices(context, intent, [first, ...unreleased.slice(1)]);
  const left: Money[] = [];
  for (const [at, share] of intent.draft.shares.entries()) {
    const receipt = receipts[at];
    const key = paymentOf(context, payment.chargeId, share.customerId)?.key;
    if (receipt === undefined || key === undefined || isAllApplied(context, booked, share))
      continue;
    const { customerId, refNbr } = receipt;
    const { balance: open } = await readBooked(door, receipt);
    left.push(open);
    const object = payment.chargeId;
    await noteUnapplied(pool, lane, { intentKey: key, object, customerId, refNbr, open });
    if (open.minor > 0n) {
      const text = `${unappliedText({ open, refNbr })} stays unapplied`;
      steps.note("unapplied", text, { refNbr });
    }
  }
  const unapplied = sum(left, payment.amount.currency);
  const receipt = { unapplied, ...(gone.length === 0 ? {} : { gone }) };
  await door.store.advance(intent, { stage: "done", receipt });
}

/** Whether the hub has applied all of a share itself, so that SL need not be asked. */
function isAllApplied(context: RunContext, { payment }: Booked, share: Share): boolean {
  const { draft } = paymentOf(context, payment.chargeId, share.customerId) ?? {};
  const atEntry = draft?.applications ?? [];
  const later = applicationsOf(context.door.store, payment.chargeId)
    .filter(({ draft: application }) => application.payer.refNbr === draft?.refNbr)
    .flatMap(({ draft: application }) => application.applications);
  const applied = [...atEntry, ...later].reduce((all, { amount }) => all + amount.minor, 0n);
  return applied >= share.amount.minor;
}

async function waitForInvoices(
  { door }: RunContext,
  intent: ShareOutIntent,
  unreleased: readonly [Unreleased, ...Unreleased[]],
): Promise<never> {
  const [{ batNbr, state }] = unreleased;
  const screen = SCREEN_NAME.invoice;
  const names = unreleased.map(({ refNbr, customerId }) => `${refNbr} of ${customerId}`).join(", ");
  const wait = {
    kind: "release",
    screen,
    batNbr,
    batchState: state,
    what: `invoice ${names}, which ${intent.identity.object} is to pay`,
    toDo: `Release invoice ${names} in SL; the hub sees it and applies the money.`,
  } as const;
  return waitOn(door, wait, await door.noteWait(intent, wait));
}

function wordsOf({ intent, receipts, gone }: Booked & Rest): string {
  return intent.draft.shares
    .map(({ customerId, lines }, at) => {
      const refNbr = receipts[at]?.refNbr ?? "";
      const isGone = (line: Line) =>
        gone.some((one) => one.customerId === customerId && one.refNbr === line.refNbr);
      const to = lines
        .map((line) => {
          const where = isGone(line)
            ? `no invoice, since SL no longer has ${line.refNbr}`
            : line.refNbr;
          return `${toDecimal(line.amount)} to ${where}`;
        })
        .join(", ");
      return `payment ${refNbr} for ${customerId}: ${to === "" ? "no invoice" : to}`;
    })
    .join("; ");
}

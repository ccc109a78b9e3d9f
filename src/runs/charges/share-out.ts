import { HubError } from "../../base/errors.ts";
import {
  add,
  leastMinor,
  type Money,
  money,
  subtract,
  sum,
  toDecimal,
  zero,
} from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { DocumentReading, KeyedDocument, PayerType, PaymentDraft } from "../../erp/port.ts";
import { type OpenInvoice, type Share, type SharedOut, shareOut } from "../../mapping/index.ts";
import { applicationsOf } from "../apply/apply.ts";
import type { Payer } from "../apply/apply-plan.ts";
import { canListApplications } from "../apply/apply-route.ts";
import { listApplied } from "../apply/listed.ts";
import type { RunContext } from "../context.ts";
import { newestReleased } from "../write/adopt.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { canFindByKey } from "../write/route.ts";
import { type FoundInvoice, findNamedInvoices } from "./find-invoices.ts";

/** How a charge is shared out: decided once, before its first payment is written to SL. */
export type ShareOutDraft = SharedOut & Readonly<{ kind: "share-out" }>;
/** What came of it: what no invoice has taken in the end. */
export type ShareOutReceipt = Readonly<{
  unapplied: Money;
  /** Lines whose invoice SL no longer had; absent where there are none. */
  gone?: readonly GoneLine[];
}>;
/** A line of a share whose invoice was voided before its money could be applied. */
export type GoneLine = Readonly<{ customerId: string; refNbr: string }>;
export type ShareOutIntent = Intent<ShareOutDraft, ShareOutReceipt>;

/** What earlier payments of a sale have taken of its invoices, by customer and number. */
export type Taken = Readonly<{
  all: Map<string, bigint>;
  /** What of it the balances of the invoices show already, as they were read. */
  shown: Map<string, bigint>;
}>;
/** What a whole sale needs once. */
export type ShareOutState = { found: readonly FoundInvoice[] | undefined; readonly taken: Taken };

/**
 * How a charge is shared out over the invoices that its metadata name. As long as no payment of it
 * may stand in SL it follows metadata and balances; from then on it is what was saved, since the
 * payments must add up to the charge whatever is open by then.
 *
 * @throws HubError `conflict.draft_changed` where the charge is not what was shared out, and as
 *   `findNamedInvoices`
 */
export async function shareOutOf(
  context: RunContext,
  sale: Sale,
  how: Readonly<{ payment: SalePayment; state: ShareOutState }>,
): Promise<ShareOutIntent> {
  const { store } = context.door;
  const { payment, state } = how;
  const object = payment.chargeId;
  const identity = { object, purpose: "share-out", part: "" } as const;
  const known = store.find(identity) as ShareOutIntent | undefined;
  const begun = store.parts(object, "payment").filter(isFrozen);
  const isFixed = known !== undefined && (known.stage === "done" || begun.length > 0);
  const intent = isFixed
    ? known
    : await store.ensure<ShareOutDraft, ShareOutReceipt>(identity, await plan());
  checkTotal(payment, intent);
  countShares(state.taken, intent.draft.shares);
  return intent;

  async function plan() {
    if (state.found === undefined) {
      state.found = await findNamedInvoices(context, sale);
      for (const { chargeId } of sale.payments) countApplied(context, chargeId, state.taken);
    }
    const known = await takenOver(context, begun, state);
    const looked = begun.length > 0 ? [] : await foundInSl(context, payment, state);
    const shares = [...known, ...looked];
    const written = { shares, customers: new Set(shares.map(({ customerId }) => customerId)) };
    const draft = { kind: "share-out", ...shareRest(payment, written, state) } as const;
    return () => ({ draft, notes: notesOf(draft) });
  }
}

/** What is left of invoices for the next payment of their sale. */
export function leftFor(found: readonly FoundInvoice[], taken: Taken): readonly OpenInvoice[] {
  return found.map(({ customerId, refNbr, asked, open }) => {
    const name = nameOf(customerId, refNbr);
    const all = taken.all.get(name) ?? 0n;
    const pending = all - leastMinor(all, taken.shown.get(name) ?? 0n);
    const less = (amount: Money, minor: bigint) => money(amount.minor - minor, amount.currency);
    return { customerId, refNbr, asked: asked && less(asked, all), open: less(open, pending) };
  });
}

/** Counts what a payment is to pay, for those of its sale that come after it. */
export function countShares({ all }: Taken, shares: readonly Share[]): void {
  for (const { customerId, lines } of shares) {
    for (const { refNbr, amount } of lines) count(all, nameOf(customerId, refNbr), amount);
  }
}

/** Numbers repeat over customers. */
function nameOf(customerId: string, refNbr: string): string {
  return `${customerId.trim()}/${refNbr}`;
}

function count(counted: Map<string, bigint>, name: string, { minor }: Money): void {
  counted.set(name, (counted.get(name) ?? 0n) + minor);
}

/** What payments of a charge were applied to stands in no balance of an invoice any more. */
function countApplied({ door }: RunContext, object: string, { shown }: Taken): void {
  const later = applicationsOf(door.store, object);
  const payments = door.store.parts(object, "payment") as readonly Intent<Partial<PaymentDraft>>[];
  for (const { stage, identity, draft } of payments) {
    if (stage !== "done") continue;
    const own = later.filter(({ draft: { payer } }) => payer.refNbr === draft.refNbr);
    const lines = [
      ...(draft.applications ?? []).map(({ invoiceRefNbr: refNbr, amount }) => ({
        refNbr,
        amount,
      })),
      ...own.flatMap(({ draft: { applications } }) =>
        applications.filter(({ type }) => type === "IN"),
      ),
    ];
    for (const { refNbr, amount } of lines) count(shown, nameOf(identity.part, refNbr), amount);
  }
}

type Written = Readonly<{ shares: readonly Share[]; customers: ReadonlySet<string> }>;

/**
 * Payments that a rebuild has taken over from SL, without what they were meant for: they keep their
 * amounts.
 */
async function takenOver(
  context: RunContext,
  begun: readonly Intent[],
  state: ShareOutState,
): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const intent of begun) {
    const { type, customerId, refNbr } = intent.receipt as DocumentReceipt;
    const payer = { type: type as PayerType, customerId: customerId.trim(), refNbr };
    const shown = await readBooked(context.door, payer);
    shares.push(await standingShare(context, state, { payer, shown }));
  }
  return shares;
}

/**
 * Where hub and SL may have lost sight of each other, payments of the charge are looked up by their
 * keys before it is shared out: balances that they have reduced already would share it otherwise.
 */
async function foundInSl(
  context: RunContext,
  { chargeId }: SalePayment,
  state: ShareOutState,
): Promise<readonly Share[]> {
  const { pair, door } = context;
  if (!door.mustLookUp || !(await canFindByKey(door))) return [];
  const { erp, signal } = door;
  const standing = await erp.findOfStripeId(chargeId, signal);
  const shares: Share[] = [];
  for (const customerId of new Set((state.found ?? []).map((invoice) => invoice.customerId))) {
    const slot = { pair: pair.id, object: chargeId, purpose: "payment", part: customerId } as const;
    const released = newestReleased(standing, slot);
    if (released === undefined || isTakenBack(door, slot, released)) continue;
    const { refNbr } = released;
    const shown = await erp.readReleased("PA", customerId, refNbr, signal);
    if (shown === undefined) continue;
    const payer = { type: "PA", customerId, refNbr } as const;
    shares.push(await standingShare(context, state, { payer, shown }));
  }
  return shares;
}

/** It stands in SL beside the document that took it back, and pays nothing any more. */
function isTakenBack(
  { store }: RunContext["door"],
  slot: Parameters<typeof newestReleased>[1],
  { key }: KeyedDocument,
): boolean {
  const known = store.find(slot);
  return known?.stage === "reversed" && known.key === key;
}

/**
 * The share that a payment in SL is: what SL lists as applied of it, and for what it has left the
 * invoices that still take some. Where SL cannot list that, what it is applied to is SL's alone.
 */
async function standingShare(
  { door }: RunContext,
  { found = [], taken }: ShareOutState,
  { payer, shown }: Readonly<{ payer: Payer; shown: DocumentReading }>,
): Promise<Share> {
  const { customerId } = payer;
  const share = { customerId, amount: shown.amount };
  if (!(await canListApplications(door))) return { ...share, lines: [] };
  const lines = new Map<string, Money>();
  const addTo = (refNbr: string, amount: Money) =>
    lines.set(refNbr, add(lines.get(refNbr) ?? zero(amount.currency), amount));
  for (const { target, amount } of await listApplied(door, payer)) {
    if (target.type === "IN") addTo(target.refNbr.trim(), amount);
  }
  const open = leftFor(found, taken).filter((invoice) => invoice.customerId === customerId);
  const left = open.map((invoice) => {
    const applied = lines.get(invoice.refNbr);
    const { asked } = invoice;
    return applied && asked ? { ...invoice, asked: subtract(asked, applied) } : invoice;
  });
  for (const [refNbr, amount] of lines) count(taken.shown, nameOf(customerId, refNbr), amount);
  for (const { refNbr, amount } of shareOut(shown.balance, left).shares[0]?.lines ?? []) {
    addTo(refNbr, amount);
  }
  return { ...share, lines: [...lines].map(([refNbr, amount]) => ({ refNbr, amount })) };
}

function shareRest(payment: SalePayment, written: Written, state: ShareOutState): SharedOut {
  const { currency } = payment.amount;
  const amounts = written.shares.map(({ amount }) => amount);
  const left = payment.amount.minor - sum(amounts, currency).minor;
  if (left === 0n) return { shares: written.shares, rest: money(0n, currency) };
  const others = (state.found ?? []).filter(({ customerId }) => !written.customers.has(customerId));
  const invoices = leftFor(others, state.taken);
  const { shares, rest } = shareOut(money(left, currency), invoices);
  return { shares: [...written.shares, ...shares], rest };
}

function notesOf({ rest, shares }: ShareOutDraft): readonly string[] {
  const parts = shares.map(({ customerId, amount, lines }) => {
    const to = lines.map((line) => `${toDecimal(line.amount)} to ${line.refNbr}`).join(", ");
    return `${toDecimal(amount)} for ${customerId}: ${to === "" ? "no invoice" : to}`;
  });
  return rest.minor === 0n ? parts : [...parts, `${toDecimal(rest)} stays unapplied`];
}

function checkTotal({ chargeId, amount }: SalePayment, { draft }: ShareOutIntent): void {
  const amounts = draft.shares.map((share) => share.amount);
  const total = amounts.every(({ currency }) => currency === amount.currency)
    ? sum(amounts, amount.currency).minor
    : -1n;
  if (total === amount.minor) return;
  const shared = amounts.map((one) => `${toDecimal(one)} ${one.currency}`).join(", ") || "nothing";
  const now = `${toDecimal(amount)} ${amount.currency}`;
  throw new HubError(
    "conflict.draft_changed",
    `${chargeId} was shared out as ${shared}, and at Stripe it is ${now} now`,
    { facts: { object: chargeId, shared, now } },
  );
}

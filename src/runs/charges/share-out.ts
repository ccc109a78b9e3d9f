import { HubError } from "../../base/errors.ts";
import { type Money, money, sum, toDecimal } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import { type Share, type SharedOut, shareOut } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { newestReleased } from "../write/adopt.ts";
import { type DocumentReceipt, type Intent, isFrozen } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { canFindByKey } from "../write/route.ts";
import { type FoundInvoice, findNamedInvoices } from "./find-invoices.ts";

/** How a charge is shared out: decided once, before its first payment is written to SL. */
export type ShareOutDraft = SharedOut & Readonly<{ kind: "share-out" }>;
/** What came of it: what no invoice has taken in the end. */
export type ShareOutReceipt = Readonly<{ unapplied: Money }>;
export type ShareOutIntent = Intent<ShareOutDraft, ShareOutReceipt>;

/** What a whole sale needs once, and what of it the payments before this one have taken. */
export type ShareOutState = {
  found: readonly FoundInvoice[] | undefined;
  readonly taken: Map<string, bigint>;
};

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
  for (const { refNbr, amount } of intent.draft.shares.flatMap((share) => share.lines)) {
    state.taken.set(refNbr, (state.taken.get(refNbr) ?? 0n) + amount.minor);
  }
  return intent;

  async function plan() {
    state.found ??= await findNamedInvoices(context, sale);
    const known = await takenOver(context, begun);
    const looked = begun.length > 0 ? [] : await foundInSl(context, payment, state.found);
    const shares = [...known, ...looked];
    const written = { shares, customers: new Set(shares.map(({ customerId }) => customerId)) };
    const draft = { kind: "share-out", ...shareRest(payment, written, state) } as const;
    return () => ({ draft, notes: notesOf(draft) });
  }
}

type Written = Readonly<{ shares: readonly Share[]; customers: ReadonlySet<string> }>;

/**
 * Payments that a rebuild has taken over from SL, without what they were meant for: they keep their
 * amounts, and what they are applied to is SL's.
 */
async function takenOver(
  { door }: RunContext,
  begun: readonly Intent[],
): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const intent of begun) {
    const shown = await readBooked(door, intent.receipt as DocumentReceipt);
    shares.push({ customerId: intent.identity.part, amount: shown.amount, lines: [] });
  }
  return shares;
}

/**
 * Where hub and SL may have lost sight of each other, payments of the charge are looked up by their
 * keys before it is shared out: balances that they have reduced already would share it otherwise.
 */
async function foundInSl(
  { pair, door }: RunContext,
  { chargeId }: SalePayment,
  found: readonly FoundInvoice[],
): Promise<readonly Share[]> {
  if (!door.mustLookUp || !(await canFindByKey(door))) return [];
  const { erp, signal } = door;
  const standing = await erp.findOfStripeId(chargeId, signal);
  const shares: Share[] = [];
  for (const customerId of new Set(found.map((invoice) => invoice.customerId))) {
    const slot = { pair: pair.id, object: chargeId, purpose: "payment", part: customerId } as const;
    const released = newestReleased(standing, slot);
    if (released === undefined) continue;
    const shown = await erp.readReleased("PA", customerId, released.refNbr, signal);
    if (shown !== undefined) shares.push({ customerId, amount: shown.amount, lines: [] });
  }
  return shares;
}

function shareRest(payment: SalePayment, written: Written, state: ShareOutState): SharedOut {
  const { currency } = payment.amount;
  const amounts = written.shares.map(({ amount }) => amount);
  const left = payment.amount.minor - sum(amounts, currency).minor;
  if (left === 0n) return { shares: written.shares, rest: money(0n, currency) };
  const invoices = (state.found ?? [])
    .filter(({ customerId }) => !written.customers.has(customerId))
    .map(({ customerId, refNbr, asked, open }) => {
      const taken = state.taken.get(refNbr) ?? 0n;
      const less = (amount: Money) => money(amount.minor - taken, currency);
      return { customerId, refNbr, asked: asked && less(asked), open: less(open) };
    });
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

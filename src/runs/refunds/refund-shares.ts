import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { type Money, money } from "../../base/money.ts";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import {
  type Holding,
  isBackBefore,
  noteOfPart,
  partsByLines,
  partsOfRefund,
  type RefundPart,
  shareRefund,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import {
  amountOfMemo,
  begunMemo,
  doneMemo,
  type MemoIntent,
  paymentsOf,
  type RefundShare,
  type WentBack,
} from "./refund-parts.ts";

/** What of a refund is one customer's: as if it were a refund of its own. */
export type SharedRefund = Readonly<{
  refund: Refund;
  share: RefundShare;
  /** The credit notes of the sale, with what of this refund is the customer's. */
  notes: readonly CreditNote[];
}>;

/** A customer with what of the refund is theirs, as far as it is known. */
type Sharing = Readonly<{
  customerId: string;
  payment: DocumentReceipt;
  /** The memo of their part, where it is begun: it is what it is. */
  begun: MemoIntent | undefined;
  fixed: bigint;
}>;

/**
 * Shares a refund of a charge out over the customers that it was booked on: by the lines that it
 * names, each with its customer, else by what each of them has paid and not got back. What is begun
 * keeps its amount, and the others share the rest: the parts add up to the refund whenever a run
 * starts again.
 *
 * @throws HubError `mapping.refund_shared` where it cannot be shared out, `mapping.refund_lines`
 */
export async function sharesOfRefund(
  context: RunContext,
  of: WentBack,
  refund: Refund,
): Promise<readonly SharedRefund[]> {
  const all = await sharingOf(context, refund);
  checkShareable(refund, all);
  const { currency } = refund.amount;
  const left = refund.amount.minor - all.reduce((so, { fixed }) => so + fixed, 0n);
  const open = await shareRest(context, of, { refund, all, left: money(left, currency) });
  const parts = all.flatMap(({ customerId, begun, fixed }): RefundPart[] => {
    const share = open.find((one) => one.customerId === customerId);
    const amount = begun === undefined ? share?.amount : money(fixed, currency);
    return amount === undefined || amount.minor === 0n ? [] : [{ customerId, amount }];
  });
  const ownsRow = (id: string) =>
    (all.find(({ customerId }) => customerId === id)?.begun?.owned.length ?? 0) > 0;
  const owner = parts.find(({ customerId }) => ownsRow(customerId)) ?? parts[0];
  const { refundLines } = context.pair.settings.metadata;
  return partsOfRefund(refund, parts, refundLines).flatMap((one, at) => {
    const part = parts[at];
    if (part === undefined) return [];
    const { customerId } = part;
    const share = { customerId, ownsRow: part === owner, whole: refund };
    const asked = { refundId: refund.refundId, parts, customerId };
    return [{ refund: one, share, notes: of.notes.map((note) => noteOfPart(note, asked)) }];
  });
}

async function sharingOf(context: RunContext, refund: Refund): Promise<readonly Sharing[]> {
  const found: Sharing[] = [];
  for (const { identity, receipt } of paymentsOf(context, refund.chargeId)) {
    const payment = present(receipt, "The receipt of a payment");
    const customerId = identity.part;
    const begun = cashOf(context, refund, customerId);
    const fixed = begun === undefined ? 0n : (await amountOfMemo(context, begun)).minor;
    found.push({ customerId, payment, begun, fixed });
  }
  return found.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
}

function cashOf(context: RunContext, { refundId: object }: Refund, part: string) {
  return begunMemo(context, { object, purpose: "refund-cash", part });
}

/** What those get of whose part nothing is begun. */
async function shareRest(
  context: RunContext,
  of: WentBack,
  asked: Readonly<{ refund: Refund; all: readonly Sharing[]; left: Money }>,
): Promise<readonly RefundPart[]> {
  const { refund, all, left } = asked;
  const { currency } = left;
  const others = all.filter(({ begun }) => begun === undefined);
  const held = new Map<Sharing, Holding>();
  for (const one of others) {
    const kept = await keptBy(context, of, { refund, one });
    held.set(one, { kept, free: await freeOf(context, of, { refund, one }) });
  }
  const named = linesOf(context, refund);
  if (named !== "" && others.length > 0) {
    const customers = all.map((one) => {
      return { ...one, amount: money(held.get(one)?.kept ?? one.fixed, currency) };
    });
    const parts = partsByLines(named, { amount: refund.amount, customers });
    const open = parts.filter((_part, at) => all[at]?.begun === undefined);
    const isRest = open.reduce((so, { amount }) => so + amount.minor, 0n) === left.minor;
    if (isRest) return open;
    throw unshared(refund, "a part of it is begun that its lines do not name");
  }
  const shares = shareRefund(left, [...held.values()]);
  if (shares === undefined) throw unshared(refund, "it is more than the parts are");
  return others.map(({ customerId }, at) => {
    return { customerId, amount: shares[at] ?? money(0n, currency) };
  });
}

function linesOf({ pair }: RunContext, { metadata }: Refund): string {
  return (metadata[pair.settings.metadata.refundLines] ?? "").trim();
}

/** What a customer has paid with the charge, less what earlier refunds have given back of it. */
async function keptBy(
  context: RunContext,
  of: WentBack,
  { refund, one }: Readonly<{ refund: Refund; one: Sharing }>,
): Promise<bigint> {
  let kept = (await readBooked(context.door, one.payment)).amount.minor;
  for (const other of of.refunds) {
    const isOther = other.chargeId === refund.chargeId && other.refundId !== refund.refundId;
    const memo = isOther ? cashOf(context, other, one.customerId) : undefined;
    if (memo === undefined || isBackBefore(other, refund)) continue;
    kept -= (await amountOfMemo(context, memo)).minor;
  }
  return kept;
}

/** Their money that is applied to nothing: of the payment, and what came back of failed refunds. */
async function freeOf(
  context: RunContext,
  of: WentBack,
  { refund, one }: Readonly<{ refund: Refund; one: Sharing }>,
): Promise<bigint> {
  const back = of.refunds
    .filter((other) => other.chargeId === refund.chargeId && isBackBefore(other, refund))
    .flatMap(({ refundId: object }) => {
      const part = one.customerId;
      return doneMemo(context, { object, purpose: "refund-back-cash", part }) ?? [];
    });
  let free = 0n;
  for (const document of [one.payment, ...back]) {
    free += (await readBooked(context.door, document)).balance.minor;
  }
  return free;
}

/** What is not booked customer by customer cannot go back to them either. */
function checkShareable(refund: Refund, all: readonly Sharing[]): void {
  if (refund.exchange !== undefined) throw unshared(refund, "it is booked at what was settled");
  if (all.some(({ customerId }) => customerId === "")) throw unshared(refund, "it has other parts");
}

/** What is more than the customers hold, or was not booked customer by customer. */
export function unshared({ refundId, chargeId }: Refund, why: string): HubError {
  const words = `${refundId} is of ${chargeId}, which several customers share, and ${why}`;
  return new HubError("mapping.refund_shared", words, { facts: { refundId, chargeId } });
}

/** Whether all parts of a charge stand in SL; what went back of it is not shared out before. */
export function isSharedOut({ door }: RunContext, chargeId: string): boolean {
  const known = door.store.find({ object: chargeId, purpose: "share-out", part: "" });
  const { shares = [] } = (known?.draft ?? {}) as Partial<Shares>;
  return shares.every(({ customerId: part, amount }) => {
    const payment = door.store.find({ object: chargeId, purpose: "payment", part });
    return amount.minor === 0n || payment?.stage === "done";
  });
}

type Shares = Readonly<{ shares: readonly Readonly<{ customerId: string; amount: Money }>[] }>;

/** The memos of all parts of a refund that stand in SL, and those of its credit notes. */
export function memosOfShares(
  { door }: RunContext,
  { refundId }: Refund,
  { notes }: WentBack,
): readonly DocumentReceipt[] {
  const purposes = ["refund-cash", "refund-cause", "refund-back-cash"] as const;
  const own = notes.filter(({ refunds }) => refunds.some((one) => one.refundId === refundId));
  const all = [
    ...purposes.flatMap((purpose) => door.store.parts(refundId, purpose)),
    ...own.flatMap(({ creditNoteId }) => door.store.parts(creditNoteId, "credit-note")),
  ];
  const done = all.filter(({ stage }) => stage === "done");
  return sortedByBatch(done.flatMap(({ receipt }) => (receipt as DocumentReceipt) ?? []));
}

function sortedByBatch(memos: readonly DocumentReceipt[]): readonly DocumentReceipt[] {
  return memos.toSorted((a, b) => (a.batNbr < b.batNbr ? -1 : 1));
}

import { present } from "../../base/assert.ts";
import { HubError } from "../../base/errors.ts";
import { allocate, isSameAmount, leastMinor, type Money, money, negate } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import { isBackBefore } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import {
  begunMemo,
  doneMemo,
  type MemoIntent,
  paymentsOf,
  type RefundShare,
  type WentBack,
} from "./refund-parts.ts";

/** What of a refund is one customer's: as if it were a refund of its own. */
export type SharedRefund = Readonly<{ refund: Refund; share: RefundShare }>;

/** A customer with what of the refund is theirs, as far as it is known. */
type Sharing = Readonly<{
  customerId: string;
  payment: DocumentReceipt;
  /** The memo of their part, where it is begun: it is what it is. */
  begun: MemoIntent | undefined;
  fixed: bigint;
}>;

/**
 * Shares a refund of a charge out over the customers that it was booked on. Money that is applied
 * to nothing goes back first, as of any refund; for the rest each customer's part is in proportion
 * to what they have paid and not got back, by largest remainder. What is begun keeps its amount,
 * and the others share the rest: the parts add up to the refund whenever a run starts again.
 *
 * @throws HubError `mapping.refund_shared` where it cannot be shared out
 */
export async function sharesOfRefund(
  context: RunContext,
  of: WentBack,
  refund: Refund,
): Promise<readonly SharedRefund[]> {
  const all = await sharingOf(context, refund);
  checkShareable(context, of, { refund, all });
  const { currency } = refund.amount;
  const others = all.filter(({ begun }) => begun === undefined);
  const left = refund.amount.minor - all.reduce((so, { fixed }) => so + fixed, 0n);
  const parts = await shareRest(context, of, { refund, others, left });
  const minorOf = (one: Sharing) => (one.begun === undefined ? parts.get(one) : one.fixed) ?? 0n;
  const given = all.filter((one) => minorOf(one) > 0n);
  const owner = given.find(({ begun }) => (begun?.owned.length ?? 0) > 0) ?? given[0];
  return given.map((one) => {
    const { customerId } = one;
    const part = partOfRefund(refund, money(minorOf(one), currency));
    return { refund: part, share: { customerId, ownsRow: one === owner } };
  });
}

async function sharingOf(context: RunContext, refund: Refund): Promise<readonly Sharing[]> {
  const found: Sharing[] = [];
  for (const { identity, receipt } of paymentsOf(context, refund.chargeId)) {
    const payment = present(receipt, "The receipt of a payment");
    const customerId = identity.part;
    const begun = cashOf(context, refund, customerId);
    const fixed = begun === undefined ? 0n : await amountOf(context, begun);
    found.push({ customerId, payment, begun, fixed });
  }
  return found.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
}

function cashOf(context: RunContext, { refundId: object }: Refund, part: string) {
  return begunMemo(context, { object, purpose: "refund-cash", part });
}

/** A memo that a rebuild took over from SL keeps no amount: SL knows it. */
async function amountOf(context: RunContext, { draft, receipt }: MemoIntent): Promise<bigint> {
  if (draft.total !== undefined) return draft.total.minor;
  const known = present(receipt, "The receipt of a memo without a draft");
  return (await readBooked(context.door, known)).amount.minor;
}

async function shareRest(
  context: RunContext,
  of: WentBack,
  asked: Readonly<{ refund: Refund; others: readonly Sharing[]; left: bigint }>,
): Promise<ReadonlyMap<Sharing, bigint>> {
  const { refund, others, left } = asked;
  const { currency } = refund.amount;
  const free: bigint[] = [];
  const paid: bigint[] = [];
  for (const one of others) {
    const kept = await keptBy(context, of, { refund, one });
    const open = leastMinor(await freeOf(context, of, { refund, one }), kept);
    free.push(open);
    paid.push(kept - open);
  }
  const ofFree = leastMinor(left, total(free));
  const fromFree = spread(money(ofFree, currency), free);
  const rest = left - ofFree;
  if (rest < 0n || rest > total(paid)) throw unshared(refund, "it is more than the parts are");
  const fromPaid = spread(money(rest, currency), paid);
  return new Map(others.map((one, at) => [one, (fromFree[at] ?? 0n) + (fromPaid[at] ?? 0n)]));
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
    kept -= await amountOf(context, memo);
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

function spread(amount: Money, weights: readonly bigint[]): readonly bigint[] {
  if (amount.minor === 0n) return weights.map(() => 0n);
  return allocate(amount, weights).map(({ minor }) => minor);
}

function total(minors: readonly bigint[]): bigint {
  return minors.reduce((so, minor) => so + minor, 0n);
}

/** The refund as it is for one of its customers, whose memos are over a part of its rows. */
function partOfRefund(refund: Refund, amount: Money): Refund {
  const { row, failure } = refund;
  return {
    ...refund,
    amount,
    row: row && { ...row, gross: negate(amount) },
    failure: failure && { ...failure, gross: amount },
  };
}

/** What is said of the refund as a whole has no meaning for a part of it. */
function checkShareable(
  context: RunContext,
  of: WentBack,
  { refund, all }: Readonly<{ refund: Refund; all: readonly Sharing[] }>,
): void {
  const { amount, row, failure, exchange } = refund;
  const moved = [row, failure].flatMap((one) => (one === undefined ? [] : [one.gross]));
  const isOther = exchange !== undefined || moved.some((one) => !isSizeOf(one, amount));
  if (isOther) throw unshared(refund, "it moved another amount than it is over");
  const lines = context.pair.settings.metadata.refundLines;
  if ((refund.metadata[lines] ?? "") !== "") throw unshared(refund, `its ${lines} name lines`);
  if (of.notes.length > 0) throw unshared(refund, "its invoice has credit notes");
  if (all.some(({ customerId }) => customerId === "")) throw unshared(refund, "it has other parts");
}

function isSizeOf(moved: Money, amount: Money): boolean {
  return isSameAmount(moved, amount) || isSameAmount(negate(moved), amount);
}

function unshared({ refundId, chargeId }: Refund, why: string): HubError {
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

/** The memos of all parts of a refund that stand in SL. */
export function memosOfShares(
  { door }: RunContext,
  { refundId }: Refund,
): readonly DocumentReceipt[] {
  const purposes = ["refund-cash", "refund-cause", "refund-back-cash"] as const;
  const all = purposes.flatMap((purpose) => door.store.parts(refundId, purpose));
  const done = all.filter(({ stage }) => stage === "done");
  return sortedByBatch(done.flatMap(({ receipt }) => (receipt as DocumentReceipt) ?? []));
}

function sortedByBatch(memos: readonly DocumentReceipt[]): readonly DocumentReceipt[] {
  return memos.toSorted((a, b) => (a.batNbr < b.batNbr ? -1 : 1));
}

import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import type { StripePort } from "../canonical/port.ts";
import type { BalanceRow, Sale, SalePayment } from "../canonical/sale.ts";

/** A person's decision to leave a lane alone; it covers the money that they saw. */
export type Dismissal = Readonly<{ by: string; reason: string; at: Date; money: string }>;

/** Money of a sale in words; `movedAt` where a row has brought it back, or taken it again. */
export type SaleMoney = Readonly<{ words: string; chargeId: string; movedAt?: Date }>;

const BETWEEN = ", ";
const CHARGE = /^((?:ch|py)_\w+) /;

/** The money of a sale in short, what went back of each charge by its sum: for lists. */
export function moneyOf(sale: Sale): string {
  return sale.payments
    .flatMap((payment) => [
      capturedOf(payment),
      ...(payment.refunded.minor === 0n
        ? []
        : [`${payment.chargeId} refunded ${toDecimal(payment.refunded)}`]),
      ...(payment.isDisputed ? [`${payment.chargeId} disputed`] : []),
    ])
    .join(BETWEEN);
}

function capturedOf({ chargeId, amount }: SalePayment): string {
  return `${chargeId} ${toDecimal(amount)} ${amount.currency}`;
}

/**
 * The money of a sale to the row: each charge with what was captured, and each row of its refunds
 * and disputes. A sum says the same of a refund that failed as of none.
 */
export async function readMoneyByRow(
  stripe: Pick<StripePort, "readRefunds" | "readDisputes">,
  sale: Sale,
  signal: AbortSignal,
): Promise<readonly SaleMoney[]> {
  const all: SaleMoney[] = [];
  for (const payment of sale.payments) {
    const { chargeId } = payment;
    const refunds = await stripe.readRefunds({ chargeId, livemode: sale.livemode }, signal);
    const disputes = await stripe.readDisputes(chargeId, signal);
    const moves = [
      ...refunds.map(({ refundId: id, row, failure }) => ({ id, rows: [row, failure] })),
      ...disputes.map(({ disputeId: id, rows }) => ({ id, rows })),
    ];
    all.push({ words: capturedOf(payment), chargeId });
    for (const { id, rows } of moves) {
      for (const row of rows) if (row !== undefined) all.push(movedBy(row, { id, chargeId }));
    }
  }
  return all;
}

/**
 * What banks took back of the charges that a dismissal covers: Stripe shows them with their sale no
 * more.
 *
 * @param standing charges that it does show
 */
export async function readGone(
  stripe: Pick<StripePort, "readReturn">,
  { dismissal, standing }: Readonly<{ dismissal: Dismissal; standing: readonly string[] }>,
  signal: AbortSignal,
): Promise<readonly SaleMoney[]> {
  const seen = dismissal.money.split(BETWEEN).flatMap((one) => CHARGE.exec(one)?.[1] ?? []);
  const all: SaleMoney[] = [];
  for (const chargeId of new Set(seen)) {
    if (standing.includes(chargeId)) continue;
    const reading = await stripe.readReturn(chargeId, signal);
    if (reading !== undefined) all.push(movedBy(reading.returned, { id: chargeId, chargeId }));
  }
  return all;
}

function movedBy(
  { id: rowId, gross, created }: Pick<BalanceRow, "id" | "gross" | "created">,
  { id, chargeId }: Readonly<{ id: string; chargeId: string }>,
): SaleMoney {
  const words = `${id} ${toDecimal(gross)} ${gross.currency} by ${rowId}`;
  return { words, chargeId, movedAt: created };
}

/**
 * In words. A parked row keeps them: a dismissal covers exactly these, whatever the clocks of
 * Stripe, hub and database say.
 */
export function wordsOf(money: readonly SaleMoney[]): string {
  return money.map(({ words }) => words).join(BETWEEN);
}

/**
 * Why a dismissed sale is left alone, in words.
 *
 * @throws HubError `conflict.dismissed` for money that the person has not seen
 */
export function leftAlone(dismissal: Dismissal, money: readonly SaleMoney[]): string {
  return leftAloneFor(dismissal, wordsOf(money.filter((one) => !isInSum(dismissal, one))));
}

/**
 * Earlier versions kept what went back of a charge as its sum, as `moneyOf` words it, and so does a
 * case whose rows Stripe would not tell. That names no row: it stands for those that there were
 * when the person decided, and for none that came later.
 */
function isInSum({ at, money }: Dismissal, { chargeId, movedAt }: SaleMoney): boolean {
  if (movedAt === undefined || movedAt > at) return false;
  return new RegExp(`(^|, )${chargeId} (refunded|disputed)\\b`).test(money);
}

/** The same for any money in words, parted by commas. */
export function leftAloneFor(dismissal: Dismissal, moneyNow: string): string {
  const seen = new Set(dismissal.money.split(BETWEEN));
  const news = moneyNow.split(BETWEEN).filter((one) => one !== "" && !seen.has(one));
  if (news.length === 0) return decisionOf(dismissal);
  throw notCovered(dismissal, news.join(BETWEEN));
}

/** What a dismissed lane parks with again. */
export function notCovered(dismissal: Dismissal, unseen: string): HubError {
  const message = `${decisionOf(dismissal)}; that did not cover ${unseen}`;
  return new HubError("conflict.dismissed", message, { facts: { unseen } });
}

/** The decision itself, in words. */
export function decisionOf({ by, reason }: Dismissal): string {
  return `Dismissed by ${by}: ${reason}`;
}

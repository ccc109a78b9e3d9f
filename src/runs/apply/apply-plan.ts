import { HubError } from "../../base/errors.ts";
import { leastMinor, type Money, money, sum, toDecimal } from "../../base/money.ts";
import type { ApplicationRow, DocumentReading, PayerType, TargetType } from "../../erp/port.ts";

/** A released document by what identifies it in SL. */
export type Payer = Readonly<{ type: PayerType; customerId: string; refNbr: string }>;
export type Target = Readonly<{ type: TargetType; refNbr: string }>;

/** An application to make: of which money, to what, and how much of it, all told. */
export type ToApply = Readonly<{
  /** The Stripe object that the paying document stands for. */
  object: string;
  /** Which application of that object: the RefNbr of what is paid. */
  part: string;
  /** The readable Stripe id for SL's batch. */
  stripeId: string;
  payer: Payer;
  target: Target;
  /** What the target is to have got of the payer in the end. */
  amount: Money;
  /** The first period that is open, `YYYYPP`; it hits the latest of it and both documents'. */
  firstOpenPeriod: string;
  /** Whether one call may apply and release at once; not where an accountant releases. */
  mayReleaseAtOnce: boolean;
}>;

/** What SL shows of both documents, read just now. */
export type BothReadings = Readonly<{
  payer: DocumentReading;
  target: DocumentReading;
  /** Every application of the customer, or undefined where the site has no view of them. */
  rows: readonly ApplicationRow[] | undefined;
  /** All that the hub knows the payer to have been applied, whatever to. */
  knownOfPayer: Money;
  /** What of that went to this target. */
  knownBetween: Money;
  /** The batch of this very application, whose pending lines are no one else's. */
  ownBatNbr: string | undefined;
}>;

/** How much is to be applied now, or what hinders it. */
export type ApplicationPlan = Readonly<{
  /** What is still to be applied; nothing where others have done it, or nothing is open. */
  amount: Money;
  /** What of the payer is on the target already; without a view, at most. */
  between: Money;
  /** Where an unreleased application of others keeps some of it: its batch. */
  pendingIn: string | undefined;
}>;

/**
 * What is left to do so that `wanted` of the payer is on the target, all told. The aim is absolute:
 * what somebody else has applied meanwhile is a fact and counts. Never more than either has open,
 * less what unreleased batches of others take of it.
 *
 * Without the view nobody tells where the payer's money went that the hub did not apply. It can be
 * on this target as far as both have lost more than the hub knows of, and that much is left out:
 * too little is listed and mended, too much is not.
 */
export function planApplication(wanted: Money, both: BothReadings): ApplicationPlan {
  const { payer, target, rows } = both;
  for (const found of [payer, target]) {
    if (found.currency === wanted.currency) continue;
    throw new HubError(
      "mapping.currency_unsupported",
      `${found.type} ${found.refNbr} is in ${found.currency}, the money in ${wanted.currency}`,
      { facts: { refNbr: found.refNbr, found: found.currency, wanted: wanted.currency } },
    );
  }
  const between = rows === undefined ? mostBetween(both) : betweenIn(rows, both);
  const pending = othersPending(both);
  const left = wanted.minor - between.minor;
  const open = leastMinor(left, payer.balance.minor, target.balance.minor);
  const amount = leastMinor(
    left,
    payer.balance.minor - pending.ofPayer.minor,
    target.balance.minor - pending.ofTarget.minor,
  );
  return {
    amount: money(amount, wanted.currency),
    between,
    pendingIn: amount < open ? pending.batNbr : undefined,
  };
}

/** The documents of a plan in words: `120.00 USD of PA KY3E3RUCE5 to IN 000123`. */
export function applicationText(amount: Money, payer: Payer, target: Target): string {
  const money = `${toDecimal(amount)} ${amount.currency}`;
  return `${money} of ${payer.type} ${payer.refNbr} to ${target.type} ${target.refNbr}`;
}

function betweenIn(rows: readonly ApplicationRow[], both: BothReadings): Money {
  const done = rows.filter(
    (row) => !row.isPending && isOf(row.payer, both.payer) && isOf(row.target, both.target),
  );
  return sumOf(done, both);
}

function mostBetween(both: BothReadings): Money {
  const { payer, target, knownOfPayer, knownBetween } = both;
  const used = ({ amount, balance }: DocumentReading) => amount.minor - balance.minor;
  const unknown = used(payer) - knownOfPayer.minor;
  const here = leastMinor(unknown, used(target) - knownBetween.minor);
  return money(knownBetween.minor + here, payer.currency);
}

function othersPending(both: BothReadings) {
  const { rows = [], payer, target, ownBatNbr } = both;
  const pending = rows.filter((row) => row.isPending && row.batNbr !== ownBatNbr);
  const ofPayer = pending.filter((row) => isOf(row.payer, payer));
  const ofTarget = pending.filter((row) => isOf(row.target, target));
  return {
    ofPayer: sumOf(ofPayer, both),
    ofTarget: sumOf(ofTarget, both),
    batNbr: [...ofTarget, ...ofPayer][0]?.batNbr,
  };
}

function sumOf(rows: readonly ApplicationRow[], { payer }: BothReadings): Money {
  return sum(
    rows.map(({ amount }) => amount),
    payer.currency,
  );
}

function isOf(named: Readonly<{ type: string; refNbr: string }>, found: DocumentReading): boolean {
  const id = (text: string) => text.trim().toUpperCase();
  return id(named.type) === id(found.type) && id(named.refNbr) === id(found.refNbr);
}

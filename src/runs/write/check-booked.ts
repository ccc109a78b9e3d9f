import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, toDecimal } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import { ownedRows } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import type { IntentStore } from "./intent-store.ts";

/** What is asked of the drafts of documents that are booked; a rebuilt one keeps no draft. */
type Booked = Intent<Readonly<{ total?: Money; amount?: Money }>, DocumentReceipt>;

/**
 * Compares what is booked with the sale as Stripe has it now, in the money alone: total, amount,
 * currency and the balance rows that a payment owns. Texts, metadata and addresses may change at
 * will. Nothing that is released is ever changed, so money that differs is for a person.
 *
 * @throws HubError `conflict.draft_changed`
 */
export function checkBooked({ door }: RunContext, sale: Sale): void {
  const { identity, total } = sale.document;
  const invoice = bookedAs(door.store, identity, "invoice");
  if (invoice !== undefined) {
    if (isReadOtherwise(door.store, sale, invoice)) return;
    checkAmount(invoice, invoice.draft.total, total);
  }
  for (const payment of sale.payments) {
    const booked = bookedAs(door.store, payment.chargeId, "payment");
    if (booked === undefined) continue;
    checkAmount(booked, booked.draft.amount, payment.amount);
    checkRows(booked, payment);
  }
}

/**
 * The same balance rows with amounts that are all larger or smaller by one power of ten are the
 * same money: the pair's `currency-exponents` has changed since, and what is booked stays.
 */
function isReadOtherwise(store: IntentStore, sale: Sale, invoice: Booked): boolean {
  const shift = decimalShift(invoice.draft.total, sale.document.total);
  if (shift === undefined || sale.payments.length === 0) return false;
  return sale.payments.every((payment) => {
    const booked = bookedAs(store, payment.chargeId, "payment");
    if (booked === undefined || booked.owned.length === 0) return false;
    const isSameMoney = decimalShift(booked.draft.amount, payment.amount) === shift;
    return isSameMoney && hasSameRows(booked, payment);
  });
}

/** By how many decimals the second amount is read otherwise; undefined where by none. */
function decimalShift(was: Money | undefined, now: Money): number | undefined {
  if (was?.currency !== now.currency) return undefined;
  const { minor } = was;
  return [1, 2, 3, -1, -2, -3].find((shift) =>
    shift > 0
      ? minor * 10n ** BigInt(shift) === now.minor
      : now.minor * 10n ** BigInt(-shift) === minor,
  );
}

function bookedAs(
  store: IntentStore,
  object: string,
  purpose: "invoice" | "payment",
): Booked | undefined {
  const intent = store.find({ object, purpose, part: "" }) as Booked | undefined;
  return intent?.stage === "done" ? intent : undefined;
}

function checkAmount(booked: Booked, was: Money | undefined, now: Money): void {
  if (was === undefined || isSameAmount(was, now)) return;
  throw changed(booked, `over ${toText(was)}, and at Stripe it is ${toText(now)} now`, {
    booked: toText(was),
    now: toText(now),
  });
}

/** A payment that a rebuild took over from SL knows no rows. */
function checkRows(booked: Booked, payment: SalePayment): void {
  if (booked.owned.length === 0 || hasSameRows(booked, payment)) return;
  const now = ownedRows(payment).map(({ rowId }) => rowId);
  const grosses = payment.rows
    .filter(({ id }) => now.includes(id))
    .map(({ id, gross }) => `${id} ${toText(gross)}`)
    .join(", ");
  const known = booked.owned.join(", ");
  throw changed(booked, `for the balance rows ${known}, and Stripe has ${grosses} now`, {
    booked: known,
    now: grosses,
  });
}

function hasSameRows({ owned }: Booked, payment: SalePayment): boolean {
  const now = ownedRows(payment);
  return now.length === owned.length && now.every(({ rowId }) => owned.includes(rowId));
}

function changed(
  { identity, receipt }: Booked,
  words: string,
  amounts: Readonly<{ booked: string; now: string }>,
): HubError {
  const { object, purpose } = identity;
  const { refNbr = "", batNbr = "" } = receipt ?? {};
  return new HubError(
    "conflict.draft_changed",
    `${object} is booked as ${purpose} ${refNbr} ${words}`,
    {
      facts: { object, refNbr, batNbr, ...amounts },
      cure:
        "Book the difference by hand in SL, then dismiss: the hub changes nothing released. " +
        "Where `currency-exponents` of the pair was changed, put it back and resume.",
    },
  );
}

function toText(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

import type { ReturnReading } from "../canonical/port.ts";
import type { LaneReading, SalePayment } from "../canonical/sale.ts";
import { capturedUnits, chargeState, parsePayment, rowIdOf } from "./parse-charge.ts";
import { type Reads, rowsOfRefunds } from "./reads.ts";
import { currencyOf, idOf, integerOf, objectOf, textOf, type Wire } from "./wire.ts";

/**
 * How long until a balance row is looked for again. `charge.updated` announces it; this is for
 * when that event is lost. Asynchronous captures are done within an hour, mostly within a minute.
 */
const ROW_LOOK_AGAIN_MS = 60_000;

/** A charge that is money, or why it is not, or not yet. */
export type MoneyReading =
  | Readonly<{ kind: "payment"; payment: SalePayment }>
  | Exclude<LaneReading, { kind: "sale" | "elsewhere" }>;

/** Judges a charge and reads its balance rows as far as they are not expanded in it. */
export async function readMoney(reads: Reads, charge: Wire): Promise<MoneyReading> {
  const id = textOf(charge, "id");
  switch (chargeState(charge)) {
    case "failed":
      return readReturnedMoney(reads, charge);
    case "released":
      return { kind: "nothing", reason: `Charge ${id} was released without a capture` };
    case "uncaptured":
      return waiting(`Charge ${id} is authorised, not captured`, undefined);
    case "pending":
      return readPendingMoney(reads, charge);
    case "captured":
      break;
  }
  const own = rowIdOf(charge);
  if (own === undefined) {
    return waiting(`Charge ${id} has no balance transaction yet`, ROW_LOOK_AGAIN_MS);
  }
  return { kind: "payment", payment: await readPayment(reads, charge, own) };
}

/** A bank debit has its row from the start, and is money for whoever asks for such ones. */
async function readPendingMoney(reads: Reads, charge: Wire): Promise<MoneyReading> {
  const own = rowIdOf(charge);
  if (!reads.takesPending || own === undefined) {
    return waiting(`Charge ${textOf(charge, "id")} has not succeeded yet`, undefined);
  }
  const payment = await readPayment(reads, charge, own);
  return { kind: "payment", payment: { ...payment, isPending: true } };
}

/** What a bank took back was money, for whoever asks for such charges. */
async function readReturnedMoney(reads: Reads, charge: Wire): Promise<MoneyReading> {
  const own = rowIdOf(charge);
  if (!reads.takesReturned || own === undefined || failureRowOf(charge) === undefined) {
    return { kind: "nothing", reason: `Charge ${textOf(charge, "id")} failed` };
  }
  return { kind: "payment", payment: await readPayment(reads, charge, own) };
}

/** Whether a bank took a charge back, and the balance shows it. */
export function isTakenBack(charge: Wire | undefined): boolean {
  return failureRowOf(charge) !== undefined;
}

/**
 * What a bank took back of a charge, or undefined where it stands or never had a row. A charge that
 * failed before it was money looks just the same: whoever has booked it knows better.
 */
export async function readReturn(reads: Reads, id: string): Promise<ReturnReading | undefined> {
  const charge = await reads.charge(id);
  const own = rowIdOf(charge);
  if (own === undefined || failureRowOf(charge) === undefined) return undefined;
  const payment = await readPayment(reads, charge, own);
  const { returned } = payment;
  if (returned === undefined) return undefined;
  return { payment, returned, livemode: charge.livemode === true };
}

async function readPayment(reads: Reads, charge: Wire, own: string): Promise<SalePayment> {
  const failure = failureRowOf(charge);
  const ownRow = objectOf(charge, "balance_transaction") ?? (await reads.balanceRow(own));
  const [failureRows, others] = await Promise.all([
    failure === undefined
      ? []
      : Promise.all([objectOf(charge, "failure_balance_transaction") ?? reads.balanceRow(failure)]),
    furtherRows(reads, charge, ownRow),
  ]);
  return parsePayment(charge, [ownRow, ...failureRows, ...others], reads.toMoney);
}

/** Those that a bank took back; what is to be done about them is up to whoever has booked them. */
export function takenBack(
  ...charges: readonly (Wire | undefined)[]
): Readonly<{ takenBack?: readonly string[] }> {
  const ids = charges.filter(isTakenBack).map((charge) => textOf(charge, "id"));
  return ids.length === 0 ? {} : { takenBack: ids };
}

function failureRowOf(charge: Wire | undefined): string | undefined {
  return idOf(charge, "failure_balance_transaction");
}

export function waiting(
  reason: string,
  lookAgainMs: number | undefined,
): Extract<LaneReading, { kind: "waiting" }> {
  return { kind: "waiting", reason, lookAgainMs };
}

/**
 * A partial capture gives the rest back as a row of its own, behind a refund or the charge; several
 * captures are a row each, of which the charge names the first. A row in another currency does not
 * tell whether it is all of the charge.
 */
async function furtherRows(reads: Reads, charge: Wire, ownRow: Wire): Promise<readonly Wire[]> {
  const isWhole = capturedUnits(charge) === integerOf(charge, "amount");
  const isForeign = currencyOf(ownRow) !== currencyOf(charge);
  const isInOne = !isForeign && integerOf(ownRow, "amount") === integerOf(charge, "amount");
  if (isWhole && isInOne) return [];
  const id = textOf(charge, "id");
  const [refunds, ofCharge] = await Promise.all([
    isWhole ? [] : reads.refundsOfCharge(id),
    reads.rowsOfSource(id),
  ]);
  return [...rowsOfRefunds(refunds), ...ofCharge];
}

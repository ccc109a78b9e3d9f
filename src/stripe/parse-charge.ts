import type { Money } from "../base/money.ts";
import type { BalanceRow, SalePayment } from "../canonical/sale.ts";
import type { ToMoney } from "./units.ts";
import {
  amountOf,
  currencyOf,
  idOf,
  instantOf,
  integerOf,
  integerOrZero,
  metadataOf,
  objectOf,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

/** Rows that belong to the money of a charge; see "Ownership" in the booking rules. */
const CHARGE_CATEGORIES = ["charge", "partial_capture_reversal"];

/** A bank that takes a payment back, before success or after it. */
const RETURN_CATEGORY = "charge_failure";

/** How far a charge has come. Only `captured` is money. */
export type ChargeState = "captured" | "uncaptured" | "released" | "pending" | "failed";

/** `released` is an authorisation that was given back without a capture. */
export function chargeState(charge: Wire): ChargeState {
  const status = textOf(charge, "status");
  if (status === "failed") return "failed";
  if (status === "pending") return "pending";
  if (status !== "succeeded" && charge.paid !== true) return "failed";
  if (charge.captured !== false) return "captured";
  return integerOrZero(charge, "amount_refunded") >= integerOf(charge, "amount")
    ? "released"
    : "uncaptured";
}

/**
 * What was captured, as Stripe counts it; older versions say only whether. A debit that its bank
 * has yet to pay, or has taken back, has moved the balance whole.
 */
export function capturedUnits(charge: Wire): number {
  if (["pending", "failed"].includes(chargeState(charge))) return integerOf(charge, "amount");
  return typeof charge.amount_captured === "number"
    ? integerOf(charge, "amount_captured")
    : integerOf(charge, "amount");
}

/** What was captured. */
export function capturedAmount(charge: Wire, toMoney: ToMoney): Money {
  return toMoney(capturedUnits(charge), currencyOf(charge));
}

/** The id of the charge's balance row; undefined while an asynchronous capture makes it. */
export function rowIdOf(charge: Wire): string | undefined {
  return idOf(charge, "balance_transaction");
}

/** The charge of a PaymentIntent: `latest_charge`, before 2022-11-15 the newest of `charges`. */
export function chargeOfIntent(intent: Wire): Wire | undefined {
  const latest = objectOf(intent, "latest_charge");
  if (latest !== undefined) return latest;
  const older = objectOf(intent, "charges");
  const members: unknown = older?.data;
  const first: unknown = Array.isArray(members) ? members[0] : undefined;
  return typeof first === "object" && first !== null ? (first as Wire) : undefined;
}

/**
 * A captured charge with its balance rows. Rows of other balances (`balance_type`) and of other
 * documents are left out, its own row comes first.
 *
 * @throws HubError `stripe.shape` where the own row is not among them
 */
export function parsePayment(charge: Wire, rows: readonly Wire[], toMoney: ToMoney): SalePayment {
  const chargeId = textOf(charge, "id");
  const own = rowIdOf(charge);
  const parsed = uniqueRows(rows)
    .filter(isOfPayments)
    .map((row) => parseRow(row, toMoney))
    .sort((a, b) => Number(b.id === own) - Number(a.id === own));
  if (parsed[0]?.id !== own) throw shapeError(chargeId, "has a balance row that is not there");
  return {
    chargeId,
    paymentIntentId: idOf(charge, "payment_intent"),
    amount: capturedAmount(charge, toMoney),
    rows: parsed.filter((row) => row.id === own || CHARGE_CATEGORIES.includes(row.category)),
    returned: parsed.find((row) => row.category === RETURN_CATEGORY),
    createdAt: instantOf(charge, "created") ?? new Date(0),
    method: methodOf(charge),
    methodType: textOf(objectOf(charge, "payment_method_details"), "type") || "card",
    description: textOf(charge, "description"),
    refunded: toMoney(integerOrZero(charge, "amount_refunded"), currencyOf(charge)),
    ...releasedOf(charge, toMoney),
    isDisputed: charge.disputed === true || idOf(charge, "dispute") !== undefined,
    metadata: metadataOf(charge),
  };
}

function releasedOf(charge: Wire, toMoney: ToMoney): Pick<SalePayment, "released"> {
  const units = integerOf(charge, "amount") - capturedUnits(charge);
  return units > 0 ? { released: toMoney(units, currencyOf(charge)) } : {};
}

/** A balance transaction; the category decides, the type only where a category is missing. */
export function parseRow(row: Wire, toMoney: ToMoney): BalanceRow {
  const created = instantOf(row, "created");
  if (created === undefined) throw shapeError(textOf(row, "id"), "has no created");
  return {
    id: textOf(row, "id"),
    category: textOf(row, "reporting_category") || categoryOfType(textOf(row, "type")),
    gross: amountOf(row, "amount", toMoney),
    fee: amountOf(row, "fee", toMoney),
    created,
  };
}

/** Brand and last four digits of a card, else the kind of payment method. */
function methodOf(charge: Wire): string {
  const details = objectOf(charge, "payment_method_details");
  const type = textOf(details, "type");
  const card = objectOf(details, type) ?? objectOf(charge, "source") ?? objectOf(charge, "card");
  const brand = textOf(card, "brand").toLowerCase() || type;
  const last4 = textOf(card, "last4");
  return [brand || "payment", last4].filter((part) => part !== "").join(" ");
}

/** Rows of other balances are nobody's business here. */
export function isOfPayments(row: Wire): boolean {
  const balance = textOf(row, "balance_type");
  return balance === "" || balance === "payments";
}

function categoryOfType(type: string): string {
  if (type === "payment_failure_refund") return RETURN_CATEGORY;
  if (type === "payment_refund") return "refund";
  return type === "payment" ? "charge" : type;
}

function uniqueRows(rows: readonly Wire[]): readonly Wire[] {
  return [...new Map(rows.map((row) => [textOf(row, "id"), row])).values()];
}

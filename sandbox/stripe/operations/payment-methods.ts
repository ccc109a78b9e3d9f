import { invalidRequest, resourceMissing } from "../errors.ts";
import { billingDetails, cardDetails } from "../formatters/payment-method.ts";
import { newId } from "../random.ts";
import type { PaymentBehaviour, PaymentMethodRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

type TestMethod = { type: string; details: Wire; behaviour: PaymentBehaviour };

const SUCCEEDS: PaymentBehaviour = { kind: "succeeds" };

function declined(declineCode: string, message: string, code = "card_declined"): PaymentBehaviour {
  return { kind: "declined", code, declineCode, message };
}

const DECLINED = declined("generic_decline", "Your card was declined.");
const NO_FUNDS = declined("insufficient_funds", "Your card has insufficient funds.");
const EXPIRED = declined("expired_card", "Your card has expired.", "expired_card");

const SEPA_DETAILS: Wire = {
  bank_code: "37040044",
  branch_code: "",
  country: "DE",
  fingerprint: "fpsepa3000",
  generated_from: { charge: null, setup_attempt: null },
  last4: "3000",
};
const US_BANK_DETAILS: Wire = {
  account_holder_type: "individual",
  account_type: "checking",
  bank_name: "STRIPE TEST BANK",
  financial_connections_account: null,
  fingerprint: "fpbank6789",
  last4: "6789",
  networks: { preferred: "ach", supported: ["ach"] },
  routing_number: "110000000",
  status_details: {},
};

function card(brand: string, last4: string, behaviour = SUCCEEDS, funding = "credit"): TestMethod {
  return { type: "card", details: cardDetails(brand, last4, funding), behaviour };
}

/** Stripe's test payment methods by the name after `pm_card_`, `tok_` and so on. */
const TEST_METHODS: Record<string, TestMethod> = {
  pm_card_visa: card("visa", "4242"),
  pm_card_visa_debit: card("visa", "5556", SUCCEEDS, "debit"),
  pm_card_mastercard: card("mastercard", "4444"),
  pm_card_amex: card("amex", "8431"),
  pm_card_discover: card("discover", "9424"),
  pm_card_us: card("visa", "4242"),
  pm_card_bypassPending: card("visa", "0077", { kind: "available_at_once" }),
  pm_card_createDispute: card("visa", "0259", { kind: "disputed", as: "chargeback" }),
  pm_card_createDisputeInquiry: card("visa", "1976", { kind: "disputed", as: "inquiry" }),
  pm_card_refundFail: card("visa", "5126", { kind: "refund_fails" }),
  pm_card_pendingRefund: card("visa", "7726", { kind: "refund_waits" }),
  pm_card_chargeDeclined: card("visa", "0002", DECLINED),
  pm_card_visa_chargeDeclined: card("visa", "0002", DECLINED),
  pm_card_chargeDeclinedInsufficientFunds: card("visa", "9995", NO_FUNDS),
  pm_card_visa_chargeDeclinedInsufficientFunds: card("visa", "9995", NO_FUNDS),
  pm_card_chargeDeclinedExpiredCard: card("visa", "0069", EXPIRED),
  pm_card_chargeCustomerFail: card("visa", "0341", DECLINED),
  pm_card_authenticationRequired: card("visa", "3184", { kind: "needs_authentication" }),
  pm_card_threeDSecure2Required: card("visa", "3220", { kind: "needs_authentication" }),
  pm_usBankAccount_success: {
    type: "us_bank_account",
    details: US_BANK_DETAILS,
    behaviour: { kind: "delayed" },
  },
  pm_sepaDebit: { type: "sepa_debit", details: SEPA_DETAILS, behaviour: { kind: "delayed" } },
};

/** The test method of a `pm_…` or `tok_…` name; undefined for other ids. */
function testMethod(name: string): TestMethod | undefined {
  const asMethod = name.startsWith("tok_") ? `pm_card_${name.slice(4)}` : name;
  return Object.hasOwn(TEST_METHODS, asMethod) ? TEST_METHODS[asMethod] : undefined;
}

/**
 * The payment method of an id; a test name makes a new one, as at Stripe.
 *
 * @throws StripeError 404 `resource_missing`
 */
export function paymentMethodOf(world: World, id: string, param: string): PaymentMethodRow {
  const stored = world.tables.payment_method.get(id);
  if (stored !== undefined) return stored;
  const known = testMethod(id);
  if (known === undefined) throw resourceMissing("PaymentMethod", id, param);
  return savePaymentMethod(world, known, {});
}

/** What a caller says about a new payment method besides its type. */
export type NewMethod = {
  billing?: Wire | null | undefined;
  metadata?: { [key: string]: string };
  customer?: string | null;
};

/**
 * Makes a payment method from raw parameters: a card by token or number, or a bank debit.
 *
 * @throws StripeError 400 for a type the sandbox does not know
 */
export function createPaymentMethod(
  world: World,
  type: string,
  given: Wire,
  more: NewMethod,
): PaymentMethodRow {
  if (type === "card") {
    const token = typeof given.token === "string" ? given.token : undefined;
    const known = token === undefined ? cardByNumber(given) : testMethod(token);
    if (known === undefined) throw resourceMissing("token", token ?? "", "card[token]");
    return savePaymentMethod(world, known, more);
  }
  if (type === "sepa_debit" || type === "us_bank_account") {
    const details = type === "sepa_debit" ? SEPA_DETAILS : US_BANK_DETAILS;
    return savePaymentMethod(world, { type, details, behaviour: { kind: "delayed" } }, more);
  }
  throw invalidRequest(`The sandbox has no payment method of type ${type}.`, undefined, "type");
}

function cardByNumber(given: Wire): TestMethod | undefined {
  const digits = typeof given.number === "string" ? given.number : "";
  const last4 = digits.slice(-4);
  const candidates = Object.values(TEST_METHODS);
  return candidates.find((one) => one.type === "card" && one.details.last4 === last4);
}

function savePaymentMethod(world: World, method: TestMethod, more: NewMethod): PaymentMethodRow {
  return world.tables.payment_method.put({
    id: newId("payment_method"),
    created: world.nowSeconds(),
    ...method,
    customer: more.customer ?? null,
    billing_details: billingDetails(more.billing),
    metadata: more.metadata ?? {},
  });
}

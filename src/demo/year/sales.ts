import type { Act, Paid, Sale } from "./act.ts";
import { planAftermath } from "./aftermath.ts";
import type { Lots } from "./random.ts";
import type { TradingDay } from "./trading-days.ts";

/** What the shop sells, by SL's item ids; prices in minor units. */
const GOODS = [
  { item: "TSHIRT", name: "T-shirt, harbour blue", unitMinor: 2_400, weight: 40 },
  { item: "SETUP", name: "Engraving", unitMinor: 1_250, weight: 15 },
  { item: "GIFTCARD", name: "Gift card", unitMinor: 5_000, weight: 15 },
  { item: "PLAN-BASIC", name: "Tide tables, a year", unitMinor: 3_900, weight: 12 },
  { item: "CONSULT", name: "Rigging lesson", unitMinor: 8_500, weight: 10 },
  { item: "PLAN-PRO", name: "Chart service, a year", unitMinor: 19_900, weight: 8 },
] as const;

const FIRST_NAMES = [
  "Ada",
  "Bo",
  "Carmen",
  "Dmitri",
  "Elif",
  "Femi",
  "Greta",
  "Hiro",
  "Inês",
  "Jón",
];
const LAST_NAMES = ["Lovelace", "Ng", "Ruiz", "Okafor", "Yılmaz", "Sørensen", "Müller", "Tanaka"];
const STATES = ["NY", "CA", "TX", "WA", "IL", "MA", "OR", "FL"];

/** Of all sales: bought by one who came before, by somebody new, by nobody in particular. */
const BUYERS = [0.66, 0.16, 0.18];
/** Of all sales: paid at once, in a cart with tax, by invoice, by bank debit, captured later. */
const WAYS = [0.86, 0.06, 0.04, 0.02, 0.02];
const DAY_MS = 86_400_000;

/** The shop's goods and tax rate at Stripe, before the first sale. */
export function openShop(first: TradingDay): readonly Act[] {
  const at = first.startMs;
  const goods = GOODS.flatMap(({ item, name, unitMinor }): Act[] => [
    {
      ...{ at, path: "/v1/products", name: `product-${item}` },
      body: { name, metadata: { InvtID: item } },
    },
    {
      ...{ at, path: "/v1/prices", name: `price-${item}` },
      body: { product: `{{product-${item}}}`, currency: "usd", unit_amount: unitMinor },
    },
  ]);
  const rate = { display_name: "Sales tax", percentage: "8.875", inclusive: false };
  return [...goods, { at, path: "/v1/tax_rates", body: rate, name: "tax" }];
}

/** One sale, the way it is paid, and what becomes of it. */
export function planSale(
  lots: Lots,
  { nr, at, crowd }: Readonly<{ nr: number; at: number; crowd: Crowd }>,
): Sale {
  const buyer = buyerOf(lots, at, crowd);
  const way = lots.weighted(buyer.customer === undefined ? [1, 0.1, 0, 0, 0.03] : WAYS);
  const pay = [payAtOnce, payCart, payInvoice, payDebit, captureLater][way] ?? payAtOnce;
  const paid = pay(lots, { nr, at, customer: buyer.customer });
  const after = planAftermath(lots, { nr, ...paid });
  const acts = [...buyer.acts, ...declined(lots, nr, at), ...paid.acts];
  return { acts: [...acts, ...after.acts], oddities: after.oddities };
}

type Buyer = Readonly<{ customer: string | undefined; acts: readonly Act[] }>;

/** Whoever has bought: who comes back is somebody whose first sale came before. */
export class Crowd {
  #met = 0;

  /** The name of somebody new. */
  meet(): string {
    this.#met += 1;
    return `buyer-${this.#met}`;
  }

  /** One of those who came before; undefined before the first. */
  greet(lots: Lots): string | undefined {
    return this.#met === 0 ? undefined : `buyer-${lots.between(1, this.#met)}`;
  }
}

function buyerOf(lots: Lots, at: number, crowd: Crowd): Buyer {
  const kind = lots.weighted(BUYERS);
  if (kind === 2) return { customer: undefined, acts: [] };
  const regular = kind === 0 ? crowd.greet(lots) : undefined;
  if (regular !== undefined) return { customer: `{{${regular}}}`, acts: [] };
  const name = crowd.meet();
  const person = `${lots.pick(FIRST_NAMES)} ${lots.pick(LAST_NAMES)}`;
  const body = {
    name: person,
    email: `${name}@example.com`,
    address: {
      ...{ line1: `${lots.between(1, 900)} Quay Street`, city: "Port Haven" },
      ...{ state: lots.pick(STATES), postal_code: String(lots.between(10_000, 99_999)) },
      country: "US",
    },
  };
  return { customer: `{{${name}}}`, acts: [{ at, path: "/v1/customers", body, name }] };
}

type Paying = Readonly<{ nr: number; at: number; customer: string | undefined }>;
function cartOf(lots: Lots) {
  const good = GOODS[lots.weighted(GOODS.map(({ weight }) => weight))] ?? GOODS[0];
  const quantity = lots.weighted([0, 70, 20, 7, 3]);
  // Odd cents are where sums go wrong.
  const amount = good.unitMinor * quantity + lots.between(0, 99);
  return { good, quantity, amount };
}

function intentBody(lots: Lots, { nr, customer }: Paying) {
  const { good, amount } = cartOf(lots);
  return {
    ...{ amount, currency: "usd", description: good.name, confirm: true },
    ...(customer === undefined ? {} : { customer }),
    payment_method: lots.pick(["pm_card_visa", "pm_card_mastercard", "pm_card_amex"]),
    metadata: { InvtID: good.item, order_id: `S-${nr + 1}` },
  };
}

function payAtOnce(lots: Lots, sale: Paying): Paid {
  const name = `sale-${sale.nr}`;
  const body = intentBody(lots, sale);
  // Some cards take refunds later, or send them back.
  const method = lots.falls(0.012)
    ? lots.pick(["pm_card_refundFail", "pm_card_pendingRefund"])
    : body.payment_method;
  const act = { at: sale.at, path: "/v1/payment_intents", name };
  return {
    acts: [{ ...act, body: { ...body, payment_method: method } }],
    ...{ charge: `{{${name}.latest_charge}}`, amount: body.amount, paidAt: sale.at },
    may: method === body.payment_method ? ["refund", "dispute"] : ["refund"],
  };
}

/** A cart of several lines with tax, over Checkout. */
function payCart(lots: Lots, { nr, at, customer }: Paying): Paid {
  const name = `cart-${nr}`;
  const goods = [...new Set([lots.pick(GOODS), lots.pick(GOODS)])];
  const lines = goods.map(({ item, unitMinor }) => {
    const quantity = lots.between(1, 3);
    return { item, quantity, minor: unitMinor * quantity };
  });
  const session = {
    ...{ mode: "payment", success_url: "https://example.com/done" },
    ...(customer === undefined ? {} : { customer }),
    line_items: lines.map(({ item, quantity }) => {
      return { price: `{{price-${item}}}`, quantity, tax_rates: ["{{tax}}"] };
    }),
    payment_intent_data: { metadata: { order_id: `S-${nr + 1}` } },
  };
  const path = `/_sandbox/checkout/{{${name}-open}}/complete`;
  const body = customer === undefined ? { email: `guest-${nr}@example.com`, name: "A Guest" } : {};
  return {
    acts: [
      { at, path: "/v1/checkout/sessions", body: session, name: `${name}-open` },
      { at: at + 90_000, path, body, name },
    ],
    charge: "",
    amount: lines.reduce((sum, { minor }) => sum + minor, 0),
    paidAt: at + 90_000,
    may: [],
  };
}

/** An invoice that is paid within days, unless what a credit note has left for it has paid it. */
function payInvoice(lots: Lots, { nr, at, customer = "" }: Paying): Paid {
  const name = `invoice-${nr}`;
  const { good, amount } = cartOf(lots);
  const paidAt = at + lots.between(1, 60) * 3_600_000;
  const on = `{{${name}}}`;
  const terms = { collection_method: "send_invoice", days_until_due: 30 };
  const item = { customer, invoice: on, amount, currency: "usd", description: good.name };
  const payment = { body: { payment_method: "pm_card_visa" }, mayBeRefused: true } as const;
  return {
    acts: [
      { at, path: "/v1/invoices", body: { customer, ...terms }, name },
      { at, path: "/v1/invoiceitems", body: { ...item, metadata: { InvtID: good.item } } },
      { at, path: `/v1/invoices/${on}/finalize`, body: {} },
      { at: paidAt, path: `/v1/invoices/${on}/pay`, ...payment },
    ],
    ...{ charge: "", amount, paidAt, invoice: on, may: ["credit-note"] },
  };
}

/** A bank debit takes four days, and one in ten comes to nothing. */
function payDebit(lots: Lots, sale: Paying): Paid {
  const name = `debit-${sale.nr}`;
  const { at } = sale;
  const paidAt = at + 4 * DAY_MS;
  const body = {
    ...intentBody(lots, sale),
    payment_method: "pm_usBankAccount_success",
    payment_method_types: ["us_bank_account"],
  };
  const succeeds = !lots.falls(0.1);
  const path = `/_sandbox/payment_intents/{{${name}}}/settle`;
  return {
    acts: [
      { at, path: "/v1/payment_intents", body, name },
      { at: paidAt, path, body: { succeeds } },
    ],
    ...{ charge: `{{${name}.latest_charge}}`, amount: body.amount, paidAt },
    may: succeeds ? ["refund"] : [],
  };
}

/** Authorised with the order, captured when it is sent: sometimes less of it. */
function captureLater(lots: Lots, sale: Paying): Paid {
  const name = `hold-${sale.nr}`;
  const { at } = sale;
  const paidAt = at + lots.between(2, 70) * 3_600_000;
  const body = { ...intentBody(lots, sale), capture_method: "manual" };
  const taken = lots.falls(0.3) ? Math.ceil(body.amount * 0.7) : body.amount;
  const path = `/v1/payment_intents/{{${name}}}/capture`;
  return {
    acts: [
      { at, path: "/v1/payment_intents", body, name },
      { at: paidAt, path, body: { amount_to_capture: taken } },
    ],
    ...{ charge: `{{${name}.latest_charge}}`, amount: taken, paidAt, may: ["refund"] },
  };
}

/** A card that the bank declines first: no money, and events all the same. */
function declined(lots: Lots, nr: number, at: number): Act[] {
  if (!lots.falls(0.03)) return [];
  const body = intentBody(lots, { nr, at, customer: undefined });
  const act = { at: at - 60_000, path: "/v1/payment_intents", mayBeRefused: true } as const;
  return [{ ...act, body: { ...body, payment_method: "pm_card_chargeDeclined" } }];
}

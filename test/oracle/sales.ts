import { numberOf, type Row, textOf } from "./rows.ts";
import { dayOf, listIn, metadataOf, periodOf, type ReadTable, StripeRows } from "./stripe-rows.ts";

/** Money that came in, as SL must hold it. */
export type ExpectedPayment = Readonly<{
  chargeId: string;
  minor: number;
  date: string;
  /** The second of its row. */
  at: number;
  /** The row by which the bank took it back after it had succeeded. */
  returned: Row | undefined;
}>;

/** Something sold, in minor units without tax, with what may name its item in SL. */
export type ExpectedGoods = Readonly<{
  minor: number;
  price: string;
  product: string;
  /** Metadata that may name the item, nearest first. */
  metadata: readonly Readonly<Record<string, string>>[];
}>;

/** A sale, worked out from Stripe's rows alone; amounts in minor units. */
export type ExpectedSale = Readonly<{
  /** The Stripe invoice, else the PaymentIntent, else the charge. */
  identity: string;
  totalMinor: number;
  taxMinor: number;
  shippingMinor: number;
  /** Empty for a payment without lines. */
  goods: readonly ExpectedGoods[];
  date: string;
  /** Period of the first money, `YYYYMM`. */
  period: string;
  payments: readonly ExpectedPayment[];
  /** Whose it is: an e-mail address, or a customer of SL's that the order names. */
  person: Readonly<{ email: string } | { named: string }>;
  stripeCustomer: string;
  currency: string;
  /** The metadata of the object that people look at. */
  metadata: Readonly<Record<string, string>>;
}>;

/** Everything that Stripe's rows say about what SL must hold. */
export type Expected = Readonly<{
  sales: readonly ExpectedSale[];
  /** Metadata of each Stripe customer. */
  customers: ReadonlyMap<string, Readonly<Record<string, string>>>;
}>;

/** What sales are worked out from. */
export const SALE_TABLES = [
  ...["charge", "payment_intent", "invoice", "invoice_line", "invoice_payment"],
  ...["checkout_session", "checkout_line", "balance_transaction", "customer", "product", "price"],
];

/** @param zone the company's time zone, which parts the days */
export async function expectFrom(read: ReadTable, zone: string): Promise<Expected> {
  return salesIn(await StripeRows.read(read, SALE_TABLES), zone);
}

/**
 * The sales of all charges that have succeeded.
 *
 * @param succeeded charges that failed after they had succeeded
 */
export function salesIn(
  stripe: StripeRows,
  zone: string,
  succeeded: ReadonlySet<string> = new Set(),
): Expected {
  const bySale = new Map<string, Row[]>();
  for (const charge of stripe.all("charge")) {
    const isPaid = textOf(charge, "status") === "succeeded" || succeeded.has(textOf(charge, "id"));
    if (!isPaid || charge.captured !== true) continue;
    const identity = identityOf(stripe, charge);
    bySale.set(identity, [...(bySale.get(identity) ?? []), charge]);
  }
  const sales = [...bySale]
    .filter(([identity, charges]) => isBookable(stripe, identity, charges))
    .map(([identity, charges]) => saleOf(stripe, { identity, charges, zone }));
  const customers = new Map(
    stripe.all("customer").map((row) => [textOf(row, "id"), metadataOf(row)]),
  );
  return { sales, customers };
}

/** The object that a charge is booked as a sale of. */
function identityOf(stripe: StripeRows, charge: Row): string {
  const intent = textOf(charge, "payment_intent");
  if (intent === "") return textOf(charge, "id");
  const [tie] = stripe.by("invoice_payment", "payment_intent", intent);
  return tie === undefined ? intent : textOf(tie, "invoice");
}

/** A Stripe invoice is booked with the money that pays it; one that was returned is open again. */
function isBookable(stripe: StripeRows, identity: string, charges: readonly Row[]): boolean {
  if (!identity.startsWith("in_")) return true;
  const isPaid = textOf(stripe.one("invoice", identity), "status") === "paid";
  return isPaid || charges.some((charge) => textOf(charge, "status") === "failed");
}

type SaleParts = Readonly<{ identity: string; charges: readonly Row[]; zone: string }>;

function saleOf(stripe: StripeRows, sale: SaleParts): ExpectedSale {
  const { identity, charges, zone } = sale;
  const payments = charges
    .map((charge) => paymentOf(stripe, charge, zone))
    .toSorted((a, b) => a.at - b.at);
  const root = rootOf(stripe, identity);
  const isInvoice = identity.startsWith("in_");
  const sums = isInvoice ? invoiceSums(stripe, identity) : moneySums(stripe, identity, charges);
  const effective = numberOf(root, "effective_at") || numberOf(root, "finalized_at");
  const firstAt = payments[0]?.at ?? 0;
  const stripeCustomer = textOf(root, "customer");
  return {
    identity,
    ...sums,
    date: dayOf(isInvoice && effective > 0 ? effective : firstAt, zone),
    period: periodOf(dayOf(firstAt, zone)),
    payments,
    person: personOf(stripe, { identity, charges, stripeCustomer }),
    stripeCustomer,
    currency: textOf(charges[0], "currency").toUpperCase(),
    metadata: metadataOf(root),
  };
}

/** The object that people look at. */
function rootOf(stripe: StripeRows, identity: string): Row | undefined {
  const table = identity.startsWith("in_")
    ? "invoice"
    : identity.startsWith("pi_")
      ? "payment_intent"
      : "charge";
  return stripe.one(table, identity);
}

function paymentOf(stripe: StripeRows, charge: Row, zone: string): ExpectedPayment {
  const chargeId = textOf(charge, "id");
  const rows = stripe.by("balance_transaction", "source", chargeId);
  const category = (name: string) => rows.find((row) => textOf(row, "reporting_category") === name);
  const at = numberOf(category("charge"), "created");
  const minor = numberOf(charge, "amount_captured");
  return { chargeId, minor, date: dayOf(at, zone), at, returned: category("charge_failure") };
}

function invoiceSums(stripe: StripeRows, invoiceId: string) {
  const lines = stripe.by("invoice_line", "invoice", invoiceId);
  const goods = lines.map((line) =>
    goodsOf(stripe, line, {
      minor: numberOf(line, "amount") - sumIn(line, "discount_amounts") - inclusive(line),
    }),
  );
  const taxMinor = sum(lines, (line) => sumIn(line, "taxes"));
  const shippingMinor = numberOf(stripe.one("invoice", invoiceId), "amount_shipping");
  const net = goods.reduce((so, { minor }) => so + minor, 0);
  return { totalMinor: net + taxMinor + shippingMinor, taxMinor, shippingMinor, goods };
}

function moneySums(stripe: StripeRows, intentId: string, charges: readonly Row[]) {
  const totalMinor = sum(charges, (charge) => numberOf(charge, "amount_captured"));
  const session = sessionOf(stripe, intentId);
  const lines =
    session === undefined ? [] : stripe.by("checkout_line", "session", textOf(session, "id"));
  const goods = lines.map((line) => {
    const net = numberOf(line, "amount_subtotal") - numberOf(line, "amount_discount");
    return goodsOf(stripe, line, { minor: net - inclusive(line) });
  });
  const taxOfLines = sum(lines, (line) => numberOf(line, "amount_tax"));
  return {
    totalMinor,
    taxMinor: taxOfLines + numberOf(session, "shipping_tax"),
    shippingMinor: numberOf(session, "shipping_amount"),
    goods,
  };
}

function goodsOf(stripe: StripeRows, line: Row, { minor }: { minor: number }): ExpectedGoods {
  const price = textOf(line, "price");
  const priceRow = stripe.one("price", price);
  const product = textOf(line, "product") || textOf(priceRow, "product");
  const holders = [line, priceRow, stripe.one("product", product)];
  return { minor, price, product, metadata: holders.map(metadataOf) };
}

/** Tax that the amount of a line has in it. */
function inclusive(line: Row): number {
  return sum(
    listIn(line, "taxes").filter((tax) => tax.inclusive === true),
    (tax) => numberOf(tax, "amount"),
  );
}

function sessionOf(stripe: StripeRows, intentId: string): Row | undefined {
  return intentId.startsWith("pi_")
    ? stripe.by("checkout_session", "payment_intent", intentId)[0]
    : undefined;
}

function personOf(
  stripe: StripeRows,
  sale: { identity: string; charges: readonly Row[]; stripeCustomer: string },
): ExpectedSale["person"] {
  const { identity, charges, stripeCustomer } = sale;
  const holders = [rootOf(stripe, identity), ...charges];
  const named = NAMED.find((id) =>
    holders.some((row) => metadataOf(row).DynamicsSL_CustomerID === id),
  );
  if (named !== undefined) return { named };
  const customer = stripe.one("customer", stripeCustomer);
  const details = sessionOf(stripe, identity)?.customer_details as Row | undefined;
  const email =
    textOf(customer, "email") || textOf(details, "email") || textOf(charges[0], "receipt_email");
  return { email: email.toLowerCase() };
}

/** Customers of SL's own demo data that orders may name. */
const NAMED = ["C300"];

function sumIn(row: Row, column: string): number {
  return sum(listIn(row, column), (one) => numberOf(one, "amount"));
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((so, row) => so + of(row), 0);
}

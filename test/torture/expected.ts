import { numberOf, type Row, textOf } from "./admin.ts";

/** Reads a table of the sandbox Stripe. */
export type ReadTable = (table: string) => Promise<readonly Row[]>;

/** Money that came in, as SL must hold it. */
export type ExpectedPayment = Readonly<{ chargeId: string; minor: number; date: string }>;

/** A sale, worked out from Stripe's rows alone; amounts in minor units. */
export type ExpectedSale = Readonly<{
  /** The Stripe invoice, else the PaymentIntent. */
  identity: string;
  totalMinor: number;
  taxMinor: number;
  shippingMinor: number;
  date: string;
  /** Period of the first money, `YYYYMM`. */
  period: string;
  payments: readonly ExpectedPayment[];
  /** Whose it is: an e-mail address, or a customer of SL's that the order names. */
  person: Readonly<{ email: string } | { named: string }>;
  stripeCustomer: string;
  /** The metadata of the object that people look at. */
  metadata: Readonly<Record<string, string>>;
}>;

/** Everything that Stripe's rows say about what SL must hold. */
export type Expected = Readonly<{
  sales: readonly ExpectedSale[];
  /** Metadata of each Stripe customer. */
  customers: ReadonlyMap<string, Readonly<Record<string, string>>>;
}>;

type Tables = Readonly<Record<(typeof TABLES)[number], readonly Row[]>>;

const TABLES = [
  "charge",
  "payment_intent",
  "invoice",
  "invoice_line",
  "invoice_payment",
  "checkout_session",
  "checkout_line",
  "balance_transaction",
  "customer",
] as const;

/** @param zone the company's time zone, which parts the days */
export async function expectFrom(read: ReadTable, zone: string): Promise<Expected> {
  const rows = await Promise.all(TABLES.map((table) => read(table)));
  const tables = Object.fromEntries(TABLES.map((table, at) => [table, rows[at]])) as Tables;
  const bySale = new Map<string, Row[]>();
  for (const charge of tables.charge) {
    if (textOf(charge, "status") !== "succeeded" || charge.captured !== true) continue;
    const identity = identityOf(tables, charge);
    bySale.set(identity, [...(bySale.get(identity) ?? []), charge]);
  }
  const sales = [...bySale]
    .filter(([identity]) => !identity.startsWith("in_") || isPaid(tables, identity))
    .map(([identity, charges]) => saleOf(tables, { identity, charges, zone }));
  const customers = new Map(tables.customer.map((row) => [textOf(row, "id"), metadataOf(row)]));
  return { sales, customers };
}

function identityOf(tables: Tables, charge: Row): string {
  const intent = textOf(charge, "payment_intent");
  const tie = tables.invoice_payment.find((row) => textOf(row, "payment_intent") === intent);
  return tie === undefined ? intent : textOf(tie, "invoice");
}

function isPaid(tables: Tables, invoiceId: string): boolean {
  return textOf(byId(tables.invoice, invoiceId), "status") === "paid";
}

function saleOf(
  tables: Tables,
  sale: { identity: string; charges: readonly Row[]; zone: string },
): ExpectedSale {
  const { identity, charges, zone } = sale;
  const payments = charges
    .map((charge) => paymentOf(tables, charge, zone))
    .toSorted((a, b) => a.at - b.at);
  const isInvoice = identity.startsWith("in_");
  const root = byId(isInvoice ? tables.invoice : tables.payment_intent, identity);
  const sums = isInvoice ? invoiceSums(tables, identity) : moneySums(tables, identity, charges);
  const stripeCustomer = textOf(root, "customer");
  const effective = numberOf(root, "effective_at") || numberOf(root, "finalized_at");
  const firstAt = payments[0]?.at ?? 0;
  const date = dayOf(isInvoice && effective > 0 ? effective : firstAt, zone);
  const metadata = metadataOf(root);
  return {
    identity,
    ...sums,
    date,
    period: dayOf(firstAt, zone).slice(0, 7).replace("-", ""),
    payments: payments.map(({ chargeId, minor, date: on }) => ({ chargeId, minor, date: on })),
    person: personOf(tables, { identity, charges, stripeCustomer }),
    stripeCustomer,
    metadata,
  };
}

function paymentOf(tables: Tables, charge: Row, zone: string) {
  const chargeId = textOf(charge, "id");
  const row = tables.balance_transaction.find(
    (one) => textOf(one, "source") === chargeId && textOf(one, "reporting_category") === "charge",
  );
  const at = numberOf(row, "created");
  return { chargeId, minor: numberOf(charge, "amount_captured"), date: dayOf(at, zone), at };
}

function invoiceSums(tables: Tables, invoiceId: string) {
  const lines = tables.invoice_line.filter((row) => textOf(row, "invoice") === invoiceId);
  const net = sum(lines, (line) => numberOf(line, "amount") - sumIn(line, "discount_amounts"));
  const taxMinor = sum(lines, (line) => sumIn(line, "taxes"));
  const shippingMinor = numberOf(byId(tables.invoice, invoiceId), "amount_shipping");
  return { totalMinor: net + taxMinor + shippingMinor, taxMinor, shippingMinor };
}

function moneySums(tables: Tables, intentId: string, charges: readonly Row[]) {
  const totalMinor = sum(charges, (charge) => numberOf(charge, "amount_captured"));
  const session = sessionOf(tables, intentId);
  const lines = tables.checkout_line.filter(
    (row) => session !== undefined && textOf(row, "session") === textOf(session, "id"),
  );
  const taxOfLines = sum(lines, (line) => numberOf(line, "amount_tax"));
  return {
    totalMinor,
    taxMinor: taxOfLines + numberOf(session, "shipping_tax"),
    shippingMinor: numberOf(session, "shipping_amount"),
  };
}

function sessionOf(tables: Tables, intentId: string): Row | undefined {
  return tables.checkout_session.find((row) => textOf(row, "payment_intent") === intentId);
}

function personOf(
  tables: Tables,
  sale: { identity: string; charges: readonly Row[]; stripeCustomer: string },
): ExpectedSale["person"] {
  const { identity, charges, stripeCustomer } = sale;
  const named = NAMED.find((id) => orderNames(tables, sale, id));
  if (named !== undefined) return { named };
  const customer = byId(tables.customer, stripeCustomer);
  const details = sessionOf(tables, identity)?.customer_details as Row | undefined;
  const email =
    textOf(customer, "email") || textOf(details, "email") || textOf(charges[0], "receipt_email");
  return { email: email.toLowerCase() };
}

/** Customers of SL's own demo data that orders may name. */
const NAMED = ["C300"];

function orderNames(
  tables: Tables,
  { identity, charges }: { identity: string; charges: readonly Row[] },
  customerId: string,
): boolean {
  const root = byId([...tables.invoice, ...tables.payment_intent], identity);
  const holders = [root, ...charges];
  return holders.some((row) => metadataOf(row).DynamicsSL_CustomerID === customerId);
}

function byId(rows: readonly Row[], id: string): Row | undefined {
  return rows.find((row) => textOf(row, "id") === id);
}

function metadataOf(row: Row | undefined): Readonly<Record<string, string>> {
  return (row?.metadata ?? {}) as Readonly<Record<string, string>>;
}

function sumIn(row: Row, column: string): number {
  return sum((row[column] ?? []) as readonly Row[], (one) => numberOf(one, "amount"));
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((so, row) => so + of(row), 0);
}

function dayOf(seconds: number, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(seconds * 1000));
}

import type { CrashWorld, Row } from "./crash-world.ts";

/** A paid order of a customer of its own. */
export type Order = Readonly<{
  customerId: string;
  intentId: string;
  chargeId: string;
  amountMinor: number;
}>;

/** What SL and Stripe hold for one order. */
export type Books = Readonly<{
  customers: number;
  /** Type, released or not, amount and open balance of each document, by type. */
  documents: readonly string[];
  /** Debits less credits by account, in minor units; the accounts at zero are left out. */
  ledger: Readonly<Record<string, number>>;
  /** Whether Stripe was told the numbers of the documents. */
  isWrittenBack: boolean;
}>;

let placed = 0;

/**
 * Places paid orders while Stripe keeps its webhooks back, so that the test can set its traps by
 * their ids before the hub hears of them; see `CrashWorld.deliver`.
 */
export async function placeOrders(world: CrashWorld, count: number): Promise<Order[]> {
  await world.stripeAdmin("/webhooks", { pause: true });
  return Promise.all(Array.from({ length: count }, () => placeOrder(world)));
}

async function placeOrder(world: CrashWorld): Promise<Order> {
  placed += 1;
  const amountMinor = 10_000 + placed;
  const customer = await world.stripe.customers.create({
    name: `Buyer ${placed}`,
    email: `buyer-${placed}@example.com`,
    address: { line1: "1 Navy Yard", city: "Arlington", state: "VA", postal_code: "22201" },
  });
  const intent = await world.stripe.paymentIntents.create({
    amount: amountMinor,
    currency: "usd",
    customer: customer.id,
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
  });
  const chargeId = String(intent.latest_charge);
  return { customerId: customer.id, intentId: intent.id, chargeId, amountMinor };
}

/** What has to stand in the books of an order, however often the hub died over it. */
export function bookedOnce(order: Order): Books {
  const amount = (order.amountMinor / 100).toFixed(2);
  return {
    customers: 1,
    documents: [`IN released ${amount} open 0.00`, `PA released ${amount} open 0.00`],
    ledger: { "1095": order.amountMinor, "4010": -order.amountMinor },
    isWrittenBack: true,
  };
}

/** Reads the books of orders. */
export async function booksOf(world: CrashWorld, orders: readonly Order[]): Promise<Books[]> {
  const [customers, documents, lines] = await Promise.all([
    world.slRows("Customer"),
    world.slRows("ARDoc"),
    world.slRows("GLTran"),
  ]);
  return Promise.all(
    orders.map(async (order) => {
      const own = documents.filter((row) =>
        [order.intentId, order.chargeId].includes(text(row.User1)),
      );
      const batches = new Set(own.map((row) => text(row.BatNbr)));
      return {
        customers: customers.filter((row) => text(row.User1) === order.customerId).length,
        documents: own.map(describe).sort(),
        ledger: balances(lines.filter((row) => batches.has(text(row.BatNbr)))),
        isWrittenBack: await isWrittenBack(world, order, own),
      };
    }),
  );
}

/** The keys of batches that hold no document: reservations that a crash left behind. */
export async function emptyBatches(world: CrashWorld): Promise<string[]> {
  const [batches, documents] = await Promise.all([world.slRows("Batch"), world.slRows("ARDoc")]);
  const filled = new Set(documents.map((row) => text(row.BatNbr)));
  const empty = batches.filter((row) => text(row.Module) === "AR" && !filled.has(text(row.BatNbr)));
  return empty.map((row) => text(row.User1));
}

async function isWrittenBack(
  world: CrashWorld,
  order: Order,
  documents: readonly Row[],
): Promise<boolean> {
  const { metadata } = await world.stripe.paymentIntents.retrieve(order.intentId);
  const customer = await world.stripe.customers.retrieve(order.customerId);
  const numberOf = (type: string) =>
    text(documents.find((row) => text(row.DocType) === type)?.RefNbr);
  const slCustomer = text(documents[0]?.CustId);
  return (
    metadata.DynamicsSL_InvoiceNbr === numberOf("IN") &&
    metadata.DynamicsSL_PaymentNbr === numberOf("PA") &&
    metadata.DynamicsSL_CustomerID === slCustomer &&
    !customer.deleted &&
    customer.metadata.DynamicsSL_CustomerID === slCustomer
  );
}

function describe(row: Row): string {
  const state = row.Rlsed === 1 ? "released" : "held";
  const amount = Number(row.OrigDocAmt).toFixed(2);
  return `${text(row.DocType)} ${state} ${amount} open ${Number(row.DocBal).toFixed(2)}`;
}

function balances(lines: readonly Row[]): Record<string, number> {
  const byAccount = new Map<string, number>();
  for (const { Acct, DrAmt, CrAmt } of lines) {
    const minor = Math.round(Number(DrAmt) * 100) - Math.round(Number(CrAmt) * 100);
    byAccount.set(text(Acct), (byAccount.get(text(Acct)) ?? 0) + minor);
  }
  return Object.fromEntries([...byAccount].filter(([, minor]) => minor !== 0));
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

import { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { PAID_AT_ONCE } from "./orders.ts";

let world: World;
let pool: Pool;

beforeEach(async () => {
  world = await openWorld();
  pool = new Pool({ connectionString: world.databaseUrl, max: 2 });
});

afterEach(async () => {
  await pool.end();
  await world.close();
});

type Report = {
  inSl: number;
  adopted: number;
  unexplained: string[];
  reopened: string[];
  woken: number;
};

async function aBookedOrder(amount: number): Promise<string> {
  const customer = await world.stripe.customers.create({
    name: `Buyer of ${amount}`,
    email: `buyer-${amount}@example.com`,
  });
  const intent = await world.stripe.paymentIntents.create({
    amount,
    currency: "usd",
    customer: customer.id,
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
  });
  await world.ended(intent.id, ["booked"]);
  return intent.id;
}

/** A card payment of somebody without Stripe customer. */
async function aGuestOrder(amount: number, receipt_email?: string): Promise<string> {
  const intent = await world.stripe.paymentIntents.create({
    ...PAID_AT_ONCE,
    amount,
    currency: "usd",
    ...(receipt_email === undefined ? {} : { receipt_email }),
  });
  await world.ended(intent.id, ["booked"]);
  return intent.id;
}

/** The SL customers that the hub has made. */
async function customersMade(): Promise<Row[]> {
  const rows = await world.slRows("Customer");
  return rows.filter((row) => String(row.User2).trim() !== "");
}

async function released(): Promise<Row[]> {
  const rows = await world.slRows("ARDoc");
  return rows.filter((row) => row.Rlsed === 1 && String(row.User2).trim() !== "");
}

const HUB_TABLES = "attempt, intent, receipt, row_owner, link, run, parked, lineage, lane, event";

async function loseEverything(): Promise<void> {
  await pool.query(`truncate ${HUB_TABLES} cascade`);
}

function rebuild(): Promise<Report> {
  const since = new Date(Date.now() - 86_400_000).toISOString();
  return world.api<Report>("/api/rebuild", { method: "POST", body: { pair: world.pair, since } });
}

async function settled(): Promise<void> {
  await until("all lanes to sleep", async () => {
    const lanes = await pool.query(
      "select 1 from lane where due_at is not null or owner is not null",
    );
    return lanes.rowCount === 0;
  });
}

test("a hub with an empty database takes over what SL holds and adds no document", async () => {
  const ids = [await aBookedOrder(1_100), await aBookedOrder(1_200)];
  const before = await released();
  await loseEverything();
  await world.restartHub();

  const report = await rebuild();
  await settled();

  expect(report).toMatchObject({ adopted: 6, reopened: [] });
  expect(report.woken).toBeGreaterThanOrEqual(2);
  expect(await released()).toHaveLength(before.length);
  const trace = await world.api<{ links: Row[] }>(`/api/trace/${ids[0]}`);
  expect(trace.links.map((link) => link.kind)).toContain("invoice");
});

test("a hub that starts on an older database pauses the pair until it is rebuilt", async () => {
  await aBookedOrder(1_300);
  const before = await released();
  await loseEverything();

  await world.restartHub();
  const paused = await until("the pair to pause", async () => {
    const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
    return pairs.find((row) => row.pausedCode === "conflict.lineage");
  });
  await rebuild();
  await settled();

  expect(String(paused.pausedReason)).toContain("this hub does not know");
  expect(await released()).toHaveLength(before.length);
  const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
  expect(pairs[0]?.pausedCode).toBeNull();
});

test("what an older copy of SL has lost is booked again, once", async () => {
  await aBookedOrder(1_400);
  await world.slAdmin("/snapshots", { name: "yesterday" });
  const lost = await aBookedOrder(1_500);
  const before = await released();
  await world.slAdmin("/restore", { name: "yesterday" });

  const report = await rebuild();
  await settled();

  expect(report.reopened).toHaveLength(3);
  const after = await released();
  expect(after).toHaveLength(before.length);
  const again = after.filter((row) => String(row.User1).trim() === lost);
  expect(again).toHaveLength(1);
});

test("a guest's customer is taken over, and found by the guest's next order", async () => {
  const email = "Guest.One@example.com";
  await aGuestOrder(1_700, email);
  await loseEverything();
  await world.restartHub();

  const report = await rebuild();
  await settled();
  await aGuestOrder(1_701, email.toLowerCase());

  expect(report).toMatchObject({ adopted: 3, unexplained: [] });
  const links = await pool.query("select sl_key from link where stripe_id like 'guest_%'");
  const [made, ...others] = await customersMade();
  expect(others).toEqual([]);
  expect(links.rows).toEqual([{ sl_key: String(made?.CustId).trim() }]);
});

test.each([
  ["was mended in SL", "guest.two@example.com", { EMailAddr: "somebody.else@example.com" }],
  ["did not fit into SL", `${"g".repeat(70)}@example.com`, {}],
])("a guest's customer whose e-mail %s is taken over as well", async (_name, email, change) => {
  await aGuestOrder(1_800, email);
  const [made] = await customersMade();
  const where = { CustId: String(made?.CustId).trim() };
  await world.slAdmin("/rows", { table: "Customer", where, set: { Name: "A guest", ...change } });
  await loseEverything();
  await world.restartHub();

  const report = await rebuild();
  await settled();
  await aGuestOrder(1_801, email);

  expect(report).toMatchObject({ adopted: 3, unexplained: [] });
  expect(await customersMade()).toHaveLength(1);
});

test("an invoice that was paid without a charge runs again too", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const customer = await world.stripe.customers.create({ name: "By cheque" });
  const invoice = await world.stripe.invoices.create({ customer: customer.id });
  const id = invoice.id ?? "";
  const product = await world.stripe.products.create({
    name: "Shirt",
    metadata: { InvtID: "TSHIRT" },
  });
  const price_data = { currency: "usd", unit_amount: 2_000, product: product.id };
  await world.stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  await world.stripe.invoices.pay(id, { paid_out_of_band: true });

  const report = await rebuild();
  await world.ended(id, ["booked"]);

  expect(report.woken).toBe(1);
  expect(await released()).toMatchObject([{ OrigDocAmt: 20, DocBal: 20 }]);
});

test("a customer whose key belongs to nobody is listed and left alone", async () => {
  await aGuestOrder(1_900, "guest.three@example.com");
  const [made] = await customersMade();
  const where = { CustId: String(made?.CustId).trim() };
  const key = "A".repeat(26);
  await world.slAdmin("/rows", { table: "Customer", where, set: { User1: "pi_gone", User2: key } });
  await loseEverything();
  await world.restartHub();

  const report = await rebuild();

  expect(report).toMatchObject({
    adopted: 2,
    unexplained: [`customer ${where.CustId} (${key})`],
  });
});

test("a dry run of a rebuild counts and changes nothing", async () => {
  await aBookedOrder(1_600);
  await loseEverything();
  await world.restartHub();
  const since = new Date(Date.now() - 86_400_000).toISOString();

  const report = await world.api<Report>("/api/rebuild", {
    method: "POST",
    body: { pair: world.pair, since, dryRun: true },
  });

  expect(report.adopted).toBe(3);
  const intents = await pool.query("select count(*)::int as count from intent");
  expect(intents.rows).toEqual([{ count: 0 }]);
});

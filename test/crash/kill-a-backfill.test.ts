import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { until } from "../support/wait.ts";
import { type CrashWorld, openCrashWorld, PATIENCE_MS, type Seat } from "./support/crash-world.ts";
import { endLeases, passHorizon, untilBooked } from "./support/database-view.ts";
import { type HubProcess, TOKEN } from "./support/hub-process.ts";
import { type Order, placeOrders } from "./support/orders.ts";

// Events that never came: a backfill finds their money, is killed on the way, and goes on beside
// webhooks that bring some of it a second time.

let database: TestDatabase;
let world: CrashWorld;
let seat: Seat;
let hub: HubProcess;
let orders: readonly Order[];

beforeAll(async () => {
  database = await createTestDatabase();
  world = await openCrashWorld(database.url);
  seat = await world.seat({ "journal-delay": 0 });
  hub = await seat.start();
  orders = await placeOrders(world, 10);
});

afterAll(async () => {
  await world?.close();
  await database?.drop();
});

const today = () =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());

async function backfill(body: object): Promise<{ plan: { facts: number } | null }> {
  const response = await fetch(`${hub.url}/api/pairs/demo/backfill`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ from: today(), show: 2, ...body }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as { plan: { facts: number } | null };
}

const state = async () => {
  const { rows } = await world.pool.query<{ state: string }>("select state from backfill");
  return rows[0]?.state;
};
const ended = async () => {
  const { rows } = await world.pool.query<{ count: number }>(
    "select count(*)::int as count from backfill_fact where ended_at is not null",
  );
  return rows[0]?.count ?? 0;
};

/** Type, amount and what is open of every released document, by the Stripe id beside it. */
async function documents(): Promise<string[]> {
  const rows = (await world.slRows("ARDoc")).filter((row) => row.Rlsed === 1);
  return rows
    .map((row) => `${String(row.User1).trim()} ${String(row.DocType).trim()} ${row.DocBal}`)
    .sort();
}

const once = (of: readonly Order[]) =>
  of.flatMap(({ intentId, chargeId }) => [`${intentId} IN 0`, `${chargeId} PA 0`]).sort();

test("a dry run counts what no event told of, and writes nothing", async () => {
  const { plan } = await backfill({ dryRun: true });

  // Each sale, and the day of their fees.
  expect(plan).toMatchObject({ facts: 11, documents: 22, ownedRows: 0, closed: [] });
  expect(plan).toMatchObject({ previews: [{ problem: null }, { problem: null }] });
  expect(await documents()).toEqual([]);
  expect(await state()).toBeUndefined();
});

test("backfill interrupted by a kill and resumed gives no double", async () => {
  await backfill({ perMinute: 6 });
  await until("some of it to be booked", async () => (await ended()) >= 2, PATIENCE_MS);

  await hub.kill();
  await world.pool.query(
    `update backfill set per_minute = null, lease_until = now() - interval '1 second'`,
  );
  // What a hub that died before its commit has left behind: the last window is listed once more.
  await world.pool.query("update backfill set state = 'listing', position = from_at");
  await endLeases(world.pool);
  await passHorizon(world.pool);
  hub = await seat.start();

  await until("the backfill to be done", async () => (await state()) === "done", PATIENCE_MS);
  await untilBooked(world.pool, orders);
  expect(await documents()).toEqual(once(orders));
  const held = await world.pool.query("select 1 from balance_row where held_for is not null");
  expect(held.rowCount).toBe(0);
});

test("backfill beside live webhooks gives one document", async () => {
  const more = await placeOrders(world, 6);
  await backfill({});

  await world.deliver();

  await untilBooked(world.pool, more);
  await until(
    "the backfill to be done",
    async () => {
      const { rows } = await world.pool.query("select 1 from backfill where state <> 'done'");
      return rows.length === 0;
    },
    PATIENCE_MS,
  );
  await until(
    "the webhooks to have come",
    async () => {
      const { state: sent } = await world.stripeAdmin<{ state: { pending: number } }>("/webhooks");
      const open = await world.pool.query("select 1 from event where end_state is null limit 1");
      return sent.pending === 0 && open.rowCount === 0;
    },
    PATIENCE_MS,
  );
  expect(await documents()).toEqual(once([...orders, ...more]));
});

test("a document that a person has booked for the same payment is not doubled", async () => {
  const [foreign] = await placeOrders(world, 1);
  // As an older connector leaves it: the id of Stripe, and no key of the hub.
  await world.slAdmin("/rows", {
    table: "ARDoc",
    where: { User1: orders[0]?.intentId },
    set: { User1: foreign?.intentId, User2: "" },
  });

  await backfill({});

  const parked = await until(
    "its lane to be parked",
    async () => {
      const { rows } = await world.pool.query<{ code: string; reason: string }>(
        "select code, reason from parked where lane_key = $1 and state = 'open'",
        [foreign?.intentId],
      );
      return rows[0];
    },
    PATIENCE_MS,
  );
  expect(parked).toMatchObject({ code: "conflict.foreign_document" });
  const own = (await documents()).filter((text) => text.startsWith(foreign?.intentId ?? "-"));
  expect(own).toEqual([`${foreign?.intentId} IN 0`]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProofAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks, openlyParked } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import {
  copyHub,
  holdComparisons,
  letViewsCatchUp,
  loseHub,
  putBackHub,
  rebuild,
  wake,
} from "./restores.ts";

// Disputes under policies that make memos, and a refund, for a hub that has lost its database, or
// an older part.

const DAY_MS = 86_400_000;
const dayAgo = (days: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(
    Date.now() - days * DAY_MS,
  );

let world: World;

beforeAll(async () => {
  world = await openWorld({ "dispute.policy": "reverse-sale", "stripe.events-since": dayAgo(9) });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
});

afterAll(() => world.close());

/** A cart of two items, 250.00 in all. */
async function cart(): Promise<Order> {
  const order = await checkOut(world, {
    line_items: [
      { price: await aPrice(world, 5_000), quantity: 2 },
      {
        price: await aPrice(world, 15_000, { name: "Hour", metadata: { InvtID: "CONSULT" } }),
        quantity: 1,
      },
    ],
  });
  await world.ended(order.id, ["booked"]);
  return order;
}

async function dispute(order: Order, how: object = {}): Promise<string> {
  const [charge = ""] = order.chargeIds;
  const made = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, how);
  return made.id;
}

const act = (id: string, what: string, body: object = {}) =>
  world.stripeAdmin(`/disputes/${id}/${what}`, body);

/** Waits for so many documents of a Stripe object, and for its lane to be at rest. */
async function booked(order: Order, id: string, count: number): Promise<string[]> {
  await until(`${count} memos of ${id}`, async () => {
    const isParked = (await openlyParked(world, order.id)).length > 0;
    return isParked || (await memosInBooks(world, id)).length >= count;
  });
  await rest(order);
  return memosInBooks(world, id);
}

/** The lane has nothing due but the next daily look, and no person has to act. */
async function rest(order: Order): Promise<void> {
  const parked = await until(`${order.id} to rest`, async () => {
    const [lane] = await world.sql(
      `select owner is null and (due_at is null or due_at > now() + interval '1 hour') as rests,
         (select count(*)::int from event where lane_key = $1 and end_state is null) as open
       from lane where key = $1`,
      [order.id],
    );
    const rows = await openlyParked(world, order.id);
    return rows.length > 0 || (lane?.rests === true && lane.open === 0) ? rows : undefined;
  });
  expect(parked).toEqual([]);
}

/** A rebuild after which the facts of all orders run again. */
async function rebuildAll(): Promise<void> {
  const report = await rebuild(world, { since: new Date(Date.now() - 9 * DAY_MS) });
  expect(report.unexplained).toEqual([]);
  await until("all orders to rest", async () => {
    const busy = await world.sql(
      `select from lane where key like 'pi\\_%'
         and (owner is not null or due_at < now() + interval '1 hour')`,
    );
    return busy.length === 0;
  });
}

/** The database is lost and rebuilt, and the order's fact runs once more. */
async function loseAndRebuild(order: Order): Promise<void> {
  await loseHub(world);
  await rebuildAll();
  await wake(world, order.id);
  await rest(order);
}

const PROVEN = { isProven: true, difference: "0.00", findings: [] };

/** Each day of these is proved, and today. */
async function expectProven(days: readonly string[] = []): Promise<void> {
  const { isProven, difference, findings } = await proofIn(world, "USD");
  expect({ isProven, difference, findings }).toEqual(PROVEN);
  for (const date of days) {
    const path = `/api/pairs/${world.pair}/proof?date=${date}&currency=USD`;
    const { proofs } = await world.api<ProofAnswer>(path);
    expect(proofs[0]).toMatchObject(PROVEN);
  }
}

/** A refund of a part of an order that is disputed; gives its memos. */
async function refund(order: Order, amount: number): Promise<string[]> {
  const [charge = ""] = order.chargeIds;
  const { id } = await world.stripe.refunds.create({ charge, amount });
  return booked(order, id, 2);
}

test("a dispute of a lost database is won with the lines that it took", async () => {
  await world.stripeAdmin("/clock", { shiftMs: -3 * DAY_MS });
  const order = await cart();
  await world.stripeAdmin("/clock", { advanceMs: DAY_MS });
  const id = await dispute(order);
  const before = await booked(order, id, 2);
  await world.stripeAdmin("/clock", { advanceMs: 2 * DAY_MS });

  await loseAndRebuild(order);
  expect(await memosInBooks(world, id)).toEqual(before);
  await expectProven();

  await act(id, "close", { outcome: "won" });
  expect(await booked(order, id, 4)).toEqual([
    "DM 250 open 0: 1095 -250",
    "CM 250 open 0: 4104 100, 4104 150",
    "CM 250 open 0: 1095 250",
    "DM 250 open 0: 4104 -100, 4104 -150",
  ]);
  await expectProven();

  await loseAndRebuild(order);
  expect(await refund(order, 25_000)).toEqual([
    "DM 250 open 0: 1095 -250",
    "CM 250 open 0: 4100 100, 4100 150",
  ]);
  expect(await memosInBooks(world, id)).toHaveLength(4);
  await expectProven([3, 2, 1].map(dayAgo));
});

test("a refund counts what a dispute of a lost database has kept of the sale", async () => {
  const order = await cart();
  const id = await dispute(order);
  await booked(order, id, 2);
  await act(id, "close", { outcome: "won", amount: 10_000 });
  await booked(order, id, 4);

  await loseAndRebuild(order);

  expect(await refund(order, 20_000)).toEqual([
    "DM 200 open 0: 1095 -200",
    "CM 200 open 0: 4100 40, 4100 60, 6120 100",
  ]);
  await expectProven();

  await loseAndRebuild(order);
  expect(await refund(order, 1_000)).toEqual(["DM 10 open 0: 1095 -10", "CM 10 open 0: 6120 10"]);
});

test("a dispute of a lost database is given back in parts to the cent", async () => {
  const order = await cart();
  await refund(order, 10_001);
  const id = await dispute(order);
  await booked(order, id, 2);

  await loseAndRebuild(order);
  await act(id, "reinstate", { amount: 8_333 });
  await booked(order, id, 4);
  await loseAndRebuild(order);
  await act(id, "close", { outcome: "won", reinstate: false });
  await act(id, "reinstate", { amount: 16_667 });

  expect(await booked(order, id, 6)).toEqual([
    "DM 250 open 0: 1095 -250",
    "CM 250 open 0: 4104 60, 4104 89.99, 6120 100.01",
    "CM 83.33 open 0: 1095 83.33",
    "DM 83.33 open 0: 4104 -20, 4104 -29.99, 6120 -33.34",
    "CM 166.67 open 0: 1095 166.67",
    "DM 166.67 open 0: 4104 -40, 4104 -60, 6120 -66.67",
  ]);
  await expectProven();
});

test("a dispute is won once where the database was put back to before that", async () => {
  const order = await cart();
  const id = await dispute(order);
  await booked(order, id, 2);
  await copyHub(world);
  await act(id, "reinstate", { amount: 10_000 });
  const before = await booked(order, id, 4);
  await putBackHub(world);
  await letViewsCatchUp(world);

  await rebuildAll();
  await wake(world, order.id);
  await rest(order);
  expect(await memosInBooks(world, id)).toEqual(before);
  await expectProven();

  await act(id, "close", { outcome: "won", amount: 20_000 });
  expect((await booked(order, id, 6)).slice(4)).toEqual([
    "CM 200 open 0: 1095 200",
    "DM 200 open 0: 4104 -60, 4104 -90, 6120 -50",
  ]);
  await refund(order, 25_000);
  await expectProven();
});

test("a run before the comparison takes memos as they stand, whatever is set by then", async () => {
  const order = await cart();
  const id = await dispute(order);
  const before = await booked(order, id, 2);
  const compare = await holdComparisons(world);
  await loseHub(world);
  await world.set("accounts.returns.dispute", "4103/000000000000");

  await wake(world, order.id);
  await rest(order);
  await compare();
  await world.set("accounts.returns.dispute", "4104/000000000000");

  expect(await memosInBooks(world, id)).toEqual(before);
  await rebuildAll();
  await act(id, "close", { outcome: "won" });
  expect(await booked(order, id, 4)).toEqual([
    "DM 250 open 0: 1095 -250",
    "CM 250 open 0: 4104 100, 4104 150",
    "CM 250 open 0: 1095 250",
    "DM 250 open 0: 4104 -100, 4104 -150",
  ]);
  await expectProven();
});

test("a run before the comparison keeps the policy that a dispute was begun under", async () => {
  const order = await cart();
  const id = await dispute(order);
  const before = await booked(order, id, 2);
  const compare = await holdComparisons(world);
  await loseHub(world);
  await world.set("dispute.policy", "receivable");

  await wake(world, order.id);
  await rest(order);
  await compare();
  await world.set("dispute.policy", "reverse-sale");

  expect(await memosInBooks(world, id)).toEqual(before);
  await rebuildAll();
  await expectProven();
});

test("a run before the comparison takes a refund's memo as a rebuilt hub made it", async () => {
  const order = await cart();
  await loseAndRebuild(order);
  const { id } = await world.stripe.refunds.create({ payment_intent: order.id, amount: 4_000 });
  const before = await booked(order, id, 2);
  const compare = await holdComparisons(world);
  await loseHub(world);

  await wake(world, order.id);
  await rest(order);
  await compare();

  expect(await memosInBooks(world, id)).toEqual(before);
  await rebuildAll();
  await expectProven();
});

test("a dispute counts a refund that a run before the comparison has taken over", async () => {
  const order = await cart();
  await refund(order, 4_000);
  const compare = await holdComparisons(world);
  await loseHub(world);
  await wake(world, order.id);
  await rest(order);

  const id = await dispute(order);

  const [, cause] = await booked(order, id, 2);
  await compare();
  expect(cause).toBe("CM 250 open 0: 4104 126, 4104 84, 6120 40");
  await letViewsCatchUp(world);
  await rebuildAll();
});

const TAKEN = "CM 40 open 0: 4100 16, 4100 24";

test("a refund of a lost database that fails gives back the lines that it took", async () => {
  await world.set("refund-failed", "reverse");
  const order = await cart();
  const { id } = await world.stripe.refunds.create({ payment_intent: order.id, amount: 4_000 });
  const [cause = "", cash = ""] = await booked(order, id, 2);
  await loseAndRebuild(order);

  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });
  const memos = await booked(order, id, 4);
  await world.set("refund-failed", "credit");

  expect([cause, cash].sort()).toEqual([TAKEN, "DM 40 open 0: 1095 -40"]);
  expect(memos.toSorted()).toEqual([
    "CM 40 open 0: 1095 40",
    TAKEN,
    "DM 40 open 0: 1095 -40",
    "DM 40 open 0: 4100 -16, 4100 -24",
  ]);
  await expectProven();
});

test("a debt that a dispute of a lost database has left is closed by what comes back", async () => {
  await world.set("dispute.policy", "customer");
  await world.set("dispute.lost", "bad-debt");
  const order = await cart();
  const id = await dispute(order);
  await booked(order, id, 1);
  await loseAndRebuild(order);
  await act(id, "close", { outcome: "lost" });
  await booked(order, id, 2);

  await loseAndRebuild(order);
  await act(id, "close", { outcome: "won" });

  expect(await booked(order, id, 3)).toEqual([
    "DM 250 open 0: 1095 -250",
    "CM 250 open 0: 6200 250",
    "CM 250 open 250: 1095 250",
  ]);
  await loseAndRebuild(order);
  expect(await memosInBooks(world, id)).toHaveLength(3);
  await expectProven();
});

test("journals of a dispute own their rows again after a rebuild", async () => {
  await world.set("dispute.policy", "receivable");
  const order = await cart();
  const id = await dispute(order);
  await until("its journal", async () => (await ownersOf(id)).length === 2);
  await act(id, "close", { outcome: "lost" });
  await rest(order);

  await loseAndRebuild(order);

  expect(await ownersOf(id)).toEqual(["fee", "gross"]);
  await expectProven();
});

async function ownersOf(id: string): Promise<unknown[]> {
  const rows = await world.sql(
    `select o.part from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.object = $1 order by o.part`,
    [id],
  );
  return rows.map(({ part }) => part);
}

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { OrderDraft } from "../../erp/port.ts";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "../write/door.ts";
import { HOLD_OFF, type HoldIntent, liftHold } from "./lift-hold.ts";
import { assertOnlyOrder, type OrderIntent, type OrderReceipt, placeOrder } from "./place-order.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(() => bench.next());

const PLACE = { service: "orders", operation: "placeOrder" };
const LIFT = { service: "orders", operation: "adminHoldFlag" };

function aDraft(key: string, change: Partial<OrderDraft> = {}): OrderDraft {
  const total = money(2_500, "USD");
  return {
    kind: "order",
    key,
    stripeId: `pi_${bench.nr()}`,
    customerId: "C300",
    type: "SO",
    customerOrderNumber: `N${bench.nr()}`,
    orderDate: "2026-03-10",
    currency: "USD",
    total,
    lines: [
      { itemId: "WIDGET", quantity: "1", unitPrice: "25.00", amount: total, description: "Widget" },
    ],
    charges: [],
    shipTo: undefined,
    shipVia: "",
    email: "",
    note: "",
    userFields: {},
    ...change,
  };
}

async function place(
  door: Door,
  change: Partial<OrderDraft> = {},
  paidOn?: string,
): Promise<OrderIntent> {
  const object = `pi_${bench.nr()}`;
  await door.store.load([object]);
  const planned = await door.store.ensure<OrderDraft, OrderReceipt>(
    { object, purpose: "order", part: "" },
    (key) => ({ draft: aDraft(key, change), notes: [] }),
  );
  const rows = ({ orderNumber }: OrderReceipt) => {
    return { slTable: "SOHeader", slKey: orderNumber, links: [], owners: [] };
  };
  return placeOrder(door, planned, { rows, paidOn });
}

/** Orders of this test in SL: number and whether it is on hold. */
async function ordersInSl(): Promise<(readonly [string, number])[]> {
  const rows = (await bench.site.admin("GET", "/rows?table=SOHeader")) as {
    OrdNbr: string;
    User1: string;
    AdminHold: number;
  }[];
  return rows
    .filter((row) => row.User1.trim() === `pi_${bench.nr()}`)
    .map((row) => [row.OrdNbr.trim(), row.AdminHold] as const);
}

const withCode = (code: string): unknown => expect.objectContaining({ code });

const person = (orderNumber: string, step: string) =>
  bench.site.admin("POST", `/orders/${orderNumber}/${step}`, {});

test("an order is placed on hold and keeps SL's number", async () => {
  const done = await place(await bench.aWorker());

  expect(done.stage).toBe("done");
  expect(await ordersInSl()).toEqual([[done.receipt?.orderNumber, 1]]);
});

test("a worker that starts again on a placed order sends nothing", async () => {
  await place(await bench.aWorker());
  await bench.site.admin("DELETE", "/calls");

  await place(await bench.aWorker());

  expect(JSON.stringify(await bench.site.admin("GET", "/calls"))).not.toContain("placeOrder");
});

test("a lost answer to an order that was saved is settled by its key", async () => {
  await bench.site.fault(PLACE, { kind: "drop", commit: "first" });

  await expect(place(await bench.aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  const done = await place(await bench.aWorker());

  expect(done.attempts.map(({ step, outcome }) => [step, outcome])).toEqual([["place", "found"]]);
  expect(await ordersInSl()).toHaveLength(1);
});

test("an answer lost before the save waits out the horizon, then places once more", async () => {
  await bench.site.fault(PLACE, { kind: "drop", commit: "never" });
  await expect(place(await bench.aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const waiting = await place(await bench.aWorker()).catch((thrown: unknown) => thrown);
  await bench.letPass(HORIZON_MS);
  const done = await place(await bench.aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(done.stage).toBe("done");
  expect(await ordersInSl()).toHaveLength(1);
});

test("an order that SL took a minute to place is not placed again while look-ups lag", async () => {
  const worker = await bench.aWorker();
  const { orders } = worker.erp;
  const slowly: typeof orders.place = async (...placing) => {
    await bench.letPass(60_000);
    return orders.place(...placing);
  };
  await bench.site.admin("POST", "/switches", { viewLagMs: 60_000 });

  const erp = { ...worker.erp, orders: { ...orders, place: slowly } };
  const first = await place({ ...worker, erp }).catch((thrown: unknown) => thrown);
  const second = await place(await bench.aWorker()).catch((thrown: unknown) => thrown);
  await bench.site.admin("POST", "/switches", { viewLagMs: 0 });
  await place(await bench.aWorker());

  expect([first, second]).toEqual([expect.any(Waiting), expect.any(Waiting)]);
  expect(await ordersInSl()).toHaveLength(1);
});

test("an order that SL always answers with HTTP 500 is for a person after four sends", async () => {
  const effect = { kind: "http", status: 500 };
  await bench.site.admin("POST", "/faults", { match: PLACE, effect, times: 4 });
  const ends: unknown[] = [];
  for (let run = 1; run <= 5; run += 1) {
    ends.push(await place(await bench.aWorker()).catch((thrown: unknown) => thrown));
    await bench.letPass(HORIZON_MS);
  }

  const done = await place(await bench.aWorker());

  expect(ends.slice(0, 4)).toEqual(ends.slice(0, 4).map(() => withCode("erp.outcome_open")));
  expect(ends[4]).toEqual(withCode("erp.unanswered"));
  expect(done.stage).toBe("done");
  expect(await ordersInSl()).toHaveLength(1);
});

test("an order that is saved after the horizon stays held beside the second one", async () => {
  const late = { kind: "drop", commit: "later", afterMs: 600_000 };
  await bench.site.fault(PLACE, late);
  await expect(place(await bench.aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);
  const placed = await place(await bench.aWorker());
  await bench.site.admin("POST", "/clock", { action: "advance", ms: 600_000 });

  const door = await bench.aWorker();
  const again = await place(door);
  await expect(assertOnlyOrder(door, again)).rejects.toMatchObject({
    code: "conflict.order_twice",
  });
  const both = await ordersInSl();
  const other = both.find(([number]) => number !== placed.receipt?.orderNumber);
  await person(other?.[0] ?? "", "cancel");
  await assertOnlyOrder(door, again);

  expect(both.map(([, isHeld]) => isHeld)).toEqual([1, 1]);
});

test("an order that SL refuses leaves its draft free to be mended", async () => {
  const refused = place(await bench.aWorker(), { customerId: "NOBODY" });
  await expect(refused).rejects.toMatchObject({ code: "erp.refused" });

  const done = await place(await bench.aWorker());

  expect(done.identity.generation).toBe(0);
  expect(await ordersInSl()).toHaveLength(1);
});

test("an order that SL saved with another total is not taken over", async () => {
  const total = money(2_600, "USD");

  const placing = place(await bench.aWorker(), { total });
  await expect(placing).rejects.toMatchObject({ code: "mapping.order_total" });
  await person((await ordersInSl())[0]?.[0] ?? "", "cancel");
  const abandoned = await place(await bench.aWorker());

  expect(abandoned.stage).toBe("abandoned");
});

test("an order that somebody gave to another customer is not taken over", async () => {
  await bench.site.fault(PLACE, { kind: "drop", commit: "first" });
  await expect(place(await bench.aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  const [orderNumber = ""] = (await ordersInSl())[0] ?? [];
  const give = (CustID: string) =>
    bench.site.admin("POST", "/rows", {
      ...{ table: "SOHeader", where: { OrdNbr: orderNumber }, set: { CustID } },
    });

  await give("C301");
  const refused = await place(await bench.aWorker()).catch((thrown: unknown) => thrown);
  await give("C300");
  const done = await place(await bench.aWorker());

  expect(refused).toMatchObject({
    code: "conflict.order_changed",
    message: `Order ${orderNumber} is customer C301's, not C300's`,
  });
  expect(done.receipt?.orderNumber).toBe(orderNumber);
});

async function loseDatabase(): Promise<void> {
  for (const table of ["receipt", "attempt", "intent"]) {
    await bench.pool.query(`delete from ${table}`);
  }
}

test("after a restore an order that stands in SL is found before one is placed", async () => {
  const first = await place(await bench.aWorker());
  await loseDatabase();

  const again = await place(await bench.aWorker({ mustLookUp: true }));

  expect(again.receipt).toEqual(first.receipt);
  expect(again.attempts).toEqual([]);
  expect(await ordersInSl()).toHaveLength(1);
});

test("after a restore an order that somebody cancelled is not placed anew", async () => {
  const first = await place(await bench.aWorker());
  await person(first.receipt?.orderNumber ?? "", "cancel");
  await loseDatabase();

  const again = await place(await bench.aWorker({ mustLookUp: true }));

  expect([again.stage, again.receipt]).toEqual(["done", first.receipt]);
  expect(await ordersInSl()).toHaveLength(1);
});

test("after a restore the order that was paid counts, not the one that came late", async () => {
  const late = { kind: "drop", commit: "later", afterMs: 600_000 };
  await bench.site.fault(PLACE, late);
  await expect(place(await bench.aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);
  const placed = await place(await bench.aWorker());
  const orderNumber = placed.receipt?.orderNumber ?? "";
  await person(orderNumber, "cancel");
  await bench.site.admin("POST", "/clock", { action: "advance", ms: 600_000 });
  await loseDatabase();

  const paid = await place(await bench.aWorker({ mustLookUp: true }), {}, orderNumber);
  await loseDatabase();
  const unpaid = await place(await bench.aWorker({ mustLookUp: true }));

  expect(await ordersInSl()).toHaveLength(2);
  expect(paid.receipt?.orderNumber).toBe(orderNumber);
  expect(unpaid.receipt?.orderNumber).not.toBe(orderNumber);
});

async function lift(door: Door, orderNumber: string): Promise<HoldIntent> {
  const object = `pi_${bench.nr()}`;
  await door.store.load([object]);
  const planned = await door.store.ensure({ object, purpose: "order", part: HOLD_OFF }, () => ({
    draft: { orderNumber },
    notes: [],
  }));
  return liftHold(door, planned as HoldIntent);
}

test.each([
  ["after it took effect", "first", 1],
  ["before it took effect", "never", 2],
] as const)("a lost answer to a lifted hold %s is read, and else sent again", async (...row) => {
  const [, commit, sends] = row;
  const { receipt } = await place(await bench.aWorker());
  const number = receipt?.orderNumber ?? "";
  await bench.site.fault(LIFT, { kind: "drop", commit });
  await expect(lift(await bench.aWorker(), number)).rejects.toMatchObject({
    code: "erp.outcome_open",
  });

  const done = await lift(await bench.aWorker(), number);

  expect(done.stage).toBe("done");
  expect(done.attempts).toHaveLength(sends);
  expect(await ordersInSl()).toEqual([[number, 0]]);
});

test("a hold that a person has put back is left alone by a later run", async () => {
  const { receipt } = await place(await bench.aWorker());
  const number = receipt?.orderNumber ?? "";
  await lift(await bench.aWorker(), number);
  await person(number, "hold");

  await lift(await bench.aWorker(), number);

  expect(await ordersInSl()).toEqual([[number, 1]]);
});

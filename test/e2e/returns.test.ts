import { Pool } from "pg";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FindingAnswer, WatchAnswer, WatchFinding } from "../../src/api/contract.ts";
import { systemClock } from "../../src/base/clock.ts";
import { HubError } from "../../src/base/errors.ts";
import { proofsOf } from "../../src/compose-looks.ts";
import { loadKey } from "../../src/config/index.ts";
import { type CtapiConnector, createCtapiConnector } from "../../src/erp/ctapi/index.ts";
import { PairBook } from "../../src/pairs/index.ts";
import { type PairRuntime, Reference } from "../../src/runs/index.ts";
import { openStripe } from "../../src/stripe/index.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, memosInBooks, openlyParked, resume, untilQuiet } from "./books.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import {
  appliedTo,
  applyByHand,
  debitMemoOf,
  type ReturnMemo,
  returnMemo,
  takeBack,
  undoByHand,
} from "./sl-returns.ts";

let world: World;
/** A clerk at the same site, whose documents carry no key of the hub. */
let clerk: CtapiConnector;

beforeAll(async () => {
  world = await openWorld({ mode: "sales-order", "order.refund": "order" });
  clerk = createCtapiConnector({ baseUrl: world.slUrl, ...world.slCredentials });
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

type Bought = Order & Readonly<{ number: string }>;
type Returned = Parameters<typeof takeBack>[2];

/** An order of so many widgets for 75.00 each, as it stands in SL with its money. */
async function anOrder(quantity: number): Promise<Bought> {
  const price = await aPrice(world, 7_500, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const order = await checkOut(world, { line_items: [{ price, quantity }] });
  const { orderNumber } = await untilLedger(order, ({ state }) => state === "open");
  return { ...order, number: String(orderNumber) };
}

/** The same, shipped and invoiced. */
async function aShippedOrder(quantity = 2): Promise<Bought> {
  const order = await anOrder(quantity);
  await world.slAdmin(`/orders/${order.number}/ship`, {});
  await look(order);
  await untilLedger(order, ({ state, left }) => state === "closed" && left === "0.00");
  return order;
}

const look = ({ number }: Bought) =>
  world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });

/** The ledger of a sales order once this is true of it. */
function untilLedger(order: Order, isSo: (ledger: Row) => boolean): Promise<Row> {
  return until(`the ledger of ${order.id}`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
    return rows.find((row) => row.object === order.id && isSo(row));
  });
}

const giveBack = (order: Order, amount: number): Promise<Stripe.Refund> =>
  world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", amount });

/**
 * Waits until a run has said that it waits for the returns of these refunds, and of no others, and
 * no event is on its way that would have another look while somebody enters them.
 */
async function untilAwaited({ id }: Order, ...refunds: readonly Stripe.Refund[]): Promise<void> {
  const wanted = refunds.map((refund) => refund.id).sort();
  await until(`the returns of ${wanted.join(", ")} to be awaited`, async () => {
    const { state } = await world.stripeAdmin<{ state: Sending }>("/webhooks");
    if (state.queued + state.inFlight + state.pending > 0) return false;
    const [lane] = await world.sql(
      `select waits_for from lane where key = $1 and owner is null and due_at > now()
         and not exists (select from event where lane_key = $1 and end_state is null)`,
      [id],
    );
    const [, named = ""] = /a return order of (.*)/.exec(String(lane?.waits_for)) ?? [];
    return (named.match(/re_\w+/g) ?? []).sort().join() === wanted.join();
  });
}

type Sending = Readonly<{ queued: number; inFlight: number; pending: number }>;

async function returned(order: Bought, what: Returned): Promise<ReturnMemo> {
  const memo = await takeBack(world, order.number, what);
  await look(order);
  return memo;
}

const untilClosed = ({ id }: Stripe.Refund) =>
  until(`the memos of ${id} to have nothing open`, async () => {
    const books = await memosInBooks(world, id);
    return books.length > 0 && books.every((one) => one.includes(" open 0:"));
  });

const untilMemos = (refundId: string, count: number) =>
  until(`${count} released memos of ${refundId}`, async () => {
    const memos = await documentsOf(world, [refundId]);
    return memos.filter(({ Rlsed }) => Rlsed === 1).length === count;
  });

const untilParked = ({ id }: Order) =>
  until(`${id} to be parked`, async () => (await openlyParked(world, id))[0]);

test("the credit memo of a return order takes the sale back, and no memo of the hub", async () => {
  const order = await aShippedOrder();
  const refund = await giveBack(order, 7_500);
  await untilAwaited(order, refund);

  const memo = await returned(order, { price: 75 });
  await untilClosed(refund);

  expect(await memosInBooks(world, refund.id)).toEqual(["DM 75 open 0: 1095 -75"]);
  expect(await returnMemo(world, memo)).toEqual(["CM", 75, 0]);
});

test("goods that came back before their refund are taken by it at once", async () => {
  const order = await aShippedOrder();
  const memo = await takeBack(world, order.number, { price: 75 });

  const refund = await giveBack(order, 7_500);
  await untilClosed(refund);

  expect(await memosInBooks(world, refund.id)).toEqual(["DM 75 open 0: 1095 -75"]);
  expect(await appliedTo(world, memo)).toEqual([`75 to ${refund.id}`]);
});

test("a return over another amount is for a person, and a refund may ask for a memo", async () => {
  const order = await aShippedOrder();
  const refund = await giveBack(order, 3_000);
  await untilAwaited(order, refund);

  const memo = await returned(order, { price: 50 });
  const parked = await untilParked(order);
  await world.stripe.refunds.update(refund.id, { metadata: { slipway_refund: "memo" } });
  await untilMemos(refund.id, 2);
  await untilClosed(refund);

  const reason = expect.stringContaining("has 50.00 USD open") as string;
  expect(parked).toMatchObject({ code: "erp.order_return_open", reason });
  expect(await memosInBooks(world, refund.id)).toEqual([
    "DM 30 open 0: 1095 -30",
    "CM 30 open 0: 4100 30",
  ]);
  expect(await returnMemo(world, memo)).toEqual(["CM", 50, 50]);
});

test("of several refunds each takes a return of its amount, the oldest the oldest", async () => {
  const order = await aShippedOrder(4);
  const refunds: Stripe.Refund[] = [];
  for (const amount of [7_500, 5_000, 7_500]) {
    refunds.push(await giveBack(order, amount));
    // Refunds of one second have no order at Stripe.
    await world.stripeAdmin("/clock", { advanceMs: 1_000 });
  }
  await untilAwaited(order, ...refunds);

  const first = await takeBack(world, order.number, { price: 75 });
  const second = await takeBack(world, order.number, { price: 75 });
  const third = await takeBack(world, order.number, { price: 50 });
  await look(order);
  for (const refund of refunds) await untilClosed(refund);

  const [oldest, other, newest] = refunds.map(({ id }) => id);
  expect(await appliedTo(world, first)).toEqual([`75 to ${oldest}`]);
  expect(await appliedTo(world, second)).toEqual([`75 to ${newest}`]);
  expect(await appliedTo(world, third)).toEqual([`50 to ${other}`]);
});

test("a return takes the refund that it fits, and others go on waiting for theirs", async () => {
  const order = await aShippedOrder(3);
  const early = await giveBack(order, 4_000);
  const late = await giveBack(order, 7_500);
  await untilAwaited(order, early, late);

  await returned(order, { price: 75 });
  await untilClosed(late);
  await untilAwaited(order, early);
  const books = await memosInBooks(world, early.id);
  await returned(order, { price: 40 });
  await untilClosed(early);
  await untilQuiet(world, order.id);

  expect(books).toEqual(["DM 40 open 40: 1095 -40"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("one credit memo for two refunds is applied by a person, and the run goes on", async () => {
  const order = await aShippedOrder();
  const refunds = [await giveBack(order, 7_500), await giveBack(order, 7_500)];
  await untilAwaited(order, ...refunds);

  const memo = await returned(order, { price: 75, quantity: 2 });
  const parked = await untilParked(order);
  // A run that is still at work would see what a person does by halves.
  await untilQuiet(world, order.id);
  const untouched = await returnMemo(world, memo);
  for (const { id } of refunds) {
    const debitMemo = await debitMemoOf(world, id);
    await applyByHand({ world, clerk }, memo, { debitMemo, minor: 7_500 });
  }
  await resume(world, order);
  await untilQuiet(world, order.id);

  expect(await openlyParked(world, order.id)).toEqual([]);
  expect(parked).toMatchObject({ code: "erp.order_return_open" });
  expect(parked.reason).toContain(
    "has 150.00 USD open, which is the amount of none of its refunds",
  );
  expect(untouched).toEqual(["CM", 150, 150]);
  for (const { id } of refunds) {
    expect(await memosInBooks(world, id)).toEqual(["DM 75 open 0: 1095 -75"]);
  }
  expect(await returnMemo(world, memo)).toEqual(["CM", 150, 0]);
});

test("a refund before the shipment takes the money, one after it what is left", async () => {
  const order = await anOrder(2);
  const before = await giveBack(order, 6_000);
  await untilClosed(before);
  await world.slAdmin(`/orders/${order.number}/ship`, { lines: [{ lineRef: "1", quantity: 1 }] });
  await look(order);
  await untilLedger(order, ({ applied, left }) => applied === "75.00" && left === "15.00");

  const after = await giveBack(order, 4_000);
  await untilAwaited(order, after);
  const waiting = await memosInBooks(world, after.id);
  const memo = await returned(order, { price: 25 });
  await untilClosed(after);

  expect(await memosInBooks(world, before.id)).toEqual(["DM 60 open 0: 1095 -60"]);
  expect(waiting).toEqual(["DM 40 open 25: 1095 -40"]);
  expect(await memosInBooks(world, after.id)).toEqual(["DM 40 open 0: 1095 -40"]);
  expect(await appliedTo(world, memo)).toEqual([`25 to ${after.id}`]);
});

/** What a look over SL that begins now has found about these orders. */
async function watched(...orders: readonly Order[]): Promise<readonly WatchFinding[]> {
  const path = `/api/pairs/${world.pair}/watch`;
  const { state: before } = await world.api<WatchAnswer>(path, { method: "POST", body: {} });
  const findings = await until("the look to end", async () => {
    const { state, findings: all } = await world.api<WatchAnswer>(path);
    if (state === null || state.isAsked || state.isRunning) return undefined;
    if (state.endedAt === before?.endedAt) return undefined;
    expect(state.trouble).toBeNull();
    return all;
  });
  return findings.filter(({ laneKey }) => orders.some(({ id }) => id === laneKey));
}

test("goods that a memo and a return have credited are told, and nothing is booked", async () => {
  await world.set("order.refund", "memo");
  const [order, alone, unpaid] = [
    await aShippedOrder(),
    await aShippedOrder(),
    await aShippedOrder(),
  ];
  const refund = await giveBack(order, 7_500);
  const other = await giveBack(alone, 7_500);
  const owed = await world.stripe.refunds.create({
    ...{ charge: unpaid.chargeIds[0] ?? "", amount: 7_500 },
    metadata: { slipway_refund: "payment-only" },
  });
  for (const { id } of [refund, other]) await untilMemos(id, 2);
  await untilMemos(owed.id, 1);
  const memo = await takeBack(world, order.number, { price: 75 });
  await takeBack(world, unpaid.number, { price: 75 });
  for (const one of [order, alone, unpaid]) await untilQuiet(world, one.id);
  const before = (await world.slRows("ARDoc")).length;

  const [found, ...more] = await watched(order, alone, unpaid);

  const own = (await documentsOf(world, [refund.id])).find((row) => row.DocType === "CM");
  const number = String(own?.RefNbr).trim();
  expect(more).toEqual([]);
  expect(found).toMatchObject({ kind: "doubled", state: "open", object: refund.id });
  expect(found?.differences).toEqual([
    {
      what: `credit of order ${order.number}`,
      was: `CM ${number} over 75.00 USD for ${refund.id}`,
      is: `also CM ${memo.refNbr} over 75.00 USD of return ${memo.order}`,
    },
  ]);
  expect(found?.heal.by).toBe("person");
  expect(found?.heal.steps[0]).toContain("a debit memo over 75.00 USD");
  expect(await returnMemo(world, memo)).toEqual(["CM", 75, 75]);
  expect((await world.slRows("ARDoc")).length).toBe(before);
  expect(await openlyParked(world, order.id)).toEqual([]);

  const body = { version: found?.version, by: "maria", reason: "other goods" };
  const path = `/api/watch/${found?.id}`;
  await world.api<FindingAnswer>(`${path}/accept`, { method: "POST", body });
  expect(await watched(order)).toMatchObject([{ id: found?.id, state: "accepted" }]);

  const second = await takeBack(world, order.number, { price: 60 });
  expect(await watched(order)).toMatchObject([{ id: found?.id, state: "open" }]);

  await undoByHand({ world, clerk }, second);
  await undoByHand({ world, clerk }, memo);
  expect(await watched(order)).toEqual([]);
  expect(await world.api<WatchFinding>(path)).toMatchObject({ state: "gone" });
});

/** What a close of this month says of returns, where SL's search for them goes as `search` says. */
async function closedReturns(search: (customerId: string) => void) {
  const findReturns: CtapiConnector["orders"]["findReturns"] = async (wanted, signal) => {
    search(wanted.customerId);
    return clerk.orders.findReturns(wanted, signal);
  };
  const orders = { ...clerk.orders, findReturns };
  const erp = Object.create(clerk, { orders: { value: orders } }) as CtapiConnector;
  const book = new PairBook({
    home: world.home,
    sources: { env: process.env, key: () => loadKey(world.home, undefined) },
    make: (settings) => ({
      ...{ id: settings.id, settings, erp, reference: new Reference(erp, systemClock) },
      stripe: openStripe(settings),
    }),
  });
  const pool = new Pool({ connectionString: world.databaseUrl, max: 4 });
  try {
    const looking = { pool, home: world.home, book, guest: (pair: PairRuntime) => pair };
    const { close } = proofsOf({ ...looking, pendingMigrations: async () => [] });
    const period = new Date().toISOString().slice(0, 7).replace("-", "");
    const { items } = await close(world.pair, { period, by: "maria", dryRun: true });
    return items.find(({ name }) => name === "returns");
  } finally {
    await pool.end();
  }
}

test("a close lists the customer whose returns cannot be searched, to be signed", async () => {
  await world.set("order.refund", "memo");
  const orders = [await aShippedOrder(), await aShippedOrder()];
  for (const order of orders) await untilMemos((await giveBack(order, 7_500)).id, 2);
  const [first = "", second = ""] = (
    await documentsOf(
      world,
      orders.flatMap((one) => one.chargeIds),
    )
  ).map(({ CustId }) => String(CustId).trim());
  const searched: string[] = [];

  const listed = await closedReturns((customerId) => {
    searched.push(customerId);
    if (customerId === first)
      throw new HubError("erp.contract", `Too many orders of ${customerId}`);
  });
  const clean = await closedReturns(() => {});

  expect(listed).toMatchObject({ state: "listed", ids: [first] });
  expect(searched).toEqual(expect.arrayContaining([first, second]));
  expect(clean).toMatchObject({ state: "ok", ids: [] });
});

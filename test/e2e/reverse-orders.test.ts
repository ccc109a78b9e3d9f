import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { decide, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { aPrice, checkOut, type Order } from "./orders.ts";
import { wake } from "./restores.ts";
import { reversing } from "./reversing.ts";
import { takeBack } from "./sl-returns.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({
    "order.charges": { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" },
    mode: "sales-order",
    "journal-delay": 0,
  });
});

afterAll(() => world.close());

const books = reversing(() => world);
const { slipway, reverse, texts, proofOf, untilIdle, watched } = books;

type Bought = Order & Readonly<{ number: string }>;

const idsOf = (order: Order) => [order.id, ...order.chargeIds];

/** Buys a widget of this price and waits for its order, let go in SL. */
async function buy(unit: number): Promise<Bought> {
  const price = await aPrice(world, unit, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const sale = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  return { ...sale, number: await until(`the order of ${sale.id}`, () => openOrderOf(sale)) };
}

async function openOrderOf({ id }: Order): Promise<string | undefined> {
  const { rows } = await world.api<{ rows: Row[] }>("/api/orders");
  const found = rows.find(({ object, state }) => object === id && state !== "held");
  return found && String(found.orderNumber);
}

/** The orders of a sale in SL, as `O000001 held`, oldest first. */
async function ordersOf({ id }: Order): Promise<string[]> {
  const rows = (await world.slRows("SOHeader")).filter((row) => trimmed(row.User1) === id);
  const word = (row: Row) => (row.Cancelled === 1 ? "cancelled" : row.AdminHold === 1 && "held");
  return rows.map((row) => `${trimmed(row.OrdNbr)} ${word(row) || "open"}`).sort();
}

/** What clearing, receivables and prepayments hold in SL, in cents. */
async function balances(): Promise<Record<string, number>> {
  const held: Record<string, number> = { "1095": 0, "1210": 0, "2100": 0 };
  for (const { Acct, DrAmt, CrAmt } of await world.slRows("GLTran")) {
    const account = trimmed(Acct);
    if (held[account] === undefined) continue;
    held[account] += Math.round((Number(DrAmt) - Number(CrAmt)) * 100);
  }
  return held;
}

const act = (number: string, what: string, body: object = {}) =>
  world.slAdmin(`/orders/${number}/${what}`, body);

const look = (number: string) =>
  world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });

const showOrder = (number: string) => world.api<Row>(`/api/orders/${number}`);

/** Asks for a reversal whose run begins only when it is let. */
async function askedAside(bought: Bought): Promise<() => Promise<unknown>> {
  const pause = (path: string) =>
    world.api(`/api/pairs/${world.pair}/${path}`, {
      method: "POST",
      body: { by: "maria", reason: "a test" },
    });
  await pause("pause");
  const id = bought.id;
  const body = { id, reason: "a test", by: "maria" };
  const ask = (more: object) =>
    world.api<{ plan: { version: string } }>("/api/reversals", {
      method: "POST",
      body: { ...body, ...more },
    });
  const { plan } = await ask({});
  await ask({ dryRun: false, version: plan.version });
  return () => pause("resume");
}

const reversalOf = async ({ id }: Order) =>
  (await world.api<{ rows: Row[] }>(`/api/reversals?lane=${id}`)).rows[0];

async function untilReversed(bought: Bought): Promise<void> {
  await wake(world, bought.id);
  await until(`${bought.id} to be reversed`, async () => {
    return (await reversalOf(bought))?.state !== "asked";
  });
  await untilIdle(bought.id);
}

test("an order goes back once a person has cancelled it, and is placed again", async () => {
  const empty = await balances();
  const bought = await buy(6_000);
  const { number } = bought;
  const sold = await balances();

  const shown = await slipway("reverse", bought.id);
  const before = [await ordersOf(bought), await texts(idsOf(bought))];
  const asked = await reverse(bought.id);
  const waiting = [await ordersOf(bought), await texts(idsOf(bought))];
  const listed = await slipway("reverse", "--list");
  const waits = await slipway("runs", "--waiting");
  const traced = await slipway("trace", bought.id);
  const proofs = [await proofOf()];
  await act(number, "cancel");
  await untilReversed(bought);
  const between = [await texts(idsOf(bought)), await balances()];
  proofs.push(await proofOf());
  await reverse(bought.id, "--rebook");
  const again = await until("the new order", () => openOrderOf(bought));
  await until("its money", async () => (await texts(idsOf(bought))).length === 3);
  proofs.push(await proofOf());

  expect(shown.out).toContain(`Cancel order ${number} in Sales Orders (40.100)`);
  expect(shown.out).toContain("Nothing was changed");
  expect(before).toEqual([[`${number} open`], ["PP 60 open 60"]]);
  expect(asked.out).toContain(`waits for you: Cancel order ${number}`);
  expect(waiting).toEqual([[`${number} held`], ["PP 60 open 60"]]);
  for (const { out } of [listed, traced]) expect(out).toContain(`Cancel order ${number}`);
  expect(waits.out).toContain(`order ${number}`);
  expect(between).toEqual([["PP 60 open 0", "DM 60 open 0"], empty]);
  expect(await ordersOf(bought)).toEqual([`${number} cancelled`, `${again} open`]);
  expect(await texts(idsOf(bought))).toEqual(["PP 60 open 0", "DM 60 open 0", "PP 60 open 60"]);
  expect(await balances()).toEqual(sold);
  await act(again, "ship");
  await look(again);
  const shipped = await until("the new order to be paid", async () => {
    const order = await showOrder(again);
    return order.state === "closed" ? order : undefined;
  });
  expect(shipped).toMatchObject({ paid: "60.00", applied: "60.00", refunded: "0.00" });
  const { metadata } = await world.stripe.paymentIntents.retrieve(bought.id);
  expect(metadata.DynamicsSL_OrderNbr).toBe(again);
  proofs.push(await proofOf());
  expect(await watched()).toEqual([]);
  expect(proofs.map(({ difference, findings }) => [difference, findings])).toEqual(
    proofs.map(() => ["0.00", []]),
  );
});

test("goods of an order that was placed again are told as credited twice once", async () => {
  const bought = await buy(4_000);
  await act(bought.number, "cancel");
  await reverse(bought.id);
  await untilReversed(bought);
  await reverse(bought.id, "--rebook");
  const again = await until("the new order", () => openOrderOf(bought));
  await act(again, "ship");
  await look(again);
  await until("its money", async () => (await showOrder(again)).left === "0.00");
  const charge = bought.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 4_000 });
  await until("its memos", async () => (await texts([refund.id])).length === 2);
  await untilIdle(bought.id);

  await takeBack(world, again, { price: 40 });
  const found = await watched();

  expect(found).toMatchObject([{ kind: "doubled", object: refund.id }]);
});

test("an order that nobody cancels parks with the step, and goes on once it is", async () => {
  const bought = await buy(9_000);
  await reverse(bought.id);

  await world.sql("update person_wait set since = since - interval '6 days'");
  await wake(world, bought.id);
  const parked = await world.ended(bought.id, ["parked"]);
  const listed = await slipway("parked", "list");
  await act(bought.number, "cancel");
  await untilReversed(bought);

  expect(parked.reason).toContain(`order ${bought.number} of ${bought.id}`);
  expect(listed.out).toContain("erp.cancel_by_hand");
  expect(await texts(idsOf(bought))).toEqual(["PP 90 open 0", "DM 90 open 0"]);
  expect((await slipway("parked", "list")).out).not.toContain(bought.id);
});

test("a reversal whose case is dismissed books nothing until that is resumed", async () => {
  const bought = await buy(9_500);
  await reverse(bought.id);
  await world.sql("update person_wait set since = since - interval '6 days'");
  await wake(world, bought.id);
  await world.ended(bought.id, ["parked"]);
  const [parked = {}] = await openlyParked(world, bought.id);

  const effects = await decide(world, parked, "dismiss", { reason: "taken back by hand" });
  await act(bought.number, "cancel");
  await wake(world, bought.id);
  await untilQuiet(world, bought.id);
  const left = [await texts(idsOf(bought)), await openlyParked(world, bought.id)];
  const listed = await slipway("reverse", "--list");
  await decide(world, parked, "resume");
  await untilReversed(bought);

  expect(effects.at(-1)).toMatch(/^reversal \d+ of \S+ goes on no more$/);
  expect(listed.out).toContain("stopped: its case was dismissed by maria: taken back by hand");
  expect(left).toEqual([["PP 95 open 95"], []]);
  expect(await texts(idsOf(bought))).toEqual(["PP 95 open 0", "DM 95 open 0"]);
});

test("what has shipped is refused with shippers and invoices, and nothing is held", async () => {
  const bought = await buy(1_500);
  await act(bought.number, "ship");

  const refused = await reverse(bought.id);

  const rows = await world.slRows("SOShipHeader");
  const shipper = rows.find((row) => trimmed(row.OrdNbr) === bought.number);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(
    `shipper ${trimmed(shipper?.ShipperID)} (invoice ${trimmed(shipper?.InvcNbr)})`,
  );
  expect(refused.err).toContain("return order");
  expect(await reversalOf(bought)).toBeUndefined();
});

test("an order that ships before it is held stops the reversal and goes on", async () => {
  const bought = await buy(2_500);
  const letRun = await askedAside(bought);
  await act(bought.number, "ship");
  await letRun();
  const parked = await world.ended(bought.id, ["parked"]);
  const stopped = await slipway("reverse", "--list");
  const stopping = await texts(idsOf(bought));

  const withdrawn = await slipway("reverse", bought.id, "--withdraw", "--yes", "--by", "maria");
  const paid = await until("its invoice to be paid", async () => {
    const order = await showOrder(bought.number);
    return order.state === "closed" ? order : undefined;
  });

  expect(parked.reason).toContain(`Order ${bought.number} has shipped: shipper`);
  expect(stopped.out).toContain("stopped: reverse.shipped");
  expect(stopping).toEqual(["PP 25 open 25"]);
  expect(withdrawn.code).toBe(0);
  expect(await reversalOf(bought)).toMatchObject({ state: "withdrawn", withdrawnBy: "maria" });
  expect(paid).toMatchObject({ applied: "25.00", left: "0.00" });
  expect(await proofOf()).toMatchObject({ difference: "0.00", findings: [] });
});

test("a reversal that is withdrawn while its order waits leaves the sale as it was", async () => {
  const bought = await buy(3_500);
  await reverse(bought.id);
  const refused = await reverse(bought.id);

  await slipway("reverse", bought.id, "--withdraw", "--yes");
  await untilIdle(bought.id);
  const held = await showOrder(bought.number);
  const none = await slipway("reverse", bought.id, "--withdraw", "--yes");
  const waits = await slipway("runs", "--waiting");
  await reverse(bought.id);
  await act(bought.number, "cancel");
  await untilReversed(bought);
  const late = await slipway("reverse", bought.id, "--withdraw", "--yes");

  expect(refused.err).toContain("is under way");
  expect(held).toMatchObject({ state: "open", waitsFor: "its hold to be lifted in SL" });
  expect(none.err).toContain("No reversal");
  expect(waits.out).not.toContain(bought.number);
  expect(await texts(idsOf(bought))).toEqual(["PP 35 open 0", "DM 35 open 0"]);
  expect(late.err).toContain("No reversal");
});

test("money that was taken while the order waited stops the reversal before it books", async () => {
  const bought = await buy(4_500);
  await reverse(bought.id);
  const edit = (DocBal: number) =>
    world.slAdmin("/rows", {
      table: "ARDoc",
      where: { User1: bought.chargeIds[0] },
      set: { DocBal, CuryDocBal: DocBal },
    });
  await edit(5);
  await act(bought.number, "cancel");
  await look(bought.number);
  const parked = await world.ended(bought.id, ["parked"]);
  await edit(45);
  await slipway("reverse", bought.id, "--withdraw", "--yes");
  await untilIdle(bought.id);
  const left = await showOrder(bought.number);
  await reverse(bought.id);
  await untilReversed(bought);

  expect(parked.reason).toMatch(/45\.00 USD were open when it was asked, now 5\.00 are/);
  expect(left).toMatchObject({ state: "cancelled", left: "45.00" });
  expect(await texts(idsOf(bought))).toEqual(["PP 45 open 0", "DM 45 open 0"]);
});

test("an order that was refunded in part goes back with its refund, answers lost", async () => {
  const bought = await buy(8_000);
  const charge = bought.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 3_000 });
  await until("the refund to be booked", async () => (await texts([refund.id])).length === 1);
  await untilIdle(bought.id);
  const empty = await balances();

  const refused = await reverse(bought.id);
  const match = { service: "orders", operation: "adminHoldFlag" };
  await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" } });
  await books.loseAnswers();
  await reverse(bought.id, "--all");
  await until("the order to be held", async () => (await ordersOf(bought))[0]?.endsWith("held"));
  await act(bought.number, "cancel");
  await untilReversed(bought);
  const hits = await world.slAdmin<{ hits: number }[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");
  const all = [...idsOf(bought), refund.id];
  const back = await texts(all);
  const proof = await proofOf();
  await reverse(bought.id, "--rebook");
  await until("all of it again", async () => (await texts(all)).length === 6);
  const again = await until("the new order", () => openOrderOf(bought));
  const ledger = await until("its refund", async () => {
    const order = await showOrder(again);
    return order.refunded === "0.00" ? undefined : order;
  });

  expect(refused.err).toContain(`of ${refund.id}`);
  expect(hits[0]?.hits).toBe(1);
  expect(back).toEqual(["PP 80 open 0", "DM 30 open 0", "CM 30 open 0", "DM 80 open 0"]);
  expect(ledger).toMatchObject({ paid: "80.00", refunded: "30.00", left: "50.00" });
  expect(await balances()).toEqual(empty);
  expect([proof, await proofOf()]).toMatchObject([
    { difference: "0.00", findings: [] },
    { difference: "0.00", findings: [] },
  ]);
});

test("a sale that goes back as an order is booked again in the mode of that day", async () => {
  const bought = await buy(5_500);
  await act(bought.number, "cancel");
  await reverse(bought.id);
  await untilReversed(bought);
  await world.set("invoice.stock-items", "no-relief");
  await world.set("mode", "invoice");
  await reverse(bought.id, "--rebook");
  await until("the invoice", async () => (await texts(idsOf(bought))).length === 4);
  await world.set("mode", "sales-order");

  expect(await texts(idsOf(bought))).toEqual([
    "PP 55 open 0",
    "DM 55 open 0",
    "IN 55 open 0",
    "PA 55 open 0",
  ]);
});

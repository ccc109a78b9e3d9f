import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { decide, leftOn, memosOf, openlyParked, resume, trimmed, untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { aCustomer, type Order } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";

// One charge pays invoices of two customers of SL; what goes back of it is each of theirs.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice", "credit-note.wait": 0 });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

type Shared = Readonly<{ order: Order; charge: string; shirt: string; mug: string }>;

/**
 * A Stripe invoice over a shirt for 40.00 and a mug for 60.00. It is paid with one charge, which
 * pays 40.00 of C300 and 60.00 of C301.
 */
async function aSharedInvoice(): Promise<Shared> {
  const { stripe } = world;
  const customer = (await aCustomer(world)).id;
  const invoice = (total: number, of: string) =>
    clerk.enterInvoice({ total, customer: of, isHeld: false });
  const named = `C300/${await invoice(40, "C300")}, C301/${await invoice(60, "C301")}`;
  const metadata = { DynamicsSL_InvoiceNbr: named };
  const { id = "" } = await stripe.invoices.create({ customer, metadata });
  const [shirt, mug] = await Promise.all(
    ["Shirt", "Mug"].map(async (name) => (await stripe.products.create({ name })).id),
  );
  const lines = [
    [shirt, 4_000],
    [mug, 6_000],
  ] as const;
  for (const [product = "", unit_amount] of lines) {
    const price_data = { currency: "usd", unit_amount, product };
    await stripe.invoices.addLines(id, { lines: [{ quantity: 1, price_data }] });
  }
  await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const [charge] = (await stripe.charges.list({ customer })).data;
  const order = { id, chargeIds: [charge?.id ?? ""], total: 100 };
  await world.ended(id, ["booked"]);
  return { order, charge: charge?.id ?? "", shirt: shirt ?? "", mug: mug ?? "" };
}

/** Waits until what goes back of a booked charge has parked, with nothing under way any more. */
async function parkedAs(order: Order, code: string): Promise<Row> {
  await until(`${order.id} to park`, async () => (await openlyParked(world, order.id)).length > 0);
  await untilQuiet(world, order.id);
  const [row = {}] = await openlyParked(world, order.id);
  expect({ code: row.code, reason: row.reason }).toMatchObject({ code });
  return row;
}

const untilMemos = (of: { id: string }, memos: readonly string[]) =>
  until(`${of.id} as ${memos.join("; ")}`, async () => {
    return (await memosOf(world, [of])).join() === memos.join();
  });

/** What the credit memos of a Stripe object take back, line by line: `C300 Mug 10`. */
async function linesOf(object: { id: string }): Promise<string[]> {
  const memos = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.User1) === object.id && trimmed(row.DocType) === "CM",
  );
  const lines = await world.slRows("ARTran");
  return memos
    .flatMap(({ BatNbr, RefNbr, CustId }) =>
      lines
        .filter((line: Row) => line.BatNbr === BatNbr && line.RefNbr === RefNbr)
        .filter((line: Row) => trimmed(line.TranDesc) !== "" && trimmed(line.DrCr) === "D")
        .map((line: Row) => `${trimmed(CustId)} ${trimmed(line.TranDesc)} ${line.TranAmt}`),
    )
    .sort();
}

test("lines of a shared charge go back to the customers who are named with them", async () => {
  const { order, charge, shirt, mug } = await aSharedInvoice();
  const lines = { slipway_refund_lines: `${mug}=25.00` };

  const refund = await world.stripe.refunds.create({ charge, amount: 2_500, metadata: lines });
  const parked = await parkedAs(order, "mapping.refund_lines");
  const booked = await memosOf(world, [refund]);
  const slipway_refund_lines = `C300/${shirt}=10.00, c301/${mug}=9.50; C300/${mug}=5.50`;
  await world.stripe.refunds.update(refund.id, { metadata: { slipway_refund_lines } });
  await resume(world, order);
  await untilMemos(refund, [
    "C300 CM 15.5 open 0",
    "C300 DM 15.5 open 0",
    "C301 CM 9.5 open 0",
    "C301 DM 9.5 open 0",
  ]);

  expect(booked).toEqual([]);
  expect(parked.facts).toMatchObject({ customers: "C300, C301", amount: "25.00" });
  expect(String(parked.cure)).toContain("C300/il_1Abc=12.50, C301/il_2Def=7.50");
  expect(await linesOf(refund)).toEqual(["C300 Mug 5.5", "C300 Shirt 10", "C301 Mug 9.5"]);
});

test("more than a customer has of the charge parks, until no lines are named", async () => {
  const { order, charge, shirt } = await aSharedInvoice();
  const metadata = { slipway_refund_lines: `C300/${shirt}=40.01, C301/${shirt}=9.99` };

  const refund = await world.stripe.refunds.create({ charge, amount: 5_000, metadata });
  const parked = await parkedAs(order, "mapping.refund_lines");
  await world.stripe.refunds.update(refund.id, { metadata: { slipway_refund_lines: "" } });
  await resume(world, order);
  await untilMemos(refund, [
    "C300 CM 20 open 0",
    "C300 DM 20 open 0",
    "C301 CM 30 open 0",
    "C301 DM 30 open 0",
  ]);

  expect(parked.reason).toContain("40.01 is for C300, who has 40.00 of it yet");
  expect([await leftOn(world, "1095", [refund]), await leftOn(world, "4100", [refund])]).toEqual([
    -50, 50,
  ]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a credit note of a shared charge is a memo for each customer", async () => {
  const { order } = await aSharedInvoice();

  const note = await world.stripe.creditNotes.create({
    ...{ invoice: order.id, amount: 3_333, refund_amount: 3_333 },
  });
  const refund = { id: String(note.refunds[0]?.refund) };
  await untilMemos(refund, ["C300 DM 13.33 open 0", "C301 DM 20 open 0"]);

  expect(await memosOf(world, [note])).toEqual(["C300 CM 13.33 open 0", "C301 CM 20 open 0"]);
  expect(await leftOn(world, "1095", [refund])).toBe(-33.33);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a hub that lost its database knows the memos of a shared credit note again", async () => {
  const { order } = await aSharedInvoice();
  const note = await world.stripe.creditNotes.create({
    ...{ invoice: order.id, amount: 5_000, refund_amount: 5_000 },
  });
  const refund = { id: String(note.refunds[0]?.refund) };
  const memos = [
    "C300 CM 20 open 0",
    "C300 DM 20 open 0",
    "C301 CM 30 open 0",
    "C301 DM 30 open 0",
  ];
  await until("all memos", async () => {
    return (await memosOf(world, [refund, note])).join() === memos.join();
  });

  await allAsleep(world);
  await loseHub(world);
  const report = await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);

  expect(report.unexplained).toEqual([]);
  expect(await memosOf(world, [refund, note])).toEqual(memos);
  expect(await openlyParked(world, order.id)).toEqual([]);
  const parts = await world.sql(
    "select part from intent where object = $1 and purpose = 'credit-note' order by part",
    [note.id],
  );
  expect(parts.map(({ part }) => part)).toEqual(["C300", "C301"]);
});

test("a credit note that comes after its refund is covered by the memos of both", async () => {
  const { order, charge } = await aSharedInvoice();
  const refund = await world.stripe.refunds.create({ charge, amount: 5_000 });
  const memos = [
    "C300 CM 20 open 0",
    "C300 DM 20 open 0",
    "C301 CM 30 open 0",
    "C301 DM 30 open 0",
  ];
  await untilMemos(refund, memos);

  const note = await world.stripe.creditNotes.create({
    ...{ invoice: order.id, amount: 5_000 },
    refunds: [{ refund: refund.id, amount_refunded: 5_000 }],
  });
  const name = String(note.number || note.id);
  await until("the note to be covered", async () => {
    const { rows } = await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}`);
    return rows.some(({ reason }) => String(reason).includes(`credit note ${name}: covered by CM`));
  });

  expect(await memosOf(world, [refund, note])).toEqual(memos);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("what a credit note gives back by no refund parks once the rest stands", async () => {
  const { order, charge } = await aSharedInvoice();

  const note = await world.stripe.creditNotes.create({
    ...{ invoice: order.id, amount: 5_000, refund_amount: 4_000, credit_amount: 1_000 },
  });
  const parked = await parkedAs(order, "mapping.refund_shared");
  const refund = { id: String(note.refunds[0]?.refund) };
  await decide(world, parked, "dismiss", { reason: "CM 004711 over 10.00 by hand" });

  expect(parked.facts).toMatchObject({ rest: "10.00", total: "50.00", customers: "C300, C301" });
  expect(await memosOf(world, [refund, note])).toEqual([
    "C300 CM 16 open 0",
    "C300 DM 16 open 0",
    "C301 CM 24 open 0",
    "C301 DM 24 open 0",
  ]);
  await world.stripe.charges.update(charge, { description: "touched" });
  await world.ended(order.id, ["not_applicable"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a charge that a rebuild took over owns its balance rows again", async () => {
  const { order, charge } = await aSharedInvoice();
  const owned = () =>
    world.sql(
      `select o.row_id, o.part from row_owner o
       join intent i on i.pair = o.pair and i.key = o.intent_key where i.object = $1`,
      [charge],
    );
  const before = await owned();

  await allAsleep(world);
  await loseHub(world);
  await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);

  expect(before).toHaveLength(1);
  expect(await owned()).toEqual(before);
});

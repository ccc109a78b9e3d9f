import { afterAll, beforeAll, expect, test } from "vitest";
import { giveBack, voidPayment } from "../support/giving-back.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { type Order, pay } from "./orders.ts";
import {
  allAsleep,
  copyHub,
  letViewsCatchUp,
  loseHub,
  putBackHub,
  rebuild,
  wake,
} from "./restores.ts";
import { reversing } from "./reversing.ts";

// Money for invoices that SL had: a person gives it back in 08.240, and the hub does the rest.

const KEY = "DynamicsSL_InvoiceNbr";

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice", "journal-delay": 0 });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

const books = reversing(() => world);
const { slipway, reverse, booksOf, texts, balancesOf, proofOf, watched } = books;
const { untilIdle, untilReversed } = books;

const anInvoiceOf = (total: number, customer: "C300" | "C301" = "C300", isHeld = false) =>
  clerk.enterOwnInvoice({ total, customer, isHeld });

async function payFor(amountMinor: number, invoices: string): Promise<Order> {
  const order = await pay(world, amountMinor, { metadata: { [KEY]: invoices } });
  await world.ended(order.id, ["booked"]);
  await untilIdle(order.id);
  return order;
}

/** What these invoices have open. */
async function openOf(...numbers: readonly string[]): Promise<readonly number[]> {
  const rows = await world.slRows("ARDoc");
  const found = numbers.map((number) =>
    rows.find((row) => trimmed(row.DocType) === "IN" && trimmed(row.RefNbr) === number),
  );
  return found.map((row) => Number(row?.CuryDocBal));
}

/** The documents of a charge, each with its customer. */
async function ofCustomers({ chargeIds }: Order): Promise<readonly string[]> {
  const documents = await booksOf(chargeIds);
  return documents.map(({ text, customer }) => `${customer} ${text}`);
}

async function giveAllBack({ chargeIds }: Order): Promise<void> {
  const payments = (await booksOf(chargeIds)).filter(({ text }) => text.startsWith("PA "));
  for (const { number } of payments) await giveBack(world, number);
}

async function nameInstead({ id, chargeIds }: Order, invoices: string): Promise<void> {
  const metadata = { [KEY]: invoices };
  await world.stripe.paymentIntents.update(id, { metadata });
  await world.stripe.charges.update(chargeIds[0] ?? "", { metadata });
}

/** An event may keep a run at work on the lane for a moment, which a person waits for. */
async function rebook(order: Order): Promise<void> {
  await until(`${order.id} to be let`, async () => {
    const { code, err } = await reverse(order.id, "--rebook");
    if (code !== 0) throw new Error(err);
    return true;
  });
}

test("money for a wrong invoice goes back once it is given back, and pays another", async () => {
  const wrong = await anInvoiceOf(300);
  const right = await anInvoiceOf(200);
  const order = await payFor(30_000, `${wrong}:250.00`);
  const [paid] = await booksOf(order.chargeIds);
  const before = await balancesOf(order.chargeIds);

  const shown = await slipway("reverse", order.id);
  const asked = await reverse(order.id);
  const waiting = [await texts(order.chargeIds), await openOf(wrong)];
  const listed = await slipway("reverse", "--list");
  const waits = await slipway("runs", "--waiting");
  await giveAllBack(order);
  await untilReversed(order.id);
  const between = [await texts(order.chargeIds), await openOf(wrong)];
  const left = await balancesOf(order.chargeIds);
  const proofs = [await proofOf()];
  const { rows: unapplied } = await world.api<{ rows: Row[] }>("/api/unapplied");
  await nameInstead(order, right);
  await rebook(order);
  await until("the new payment", async () => (await texts(order.chargeIds)).length === 3);
  await untilIdle(order.id);
  proofs.push(await proofOf());

  const step = `Take back in Payment Reversal (08.240) what is applied of PA ${paid?.number}`;
  expect(shown.out).toContain(`1. ${step} of customer C300 (250.00 USD to IN ${wrong})`);
  expect(shown.out).toContain("Nothing was changed");
  expect(asked.out).toContain(`waits for you: ${step}`);
  for (const { out } of [listed, waits]) expect(out).toContain(String(paid?.number));
  expect(waiting).toEqual([["PA 300 open 50"], [50]]);
  expect(between).toEqual([["PA 300 open 0", "DM 300 open 0"], [300]]);
  expect(left).toEqual({});
  expect(unapplied.filter(({ object }) => object === order.chargeIds[0])).toEqual([]);
  expect(await texts(order.chargeIds)).toEqual([
    "PA 300 open 0",
    "DM 300 open 0",
    "PA 300 open 100",
  ]);
  expect(await openOf(wrong, right)).toEqual([300, 0]);
  expect(await balancesOf(order.chargeIds)).toEqual(before);
  expect(await watched()).toEqual([]);
  expect(proofs.map(({ difference, findings }) => [difference, findings])).toEqual(
    proofs.map(() => ["0.00", []]),
  );
});

test("a shared charge goes back with its refund for each customer, once, and again", async () => {
  const invoices = [await anInvoiceOf(40, "C300"), await anInvoiceOf(60, "C301")] as const;
  const order = await payFor(12_000, `${invoices[0]}, C301/${invoices[1]}`);
  const [charge = ""] = order.chargeIds;
  const refund = await world.stripe.refunds.create({ charge, amount: 5_000 });
  const all = [charge, refund.id];
  await until("the refund", async () => (await texts([refund.id])).length === 4);
  await untilIdle(order.id);
  const before = await balancesOf(all);
  const refused = await reverse(order.id);

  const shown = await slipway("reverse", order.id, "--all");
  await reverse(order.id, "--all");
  await giveAllBack(order);
  await books.loseAnswers();
  await untilReversed(order.id);
  const faults = await world.slAdmin<Row[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");
  const between = [await texts(all), await openOf(...invoices)];
  const left = await balancesOf(all);
  const proofs = [await proofOf()];
  await rebook(order);
  await until("all of it again", async () => (await texts(all)).length === 18);
  await untilIdle(order.id);
  proofs.push(await proofOf());

  expect(refused.err).toContain(`of ${refund.id}`);
  expect(shown.out).toMatch(
    /1\. Take back .* of customer C30[01] \(.*\n +2\. Take back .* C30[01]/,
  );
  expect(shown.out).toContain(`40.00 USD to IN ${invoices[0]}`);
  expect(shown.out).toContain(`60.00 USD to IN ${invoices[1]}`);
  expect(faults.every(({ hits }) => Number(hits) > 0)).toBe(true);
  expect(between[0]?.filter((one) => !String(one).endsWith("open 0"))).toEqual([]);
  expect(between[0]).toHaveLength(12);
  expect(between[1]).toEqual([40, 60]);
  expect(left).toEqual({});
  expect(await openOf(...invoices)).toEqual([0, 0]);
  expect(await balancesOf(all)).toEqual(before);
  expect((await ofCustomers(order)).slice(-2).sort()).toEqual([
    "C300 PA 40 open 0",
    "C301 PA 80 open 0",
  ]);
  expect(await watched()).toEqual([]);
  expect(proofs.map(({ difference, findings }) => [difference, findings])).toEqual(
    proofs.map(() => ["0.00", []]),
  );
});

test("a wish that is withdrawn changes nothing, and what is given back goes at once", async () => {
  const invoice = await anInvoiceOf(70);
  const order = await payFor(7_000, invoice);

  await reverse(order.id);
  const withdrawn = await slipway("reverse", order.id, "--withdraw", "--yes", "--by", "maria");
  await untilIdle(order.id);
  const { rows: waits } = await world.api<{ rows: Row[] }>("/api/waiting");
  const standing = [await texts(order.chargeIds), await openOf(invoice)];
  await giveAllBack(order);
  const shown = await slipway("reverse", order.id);
  const done = await until("the lane to be free", async () => {
    const asked = await reverse(order.id, "--rebook");
    return asked.code === 0 ? asked : undefined;
  });
  await until("the new payment", async () => (await texts(order.chargeIds)).length === 3);
  await untilIdle(order.id);

  expect(withdrawn.out).toContain("is taken back");
  expect(waits.filter(({ laneKey }) => laneKey === order.id)).toEqual([]);
  expect(standing).toEqual([["PA 70 open 0"], [0]]);
  expect(shown.out).not.toContain("Take back");
  expect(done.out).toMatch(/DM \S+ takes back PA/);
  expect(await texts(order.chargeIds)).toEqual(["PA 70 open 0", "DM 70 open 0", "PA 70 open 0"]);
  expect(await openOf(invoice)).toEqual([0]);
});

/** Takes a shared charge back and books it again; tells what stood in between. */
async function backAndAgain(order: Order, invoices: readonly string[]) {
  const { length } = await texts(order.chargeIds);
  await reverse(order.id);
  await giveAllBack(order);
  await untilReversed(order.id);
  const between = [await openOf(...invoices), await balancesOf(order.chargeIds)];
  await rebook(order);
  await until("new payments", async () => (await texts(order.chargeIds)).length === length + 4);
  await untilIdle(order.id);
  return between;
}

test("what was booked again goes back again, and each day is proved", async () => {
  const invoices = [await anInvoiceOf(15, "C300"), await anInvoiceOf(25, "C301")] as const;
  const order = await payFor(4_000, `${invoices[0]}, C301/${invoices[1]}`);
  const paid = await balancesOf(order.chargeIds);

  const back = [await backAndAgain(order, invoices), await backAndAgain(order, invoices)];

  expect(back).toEqual([
    [[15, 25], {}],
    [[15, 25], {}],
  ]);
  expect((await ofCustomers(order)).filter((one) => !one.endsWith("open 0"))).toEqual([]);
  expect([await openOf(...invoices), await balancesOf(order.chargeIds)]).toEqual([[0, 0], paid]);
  expect(await watched()).toEqual([]);
  expect(await proofOf()).toMatchObject({ difference: "0.00", findings: [], isProven: true });
});

test("a hub that lost its database leaves it reversed until it is booked again", async () => {
  const invoices = [await anInvoiceOf(30, "C300"), await anInvoiceOf(20, "C301")] as const;
  const order = await payFor(5_000, `${invoices[0]}, C301/${invoices[1]}`);
  await reverse(order.id);
  await giveAllBack(order);
  await untilReversed(order.id);
  const reversed = (await ofCustomers(order)).toSorted();
  await allAsleep(world);

  await loseHub(world);
  const report = await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);
  const after = (await ofCustomers(order)).toSorted();
  await rebook(order);
  await until("the new payments", async () => (await texts(order.chargeIds)).length === 6);
  await untilIdle(order.id);

  expect(report.unexplained).toEqual([]);
  expect(reversed).toEqual([
    ...["C300 DM 30 open 0", "C300 PA 30 open 0", "C301 DM 20 open 0", "C301 PA 20 open 0"],
  ]);
  expect(after).toEqual(reversed);
  expect((await ofCustomers(order)).slice(-2).sort()).toEqual([
    "C300 PA 30 open 0",
    "C301 PA 20 open 0",
  ]);
  expect(await openOf(...invoices)).toEqual([0, 0]);
});

test("money booked again before the copy and taken back since stays so once rebuilt", async () => {
  const invoices = [await anInvoiceOf(35, "C300"), await anInvoiceOf(15, "C301")] as const;
  const order = await payFor(5_000, `${invoices[0]}, C301/${invoices[1]}`);
  await backAndAgain(order, invoices);
  await copyHub(world);
  await reverse(order.id);
  await giveAllBack(order);
  await untilReversed(order.id);
  const reversed = await texts(order.chargeIds);

  await putBackHub(world);
  await letViewsCatchUp(world);
  await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);
  const after = [await texts(order.chargeIds), await openOf(...invoices)];
  await rebook(order);
  await until("the new payments", async () => (await texts(order.chargeIds)).length === 10);
  await untilIdle(order.id);

  expect(after).toEqual([reversed, [35, 15]]);
  expect(await openOf(...invoices)).toEqual([0, 0]);
  expect(await watched()).toEqual([]);
});

/** Pays an invoice that is on hold, and waits until that is waited for; gives its batch. */
async function payHeld(invoice: string, amountMinor: number): Promise<[Order, string]> {
  const order = await pay(world, amountMinor, { metadata: { [KEY]: invoice } });
  const batNbr = await until("the invoice to be waited for", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find(({ laneKey }) => laneKey === order.id)?.batNbr;
  });
  return [order, String(batNbr)];
}

test("what was applied later is given back too, and no look at SL misses it", async () => {
  const invoice = await anInvoiceOf(80, "C300", true);
  const [order, batNbr] = await payHeld(invoice, 8_000);
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
  await wake(world, order.id);
  await until("the invoice to be paid", async () => (await openOf(invoice))[0] === 0);
  await untilIdle(order.id);

  await reverse(order.id);
  await giveAllBack(order);
  await untilReversed(order.id);
  const between = [await texts(order.chargeIds), await openOf(invoice)];
  const found = await watched();
  await rebook(order);
  await until("the new payment", async () => (await texts(order.chargeIds)).length === 3);
  await untilIdle(order.id);

  expect(between).toEqual([["PA 80 open 0", "DM 80 open 0"], [80]]);
  expect(found).toEqual([]);
  expect(await texts(order.chargeIds)).toEqual(["PA 80 open 0", "DM 80 open 0", "PA 80 open 0"]);
  expect(await openOf(invoice)).toEqual([0]);
});

test("money that waits for an invoice goes back at once, and nobody waits any more", async () => {
  const invoice = await anInvoiceOf(90, "C300", true);
  const [order, batNbr] = await payHeld(invoice, 9_000);

  const done = await until("the lane to be free", async () => {
    const asked = await reverse(order.id);
    return asked.code === 0 ? asked : undefined;
  });
  await untilIdle(order.id);
  const { rows: waits } = await world.api<{ rows: Row[] }>("/api/waiting");
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
  await rebook(order);
  await until("the new payment", async () => (await texts(order.chargeIds)).length === 3);
  await untilIdle(order.id);

  expect(done.out).toMatch(/DM \S+ takes back PA/);
  expect(waits.filter(({ laneKey }) => laneKey === order.id)).toEqual([]);
  expect(await texts(order.chargeIds)).toEqual(["PA 90 open 0", "DM 90 open 0", "PA 90 open 0"]);
  expect(await openOf(invoice)).toEqual([0]);
});

test("a shared charge that a rebuild found goes back by what SL shows of it", async () => {
  const invoices = [await anInvoiceOf(45, "C300"), await anInvoiceOf(55, "C301")] as const;
  const order = await payFor(10_000, `${invoices[0]}, C301/${invoices[1]}`);
  const before = await balancesOf(order.chargeIds);
  await allAsleep(world);
  await loseHub(world);
  await rebuild(world);
  await wake(world, order.id);
  await allAsleep(world);

  const asked = await reverse(order.id);
  await giveAllBack(order);
  await untilReversed(order.id);
  const between = [await openOf(...invoices), await balancesOf(order.chargeIds)];
  await rebook(order);
  await until("the new payments", async () => (await texts(order.chargeIds)).length === 6);
  await untilIdle(order.id);

  expect(asked.out).toContain("waits for you: Take back in Payment Reversal (08.240)");
  expect(between).toEqual([[45, 55], {}]);
  expect(await texts(order.chargeIds)).toEqual([
    ...["PA 45 open 0", "PA 55 open 0", "DM 55 open 0", "DM 45 open 0"],
    ...["PA 45 open 0", "PA 55 open 0"],
  ]);
  expect(await openOf(...invoices)).toEqual([0, 0]);
  expect(await balancesOf(order.chargeIds)).toEqual(before);
});

test("a payment that was voided whole stops its reversal before anything is booked", async () => {
  const invoice = await anInvoiceOf(65);
  const order = await payFor(6_500, invoice);
  await reverse(order.id);
  const [paid] = await booksOf(order.chargeIds);

  await giveAllBack(order);
  await voidPayment(world, String(paid?.number));
  await wake(world, order.id);
  const parked = await world.ended(order.id, ["parked"]);
  await untilIdle(order.id);
  const withdrawn = await slipway("reverse", order.id, "--withdraw", "--yes", "--by", "maria");

  expect(parked.reason).toContain("65.00 USD were open when it was asked, now 0.00 are");
  expect(await texts(order.chargeIds)).toEqual(["PA 65 open 0"]);
  expect(withdrawn.out).toContain("is taken back");
});

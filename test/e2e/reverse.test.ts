import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProofOfCurrency } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, openlyParked, resume, untilQuiet } from "./books.ts";
import { aCustomer, type Order, pay } from "./orders.ts";
import { reversing } from "./reversing.ts";

/** A customer that SL has, beside the one that is taken for the buyer. */
const RIGHT = "C301";
/** One more, of no buyer at Stripe. */
const OTHER = "C305";

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day that is over, in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
const OVER = new Date(NOON * 1_000).toISOString().slice(0, 10);

let world: World;

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10);
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": since });
});

afterAll(() => world.close());

const books = reversing(() => world);
const { slipway, reverse, booksOf, texts, balancesOf, journalsOf, proofOf, untilIdle } = books;

/** Whoever says it, and that it is meant. */
const SURE = ["--reason", "a test", "--by", "maria", "--yes"];

const idsOf = (order: Order) => [order.id, ...order.chargeIds];

test("G55 a wrong link corrected re-books under the right customer with reversals", async () => {
  const email = "namesake@example.com";
  const set = { EMailAddr: email };
  await world.slAdmin("/rows", { table: "Customer", where: { CustId: "C300" }, set });
  const buyer = await aCustomer(world, { email, name: "Ada Lovelace" });
  const order = await pay(world, 6_000, { customer: buyer.id });
  const wrong = await expectBookedOnce(world, order);
  expect(wrong.customerId).toBe("C300");

  await slipway("customers", "link", buyer.id, RIGHT, "--reason", "a namesake", "--by", "maria");
  const shown = await slipway("reverse", order.id);
  const done = await reverse(order.id);
  await untilQuiet(world, order.id);
  const between = await proofOf();
  const again = await slipway("reverse", order.id, "--rebook", "--yes", "--by", "maria");
  await until("the order to be booked again", async () => {
    return (await booksOf(idsOf(order))).length === 6;
  });
  await untilQuiet(world, order.id);

  expect(shown.out).toContain("Nothing was changed");
  expect(done.out).toMatch(/DM \S+ takes back PA.*\n.*CM \S+ takes back IN.*\nReversed\./);
  const own = "select key from intent where purpose = 'reverse' and lane_key = $1 limit 1";
  const [memo] = await world.sql(own, [order.id]);
  const refused = await slipway("reverse", String(memo?.key));
  expect(refused.err).toContain("takes a document of");
  expect(refused.err).toContain("--rebook");
  expect(again.out).toContain("Booked again");
  const booked = await booksOf(idsOf(order));
  expect(booked.map(({ text, customer }) => `${text} of ${customer}`)).toEqual([
    "IN 60 open 0 of C300",
    "PA 60 open 0 of C300",
    "DM 60 open 0 of C300",
    "CM 60 open 0 of C300",
    `IN 60 open 0 of ${RIGHT}`,
    `PA 60 open 0 of ${RIGHT}`,
  ]);
  expect(await balancesOf(idsOf(order))).toEqual({ "1095": 6_000, "4010": -6_000 });
  expect(between).toMatchObject({ difference: "0.00", findings: [], isProven: true });
  expect(between.lines[0]?.entries.map(({ part, amount }) => `${part} ${amount}`)).toContain(
    "gross 60.00",
  );
  const after = await proofOf();
  expect(after).toMatchObject({ difference: "0.00", findings: [], isProven: true });
  expect(after.ledger.released).toBe("60.00");
  const told = await world.stripe.paymentIntents.retrieve(order.id);
  expect(told.metadata).toMatchObject({
    DynamicsSL_CustomerID: RIGHT,
    DynamicsSL_InvoiceNbr: booked[4]?.number,
  });
  const customer = await world.stripe.customers.retrieve(buyer.id);
  expect(customer).toMatchObject({ metadata: { DynamicsSL_CustomerID: RIGHT } });
});

test("a sale goes back with its refund, once whatever answers are lost, and again", async () => {
  const order = await pay(world, 10_000);
  await expectBookedOnce(world, order);
  const charge = order.chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 4_000 });
  const all = [...idsOf(order), refund.id];
  await until("the refund to be booked", async () => (await texts([refund.id])).length === 2);
  await untilQuiet(world, order.id);
  const before = await balancesOf(all);

  const refused = await reverse(order.id);
  await books.loseAnswers();
  const done = await reverse(order.id, "--all");
  await until("all of it to be reversed", async () => (await texts(all)).length === 8);
  await untilQuiet(world, order.id);
  const hits = await world.slAdmin<{ hits: number }[]>("/faults");
  await world.slAdmin("/faults", undefined, "DELETE");
  const between = [await texts(all), await balancesOf(all)];
  const proof = await proofOf();
  await reverse(order.id, "--rebook");
  await until("all of it to be booked again", async () => (await texts(all)).length === 12);
  await untilQuiet(world, order.id);

  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`of ${refund.id}`);
  expect(done.code).toBe(0);
  expect(hits.every(({ hits: count }) => Number(count) > 0)).toBe(true);
  expect(between[0]).toEqual([
    "IN 100 open 0",
    "PA 100 open 0",
    "DM 40 open 0",
    "CM 40 open 0",
    "DM 40 open 0",
    "CM 40 open 0",
    "DM 100 open 0",
    "CM 100 open 0",
  ]);
  expect(between[1]).toEqual({});
  expect(proof.isProven).toBe(true);
  expect((await texts(all)).slice(8)).toEqual([
    "IN 100 open 0",
    "PA 100 open 0",
    "DM 40 open 0",
    "CM 40 open 0",
  ]);
  expect(await balancesOf(all)).toEqual(before);
  expect(await proofOf()).toMatchObject({ difference: "0.00", findings: [], isProven: true });
});

test("a payout and a past day go back by swapped journals, and each day stays proved", async () => {
  const payout = await world.stripeAdmin<{ id: string }>("/payouts", {
    ...{ currency: "usd", amount: 1_000 },
  });
  const day = `day:${OVER}`;
  await world.stripeAdmin("/balance_transactions", {
    ...{ amount: -500, currency: "usd", type: "stripe_fee", reporting_category: "fee" },
    ...{ description: "Billing - Usage Fee", created: NOON },
  });
  await proofOf(OVER);
  for (const id of [payout.id, day]) {
    await until(`${id} to be booked`, async () => (await journalsOf(id)).count === 1);
    await untilIdle(id);
  }
  const before = [await journalsOf(payout.id), await journalsOf(day)];

  const between = [];
  for (const id of [payout.id, day]) {
    await reverse(id);
    await until(`${id} to be reversed`, async () => (await journalsOf(id)).count === 2);
    await untilIdle(id);
    between.push(await journalsOf(id));
  }
  const proofs = [await proofOf(OVER), await proofOf()];
  for (const id of [payout.id, day]) {
    await reverse(id, "--rebook");
    await until(`${id} to be booked again`, async () => (await journalsOf(id)).count === 3);
    await untilIdle(id);
  }
  const again = await reverse(payout.id, "--dry-run");
  const late = await reverse(payout.id, "--dry-run", "--date", "2999-01-01");
  expect([late.code, late.err]).toEqual([2, expect.stringContaining("is still to come")]);

  expect(between).toEqual([
    { count: 2, cents: {} },
    { count: 2, cents: {} },
  ]);
  expect([await journalsOf(payout.id), await journalsOf(day)].map(({ cents }) => cents)).toEqual(
    before.map(({ cents }) => cents),
  );
  const both = [...proofs, await proofOf(OVER), await proofOf()];
  expect(
    both.map(({ isProven, difference, findings }) => [isProven, difference, findings]),
  ).toEqual(both.map(() => [true, "0.00", []]));
  expect(proofs[0]?.ledger.released).toBe("-5.00");
  expect(proofs[1]?.lines[0]?.entries.map(({ amount }) => amount).sort()).toEqual([
    "-10.00",
    "-5.00",
  ]);
  expect(again.code).toBe(0);
});

test("fees that come late to a day that was booked again keep each day proved", async () => {
  const noon = NOON - DAY_MS / 1_000;
  const date = new Date(noon * 1_000).toISOString().slice(0, 10);
  const day = `day:${date}`;
  const addFee = async (amount: number) => {
    await world.stripeAdmin("/balance_transactions", {
      ...{ amount, currency: "usd", type: "stripe_fee", reporting_category: "fee" },
      ...{ description: "Radar", created: noon },
    });
    return proofOf(date);
  };
  const untilBooked = async (count: number) => {
    await until(`${count} journals of ${day}`, async () => (await journalsOf(day)).count === count);
    await untilIdle(day);
    return [await proofOf(date), await proofOf(OVER), await proofOf()];
  };

  await addFee(-500);
  await untilBooked(1);
  await reverse(day);
  const reversed = await untilBooked(2);
  reversed.push(await addFee(-100));
  await reverse(day, "--rebook");
  const again = await untilBooked(4);
  await addFee(-200);
  const late = await untilBooked(5);

  const proofs = [...reversed, ...again, ...late];
  expect(proofs.map(({ difference, findings }) => [difference, findings])).toEqual(
    proofs.map(() => ["0.00", []]),
  );
  expect((await journalsOf(day)).cents).toMatchObject({ "1095": -800 });
});

test("a lost dispute goes back alone by swapped journals, and is booked again", async () => {
  const order = await pay(world, 10_000);
  await expectBookedOnce(world, order);
  const act = (path: string, body: object) => world.stripeAdmin<{ id: string }>(path, body);
  const { id } = await act(`/charges/${order.chargeIds[0]}/dispute`, { amount: 4_000 });
  await until("the dispute to be booked", async () => (await journalsOf(id)).count === 1);
  await act(`/disputes/${id}/close`, { outcome: "lost" });
  await until("its loss to be booked", async () => (await journalsOf(id)).count === 2);
  await untilIdle(order.id);
  const before = await journalsOf(id);

  const done = await reverse(id);
  await until("both to be reversed", async () => (await journalsOf(id)).count === 4);
  await untilIdle(order.id);
  const between = await journalsOf(id);
  const listed = async () =>
    (await world.api<{ rows: Row[] }>(`/api/disputes?id=${id}`)).rows[0]?.documents;
  const standing = [await listed()];
  const proof = await proofOf();
  await reverse(id, "--rebook");
  await until("both to be booked again", async () => (await journalsOf(id)).count === 6);
  await untilIdle(order.id);

  standing.push(await listed());
  expect(standing).toMatchObject([[], [{}, {}]]);
  expect(done.code).toBe(0);
  expect(before.cents).toEqual({ "1095": -5_500, "6110": 1_500, "6200": 4_000 });
  expect(between.cents).toEqual({});
  expect((await journalsOf(id)).cents).toEqual(before.cents);
  expect(await texts(idsOf(order))).toEqual(["IN 100 open 0", "PA 100 open 0"]);
  const both = [proof, await proofOf()];
  expect(both.map(({ isProven, difference }) => [isProven, difference])).toEqual([
    [true, "0.00"],
    [true, "0.00"],
  ]);
});

test("a debit that its bank took back goes back for good, as the plan says", async () => {
  const order = await pay(world, 20_000, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds: true });
  await expectBookedOnce(world, order);
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  await until("its memo", async () => (await texts(idsOf(order))).length === 3);
  await untilIdle(order.id);

  const shown = await slipway("reverse", order.id, "--all");
  await reverse(order.id, "--all");
  await until("all of it to go back", async () => (await texts(idsOf(order))).length === 6);
  await untilIdle(order.id);
  const between = await proofOf();
  await reverse(order.id, "--rebook");
  await untilIdle(order.id);
  const after = await proofOf();

  const [charge = ""] = order.chargeIds;
  expect(shown.out).toMatch(
    new RegExp(`not booked again: PA \\S+, DM \\S+ of ${charge}: its bank`),
  );
  expect(shown.out).toMatch(new RegExp(`not booked again: IN \\S+ of ${order.id}: nothing else`));
  expect(await texts(idsOf(order))).toHaveLength(6);
  const proofs = [between, after];
  expect(proofs.map(({ isProven, findings }) => [isProven, findings])).toEqual([
    [true, []],
    [true, []],
  ]);
  const grossOf = ({ lines }: ProofOfCurrency, at: number) =>
    lines[at]?.entries
      .map(({ amount }) => amount)
      .filter((amount) => /200\.00$/.test(amount))
      .sort();
  expect([grossOf(between, 0), grossOf(between, 2)]).toEqual([["-200.00", "200.00"], []]);
  expect([grossOf(after, 0), grossOf(after, 2)]).toEqual([[], ["-200.00", "200.00"]]);
});

test("a sale that went back and parks when it is booked again takes a person's word", async () => {
  const order = await pay(world, 8_000);
  await expectBookedOnce(world, order);
  await reverse(order.id);
  await untilIdle(order.id);
  const metadata = { DynamicsSL_CustomerID: "NOBODY" };
  await world.stripe.paymentIntents.update(order.id, { metadata });
  await slipway("reverse", order.id, "--rebook", "--yes", "--by", "maria");
  const parked = await until("a case", async () => (await openlyParked(world, order.id))[0]);

  const seen = `${String(parked.id)}@${String(parked.version)}`;
  const edited = await slipway("parked", "edit", seen, "--customer", OTHER, ...SURE);
  await resume(world, order);
  const booked = await until("it to be booked on the other customer", async () => {
    const documents = (await booksOf(idsOf(order))).filter(({ customer }) => customer === OTHER);
    return documents.length === 2 && documents;
  });

  expect(parked).toMatchObject({ code: "mapping.customer_unknown" });
  expect(edited.code).toBe(0);
  await untilIdle(order.id);
  expect(booked.map(({ text }) => text.split(" open")[0])).toEqual(["IN 80", "PA 80"]);
  expect((await texts(idsOf(order))).every((text) => text.endsWith("open 0"))).toBe(true);
});

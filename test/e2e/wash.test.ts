import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks, openlyParked, resume, trimmed } from "./books.ts";
import { journalsIn, proofIn } from "./currency-books.ts";
import { type Order, pay } from "./orders.ts";
import { allIdle, holdComparisons, loseHub, rebuild, wake } from "./restores.ts";
import { reversing } from "./reversing.ts";

// Clearing is an account of Cash Manager's, which takes no memo's line: 1095 is clearing, 1099 the
// wash account that memos hit in its place.

let world: World;

beforeAll(async () => {
  world = await openWorld({
    "clearing.cash-account": "yes",
    "accounts.wash": "1099/000000000000",
    "dispute.policy": "reverse-sale",
    "refund-failed": "reverse",
    "credit-note.wait": 0,
  });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
});

afterAll(() => world.close());

const { reverse, untilIdle, watched } = reversing(() => world);

async function aSale(amount = 10_000, how: Parameters<typeof pay>[2] = {}): Promise<Order> {
  const order = await pay(world, amount, how);
  if (how.payment_method === undefined) await world.ended(order.id, ["booked"]);
  return order;
}

const giveBack = (order: Order, amount: number) =>
  world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", amount });

/** Its journals of the wash account: a dispute has one of its fee beside them. */
async function washed(id: string): Promise<string[]> {
  return (await journalsIn(world, id)).filter((journal) => journal.includes(" 1099 "));
}

/** The released memos and those journals of a Stripe object, once there are so many of each. */
async function books(
  order: Order,
  id: string,
  count: Readonly<{ memos: number; journals: number }>,
): Promise<Readonly<{ memos: string[]; journals: string[] }>> {
  await until(`${count.memos} memos and ${count.journals} journals of ${id}`, async () => {
    const memos = (await memosInBooks(world, id)).length;
    return memos === count.memos && (await washed(id)).length === count.journals;
  });
  await untilIdle(order.id);
  return { memos: await memosInBooks(world, id), journals: await washed(id) };
}

/** What is left on the wash account, in cents. */
async function leftOnWash(): Promise<number> {
  const lines = (await world.slRows("GLTran")).filter(
    (line) => trimmed(line.Acct) === "1099" && line.Rlsed === 1,
  );
  const cents = lines.map(({ DrAmt, CrAmt }) => Math.round((Number(DrAmt) - Number(CrAmt)) * 100));
  return cents.reduce((so, one) => so + one, 0);
}

async function expectProven(): Promise<void> {
  expect(await leftOnWash()).toBe(0);
  const { isProven, difference, findings } = await proofIn(world, "USD");
  expect({ isProven, difference, findings }).toEqual({
    ...{ isProven: true, difference: "0.00", findings: [] },
  });
}

test("G57 a refund's memo hits the wash account, and a journal moves it to clearing", async () => {
  const order = await aSale();

  const { id } = await giveBack(order, 2_500);

  expect(await books(order, id, { memos: 2, journals: 1 })).toEqual({
    memos: ["DM 25 open 0: 1099 -25", "CM 25 open 0: 4100 25"],
    journals: ["GJ USD Cr 1095 25=25 | Dr 1099 25=25"],
  });
  await expectProven();
});

test("a refund that failed comes back over the wash account", async () => {
  const order = await aSale();
  const { id } = await giveBack(order, 4_000);
  await books(order, id, { memos: 2, journals: 1 });

  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });

  const { memos, journals } = await books(order, id, { memos: 4, journals: 2 });
  expect(memos.slice(2)).toEqual(["CM 40 open 0: 1099 40", "DM 40 open 0: 4100 -40"]);
  expect(journals).toEqual([
    "GJ USD Cr 1095 40=40 | Dr 1099 40=40",
    "GJ USD Cr 1099 40=40 | Dr 1095 40=40",
  ]);
  await expectProven();
});

test("what a bank takes back leaves clearing over the wash account", async () => {
  const order = await aSale(6_000, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds: true });
  await world.ended(order.id, ["booked"]);
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});

  const charge = order.chargeIds[0] ?? "";
  const { memos, journals } = await books(order, charge, { memos: 2, journals: 1 });

  expect(memos).toEqual(["PA 60 open 0: 1095 60", "DM 60 open 60: 1099 -60"]);
  expect(journals).toEqual(["GJ USD Cr 1095 60=60 | Dr 1099 60=60"]);
  await expectProven();
});

test("a dispute that takes the sale back goes over the wash account, there and back", async () => {
  const order = await aSale();
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, {});
  await books(order, id, { memos: 2, journals: 1 });
  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "won" });

  const { memos, journals } = await books(order, id, { memos: 4, journals: 2 });

  expect(memos).toEqual([
    "DM 100 open 0: 1099 -100",
    "CM 100 open 0: 4104 100",
    "CM 100 open 0: 1099 100",
    "DM 100 open 0: 4104 -100",
  ]);
  expect(journals).toEqual([
    "GJ USD Cr 1095 100=100 | Dr 1099 100=100",
    "GJ USD Cr 1099 100=100 | Dr 1095 100=100",
  ]);
  await expectProven();
});

/** A refund whose memo stands, while SL refuses journals. */
async function stoppedBetween(order: Order): Promise<string> {
  const match = { service: "journalTransactions" };
  const refused = { kind: "refuse", message: "No journals today", messageNbr: 9 };
  await world.slAdmin("/faults", { match, effect: refused, times: null });
  const { id } = await giveBack(order, 3_000);
  await until("the memo alone", async () => (await openlyParked(world, order.id)).length === 1);
  await world.slAdmin("/faults", undefined, "DELETE");
  return id;
}

test("the row of a memo whose journal is still to come is in line 1 of the proof", async () => {
  const order = await aSale();
  const id = await stoppedBetween(order);
  const proof = await proofIn(world, "USD");
  expect(await leftOnWash()).toBe(-3_000);

  await resume(world, order);
  await books(order, id, { memos: 2, journals: 1 });

  expect(proof).toMatchObject({ difference: "0.00", findings: [] });
  expect(proof.lines.map(({ amount }) => amount)).toEqual(["-30.00", "0.00", "0.00", "0.00"]);
  await expectProven();
});

test("what hit the wash account leaves it, whatever is set by then", async () => {
  const order = await aSale();
  const id = await stoppedBetween(order);
  await world.set("clearing.cash-account", "no");

  await resume(world, order);
  await books(order, id, { memos: 2, journals: 1 });
  const next = await giveBack(order, 1_000);

  const { memos } = await books(order, next.id, { memos: 2, journals: 0 });
  expect(memos[0]).toBe("DM 10 open 0: 1095 -10");
  await world.set("clearing.cash-account", "yes");
  await expectProven();
});

test("a refund goes back with the journal of its memo", async () => {
  const order = await aSale();
  const { id } = await giveBack(order, 2_000);
  await books(order, id, { memos: 2, journals: 1 });

  await reverse(id);
  await untilIdle(order.id);

  const { memos, journals } = await books(order, id, { memos: 4, journals: 2 });
  expect(memos.slice(2).sort()).toEqual(["CM 20 open 0: 1099 20", "DM 20 open 0: 4100 -20"]);
  expect(journals).toEqual([
    "GJ USD Cr 1095 20=20 | Dr 1099 20=20",
    "GJ USD Cr 1099 20=20 | Dr 1095 20=20",
  ]);
  expect(await leftOnWash()).toBe(0);
});

test("what a bank took back goes back with its journal, whichever of them is named", async () => {
  const order = await aSale(7_000, { payment_method: "pm_usBankAccount_success" });
  await world.stripeAdmin(`/payment_intents/${order.id}/settle`, { succeeds: true });
  await world.ended(order.id, ["booked"]);
  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  const charge = order.chargeIds[0] ?? "";
  await books(order, charge, { memos: 2, journals: 1 });
  const journal = (await world.slRows("Batch")).find(
    (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === charge,
  );

  await reverse(trimmed(journal?.BatNbr));
  await untilIdle(order.id);

  const { memos } = await books(order, charge, { memos: 3, journals: 2 });
  expect(memos).toEqual([
    "PA 70 open 0: 1095 70",
    "DM 70 open 0: 1099 -70",
    "CM 70 open 0: 1099 70",
  ]);
  expect(await leftOnWash()).toBe(0);
});

test("a payment goes back over the wash account, and is booked again on clearing", async () => {
  const order = await aSale(5_000);
  const charge = order.chargeIds[0] ?? "";

  await reverse(order.id);
  await untilIdle(order.id);
  const gone = await books(order, charge, { memos: 2, journals: 1 });
  const left = await leftOnWash();
  const proof = await proofIn(world, "USD");
  await reverse(order.id, "--rebook");
  const again = await books(order, charge, { memos: 3, journals: 1 });

  expect(gone).toEqual({
    memos: ["PA 50 open 0: 1095 50", "DM 50 open 0: 1099 -50"],
    journals: ["GJ USD Cr 1095 50=50 | Dr 1099 50=50"],
  });
  expect([left, proof.difference]).toEqual([0, "0.00"]);
  expect(again.memos[2]).toBe("PA 50 open 0: 1095 50");
});

test("a hub that lost its database knows which memos hit the wash account", async () => {
  const order = await aSale();
  const over = await giveBack(order, 1_500);
  await books(order, over.id, { memos: 2, journals: 1 });
  await world.set("clearing.cash-account", "no");
  const direct = await giveBack(order, 1_600);
  await books(order, direct.id, { memos: 2, journals: 0 });
  await world.set("clearing.cash-account", "yes");

  await loseHub(world);
  const report = await rebuild(world);
  await wake(world, order.id);
  await untilIdle(order.id);

  expect(report.unexplained).toEqual([]);
  await books(order, over.id, { memos: 2, journals: 1 });
  await books(order, direct.id, { memos: 2, journals: 0 });
  const owners = await world.sql(
    `select i.purpose from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
     where i.object = any ($1) order by 1`,
    [[over.id, direct.id]],
  );
  expect(owners.map(({ purpose }) => purpose)).toEqual(["refund-cash", "wash"]);
});

test("a hub that lost its database between a memo and its journal books that once", async () => {
  const order = await aSale();
  const id = await stoppedBetween(order);

  await loseHub(world);
  await rebuild(world);
  await wake(world, order.id);

  const { journals } = await books(order, id, { memos: 2, journals: 1 });
  expect(journals).toEqual(["GJ USD Cr 1095 30=30 | Dr 1099 30=30"]);
  expect(await leftOnWash()).toBe(0);
});

test("nobody finds anything changed in what went over the wash account", async () => {
  expect(await watched()).toEqual([]);
});

test.each(["yes", "no"])(
  "a run before the comparison goes on from a dispute's memo of setting %s",
  async (begun) => {
    const other = begun === "yes" ? "no" : "yes";
    await world.set("clearing.cash-account", begun);
    const order = await aSale();
    const path = `/charges/${order.chargeIds[0]}/dispute`;
    const { id } = await world.stripeAdmin<{ id: string }>(path, {});
    const journals = begun === "yes" ? 1 : 0;
    const before = await books(order, id, { memos: 2, journals });
    const compare = await holdComparisons(world);
    await loseHub(world);
    await world.set("clearing.cash-account", other);

    await wake(world, order.id);
    await untilIdle(order.id);
    await compare();
    await world.set("clearing.cash-account", "yes");

    expect(await books(order, id, { memos: 2, journals })).toEqual(before);
    expect(await openlyParked(world, order.id)).toEqual([]);
    const owners = await world.sql(
      `select i.purpose from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
       where i.object = $1 and o.part = 'gross'`,
      [id],
    );
    expect(owners).toEqual([{ purpose: begun === "yes" ? "wash" : "dispute-open" }]);
    // Else a comparison would pause the pair for what else SL holds, whenever it comes.
    await rebuild(world);
    await allIdle(world);
  },
);

import { afterAll, beforeAll, expect, test } from "vitest";
import { giveBack } from "../support/giving-back.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { type Order, pay } from "./orders.ts";
import { reversing } from "./reversing.ts";

// A charge that pays invoices of two customers is disputed, and goes back with its dispute. 1095 is
// clearing, 6200 bad debt.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({
    ...{ mode: "existing-invoice", "journal-delay": 0 },
    dispute: { policy: "receivable", lost: "bad-debt" },
  });
  clerk = openClerk(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

const books = reversing(() => world);
const { slipway, reverse, booksOf, texts, balancesOf, journalsOf, proofOf } = books;
const { untilIdle, untilReversed } = books;

type Disputed = Readonly<{ order: Order; charge: string; id: string }>;

/** A charge that pays 40.00 of C300 and 60.00 of C301, and is disputed over this much. */
async function disputed(amount: number): Promise<Disputed> {
  const first = await clerk.enterOwnInvoice({ total: 40, customer: "C300", isHeld: false });
  const second = await clerk.enterOwnInvoice({ total: 60, customer: "C301", isHeld: false });
  const metadata = { DynamicsSL_InvoiceNbr: `${first}, C301/${second}` };
  const order = await pay(world, 10_000, { metadata });
  await world.ended(order.id, ["booked"]);
  await untilIdle(order.id);
  const [charge = ""] = order.chargeIds;
  const dispute = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, { amount });
  await until("the dispute", async () => (await journalsOf(dispute.id)).count === 1);
  await untilIdle(order.id);
  return { order, charge, id: dispute.id };
}

async function untilJournals({ order, id }: Disputed, count: number): Promise<void> {
  await until(`${count} journals of ${id}`, async () => (await journalsOf(id)).count === count);
  await untilIdle(order.id);
}

async function expectProven(): Promise<void> {
  const { difference, findings } = await proofOf();
  expect([difference, findings]).toEqual(["0.00", []]);
}

test("a lost dispute of a shared charge goes back alone, and is booked again", async () => {
  const made = await disputed(10_000);
  await world.stripeAdmin(`/disputes/${made.id}/close`, { outcome: "lost" });
  await untilJournals(made, 2);
  const before = await journalsOf(made.id);
  await expectProven();

  const shown = await slipway("reverse", made.id);
  const done = await reverse(made.id);
  await untilJournals(made, 4);
  const between = await journalsOf(made.id);
  await expectProven();
  await reverse(made.order.id, "--rebook");
  await untilJournals(made, 6);

  expect(before.cents).toMatchObject({ 1095: -11_500, 6200: 10_000 });
  expect(shown.out).toContain("Nothing was changed");
  expect([done.code, done.err]).toEqual([0, expect.not.stringContaining("stopped")]);
  expect(between.cents).toEqual({});
  expect((await journalsOf(made.id)).cents).toEqual(before.cents);
  expect((await texts([made.charge])).sort()).toEqual(["PA 40 open 0", "PA 60 open 0"]);
  await expectProven();
  expect(await books.watched()).toEqual([]);
});

test("a shared charge goes back with its open dispute once each customer's money did", async () => {
  const made = await disputed(7_000);
  const before = [await balancesOf([made.charge]), (await journalsOf(made.id)).cents];

  const asked = await reverse(made.order.id, "--all");
  const waiting = await texts([made.charge]);
  for (const { number } of await booksOf([made.charge])) await giveBack(world, number);
  await untilReversed(made.order.id);
  const between = [await balancesOf([made.charge]), (await journalsOf(made.id)).cents];
  await expectProven();
  await reverse(made.order.id, "--rebook");
  await until("both payments again", async () => (await texts([made.charge])).length === 6);
  await untilJournals(made, 3);

  expect([asked.code, asked.err]).toEqual([0, expect.not.stringContaining("stopped")]);
  expect(waiting.sort()).toEqual(["PA 40 open 0", "PA 60 open 0"]);
  expect(between).toEqual([{}, {}]);
  expect([await balancesOf([made.charge]), (await journalsOf(made.id)).cents]).toEqual(before);
  await expectProven();
  expect(await books.watched()).toEqual([]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { decide, openlyParked, untilQuiet } from "./books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { wake } from "./restores.ts";
import { reversing } from "./reversing.ts";
import { openFrom, periodAt } from "./sl-periods.ts";

// Payouts that should have arrived more than a week ago.

const MADE = 14;
const DUE = 12;

let world: World;

beforeAll(async () => {
  world = await openWorld({ "stripe.events-since": dayAgo(MADE + 1) });
  await openFrom(world, periodAt(0, dayAgo(MADE)));
});

afterAll(() => world.close());

const days = daysAgo(() => world);
const { journalsOf } = reversing(() => world);

const caseOf = (id: string) =>
  until(`a case of ${id}`, async () => (await openlyParked(world, id))[0]);

/** A payout that a person has given up, with its case and what its journals held by then. */
async function givenUp(amount: number) {
  const id = await days.payout(amount, DUE);
  await wake(world, id);
  const overdue = await caseOf(id);
  await decide(world, overdue, "dismiss", { reason: "the bank has lost it" });
  return { id, overdue, ...(await journalsOf(id)) };
}

let straight: Awaited<ReturnType<typeof givenUp>>;

test("a payout that a person has given up and that arrives is asked about again", async () => {
  await days.at(MADE);
  await world.set("payout.transit", "off");
  straight = await givenUp(4_200);
  await world.set("payout.transit", "on");
  const { id, overdue, cents: inTransit } = await givenUp(3_100);

  await days.at(0);
  await wake(world, id);
  const arrived = await caseOf(id);
  await decide(world, arrived, "resume");
  await world.ended(id, ["booked"]);

  expect(overdue).toMatchObject({ code: "stripe.payout_overdue" });
  expect(inTransit).toEqual({ "1095": -3_100, "1090": 3_100 });
  expect(arrived).toMatchObject({
    code: "conflict.dismissed",
    facts: { unseen: `${id} arrived` },
  });
  const { cents } = await journalsOf(id);
  expect(cents).toEqual({ "1095": -3_100, "1010": 3_100 });
});

test("one that was booked straight to the bank leaves nothing to ask about", async () => {
  await wake(world, straight.id);
  await untilQuiet(world, straight.id);

  expect(straight.cents).toEqual({ "1095": -4_200, "1010": 4_200 });
  expect(await openlyParked(world, straight.id)).toEqual([]);
  const [last] = await world.sql(
    "select outcome from run where lane_key = $1 order by id desc limit 1",
    [straight.id],
  );
  expect(last).toEqual({ outcome: "not_applicable" });
});

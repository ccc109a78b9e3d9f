import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import { type Order, pay } from "./orders.ts";
import { reversing } from "./reversing.ts";

const START = dayAgo(4);

let world: World;
/** Money from before the start, which is in the opening entry. */
let old: Order;

const { at } = daysAgo(() => world);
const { slipway, reverse, journalsOf } = reversing(() => world);

beforeAll(async () => {
  world = await openWorld({
    ...{ start: START, "journal-delay": 0, "stripe.events-since": dayAgo(10) },
  });
  await at(8);
  old = await pay(world, 10_000);
  await world.ended(old.id, ["not_applicable"]);
  await at(3);
  await world.ended((await pay(world, 2_000)).id, ["booked"]);
  await slipway("golive", "--book", "--yes", "--by", "maria");
  await until("the opening", async () => (await journalsOf("opening")).count === 1);
  await at(0);
});

afterAll(() => world.close());

/** What the opening entry and the sale from before the start have on clearing, in cents. */
async function oldOnClearing(): Promise<number> {
  const payments = (await documentsOf(world, [old.id, ...old.chargeIds])).filter(
    (row) => trimmed(row.DocType) === "PA" && row.Rlsed === 1,
  );
  const paid = payments.reduce((so, { OrigDocAmt }) => so + Number(OrigDocAmt) * 100, 0);
  return paid + ((await journalsOf("opening")).cents["1095"] ?? 0);
}

/** Every lane that is to own a row has been woken for it. */
async function sweepRows(): Promise<void> {
  await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
  await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
  await world.sql("update balance_row set read_at = now() - interval '1 hour', woken_at = null");
  await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
}

test.each([
  ["an earlier start", dayAgo(9)],
  ["a later start", dayAgo(1)],
  ["no start", null],
])("%s is refused while an opening entry holds the balance", async (_what, start) => {
  const changed = world.set("start", start);

  await expect(changed).rejects.toThrow(`entries hold what stood at Stripe on ${START}; with`);
  await expect(changed).rejects.toThrow(`keep ${START} there`);
});

test("a start that is freed by reversing, and moved, books the same money once", async () => {
  expect(await oldOnClearing()).toBe(9_680);
  await reverse("opening", "--date", START);
  await untilQuiet(world, "opening");
  expect(await oldOnClearing()).toBe(0);

  await world.set("start", dayAgo(1));
  const later = await slipway("golive");
  await world.set("start", dayAgo(9));
  await slipway("reverse", "opening", "--rebook", "--yes", "--by", "maria");
  const [parked] = await until("the opening to park", async () => {
    const rows = await openlyParked(world, "opening");
    return rows.length > 0 ? rows : undefined;
  });
  await until("the old sale", async () => {
    await sweepRows();
    return (await oldOnClearing()) > 0;
  });

  expect([later.code, later.err]).toEqual([2, expect.stringContaining(`back to ${START}`)]);
  expect(parked).toMatchObject({
    code: "golive.changed",
    reason: `The opening entry was confirmed for the start ${START}, which is ${dayAgo(9)} now`,
  });
  await untilQuiet(world, old.id);
  expect(await oldOnClearing()).toBe(10_000);
});

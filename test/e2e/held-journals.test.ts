import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { DAY_MS, dayAgo, NOON } from "./days-ago.ts";
import { wake } from "./restores.ts";
import { openFrom, periodAt } from "./sl-periods.ts";
import { addRows } from "./stripe-rows.ts";

// Journals of a day that an accountant releases.

const DAY = dayAgo(3);
const LANE = `day:${DAY}`;

let world: World;

beforeAll(async () => {
  world = await openWorld({
    ...{ release: "person", "journal-delay": 0, "stripe.events-since": dayAgo(9) },
    "accounts.suspense": "2900/000000000000",
  });
  await openFrom(world, periodAt(0, DAY));
});

afterAll(() => world.close());

type Waiting = Readonly<{ laneKey: string; purpose: string; batNbr: string }>;

async function waiting(): Promise<Waiting[]> {
  await wake(world, LANE);
  const { rows } = await world.api<{ rows: Waiting[] }>("/api/waiting");
  return rows.filter(({ laneKey }) => laneKey === LANE);
}

test("all journals of a day wait for their release at once, and none for another", async () => {
  const created = (NOON - 3 * DAY_MS) / 1_000;
  const row = { amount: -500, currency: "usd", created };
  await addRows(world, [
    { ...row, type: "stripe_fee", reporting_category: "fee" },
    { ...row, type: "never_seen", reporting_category: "never_seen" },
  ]);
  await until("the rows to be read", async () => {
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return (await world.sql("select from balance_row")).length === 2;
  });

  const held = await until("both to wait", async () => {
    const rows = await waiting();
    return rows.length === 2 && rows;
  });
  const [first, second] = held.toSorted((a, b) => b.batNbr.localeCompare(a.batNbr));
  await world.slAdmin(`/batches/GL/${first?.batNbr}/release`, {});
  const left = await until("one to wait", async () => {
    const rows = await waiting();
    return rows.length === 1 && rows;
  });
  await world.slAdmin(`/batches/GL/${second?.batNbr}/release`, {});
  await until("the day to be booked", async () => {
    await wake(world, LANE);
    return (await world.sql("select from row_owner")).length === 2;
  });

  expect(held.map(({ purpose }) => purpose).toSorted()).toEqual(["category", "fee"]);
  expect(left).toMatchObject([{ batNbr: second?.batNbr }]);
  const batches = (await world.slRows("Batch")).filter((one) => trimmed(one.Module) === "GL");
  expect(batches.map(({ Rlsed }) => Rlsed)).toEqual([1, 1]);
});

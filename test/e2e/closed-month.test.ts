import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { openlyParked } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { DAY_MS, dayAgo, NOON } from "./days-ago.ts";
import type { Order } from "./orders.ts";
import { allAsleep } from "./restores.ts";
import { openFrom, periodAt } from "./sl-periods.ts";
import { addRows } from "./stripe-rows.ts";
import { skipDelay } from "./time-passes.ts";

// Facts of a month that is closed by the time that the hub looks again.

const DAY = dayAgo(3);

let world: World;

beforeAll(async () => {
  world = await openWorld({
    ...{ "closed-period": "park", release: "person" },
    ...{ "journal-delay": 0, "stripe.events-since": dayAgo(9) },
  });
  await openFrom(world, periodAt(0, DAY));
});

afterAll(() => world.close());

const lookNow = (lane: string) => skipDelay(world, { id: lane } as Order);

test("a journal that a person releases right before its month is closed is booked", async () => {
  const lane = `day:${DAY}`;
  const row = { currency: "usd", created: (NOON - 3 * DAY_MS) / 1_000, type: "stripe_fee" };
  await addRows(world, [{ ...row, amount: -500, reporting_category: "fee", description: "Radar" }]);
  // The hub reads all rows for it, and books those of days that are over.
  await proofIn(world, "USD");
  const { batNbr } = await until("the journal to wait for its release", async () => {
    await lookNow(lane);
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find(({ laneKey }) => laneKey === lane);
  });
  // No look is under way that could see the release.
  await allAsleep(world);
  await world.slAdmin(`/batches/GL/${String(batNbr)}/release`, {});
  await openFrom(world, periodAt(1, DAY));
  // It believes what SL says of periods for some minutes.
  await world.restartHub();

  const newest = await until("its next look", async () => {
    await lookNow(lane);
    const [run] = await world.sql(
      "select outcome, reason from run where lane_key = $1 order by id desc limit 1",
      [lane],
    );
    return run?.outcome !== "waiting" && run;
  });

  expect(newest).toEqual({ outcome: "booked", reason: `journal ${String(batNbr)}` });
  expect(await openlyParked(world, lane)).toEqual([]);
});

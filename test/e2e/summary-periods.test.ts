import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import type { Row, World } from "../support/world.ts";
import { decide, openlyParked, trimmed } from "./books.ts";
import { pay } from "./orders.ts";
import { loseHub, rebuild } from "./restores.ts";
import { openFrom, periodAt } from "./sl-periods.ts";
import {
  openSummedUp,
  releasedOfDay,
  runSummary,
  SUMMARY_LANE,
  SUMMED_DAY,
  sumUp,
  untilCollected,
} from "./summed-up.ts";

// A month that is closed in SL between the sales of its last day and the end of their summary.

/** The period of the day, and the one that is open once that is closed. */
const [OWN, NEXT] = [periodAt(0, SUMMED_DAY), periodAt(1, SUMMED_DAY)];

let world: World;

beforeEach(async () => {
  world = await openSummedUp();
  await openFrom(world, OWN);
});

afterEach(() => world.close());

const released = async () =>
  (await releasedOfDay(world)).map(
    (row) => `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)} in ${trimmed(row.PerPost)}`,
  );

const untilParked = (): Promise<Row> =>
  until("the summary to park", async () => (await openlyParked(world, SUMMARY_LANE))[0]);

/** Somebody releases in SL what the summary has on hold there. */
async function releaseNext(purpose: string): Promise<void> {
  const { batNbr } = await until(`the ${purpose} to wait for its release`, async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === SUMMARY_LANE && row.purpose === purpose);
  });
  await world.slAdmin(`/batches/AR/${String(batNbr)}/release`, {});
}

test("a month closed right after its last release keeps no sale of it waiting", async () => {
  await world.set("release", "person");
  await world.set("closed-period", "park");
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await runSummary(world);
  await releaseNext("summary");
  await runSummary(world);
  await releaseNext("payment");
  await openFrom(world, NEXT);
  // It believes what SL says of periods for some minutes.
  await world.restartHub();

  await sumUp(world, [order]);

  expect(await released()).toEqual([`IN 10 in ${OWN}`, `PA 10 in ${OWN}`]);
  expect(await openlyParked(world, SUMMARY_LANE)).toEqual([]);
});

test("after a loss a day is taken over though its period is closed by then", async () => {
  await world.set("closed-period", "park");
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  await world.stripe.refunds.create({ payment_intent: order.id, amount: 300 });
  await untilCollected(world, 4);
  await sumUp(world, [order]);
  const before = await released();
  await openFrom(world, NEXT);
  await loseHub(world);
  await world.restartHub();

  await rebuild(world, { since: new Date(Date.now() - 9 * 86_400_000) });
  await untilCollected(world, 4);
  await sumUp(world, [order]);

  expect(before).toHaveLength(4);
  expect(await released()).toEqual(before);
});

test("a day half booked when its period closes says what brings it on", async () => {
  const order = await pay(world, 1_000);
  await untilCollected(world, 2);
  const match = { service: "paymentApplication", actionType: "UPDATE" };
  const effect = { kind: "refuse", message: "Not now" };
  await world.slAdmin("/faults", { match, effect, times: null });
  await runSummary(world);
  const refused = await untilParked();
  await world.slAdmin("/faults", undefined, "DELETE");
  await openFrom(world, NEXT);
  await decide(world, refused, "resume");

  const parked = await until("the closed period to be told", async () => {
    const row = await untilParked();
    return row.code === "mapping.period_closed" ? row : undefined;
  });

  expect(parked.cure).toContain("Open the period in SL");
  // It would refuse: a summary is taken back by nobody.
  expect(parked.cure).not.toContain("slipway reverse");
  await openFrom(world, OWN);
  await decide(world, parked, "resume");
  await world.ended(order.id, ["booked"]);
  expect(await released()).toEqual([`IN 10 in ${OWN}`, `PA 10 in ${OWN}`]);
});

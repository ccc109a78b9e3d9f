import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { DAY_MS, dayAgo, NOON } from "./days-ago.ts";
import { pay } from "./orders.ts";
import { addRows } from "./stripe-rows.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

// What is under way while a proof is asked for: SL has released it, and the hub has not read that.

let world: World;

beforeAll(async () => {
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": dayAgo(9) });
});

afterAll(() => world.close());

afterEach(() => world.slAdmin("/faults", undefined, "DELETE"));

type Screen = "paymentApplication" | "journalTransactions";

/** SL releases the next batch of a screen and says nothing, and shows it only before that. */
async function loseRelease(service: Screen): Promise<void> {
  const release = { service, actionType: "RELEASENOW" };
  await world.slAdmin("/faults", { match: release, effect: { kind: "drop", commit: "first" } });
  const read = { match: { service, operation: "getScreenByBatNbr" }, skip: 1, times: null };
  await world.slAdmin("/faults", { ...read, effect: { kind: "http", status: 503 } });
}

/** Waits until SL has released the one document that is under way; gives its key. */
async function untilReleased(): Promise<string> {
  const [intent] = await until("the release to be sent", async () => {
    const rows = await world.sql(
      "select key from intent where stage = 'releasing' and purpose <> 'invoice'",
    );
    return rows.length === 1 && rows;
  });
  await until("SL to have released it", async () => {
    const batches = await world.slRows("Batch");
    return batches.some((row) => trimmed(row.User2) === intent?.key && row.Rlsed === 1);
  });
  return String(intent?.key);
}

/** Proves today, and tells what stands in line 2 for a key. */
async function lineOf(key: string) {
  const proof = await proofIn(world, "USD");
  expect(proof).toMatchObject({ difference: "0.00", findings: [], isProven: true });
  const entries = proof.lines[1]?.entries ?? [];
  return entries.filter(({ why }) => why.includes(key) && why.includes("has yet to read"));
}

test("a payment that SL has released while no answer comes is proved", async () => {
  await loseRelease("paymentApplication");
  const order = await pay(world, 6_600);
  const key = await untilReleased();

  const told = await lineOf(key);

  expect(told).toMatchObject([{ part: "gross", amount: "0.00" }]);
  await world.slAdmin("/faults", undefined, "DELETE");
  await letMinutesPass(world, order, () => hasEnded(world, order));
  await expectBookedOnce(world, order);
  expect(await lineOf(key)).toEqual([]);
});

test("a day's journal is, with every row that it takes", async () => {
  const row = { currency: "usd", created: (NOON - 3 * DAY_MS) / 1_000, type: "stripe_fee" };
  const lane = { id: `day:${dayAgo(3)}`, chargeIds: [], total: 0 };
  await loseRelease("journalTransactions");
  const ids = await addRows(world, [
    { ...row, amount: -500, reporting_category: "fee", description: "Radar" },
    { ...row, amount: -1_234, reporting_category: "brand_new_category" },
  ]);
  const released = untilReleased();
  // The hub reads all rows for it, and books those of days that are over.
  await proofIn(world, "USD");
  const key = await released;

  const told = await lineOf(key);

  const none = ids.map((id) => [id, "0.00"]);
  expect(told.map(({ id, amount }) => [id, amount]).sort()).toEqual(none.sort());
  await world.slAdmin("/faults", undefined, "DELETE");
  await letMinutesPass(world, lane, () => hasEnded(world, lane));
  expect(await lineOf(key)).toEqual([]);
});

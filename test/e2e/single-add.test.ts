import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";
import { hasEnded, letMinutesPass } from "./time-passes.ts";

type Checks = { checks: readonly { name: string; state: string; text: string; cure?: string }[] };

const ADD = { service: "invoiceAndMemo", operation: "editScreen", actionType: "ADD" };

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.slAdmin("/switches", { emptyInvoiceBatches: false, emptyPaymentBatches: false });
});

afterAll(() => world.close());

async function doctor(body: object): Promise<Checks["checks"]> {
  return (await world.api<Checks>("/api/doctor", { method: "POST", body })).checks;
}

async function sendsOf(laneKey: string): Promise<unknown[]> {
  const rows = await world.sql(
    `select a.step from attempt a join intent i using (pair, key)
     where i.lane_key = $1 and i.purpose in ('invoice', 'payment') order by a.sent_at`,
    [laneKey],
  );
  return rows.map((row) => row.step);
}

test("a site that refuses empty batches books by a single ADD once it was probed", async () => {
  const early = await pay(world, 1_000);
  const before = await world.ended(early.id);

  await doctor({ probe: true });
  const order = await pay(world, 2_500);
  await world.ended(order.id);

  expect(before).toMatchObject({ outcome: "parked" });
  await expectBookedOnce(world, order);
  expect(await sendsOf(order.id)).toEqual(["add", "release", "add", "release"]);
});

test("a batch that a late ADD leaves behind is listed for voiding", async () => {
  await world.slAdmin("/faults", {
    match: ADD,
    effect: { kind: "drop", commit: "later", afterMs: 600_000 },
  });
  const order = await pay(world, 3_000);
  await letMinutesPass(world, order, () => hasEnded(world, order));
  const before = (await doctor({})).find(({ name }) => name === "sl.leftovers");

  await world.slAdmin("/clock", { action: "advance", ms: 600_000 });
  const after = (await doctor({})).find(({ name }) => name === "sl.leftovers");

  expect(await sendsOf(order.id)).toEqual(["add", "add", "release", "add", "release"]);
  // The journal that the probe left, which is in no run's way.
  expect(before?.text).toMatch(/^batches \d+ \(01\.010\): unreleased/);
  expect(after).toMatchObject({ state: "warning", cure: "Void them in their screen in SL." });
  expect(after?.text).toMatch(/\d+ \(08\.010\).*: unreleased/);
});

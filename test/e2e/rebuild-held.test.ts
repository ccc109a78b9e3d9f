import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectInSlOnce, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { loseHub, rebuild, wake } from "./restores.ts";
import { skipDelay } from "./time-passes.ts";

// What is on hold in SL has no effect there. A rebuild takes over what has, and no run has come by
// yet of a sale from before its `--since`.

let world: World;

beforeEach(async () => {
  world = await openWorld({ release: "person" });
});

afterEach(() => world.close());

async function untilHeld(order: Order): Promise<Row> {
  return until("a document to be on hold", async () => {
    await skipDelay(world, order);
    const { rows } = await world.api<{ rows: Row[] }>("/api/waiting");
    return rows.find(({ laneKey }) => laneKey === order.id);
  });
}

/** What the next comparison of a hub that starts comes to. */
async function compared(): Promise<Row | undefined> {
  await world.restartHub();
  return until("hub and SL to be compared", async () => {
    const rows = await world.sql(
      `select l.is_green, l.reason, p.paused_code from lineage l
       left join pair_state p on p.pair = l.pair where l.reason not like '%not compared%'`,
    );
    return rows[0];
  });
}

test("what is on hold since before a rebuild pauses the pair no more", async () => {
  const order = await pay(world, 1_000);
  const { batNbr } = await untilHeld(order);
  const [held] = await documentsOf(world, [order.id]);
  await loseHub(world);
  await rebuild(world, { since: new Date(Date.now() + 60_000) });

  const before = await compared();
  await wake(world, order.id);
  const again = await untilHeld(order);

  const reason = `SL holds IN ${trimmed(held?.RefNbr)} on hold, which this hub does not know`;
  expect(before).toEqual({ is_green: false, reason, paused_code: null });
  expect(again.batNbr).toBe(batNbr);
  await world.slAdmin(`/batches/AR/${String(batNbr)}/release`, {});
  const payment = await until("the payment to wait", async () => {
    const now = await untilHeld(order);
    return now.purpose === "payment" && now;
  });
  await world.slAdmin(`/batches/AR/${String(payment.batNbr)}/release`, {});
  await until("the order to be booked", async () => {
    await skipDelay(world, order);
    return world.sql("select from run where outcome = 'booked'").then(({ length }) => length > 0);
  });
  await expectInSlOnce(world, order);
  expect(await compared()).toEqual({ is_green: true, reason: "", paused_code: null });
});

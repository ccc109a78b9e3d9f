import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** The lines of the counter of stray work, as Prometheus reads them. */
async function strayWork(): Promise<string[]> {
  const response = await fetch(`${world.hubUrl()}/metrics`, {
    headers: { authorization: `Bearer ${world.token}` },
  });
  const lines = (await response.text()).split("\n");
  return lines.filter((line) => line.startsWith("slipway_stray_work_total{"));
}

test("an order that sleeps over an open send is finished and counted as a stray", async () => {
  const order = await pay(world, 4_200);
  await expectBookedOnce(world, order);
  // As if the answer of the release had been lost an hour ago, and with it whoever waited for it.
  await world.sql(
    `update attempt set answered_at = null, outcome = null, sent_at = now() - interval '1 hour'
     where step = 'release' and key = (
       select key from intent where lane_key = $1 and purpose = 'invoice')`,
    [order.id],
  );
  await world.sql("delete from receipt where sl_key like 'IN|%'");
  await world.sql("delete from link where stripe_id = $1 and kind = 'invoice'", [order.id]);
  await world.sql(
    `update intent set stage = 'releasing', receipt = null
     where lane_key = $1 and purpose = 'invoice'`,
    [order.id],
  );
  await world.sql("update run set ended_at = ended_at - interval '1 hour'");

  await world.restartHub();

  await until("the invoice to have its receipt", async () => {
    const done = await world.sql(
      "select 1 from intent where lane_key = $1 and purpose = 'invoice' and stage = 'done'",
      [order.id],
    );
    return done.length === 1;
  });
  await expectBookedOnce(world, order);
  expect(await strayWork()).toContain('slipway_stray_work_total{kind="attempt"} 1');
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks } from "./books.ts";
import { pay } from "./orders.ts";
import { wake } from "./restores.ts";

// What a sweep or a rebuild wakes a lane for has no event.

let world: World;

beforeAll(async () => {
  world = await openWorld({ "journal-delay": 0 });
});

afterAll(() => world.close());

test("a refund that a lane was woken for is not forgotten over later events", async () => {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const [charge = ""] = order.chargeIds;
  await world.stripeAdmin("/webhooks", { dropProbability: 1 });
  const refund = await world.stripe.refunds.create({ charge });
  // By now the charge says that nothing of it went back.
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  await until("no webhook to be on its way", async () => {
    const { state } = await world.stripeAdmin<{ state: { queued: number; inFlight: number } }>(
      "/webhooks",
    );
    return state.queued + state.inFlight === 0;
  });
  await world.stripeAdmin("/webhooks", { dropProbability: 0 });
  await world.slAdmin("/faults", { effect: { kind: "deadlock" }, times: 1 });
  await wake(world, order.id);
  await world.ended(order.id, ["retry"]);
  await world.sql("update lane set due_at = now() + interval '1 hour' where key = $1", [order.id]);

  await world.stripeAdmin(`/charges/${charge}/dispute`, { inquiry: true });
  const rows = (await world.stripeRows("balance_transaction")).filter(
    ({ source }) => source === refund.id,
  );
  await until("both rows to be owned", async () => {
    const owned = await world.sql("select row_id from row_owner where row_id = any ($1::text[])", [
      rows.map((row) => row.id),
    ]);
    return owned.length === 2;
  });

  expect(await memosInBooks(world, refund.id)).toHaveLength(3);
});

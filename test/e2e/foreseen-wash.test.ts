import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { entriesOf, foreseeing } from "./foreseeing.ts";
import { pay } from "./orders.ts";

// Clearing is an account of Cash Manager's: 1095 is clearing, 1099 the wash account.

let world: World;

beforeAll(async () => {
  world = await openWorld({
    "credit-note.wait": 0,
    "dispute.policy": "reverse-sale",
    "accounts.wash": "1099/000000000000",
    "clearing.cash-account": "yes",
  });
});

afterAll(() => world.close());

const { foresee, bookedEntries, entriesIn, areAllEnded } = foreseeing(() => world);

test("a dry run shows the journals of the wash account as they are booked", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const { id, chargeIds } = await pay(world, 10_000);
  const [charge = ""] = chargeIds;
  const refund = await world.stripe.refunds.create({ charge, amount: 2_000 });
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const { id: dispute } = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, {
    amount: 3_000,
  });
  const ids = [refund.id, dispute];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  await until("all of it to be booked", async () => {
    return (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1).length === 5;
  });
  await until("its run to end", () => areAllEnded(id));
  const washed = foreseen.documents.filter(({ purpose }) => purpose === "wash");
  expect(washed.map(({ entries }) => entriesOf(entries))).toEqual([
    "1095 -20, 1099 20",
    "1095 20, 1099 -20",
    "1095 -30, 1099 30",
  ]);
  for (const of of ids) {
    const batches = (await world.slRows("Batch")).filter(
      (row) => trimmed(row.Module) === "GL" && trimmed(row.User1) === of,
    );
    const journals = await entriesIn(
      "GL",
      batches.map(({ BatNbr }) => trimmed(BatNbr)),
    );
    const shown = foreseen.documents.filter(({ object }) => object === of);
    expect(shown.map(({ entries }) => entriesOf(entries)).sort(), of).toEqual(
      [...(await bookedEntries(of)), ...journals].sort(),
    );
  }
  expect(foreseen.problem).toBeNull();
});

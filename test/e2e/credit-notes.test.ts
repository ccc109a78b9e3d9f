import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { memosInBooks, openlyParked, untilQuiet } from "./books.ts";
import { anOpenInvoice } from "./orders.ts";
import { allAsleep, loseHub, rebuild } from "./restores.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "credit-note.wait": 0, "invoice.when": "finalized" });
});

afterAll(() => world.close());

async function loseAndRebuild(): Promise<void> {
  await loseHub(world);
  await rebuild(world);
  await allAsleep(world);
}

/** Waits for so many documents of a Stripe object. */
const untilMemos = (id: string, count: number) =>
  until(`${count} memos of ${id}`, async () => {
    const memos = await memosInBooks(world, id);
    return memos.length === count ? memos : undefined;
  });

test("a credit note voided after a rebuild goes back over the lines of its memo", async () => {
  const id = await anOpenInvoice(world, 12_500);
  await world.ended(id, ["booked"]);
  const note = await world.stripe.creditNotes.create({ invoice: id, amount: 2_500 });
  await untilMemos(note.id, 1);
  await untilQuiet(world, id);
  await loseAndRebuild();

  await world.stripe.creditNotes.voidCreditNote(note.id);
  await untilMemos(note.id, 2);
  await untilQuiet(world, id);

  expect(await openlyParked(world, id)).toEqual([]);
  expect(await memosInBooks(world, note.id)).toEqual([
    "CM 25 open 0: 4103 25",
    "DM 25 open 25: 4103 -25",
  ]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchFinding } from "../../src/api/contract.ts";
import type { Row, World } from "../support/world.ts";
import { documentsOf, memosInBooks, trimmed } from "./books.ts";
import { pay } from "./orders.ts";
import { openSummedUp, SUMMED_DAY, sumUp, untilCollected, untilProven } from "./summed-up.ts";
import { tampering } from "./tampering.ts";

// What somebody changes in SL of the documents of a day whose sales are booked as one.

const OBJECT = `day:${SUMMED_DAY}`;

let world: World;
const { edit, look, act, findingOf, unapply, remove } = tampering(() => world);

beforeAll(async () => {
  world = await openSummedUp();
  const orders = [await pay(world, 1_000), await pay(world, 2_000)];
  await untilCollected(world, 4);
  await world.stripe.refunds.create({ payment_intent: orders[0]?.id ?? "" });
  await untilCollected(world, 6);
  await sumUp(world, orders);
});

afterAll(() => world.close());

async function summed(type: string): Promise<Row> {
  const rows = await documentsOf(world, [OBJECT]);
  return rows.findLast(({ DocType }) => trimmed(DocType) === type) ?? {};
}

async function heal(type: string): Promise<void> {
  const isOpen = ({ document, state }: WatchFinding) =>
    document.startsWith(type) && state === "open";
  const found = await findingOf(OBJECT, isOpen);
  await act("heal", found);
  await findingOf(OBJECT, ({ id, state }) => id === found.id && state === "healed");
}

const BOOKS = [
  ...["CM 10 open 0: 4100 10", "DM 10 open 0: 1095 -10"],
  ...["IN 30 open 0: 4010 -30", "PA 30 open 0: 1095 30"],
];

async function expectWhole(): Promise<void> {
  await untilProven(world);
  expect((await memosInBooks(world, OBJECT)).sort()).toEqual(BOOKS);
  expect(await look(true)).toEqual([]);
}

test("what nobody has changed of a day's documents is not reported", async () => {
  await expectWhole();
});

test("what was taken back of a day's applications is applied again", async () => {
  await unapply(await summed("PA"), await summed("IN"));
  const memo = await summed("CM");
  await unapply(memo, await summed("DM"));
  await edit("ARAdjust", { AdjgRefNbr: memo.RefNbr }, {}, { remove: true });
  await look();

  await heal("PA");
  await heal("CM");

  await expectWhole();
});

test("a day's payment that is gone is booked again, and applied to its invoice", async () => {
  const payment = await summed("PA");
  await unapply(payment, await summed("IN"));
  await remove(payment);
  await look();

  await heal("PA");

  await expectWhole();
});

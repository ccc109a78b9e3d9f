import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, trimmed, untilQuiet } from "./books.ts";
import { type Order, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

/** Refunds of an order's first charge, as a clerk makes them at Stripe. */
async function giveBack(
  order: Order,
  refund: Omit<Stripe.RefundCreateParams, "charge"> = {},
): Promise<Stripe.Refund> {
  return world.stripe.refunds.create({
    charge: order.chargeIds[0] ?? "",
    reason: "requested_by_customer",
    ...refund,
  });
}

/** A document as the golden examples write it: `DM 33.33 open 0: 1095 -33.33`. */
async function booksOf(stripeId: string): Promise<string[]> {
  const rows = await documentsOf(world, [stripeId]);
  const lines = await world.slRows("GLTran");
  return rows.map((row) => {
    const own = lines.filter((line) => isOf(line, row)).map(entryOf);
    const head = `${trimmed(row.DocType)} ${Number(row.OrigDocAmt)}`;
    return `${head} open ${Number(row.DocBal)}: ${own.sort().join(", ")}`;
  });
}

function isOf(line: Row, document: Row): boolean {
  return (
    trimmed(line.BatNbr) === trimmed(document.BatNbr) &&
    trimmed(line.Module) === "AR" &&
    !RECEIVABLES.includes(trimmed(line.Acct))
  );
}

const RECEIVABLES = ["1200", "1210"];

function entryOf({ Acct, DrAmt, CrAmt }: Row): string {
  return `${trimmed(Acct)} ${Math.round((Number(DrAmt) - Number(CrAmt)) * 100) / 100}`;
}

async function untilBooked(refund: Stripe.Refund, kinds: readonly string[]): Promise<string[]> {
  return until(`${refund.id} as ${kinds.join(", ")}`, async () => {
    const books = await booksOf(refund.id);
    const released = (await documentsOf(world, [refund.id])).filter(({ Rlsed }) => Rlsed === 1);
    return released.length === kinds.length ? books : undefined;
  });
}

test("a refund is a debit memo on clearing and a credit memo that closes it", async () => {
  const order = await pay(world, 10_825);
  const refund = await giveBack(order);

  const books = await untilBooked(refund, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  expect(books.length).toBe(2);
  expect(await booksOf(refund.id)).toEqual([
    "DM 108.25 open 0: 1095 -108.25",
    "CM 108.25 open 0: 4100 108.25",
  ]);
  const written = await world.stripe.refunds.retrieve(refund.id);
  const [cash, cause] = await documentsOf(world, [refund.id]);
  expect(written.metadata).toMatchObject({
    DynamicsSL_DebitMemoNbr: trimmed(cash?.RefNbr),
    DynamicsSL_CreditMemoNbr: trimmed(cause?.RefNbr),
    DynamicsSL_BatchNbr: trimmed(cash?.BatNbr),
  });
});

test("three partial refunds of a booked charge add up to it, each booked once", async () => {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const refunds: Stripe.Refund[] = [];
  for (const amount of [3_333, 3_333, 3_334]) refunds.push(await giveBack(order, { amount }));

  for (const refund of refunds) await untilBooked(refund, ["DM", "CM"]);
  await untilQuiet(world, order.id);

  const books = await Promise.all(refunds.map(({ id }) => booksOf(id)));
  expect(books).toEqual([
    ["DM 33.33 open 0: 1095 -33.33", "CM 33.33 open 0: 4100 33.33"],
    ["DM 33.33 open 0: 1095 -33.33", "CM 33.33 open 0: 4100 33.33"],
    ["DM 33.34 open 0: 1095 -33.34", "CM 33.34 open 0: 4100 33.34"],
  ]);
});

test("a refund of the payment alone leaves its debit memo open", async () => {
  const order = await pay(world, 6_000);
  const refund = await giveBack(order, { metadata: { slipway_refund: "payment-only" } });

  await untilBooked(refund, ["DM"]);
  await untilQuiet(world, order.id);

  expect(await booksOf(refund.id)).toEqual(["DM 60 open 60: 1095 -60"]);
});

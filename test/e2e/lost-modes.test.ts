import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { aPrice, checkOut, type Order, pay } from "./orders.ts";
import { allIdle, holdComparisons, loseHub, rebuild, wake } from "./restores.ts";

// Sales of a hub that lost its database, whose mode is another one than they were booked in.

let world: World;
let clerk: Clerk;
let compare: (() => Promise<void>) | undefined;

beforeEach(async () => {
  world = await openWorld({ "invoice.stock-items": "no-relief" });
  clerk = openClerk(world);
});

afterEach(async () => {
  await compare?.();
  compare = undefined;
  clerk.close();
  await world.close();
});

type Mode = "invoice" | "sales-order" | "existing-invoice";

/** A sale that is booked in this mode. */
async function aSale(mode: Mode): Promise<Order> {
  await world.set("mode", mode);
  if (mode === "existing-invoice") {
    const named = await clerk.enterInvoice({ total: 30, customer: "C300", isHeld: false });
    const sale = await pay(world, 3_000, { metadata: { DynamicsSL_InvoiceNbr: named } });
    await world.ended(sale.id, ["booked"]);
    return sale;
  }
  const price = await aPrice(world, 3_000, { name: "Widget", metadata: { InvtID: "WIDGET" } });
  const sale = await checkOut(world, { line_items: [{ price, quantity: 1 }] });
  await world.ended(sale.id, ["booked"]);
  return sale;
}

/** What SL holds of a sale: documents and orders, held ones too. */
async function inSl({ id, chargeIds }: Order): Promise<string[]> {
  const documents = await documentsOf(world, [id, ...chargeIds]);
  const orders = (await world.slRows("SOHeader")).filter(({ User1 }) => trimmed(User1) === id);
  return [
    ...documents.map((row) => `${trimmed(row.DocType)} ${trimmed(row.RefNbr)} ${row.Rlsed}`),
    ...orders.map((row) => `order ${trimmed(row.OrdNbr)} ${row.AdminHold}`),
  ].toSorted();
}

/** What a hub without its database makes of a sale, with the setting changed. */
async function loseUnder(mode: Mode): Promise<void> {
  await allIdle(world);
  await loseHub(world);
  await world.set("mode", mode);
}

const CHANGES: readonly [Mode, Mode][] = [
  ["sales-order", "invoice"],
  ["existing-invoice", "invoice"],
  ["existing-invoice", "sales-order"],
  ["sales-order", "existing-invoice"],
];

test.each(CHANGES)("after a rebuild a sale of mode %s stays one in mode %s", async (was, is) => {
  const sale = await aSale(was);
  const before = await inSl(sale);
  await loseUnder(is);

  await rebuild(world);
  await world.ended(sale.id);
  await allIdle(world);

  expect(before).toHaveLength(was === "sales-order" ? 2 : 1);
  expect(await inSl(sale)).toEqual(before);
  expect(await openlyParked(world, sale.id)).toEqual([]);
});

test.each([...CHANGES, ["invoice", "sales-order"], ["invoice", "existing-invoice"]] as const)(
  "a run before the comparison finds a sale of mode %s in mode %s",
  async (was, is) => {
    const sale = await aSale(was);
    const before = await inSl(sale);
    compare = await holdComparisons(world);
    await loseUnder(is);

    await wake(world, sale.id);
    await world.ended(sale.id);
    const after = await until("the run to be over", async () => {
      const busy = await world.sql("select from lane where key = $1 and owner is not null", [
        sale.id,
      ]);
      return busy.length === 0 && inSl(sale);
    });

    expect(after).toEqual(before);
    expect(await openlyParked(world, sale.id)).toEqual([]);
  },
);

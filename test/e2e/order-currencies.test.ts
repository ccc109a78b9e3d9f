import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { booksIn, probed } from "./currency-books.ts";
import { checkOut } from "./orders.ts";

// 1095 is clearing, 2100 prepayments, 6910 and 6920 exchange gained and lost; SL has CHF at 1.12.

const CHARGES = { tax: "TAX", shipping: "SHIPPING", rounding: "ROUNDING" };

let world: World;

beforeAll(async () => {
  world = await openWorld({ "order.charges": CHARGES, mode: "sales-order" });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await world.stripeAdmin("/rates", { chf: "1.0831" });
  await probed(world);
});

afterAll(() => world.close());

test("an order in another currency is paid, shipped and applied at the order's rate", async () => {
  const product_data = { name: "Widget", metadata: { InvtID: "WIDGET" } };
  const price_data = { currency: "chf", unit_amount: 5_000, product_data };

  const bought = await checkOut(world, { line_items: [{ price_data, quantity: 2 }] });
  await world.ended(bought.id, ["booked"]);
  const chargeId = bought.chargeIds[0] ?? "";
  const [order] = await world.slRows("SOHeader");
  const money = await booksIn(world, chargeId);
  const number = trimmed(order?.OrdNbr);
  await world.slAdmin(`/orders/${number}/ship`, {});
  await world.api(`/api/orders/${number}/look`, { method: "POST", body: {} });
  const isApplied = async () => (await documentsOf(world, [chargeId]))[0]?.DocBal === 0;
  await until("the application", isApplied);

  expect([trimmed(order?.CuryID), order?.CuryRate, order?.CuryTotOrd]).toEqual(["CHF", 1.12, 100]);
  expect(money).toEqual(["PP CHF Cr 2100 100=108.31 | Dr 1095 100=108.31"]);
  const all = await world.slRows("ARDoc");
  const invoices = all.filter((row) => trimmed(row.DocType) === "IN");
  expect(invoices.map((row) => [row.CuryOrigDocAmt, row.OrigDocAmt, row.DocBal])).toEqual([
    [100, 112, 0],
  ]);
});

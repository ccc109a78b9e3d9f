import { expect, test } from "vitest";
import { aLine, type OrderSummary, placeOpen, ship } from "./orders.ts";
import { aSite } from "./site.ts";

test("a return is an order that names the first one, and its shipper a credit memo", async () => {
  const site = await aSite();
  const ordNbr = await placeOpen(site, [aLine(3, 10)]);
  await ship(site, ordNbr);

  const back = await site.admin<OrderSummary>("POST", `/orders/${ordNbr}/return`, {
    lines: [{ lineRef: "1", quantity: 2 }],
  });

  const [shipper] = back.shippers;
  const [order] = await site.rows("SOHeader", { OrdNbr: back.ordNbr });
  expect(order).toMatchObject({ SOTypeID: "RFC", OrigOrdNbr: ordNbr, Status: "C" });
  expect(shipper).toMatchObject({ total: 20, released: true });
  const [memo] = await site.rows("ARDoc", { RefNbr: shipper?.invcNbr ?? "" });
  expect(memo).toMatchObject({ DocType: "CM", CuryDocBal: 20, Rlsed: 1, OrdNbr: back.ordNbr });
  const [line] = await site.rows("SOLine", { OrdNbr: back.ordNbr });
  expect(line).toMatchObject({ OrigInvcNbr: "I005001", OrigShipperID: "S0005001" });
});

test.each([
  ["more than was shipped", { lines: [{ lineRef: "1", quantity: 4 }] }, /only 3 were shipped/],
  ["a line that was not", { lines: [{ lineRef: "2" }] }, /Nothing of line 00002/],
  ["a type that makes invoices", { type: "SO" }, /makes no credit memos/],
])("a return of %s is refused", async (_name, body, words) => {
  const site = await aSite();
  const ordNbr = await placeOpen(site, [aLine(3, 10)]);
  await ship(site, ordNbr);

  await expect(site.admin("POST", `/orders/${ordNbr}/return`, body)).rejects.toThrow(words);
});

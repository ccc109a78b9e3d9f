import { expect, test } from "vitest";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  edit,
  INVOICE,
  KEY,
  PAYMENT,
  releasedInvoice,
  releasedPayment,
  reserve,
} from "./site.ts";

test("documents are found by key before their release", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));

  const rows = await site.view("xslw_ArDocByKey", [["User2", "=", KEY]]);

  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ Rlsed: "0", BatNbr: batNbr.padEnd(10), totalEntries: "1" });
});

test("pages carry the running counter and the totals of the whole result", async () => {
  const site = await aSite();
  for (const amount of [1, 2, 3, 4, 5]) await releasedInvoice(site, amount);

  const rows = await site.view("xslw_ArDocByKey", [
    ["pageSize", "=", "2"],
    ["currentPageNumber", "=", "3"],
  ]);

  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ counter: "5", totalEntries: "5", totalPages: "3" });
});

test.each([
  [">", "3", 2],
  [">=", "3", 3],
  ["<>", "3", 4],
  ["=", "3", 1],
])("amounts are compared as numbers by %s", async (comparison, value, count) => {
  const site = await aSite();
  for (const amount of [1, 2, 3, 10, 20]) await releasedInvoice(site, amount);

  const rows = await site.view("xslw_ArDocByKey", [["CuryOrigDocAmt", comparison, value]]);

  expect(rows).toHaveLength(count);
});

test("LIKE and IN filter by text", async () => {
  const site = await aSite();
  const [a, b] = [await releasedInvoice(site, 1), await releasedInvoice(site, 2)];
  await releasedInvoice(site, 3);

  const like = await site.view("xslw_ArDocByKey", [["RefNbr", "LIKE", "00050%"]]);
  const among = await site.view("xslw_ArDocByKey", [["RefNbr", "IN", `${a},${b}`]]);

  expect([like.length, among.length]).toEqual([3, 2]);
});

test("a filter on a column that the view lacks is refused", async () => {
  const site = await aSite();

  await expect(site.view("xslw_BatchByKey", [["Nonsense", "=", "1"]])).rejects.toThrow(
    "Invalid column name",
  );
});

test("an unknown view is refused and known ones are listed", async () => {
  const site = await aSite();

  await expect(site.view("xslw_Nothing")).rejects.toThrow("not found");
  const listed = await site.list("quickQuery", "getQueryViewsByID", { queryViewName: "xslw_" });

  expect(listed.map((row) => at(row, "QueryViewName"))).toContain("xslw_ClearingBalance");
  expect(listed).toHaveLength(12);
});

test("clearing views sum released lines and name their documents", async () => {
  const site = await aSite();
  await releasedPayment(site, 80, {});

  const [balance] = await site.view("xslw_ClearingBalance", [["Acct", "=", "1095"]]);
  const detail = await site.view("xslw_ClearingDetail", [["Acct", "=", "1095"]]);

  expect(balance).toMatchObject({ DrAmt: "80", CrAmt: "0", LineCount: "1" });
  expect(detail).toHaveLength(1);
  expect(detail[0]).toMatchObject({ DocUser2: KEY.padEnd(30), RefNbr: "KY3E3RUCE5" });
});

test("what is held shows among the unreleased lines of its account", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 80, {}));

  const rows = await site.view("xslw_Unreleased", [["Acct", "=", "1095"]]);

  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ DrAmt: "80", Status: "H", User2: KEY.padEnd(30) });
});

test("applications show pending lines and, after release, their rows", async () => {
  const site = await aSite();
  const refNbr = await releasedInvoice(site, 80);
  const batNbr = await reserve(site, PAYMENT);
  await edit(site, PAYMENT, "UPDATE", aPayment(batNbr, 80, { [refNbr]: 80 }));

  const rows = await site.view("xslw_Applications", [["CustId", "=", "C300"]]);

  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ Pending: "1", AdjdRefNbr: refNbr.padEnd(10), CuryAdjdAmt: "80" });
});

test("the set-up row tells calendar and open periods", async () => {
  const site = await aSite();

  const [row] = await site.view("xslw_Setup");

  expect(row).toMatchObject({
    NbrPer: "12",
    FiscalPerEnd00: "0131",
    GLPerNbr: "202601",
    ARPerNbr: "202601",
    MCActive: "1",
  });
});

test("the order view is there and empty", async () => {
  const site = await aSite();

  expect(await site.view("xslw_OrderByKey")).toEqual([]);
});

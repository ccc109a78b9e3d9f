import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { CONTRACT_USAGE } from "./contract-usage.ts";
import { describeTouches } from "./touches.ts";

const touches = describeTouches();

test("no table of SL is altered, and every service of the contract is told", () => {
  expect(touches.tablesAltered).toBe(0);
  expect(touches.services.map(({ service }) => service)).toEqual(Object.keys(CONTRACT_USAGE));
});

test("what is written is told apart from what is read", () => {
  const written = touches.tables.filter(({ isWritten }) => isWritten).map(({ table }) => table);
  const invoice = touches.services.find(({ service }) => service === "invoiceAndMemo");

  expect(written).toEqual([
    ...["ARDoc", "ARTran", "Batch", "Customer", "GLTran", "SOHeader", "SOLine", "Snote"],
  ]);
  expect(invoice?.writes).toEqual(["editBatch", "editScreen"]);
  expect(invoice?.reads).toContain("getScreenByBatNbr");
});

test("a table has each field of the contract once, and none that is a message", () => {
  const document = touches.tables.find(({ table }) => table === "ARDoc");

  expect(document?.fields).toContain("User2");
  expect(new Set(document?.fields).size).toBe(document?.fields.length);
  expect(touches.tables.flatMap(({ fields }) => fields)).not.toContain("errorMessage");
});

test("every shipped view is told with the tables that it reads", () => {
  const shipped = readdirSync(new URL("../../../site/sql/", import.meta.url))
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(".sql", ""));

  expect(touches.views.map(({ view }) => view)).toEqual(shipped.sort());
  expect(touches.views.find(({ view }) => view === "xslw_ArDocByKey")?.reads).toEqual([
    "ARDoc",
    "Batch",
  ]);
  expect(touches.views.every(({ reads }) => reads.length > 0)).toBe(true);
});

import { describe, expect, test } from "vitest";
import { namedAccount, rowParts } from "./index.ts";
import { someSettings } from "./testing/builders.ts";
import { aLedgerRow } from "./testing/ledger-rows.ts";

const settings = someSettings({
  descriptions: [
    { contains: "Billing", fee: "billing" },
    { contains: "Goodwill", account: "6300/000000000000" },
  ],
});
const aRow = (category: string, type: string, description: string) =>
  aLedgerRow({ category, type, description, gross: -500 });

describe("what a description says", () => {
  test("counts for mere adjustments, whatever its case", () => {
    const goodwill = aRow("other_adjustment", "adjustment", "GOODWILL of March");
    const billing = aRow("other_adjustment", "adjustment", "Billing usage");

    expect(namedAccount(goodwill, settings)?.account).toBe("6300");
    expect(rowParts(goodwill, settings)).toEqual([{ part: "gross", owner: "category" }]);
    expect(rowParts(billing, settings)).toEqual([{ part: "gross", owner: "fee" }]);
  });

  test("says nothing of a row whose category does", () => {
    const goodwill = aRow("transfer", "transfer", "Goodwill transfer");
    const billing = aRow("transfer", "transfer", "Billing transfer");

    expect(namedAccount(goodwill, settings)).toBeUndefined();
    expect(rowParts(billing, settings)).toEqual([{ part: "gross", owner: "category" }]);
  });
});

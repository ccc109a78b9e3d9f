import { describe, expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { itemIdsToRead, mapBareItem, mapItem } from "./items.ts";
import { aLine, anItem, aSale, someSettings, stockOf } from "./testing/builders.ts";

const settings = someSettings({
  items: { price_1: { item: "BYPRICE", sales: "4020/1" }, prod_A: "BYPRODUCT" },
});
const everything = (itemId: string) => anItem({ itemId });
const bare = { productId: "prod_X", priceId: "price_X" };

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
  return "no error";
}

describe("the item of a line", () => {
  test.each([
    ["the map by price", { priceId: "price_1", productId: "prod_A" }, "BYPRICE"],
    ["the map by product", { productId: "prod_A", lineMetadata: { InvtID: "META" } }, "BYPRODUCT"],
    [
      "metadata of the line",
      { ...bare, lineMetadata: { InvtID: " LINE " }, priceMetadata: { InvtID: "PRICE" } },
      "LINE",
    ],
    [
      "metadata of the price",
      { ...bare, priceMetadata: { InvtID: "PRICE" }, productMetadata: { InvtID: "PROD" } },
      "PRICE",
    ],
    ["metadata of the product", { ...bare, productMetadata: { InvtID: "PROD" } }, "PROD"],
    ["the product id", bare, "prod_X"],
  ])("comes from %s", (_name, change, expected) => {
    expect(mapItem(aLine(change), settings, everything).itemId).toBe(expected);
  });

  test("takes the spelling that SL has", () => {
    const inventory = stockOf(anItem({ itemId: "BYPRODUCT" }));
    const lower = someSettings({ items: { prod_A: "byproduct" } });

    expect(mapItem(aLine(), lower, inventory).itemId).toBe("BYPRODUCT");
  });

  test.each([
    ["the mapping", { priceId: "price_1" }, everything, "4020"],
    ["the item", {}, everything, "4000"],
    [
      "the pair when the item has none",
      {},
      () => anItem({ sales: { account: "", subaccount: "" } }),
      "4000",
    ],
  ])("is sold on the account of %s", (_name, change, inventory, expected) => {
    expect(mapItem(aLine(change), settings, inventory).sales.account).toBe(expected);
  });

  test.each([
    ["an unmapped product", bare, stockOf(), "mapping.product_unmapped"],
    ["a line without product", { productId: undefined }, everything, "mapping.product_unmapped"],
    [
      "a product id over 30 characters",
      { productId: `prod_${"x".repeat(30)}` },
      everything,
      "mapping.product_unmapped",
    ],
    ["a mapped item that SL lacks", {}, stockOf(), "mapping.product_unmapped"],
    ["an inactive item", {}, () => anItem({ isActive: false }), "mapping.product_unmapped"],
    ["a stock item", {}, () => anItem({ isStock: true }), "mapping.stock_item"],
    [
      "a product named like a property of objects",
      { productId: "constructor" },
      stockOf(),
      "mapping.product_unmapped",
    ],
  ])("is missing for %s", (_name, change, inventory, code) => {
    expect(codeOf(() => mapItem(aLine(change), settings, inventory))).toBe(code);
  });

  test("named wrongly is not replaced by the product id", () => {
    const line = aLine({ ...bare, productMetadata: { InvtID: "TYPO" } });

    expect(codeOf(() => mapItem(line, settings, stockOf(anItem({ itemId: "prod_X" }))))).toBe(
      "mapping.product_unmapped",
    );
  });

  test("may be a stock item where the pair says no-relief", () => {
    const relaxed = someSettings({ "invoice.stock-items": "no-relief" });

    expect(mapItem(aLine(), relaxed, () => anItem({ isStock: true })).itemId).toBe("CONSULT");
  });
});

describe("a bare charge", () => {
  test("parks without item.default", () => {
    const none = { ...settings, item: { default: undefined } };

    expect(codeOf(() => mapBareItem({}, none, everything))).toBe("mapping.item_default_missing");
  });

  test("takes the item that its metadata names before item.default", () => {
    const named = { [settings.metadata.item]: "CONSULT" };

    expect(mapBareItem(named, settings, everything).itemId).toBe("CONSULT");
  });

  test("parks when SL lacks the default item", () => {
    expect(codeOf(() => mapBareItem({}, settings, stockOf()))).toBe("mapping.product_unmapped");
  });
});

describe("the ids to read", () => {
  test("are those of all lines, each once", () => {
    const lines = [
      aLine(),
      aLine(),
      aLine({ priceId: "price_1" }),
      aLine({ productId: undefined }),
    ];

    expect(itemIdsToRead(aSale({ document: { lines } }), settings)).toEqual([
      "BYPRODUCT",
      "BYPRICE",
    ]);
  });

  test("are the default item for a bare charge", () => {
    const sale = aSale({ document: { lines: [], source: "bare" } });

    expect(itemIdsToRead(sale, settings)).toEqual(["CONSULT"]);
  });
});

import { describe, expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { itemIdsToRead, itemTargetsOf, mapBareItem, mapItem } from "./items.ts";
import { aLine, anItem, aSale, someSettings, stockOf } from "./testing/builders.ts";

const settings = someSettings({
  items: { price_1: { item: "BYPRICE", sales: "4020/1" }, prod_A: "BYPRODUCT" },
});
const everything = (itemId: string) => anItem({ itemId });
const bare = { productId: "prod_X", priceId: "price_X" };

const sold = (change: Parameters<typeof aLine>[0] = {}, metadata = {}) => ({
  line: aLine(change),
  sale: aSale({ metadata, document: { identity: "in_1" } }),
});

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
  return "no error";
}

function errorOf(act: () => unknown): HubError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof HubError) return thrown;
    throw thrown;
  }
  throw new Error("Nothing was thrown");
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
    expect(mapItem(sold(change), settings, everything).itemId).toBe(expected);
  });

  test("takes the spelling that SL has", () => {
    const inventory = stockOf(anItem({ itemId: "BYPRODUCT" }));
    const lower = someSettings({ items: { prod_A: "byproduct" } });

    expect(mapItem(sold(), lower, inventory).itemId).toBe("BYPRODUCT");
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
    expect(mapItem(sold(change), settings, inventory).sales.account).toBe(expected);
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
    expect(codeOf(() => mapItem(sold(change), settings, inventory))).toBe(code);
  });

  test("that may not be sold names the line that a person edits", () => {
    const { line } = sold();
    const thrown = () => mapItem(sold(), settings, () => anItem({ isStock: true }));

    expect(thrown).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ line: line.lineId }) as object }),
    );
  });

  test("named wrongly is not replaced by the product id", () => {
    const line = aLine({ ...bare, productMetadata: { InvtID: "TYPO" } });

    expect(
      codeOf(() =>
        mapItem({ line, sale: aSale() }, settings, stockOf(anItem({ itemId: "prod_X" }))),
      ),
    ).toBe("mapping.product_unmapped");
  });

  describe("without product and price", () => {
    const named = { productId: undefined, lineId: "il_7", description: "Setup" };

    test("is named by metadata of the sale, after that of the line", () => {
      const metadata = { InvtID: "SALE" };
      const own = { ...named, lineMetadata: { InvtID: "LINE" } };

      expect(mapItem(sold(named, metadata), settings, everything).itemId).toBe("SALE");
      expect(mapItem(sold(own, metadata), settings, everything).itemId).toBe("LINE");
      expect(
        itemIdsToRead(aSale({ metadata, document: { lines: [aLine(named)] } }), settings),
      ).toEqual(["SALE"]);
    });

    test("parks with its id and a cure that can be followed", () => {
      const error = errorOf(() => mapItem(sold(named), settings, everything));

      expect(error.message).toBe('Line il_7 "Setup" of in_1 names no product');
      expect(error.cure).toContain("Set metadata InvtID of in_1 to an SL item, then resume");
      expect(error.cure).toContain("il_7");
      expect(error.facts).toMatchObject({ line: "il_7", description: "Setup" });
    });

    test("and with an item that SL lacks, parks with that item in the cure", () => {
      const error = errorOf(() => mapItem(sold(named, { InvtID: "NONE" }), settings, stockOf()));

      expect(error.cure).toContain("Add item NONE to SL, or correct metadata InvtID of the sale");
    });
  });

  test("with a product is not named by metadata of the sale", () => {
    const metadata = { InvtID: "SALE" };

    expect(codeOf(() => mapItem(sold(bare, metadata), settings, stockOf()))).toBe(
      "mapping.product_unmapped",
    );
  });

  test("may be a stock item where the pair says no-relief", () => {
    const relaxed = someSettings({ "invoice.stock-items": "no-relief" });

    expect(mapItem(sold(), relaxed, () => anItem({ isStock: true })).itemId).toBe("CONSULT");
  });
});

describe("a bare charge", () => {
  test("parks without item.default", () => {
    const none = { ...settings, item: { default: undefined } };

    expect(codeOf(() => mapBareItem({ metadata: {} }, none, everything))).toBe(
      "mapping.item_default_missing",
    );
  });

  test("takes the item that its metadata names before item.default", () => {
    const named = { metadata: { [settings.metadata.item]: "CONSULT" } };

    expect(mapBareItem(named, settings, everything).itemId).toBe("CONSULT");
  });

  test("parks when SL lacks the default item", () => {
    expect(codeOf(() => mapBareItem({ metadata: {} }, settings, stockOf()))).toBe(
      "mapping.product_unmapped",
    );
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

describe("what a decision about an item may name", () => {
  const lines = [aLine({ lineId: "il_1", ...bare }), aLine({ lineId: "il_2", ...bare })];

  test("is each line, its price and its product", () => {
    expect(itemTargetsOf(aSale({ document: { lines } }), settings)).toEqual([
      ...["il_1", "price_X", "prod_X", "il_2"],
    ]);
  });

  test("is the whole charge where it has no lines", () => {
    const sale = aSale({ document: { lines: [], source: "bare" } });

    expect(itemTargetsOf(sale, settings)).toEqual([""]);
  });

  test("is nothing where invoices of SL are paid, which have their items", () => {
    const metadata = { invoices: "DynamicsSL_InvoiceNbr" };
    const existing = someSettings({ mode: "existing-invoice", metadata });

    expect(itemTargetsOf(aSale({ document: { lines } }), existing)).toEqual([]);
  });
});

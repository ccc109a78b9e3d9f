import { expect, test } from "vitest";
import type { Override } from "../canonical/sale.ts";
import { mapBareItem, mapItem } from "./items.ts";
import { decidedFor, overrideLines, overrideWords, withOverrides } from "./overrides.ts";
import { metadataPlaces, namedCustomerId, syncControl } from "./sync.ts";
import { aLine, aSale, someSettings } from "./testing/builders.ts";

const settings = someSettings();
const anything = (itemId: string) => ({
  itemId,
  description: "",
  isStock: false,
  isActive: true,
  sales: { account: "", subaccount: "" },
});

function decided(change: Partial<Override>): Override {
  return { field: "item", target: "", value: "OTHER", by: "maria", reason: "old", ...change };
}

test.each([
  ["the line", "il_1"],
  ["the price", "price_1"],
  ["the product", "prod_A"],
])("an item decided for %s comes before the settings", (_of, target) => {
  const line = aLine({ priceId: "price_1" });
  const sale = withOverrides(aSale(), [decided({ target })]);

  const mapped = mapItem({ line, sale }, settings, anything);

  expect(mapped).toMatchObject({ itemId: "OTHER", chosenBy: "a change of maria" });
});

test("an item decided for another line changes nothing", () => {
  const sale = withOverrides(aSale(), [decided({ target: "il_2" })]);

  expect(mapItem({ line: aLine(), sale }, settings, anything).itemId).toBe("CONSULT");
});

test("an item decided without a target is that of a charge without lines", () => {
  const sale = withOverrides(aSale(), [decided({})]);

  expect(mapBareItem(sale, settings, anything).itemId).toBe("OTHER");
});

test("a decided item that SL lacks asks for another edit", () => {
  const sale = withOverrides(aSale(), [decided({ target: "il_1" })]);

  expect(() => mapItem({ line: aLine(), sale }, settings, () => undefined)).toThrow(
    expect.objectContaining({ cure: "Add item OTHER to SL, or edit the run again, then resume." }),
  );
});

test("a decided customer comes before the metadata", () => {
  const named = { ...aSale(), metadata: { DynamicsSL_CustomerID: "C1" } };
  const sale = withOverrides(named, [decided({ field: "customer", value: "C300" })]);

  expect(namedCustomerId(sale, settings)).toBe("C300");
});

test("decided metadata is the strongest of all", () => {
  const before = { ...aSale(), metadata: { order_id: "1", other: "2" } };
  const sale = withOverrides(before, [
    decided({ field: "metadata", target: "order_id", value: "WEB-1" }),
  ]);

  expect(sale.metadata).toEqual({ order_id: "WEB-1", other: "2" });
});

test("decided metadata say what an object's own would, and it has them no more", () => {
  const metadata = { slipway_sync: "hold", order_id: "1" };
  const before = { ...aSale(), metadata, metadataSources: [{ objectId: "pi_1", metadata }] };
  const sale = withOverrides(before, [
    decided({ field: "metadata", target: "slipway_sync", value: "force" }),
    decided({ field: "metadata", target: "order_id", value: "" }),
  ]);

  expect(syncControl(sale, sale.payments, settings)).toEqual({
    word: "force",
    objectId: "a change of maria",
  });
  expect(metadataPlaces(sale, "order_id")).toBe("");
});

test("a sale that nobody has decided anything for is the very same", () => {
  const sale = aSale();

  expect(withOverrides(sale, [])).toBe(sale);
  expect(decidedFor(sale, "item", ["il_1", undefined])).toBeUndefined();
  expect(overrideLines(sale)).toEqual([]);
});

test("the note says who changed what and why", () => {
  const overrides = [
    decided({ target: "il_1" }),
    decided({ field: "metadata", target: "order_id", value: "WEB-1" }),
    decided({ field: "customer", value: "C300" }),
  ];

  expect(overrideLines({ overrides })).toEqual([
    "Changed by maria: item of il_1 is OTHER (old)",
    "Changed by maria: metadata order_id is WEB-1 (old)",
    "Changed by maria: customer is C300 (old)",
  ]);
  expect(overrideWords({ field: "text", target: "", value: "Hello" })).toBe("text is Hello");
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { sum } from "../base/money.ts";
import type { SaleDocument } from "../canonical/sale.ts";
import { mapLines } from "./lines.ts";
import {
  aLine,
  anItem,
  aSale,
  aTax,
  entriesOf,
  someSettings,
  stockOf,
  usd,
} from "./testing/builders.ts";

const settings = someSettings();
const support = anItem({ itemId: "SUPPORT", sales: { account: "4010", subaccount: "0" } });
const inventory = stockOf(anItem(), support);

function map(document: Partial<SaleDocument>, extra: Record<string, unknown> = {}) {
  return mapLines(aSale({ document }), { ...settings, ...extra }, inventory);
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
  return "no error";
}

const inSupport = { priceMetadata: { InvtID: "SUPPORT" }, productId: undefined };

describe("residue", () => {
  test("one cent between lines and total is taken off the largest line", () => {
    const { lines, notes } = map({
      lines: [aLine({ gross: usd(500) }), aLine({ ...inSupport, gross: usd(900) })],
      total: usd(1399),
    });

    expect(entriesOf(lines)).toEqual(["4000 500", "4010 899"]);
    expect(notes.join()).toContain("Rounding of -0.01 taken off the largest line");
  });

  test("two cents on one line are above the cap of one a line", () => {
    const document = { lines: [aLine({ gross: usd(500) })], total: usd(502) };

    expect(codeOf(() => map(document))).toBe("mapping.rounding_cap");
  });

  test("five cents on five lines are within the cap", () => {
    const lines = Array.from({ length: 5 }, () => aLine({ gross: usd(100) }));

    expect(entriesOf(map({ lines, total: usd(505) }).lines).at(-1)).toBe("8990 5");
  });

  test("a document without lines that is no bare charge parks", () => {
    expect(codeOf(() => map({ source: "invoice", lines: [], total: usd(1) }))).toBe(
      "mapping.rounding_cap",
    );
  });
});

describe("discounts and credits", () => {
  test("a document discount is spread by largest remainder, ties to the first", () => {
    const lines = Array.from({ length: 3 }, () => aLine({ gross: usd(1000) }));
    const mapped = map({ lines, documentDiscount: usd(100), total: usd(2900) });

    expect(entriesOf(mapped.lines)).toEqual(["4000 966", "4000 967", "4000 967"]);
  });

  test("a credit comes off lines of its own sales account first", () => {
    const lines = [
      aLine({ gross: usd(5000) }),
      aLine({ ...inSupport, gross: usd(2000) }),
      aLine({ ...inSupport, description: "Unused time", gross: usd(-1500) }),
    ];
    const mapped = map({ lines, total: usd(5500) });

    expect(entriesOf(mapped.lines)).toEqual(["4000 5000", "4010 500"]);
    expect(mapped.notes.join()).toContain('"Unused time" of -15.00 (item SUPPORT) is a credit');
  });

  test("a credit above its own account's lines goes on to the others", () => {
    const lines = [
      aLine({ gross: usd(5000) }),
      aLine({ ...inSupport, gross: usd(1000) }),
      aLine({ ...inSupport, gross: usd(-1500) }),
    ];

    expect(entriesOf(map({ lines, total: usd(4500) }).lines)).toEqual(["4000 4500", "4010 0"]);
  });

  test("products for nothing with paid shipping keep their lines", () => {
    const lines = [aLine({ gross: usd(1000), discount: usd(1000) })];

    expect(entriesOf(map({ lines, shipping: usd(500), total: usd(500) }).lines)).toEqual([
      "4000 0",
      "4100 500",
    ]);
  });

  test("a discount above all lines parks instead of making a negative line", () => {
    const lines = [aLine({ gross: usd(1000) })];

    expect(
      codeOf(() =>
        map({ lines, documentDiscount: usd(2000), shipping: usd(1500), total: usd(500) }),
      ),
    ).toBe("mapping.rounding_cap");
  });
});

describe("tax", () => {
  test("none keeps tax in the lines it belongs to", () => {
    const document = {
      lines: [aLine({ tax: usd(825) })],
      shipping: usd(500),
      shippingTax: usd(41),
      total: usd(11366),
    };

    expect(entriesOf(map(document, { tax: "none" }).lines)).toEqual(["4000 10825", "4100 541"]);
  });

  test("line sums the tax of lines and shipping, and says what SL's reports lack", () => {
    const document = {
      lines: [aLine({ tax: usd(825) })],
      shipping: usd(500),
      shippingTax: usd(41),
      total: usd(11366),
    };

    const { lines, notes } = map(document);

    expect(entriesOf(lines)).toEqual(["4000 10000", "4100 500", "2200 866"]);
    expect(lines.flatMap(({ taxes = [] }) => taxes)).toEqual([]);
    expect(notes).toContain("Tax of 8.66 is a line; this document is not in SL's tax reports.");
  });

  test("by SL's ids stands beside the lines, and several of Stripe's can be one of SL's", () => {
    const taxes = [
      aTax({ amount: usd(400), rateId: "txr_state", place: "US-NY", percentage: "4" }),
      aTax({ amount: usd(488), rateId: "txr_city", place: "US-NY", percentage: "4.875" }),
    ];
    const document = {
      lines: [aLine({ tax: usd(888), taxes }), aLine({ gross: usd(500), ...inSupport })],
      shipping: usd(500),
      shippingTax: usd(20),
      shippingTaxes: [aTax({ amount: usd(20), taxable: usd(500), place: "DE", percentage: "19" })],
      total: usd(11908),
    };
    const policy = { tax: "sl", taxes: { "US-NY": "NYTAX", "DE/19": "VAT19" } };

    const { lines } = map(document, policy);

    expect(lines.map((line) => line.taxes ?? [])).toEqual([
      [{ taxId: "NYTAX", amount: usd(888), taxable: usd(10000) }],
      [],
      [{ taxId: "VAT19", amount: usd(20), taxable: usd(500) }],
    ]);
    expect(entriesOf(lines)).toEqual(["4000 10000", "4010 500", "4100 500"]);
  });

  test("by SL's ids takes the tax of a credit off the other lines", () => {
    const credit = {
      gross: usd(-2000),
      tax: usd(-200),
      taxes: [aTax({ amount: usd(-200), taxable: usd(-2000) })],
    };
    const lines = [aLine({ tax: usd(1000), taxes: [aTax({ amount: usd(1000) })] }), aLine(credit)];

    const mapped = map({ lines, total: usd(8800) }, { tax: "sl", taxes: { txr_1: "NYTAX" } });

    expect(mapped.lines).toMatchObject([
      { amount: usd(8000), taxes: [{ amount: usd(800), taxable: usd(8000) }] },
    ]);
  });

  test("by SL's ids takes off for a credit the most that its taxes were computed on", () => {
    const state = { rateId: "txr_state", amount: usd(0), taxable: usd(0) };
    const partOf = (minor: number, tax: number) => ({
      gross: usd(minor),
      tax: usd(tax),
      taxes: [aTax(state), aTax({ rateId: "txr_city", amount: usd(tax), taxable: usd(minor) })],
    });
    const lines = [aLine(partOf(10_000, 450)), aLine(partOf(-4_000, -180))];
    const taxes = { txr_state: "NYTAX", txr_city: "NYTAX" };

    const mapped = map({ lines, total: usd(6_270) }, { tax: "sl", taxes });

    expect(mapped.lines.map((line) => line.taxes)).toEqual([
      [{ taxId: "NYTAX", amount: usd(270), taxable: usd(6_000) }],
    ]);
  });

  test.each([
    ["the rate", { txr_1: "A", "US-NY": "B", default: "C" }, "A"],
    ["place and per cent", { "US-NY/8.875": "A", US: "B", default: "C" }, "A"],
    ["the country", { US: "B", default: "C" }, "B"],
    ["the default", { default: "C", DE: "D" }, "C"],
  ])("by SL's ids is found by %s", (_name, taxes, expected) => {
    const lines = [aLine({ tax: usd(888), taxes: [aTax({ amount: usd(888) })] })];

    const mapped = map({ lines, total: usd(10888) }, { tax: "sl", taxes });

    expect(mapped.lines[0]?.taxes?.map(({ taxId }) => taxId)).toEqual([expected]);
  });

  test.each([
    ["a rate that nothing names", [aTax({ amount: usd(888) })], "mapping.tax_unmapped"],
    ["tax without any rate", [], "mapping.tax_unmapped"],
    ["taxes that miss their sum", [aTax({ amount: usd(887) })], "mapping.tax_split"],
  ])("by SL's ids parks for %s", (_name, taxes, code) => {
    const lines = [aLine({ tax: usd(888), taxes })];

    expect(codeOf(() => map({ lines, total: usd(10888) }, { tax: "sl", taxes: { DE: "D" } }))).toBe(
      code,
    );
  });

  test("by SL's ids parks for more taxes than SL keeps on a document", () => {
    const lines = Array.from({ length: 5 }, (_, nr) =>
      aLine({ tax: usd(100), taxes: [aTax({ amount: usd(100), rateId: `txr_${nr}` })] }),
    );
    const taxes = Object.fromEntries(lines.map((_, nr) => [`txr_${nr}`, `T${nr}`]));

    expect(codeOf(() => map({ lines, total: usd(50500) }, { tax: "sl", taxes }))).toBe(
      "mapping.tax_split",
    );
  });

  test("of nothing is kept where its reason is named, and else left out", () => {
    const nothing = aTax({ amount: usd(0), reason: "reverse_charge", place: "DE" });
    const document = { lines: [aLine({ taxes: [nothing] })], total: usd(10000) };
    const taxesOf = (taxes: Record<string, string>) =>
      map(document, { tax: "sl", taxes }).lines[0]?.taxes;

    expect(taxesOf({ reverse_charge: "VATRC" })).toEqual([
      { taxId: "VATRC", amount: usd(0), taxable: usd(10000) },
    ]);
    expect(taxesOf({ default: "AVATAX" })).toBeUndefined();
  });

  test("below zero parks", () => {
    expect(codeOf(() => map({ lines: [aLine({ tax: usd(-1) })], total: usd(9999) }))).toBe(
      "mapping.tax_split",
    );
  });
});

describe("any document", () => {
  const amount = fc.integer({ min: 0, max: 5_000_000 });
  const line = fc.record({
    gross: fc.integer({ min: -50_000, max: 5_000_000 }),
    discountShare: fc.integer({ min: 0, max: 100 }),
    tax: amount,
    quantity: fc.constantFrom("1", "3", "7", "0", "1.5", "0.333"),
    isSupport: fc.boolean(),
  });
  const anyDocument = fc.record({
    lines: fc.array(line, { minLength: 1, maxLength: 200 }),
    documentDiscount: amount,
    shipping: amount,
    shippingTax: amount,
    residue: fc.integer({ min: -7, max: 7 }),
  });

  test("adds up to Stripe's total with no line below zero, or parks", () => {
    fc.assert(
      fc.property(anyDocument, fc.constantFrom("line", "none"), (given, tax) => {
        const lines = given.lines.map((one) =>
          aLine({
            gross: usd(one.gross),
            discount: usd(one.gross > 0 ? Math.floor((one.gross * one.discountShare) / 100) : 0),
            tax: usd(one.tax),
            quantity: one.quantity,
            ...(one.isSupport ? inSupport : {}),
          }),
        );
        const added = sum(
          lines.flatMap((one) => [one.gross, one.tax, usd(-one.discount.minor)]),
          "USD",
        );
        const { documentDiscount, shipping, shippingTax, residue } = given;
        const total = added.minor + BigInt(shipping + shippingTax - documentDiscount + residue);
        const document = {
          lines,
          documentDiscount: usd(documentDiscount),
          shipping: usd(shipping),
          shippingTax: usd(shippingTax),
          total: usd(total),
        };
        let mapped: ReturnType<typeof map> | undefined;
        const code = codeOf(() => {
          mapped = map(document, { tax });
        });

        expect(["no error", "mapping.rounding_cap"]).toContain(code);
        if (mapped === undefined) return;
        const amounts = mapped.lines.map((one) => one.amount);
        expect(sum(amounts, "USD").minor).toBe(total);
        expect(amounts.every(({ minor }) => minor >= 0n)).toBe(true);
        expect(mapped.lines.every(({ description }) => description.length <= 30)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

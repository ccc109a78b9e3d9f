import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../canonical/sale.ts";
import { fitAddress, singleLine } from "./address.ts";

const COUNTRIES = ["US", "CA", "AU"];

function address(change: Partial<Address> = {}): Address {
  return {
    line1: "1 Main St",
    line2: "",
    city: "Austin",
    state: "TX",
    postalCode: "78701",
    country: "US",
    ...change,
  };
}

test("an address that fits goes in unchanged and without a note", () => {
  expect(fitAddress(address(), COUNTRIES)).toEqual({
    line1: "1 Main St",
    line2: "",
    city: "Austin",
    state: "TX",
    zip: "78701",
    country: "US",
    notes: [],
  });
});

describe("the state", () => {
  test.each([
    ["US", "Texas", "TX"],
    ["US", "tx", "TX"],
    ["US", "Washington D.C.", "DC"],
    ["CA", "Québec", "QC"],
    ["CA", "Quebec", "QC"],
    ["AU", "New South Wales", "NSW"],
    ["US", "Somewhere", ""],
    ["DE", "BY", ""],
    ["FR", "Île-de-France", ""],
    ["", "TX", ""],
  ])("in %s, %j is %j", (country, state, expected) => {
    expect(fitAddress(address({ country, state }), COUNTRIES).state).toBe(expected);
  });

  test("left out stands in the note with the whole address", () => {
    const { notes } = fitAddress(address({ country: "DE", state: "Bayern" }), COUNTRIES);

    expect(notes).toEqual(["Address in full: 1 Main St, Austin, Bayern 78701, DE"]);
  });
});

test("a long first line is broken at a blank and goes on before the second", () => {
  const line1 = `Building 7, ${"Very Long Street Name ".repeat(3)}North`;
  const fitted = fitAddress(address({ line1, line2: "Suite 5" }), COUNTRIES);

  expect(fitted.line1).toBe("Building 7, Very Long Street Name Very Long Street Name Very");
  expect(fitted.line2).toBe("Long Street Name North, Suite 5");
});

test("a long first line without blanks is broken at the width", () => {
  const fitted = fitAddress(address({ line1: "x".repeat(70) }), COUNTRIES);

  expect([fitted.line1.length, fitted.line2.length]).toEqual([60, 10]);
});

test("a single line leaves empty parts out", () => {
  expect(singleLine(address({ line2: " ", state: "" }))).toBe("1 Main St, Austin, 78701, US");
  expect(singleLine(address({ line1: "", city: "", state: "", postalCode: "", country: "" }))).toBe(
    "",
  );
});

test.each([
  ["ÿ", "Y"],
  ["µ", "M"],
])("the state %s, whose capital SL cannot hold, is sent as '%s'", (state, sent) => {
  expect(fitAddress(address({ state }), COUNTRIES).state).toBe(sent);
});

test("any address fits SL's columns, and what was changed is noted", () => {
  const part = fc.string({ unit: "grapheme", maxLength: 90 });
  const anyAddress = fc.record({
    line1: part,
    line2: part,
    city: part,
    state: part,
    postalCode: part,
    country: fc.constantFrom("US", "DE", "", "us"),
  });
  const widths = { line1: 60, line2: 60, city: 30, state: 3, zip: 10, country: 3 };

  fc.assert(
    fc.property(anyAddress, (given) => {
      const { notes, ...fitted } = fitAddress(given, COUNTRIES);

      for (const [column, width] of Object.entries(widths)) {
        const text = fitted[column as keyof typeof widths];
        expect(text.length).toBeLessThanOrEqual(width);
        expect(text).toMatch(/^[\u0020-\u007d\u00a1-\u00ff]*$/);
      }
      expect(notes.length).toBeLessThanOrEqual(1);
    }),
  );
});

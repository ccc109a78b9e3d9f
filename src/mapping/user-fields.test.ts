import { describe, expect, test } from "vitest";
import { aPayment, aSale, someSettings } from "./testing/builders.ts";
import { mapUserFields } from "./user-fields.ts";

function map(
  entry: Record<string, unknown>,
  value: string | undefined,
  table = "Invoice" as const,
) {
  const settings = someSettings({ fields: { "to-sl": [{ from: "metadata.x", ...entry }] } });
  const metadata = value === undefined ? {} : { x: value };
  return mapUserFields(table, { sale: aSale({ metadata }), payment: undefined }, settings);
}

describe("kinds", () => {
  test.each([
    ["User5", "0123456789ABC", "0123456789"],
    ["User6", "Łódź", "Lódz"],
    ["User3", "-12.5", "-12.5"],
    ["User7", "2028-02-29", "2028-02-29"],
  ])("%s takes %j as %j", (field, value, expected) => {
    expect(map({ to: `ARDoc.${field}` }, value).fields).toEqual({ [field]: expected });
  });

  test.each([
    ["User4", "12,5"],
    ["User3", "1e9"],
    ["User8", "2026-02-29"],
    ["User7", "1900-01-01"],
    ["User7", "2079-06-07"],
  ])("%s refuses %j", (field, value) => {
    expect(() => map({ to: `ARDoc.${field}` }, value)).toThrow(
      expect.objectContaining({ code: "mapping.field_invalid" }) as Error,
    );
  });
});

test("a cut text is noted in full", () => {
  expect(map({ to: "Invoice.User5" }, "0123456789ABC").notes).toEqual([
    "metadata.x in full: 0123456789ABC",
  ]);
});

test("a missing value takes the default, else nothing", () => {
  expect(map({ to: "Invoice.User5", default: "WEB" }, " ").fields).toEqual({ User5: "WEB" });
  expect(map({ to: "Invoice.User5" }, undefined).fields).toEqual({});
});

test("a missing required value parks", () => {
  expect(() => map({ to: "Invoice.User5", required: true }, "")).toThrow(
    expect.objectContaining({ code: "mapping.text_missing" }) as Error,
  );
});

test("metadata named like a property of objects finds nothing", () => {
  expect(map({ from: "metadata.constructor", to: "Invoice.User5" }, "v").fields).toEqual({});
});

test("ARDoc means invoice and payment, and not the customer", () => {
  const settings = someSettings({
    fields: { "to-sl": [{ from: "charge.id", to: "ARDoc.User5" }] },
  });
  const source = { sale: aSale(), payment: aPayment({ chargeId: "ch_9" }) };

  expect(mapUserFields("Payment", source, settings).fields).toEqual({ User5: "ch_9" });
  expect(mapUserFields("Invoice", source, settings).fields).toEqual({ User5: "ch_9" });
  expect(mapUserFields("Customer", source, settings).fields).toEqual({});
});

import { describe, expect, test } from "vitest";
import { returnReason } from "./refund-reason.ts";
import { someSettings } from "./testing/builders.ts";

const reasonWith = (fields: Readonly<Record<string, string>>) =>
  returnReason("damaged", someSettings({ "refund-reasons": { damaged: { fields } } }));

describe("the fields of a reason", () => {
  test("are as wide as SL's, and what was cut is noted in full", () => {
    const { fields, notes } = reasonWith({ User5: "DAMAGED GOODS", User6: "Łódź" });

    expect(fields).toEqual({ User5: "DAMAGED GO", User6: "Lódz" });
    expect(notes).toEqual([
      "refund-reasons.damaged.fields in full: DAMAGED GOODS",
      "refund-reasons.damaged.fields in full: Łódź",
    ]);
  });

  test.each([
    ["User3", "many"],
    ["User7", "yesterday"],
  ])("%s does not take %j", (field, value) => {
    expect(() => reasonWith({ [field]: value })).toThrow(
      expect.objectContaining({ code: "mapping.field_invalid" }) as Error,
    );
  });
});

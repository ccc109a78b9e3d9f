import { expect, test } from "vitest";
import { fingerprint, fromJson, toJson } from "./json.ts";
import { money } from "./money.ts";

test("an amount inside a draft comes back as the same amount", () => {
  const draft = { total: money(10825n, "USD"), lines: [{ amount: money(-1n, "USD") }] };

  expect(fromJson(toJson(draft))).toEqual(draft);
});

test("the order of properties does not change a fingerprint", () => {
  expect(fingerprint({ a: 1, b: { c: 2, d: 3 } })).toBe(fingerprint({ b: { d: 3, c: 2 }, a: 1 }));
});

test("one changed minor unit changes the fingerprint", () => {
  expect(fingerprint({ total: money(1n, "USD") })).not.toBe(
    fingerprint({ total: money(2n, "USD") }),
  );
});

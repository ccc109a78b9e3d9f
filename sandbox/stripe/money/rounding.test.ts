import fc from "fast-check";
import { expect, it } from "vitest";
import { allocate, fraction, timesRounded } from "./rounding.ts";

it("halves are rounded away from zero", () => {
  const half = fraction("0.5");

  expect([1, 3, -1, -3].map((amount) => timesRounded(amount, half))).toEqual([1, 2, -1, -2]);
});

it("a product of large numbers stays exact", () => {
  expect(timesRounded(1_000_000_000_000, fraction("1.0831"))).toBe(1_083_100_000_000);
  expect(timesRounded(10_825, fraction("0.029"))).toBe(314);
});

it("parts always add up to the total", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), weights, (total, shares) => {
      const parts = allocate(total, shares);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
    }),
  );
});

it("the leftover goes to the largest remainder, ties to the first", () => {
  expect(allocate(100, [1, 1, 1])).toEqual([34, 33, 33]);
  expect(allocate(10, [1, 2, 3])).toEqual([2, 3, 5]);
});

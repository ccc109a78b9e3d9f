import { describe, expect, it } from "vitest";
import { median, percentile, ratios, summarise } from "./statistics.ts";

describe("median", () => {
  it("of an odd number of values is the middle one, in whatever order they come", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it("of an even number of values lies between the two in the middle", () => {
    expect(median([1, 2, 10, 4])).toBe(3);
  });

  it("of nothing is no number", () => {
    expect(median([])).toBeNaN();
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 101 }, (_, index) => index);

  it("99 of the values 0 to 100 is 99", () => {
    expect(percentile(hundred, 99)).toBe(99);
  });

  it("0 and 100 are the smallest and the largest value", () => {
    expect([percentile(hundred, 0), percentile(hundred, 100)]).toEqual([0, 100]);
  });

  it("leaves the list as it was", () => {
    const values = [3, 1, 2];

    percentile(values, 50);

    expect(values).toEqual([3, 1, 2]);
  });
});

it("a summary is median, smallest and largest", () => {
  expect(summarise([4, 8, 6])).toEqual({ median: 6, min: 4, max: 8 });
});

it("ratios are taken round by round", () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { RunningSums } from "./running-sums.ts";
import { Sequences } from "./sequences.ts";

it("numbers stay in order whatever is added and taken off", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 60 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (given) => {
      const list = new Sequences();
      const model = new Set<number>();
      for (const [isAdded, number] of given) {
        if (isAdded && !model.has(number)) list.add(number);
        if (!isAdded) list.remove(number);
        if (isAdded) model.add(number);
        else model.delete(number);
      }
      const expected = [...model].toSorted((a, b) => a - b);
      expect(Array.from({ length: list.length }, (_, index) => list.at(index))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

it("a long list that is emptied from its front keeps its order", () => {
  const list = new Sequences();
  for (let number = 0; number < 5000; number += 1) list.add(number);
  list.add(-1);
  for (let number = 10; number < 4000; number += 1) list.remove(number);
  list.add(20);

  const kept = Array.from({ length: list.length }, (_, index) => list.at(index) ?? Number.NaN);

  const left = Array.from({ length: 1000 }, (_, index) => 4000 + index);
  expect(kept).toEqual([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, ...left]);
  expect(list.firstFrom(21)).toBe(12);
});

it("sums are parted at the second, as adding one by one would", () => {
  const part = fc.record({
    second: fc.integer({ min: 0, max: 400_000 }),
    amount: fc.integer({ min: -1000, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(part), fc.nat({ max: 400_000 }), (parts, moment) => {
      const sums = new RunningSums();
      for (const { second, amount } of parts) sums.add("usd", second, amount);

      const sumOf = (isUntil: boolean) =>
        parts
          .filter(({ second }) => second <= moment === isUntil)
          .reduce((so, { amount }) => so + amount, 0);
      expect(sums.split("usd", moment)).toEqual({ until: sumOf(true), after: sumOf(false) });
    }),
    { numRuns: 60 },
  );
});

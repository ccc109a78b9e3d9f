import fc from "fast-check";
import { expect, test } from "vitest";
import { inReturnOrder, type ReturnStep } from "./return-order.ts";

const aStep = fc.record({
  kind: fc.constantFrom("note", "refund", "dispute"),
  at: fc.integer({ min: 0, max: 20 }).map((second) => new Date(1_780_000_000_000 + second * 1_000)),
  id: fc.string({ minLength: 1, maxLength: 4 }),
}) as fc.Arbitrary<ReturnStep>;
const aStory = fc
  .uniqueArray(aStep, { maxLength: 12, selector: ({ kind, id }) => `${kind} ${id}` })
  .chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length }));

test("what is known at any second is the beginning of what is known later", () => {
  fc.assert(
    fc.property(aStory, fc.integer({ min: 0, max: 20 }), (steps, second) => {
      const until = 1_780_000_000_000 + second * 1_000;
      const early = inReturnOrder(steps.filter(({ at }) => at.getTime() <= until));

      const late = inReturnOrder(steps.toReversed());

      expect(late.slice(0, early.length)).toEqual(early);
    }),
  );
});

test("within a second what the merchant did comes before a dispute", () => {
  const at = new Date(1_780_000_000_000);
  const step = (kind: ReturnStep["kind"], id: string) => ({ kind, at, id });

  const steps = inReturnOrder([step("dispute", "a"), step("refund", "b"), step("note", "c")]);

  expect(steps.map(({ kind }) => kind)).toEqual(["note", "refund", "dispute"]);
});

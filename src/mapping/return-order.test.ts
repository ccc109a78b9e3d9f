import fc from "fast-check";
import { expect, test } from "vitest";
import { inReturnOrder, instantOfRefund, isBackBefore, type ReturnStep } from "./return-order.ts";
import { aRefund, aRow } from "./testing/builders.ts";

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

test("a refund stands where its money left, also once it has failed", () => {
  const [made, left, back] = [10, 11, 18].map((day) => new Date(Date.UTC(2026, 2, day)));
  const row = aRow({ created: left ?? new Date() });
  const failure = aRow({ created: back ?? new Date() });
  const refund = aRefund({ createdAt: made ?? new Date(), row, failure });

  expect(instantOfRefund(refund)).toEqual(left);
  expect(instantOfRefund({ ...refund, row: undefined })).toEqual(back);
  expect(instantOfRefund({ ...refund, row: undefined, failure: undefined })).toEqual(made);
});

test("money of a refund is back before another one of that second, never before itself", () => {
  const at = new Date("2026-03-10T12:00:00Z");
  const failed = aRefund({ refundId: "re_1", createdAt: at, failure: aRow({ created: at }) });
  const second = (ms: number) =>
    aRefund({ refundId: "re_2", createdAt: new Date(at.getTime() + ms) });

  expect(isBackBefore(failed, failed)).toBe(false);
  expect([isBackBefore(failed, second(0)), isBackBefore(failed, second(-1))]).toEqual([
    true,
    false,
  ]);
  expect(isBackBefore(second(0), failed)).toBe(false);
});

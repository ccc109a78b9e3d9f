import { expect, test } from "vitest";
import { isOverdue, nextLookMs, ORDER_LOOKS } from "./order-schedule.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test.each([
  ["right after a change", 0, 2 * MINUTE],
  ["ten minutes later", 10 * MINUTE, 10 * MINUTE],
  ["the next day", DAY, 4 * 60 * MINUTE],
  ["after a month", 30 * DAY, DAY],
])("%s the next look comes in its time", (_when, sinceMs, expected) => {
  expect(nextLookMs(sinceMs)).toBe(expected);
});

test("looks become rarer, and an order of two days costs about 160 calls of four a look", () => {
  const everies = ORDER_LOOKS.map(({ everyMs }) => everyMs);
  let looks = 0;
  for (let ageMs = 0; ageMs < 2 * DAY; ageMs += nextLookMs(ageMs)) looks += 1;

  expect(everies).toEqual([...everies].sort((a, b) => a - b));
  expect(looks * 4).toBeLessThan(170);
});

test("an order is overdue only once its days are full", () => {
  expect([isOverdue(90 * DAY, 90), isOverdue(90 * DAY + 1, 90)]).toEqual([false, true]);
});

import { expect, test } from "vitest";
import type { Payout } from "../../canonical/payout.ts";
import { awaitedOf, nextPayoutLookMs, rowLookMs } from "./payout-schedule.ts";

const HOUR_MS = 60 * 60_000;
const createdAt = new Date("2026-03-30T16:00:00Z");
const lookAt = (now: string, arrivesAt: Date | undefined = new Date("2026-04-01T00:00:00Z")) =>
  nextPayoutLookMs({ createdAt, arrivesAt } as Payout, new Date(now));

test.each([
  ["long before its arrival", "2026-03-30T16:00:00Z", 24 * HOUR_MS],
  ["the evening before", "2026-03-31T17:00:00Z", 7 * HOUR_MS],
  ["on the day of its arrival", "2026-04-01T09:00:00Z", 6 * HOUR_MS],
  ["six days later", "2026-04-07T00:00:00Z", 6 * HOUR_MS],
  ["when it is long overdue", "2026-04-08T00:00:01Z", undefined],
])("a payout is looked at %s", (_case, now, ms) => {
  expect(lookAt(now)).toBe(ms);
});

test("a top-up without a date is awaited for three weeks", () => {
  const at = (now: string) =>
    nextPayoutLookMs({ createdAt, arrivesAt: undefined } as Payout, new Date(now));

  expect(at("2026-04-19T00:00:00Z")).toBe(6 * HOUR_MS);
  expect(at("2026-04-21T00:00:00Z")).toBeUndefined();
});

test("what is awaited is named, and a person hears of it a week after its date", () => {
  const payout = {
    ...{ id: "po_1", state: "under-way", status: "in_transit", createdAt },
    arrivesAt: new Date("2026-04-01T00:00:00Z"),
  } as Payout;
  const at = (change: Partial<Payout>, now: string) =>
    awaitedOf({ ...payout, ...change }, new Date(now));

  expect(at({}, "2026-04-01T00:00:00Z")).toEqual({
    dueInMs: 6 * HOUR_MS,
    waitsFor: "po_1 to arrive (now in_transit)",
  });
  expect(at({ state: "undone" }, "2026-04-01T00:00:00Z")?.dueInMs).toBe(60_000);
  expect(at({ state: "arrived" }, "2026-06-01T00:00:00Z")).toBeUndefined();
  expect(() => at({}, "2026-04-09T00:00:00Z")).toThrow(
    "7 days after its date the hub still waits for po_1 to arrive (now in_transit)",
  );
});

test("a top-up without a row is looked for ever more rarely, and a person hears of it", () => {
  const topup = { id: "tu_1", status: "pending", createdAt, arrivesAt: undefined } as Payout;
  const at = (now: string) => rowLookMs(topup, new Date(now));

  expect(at("2026-03-30T16:59:00Z")).toBe(60_000);
  expect(at("2026-03-30T17:00:00Z")).toBe(24 * HOUR_MS);
  expect(at("2026-04-14T00:00:00Z")).toBe(6 * HOUR_MS);
  expect(() => at("2026-04-21T00:00:00Z")).toThrow(
    "7 days after its date the hub still waits for the balance transaction of tu_1 (now pending)",
  );
});

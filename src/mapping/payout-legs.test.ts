import { describe, expect, test } from "vitest";
import type { Payout } from "../canonical/payout.ts";
import { arrivalDate, type BookedLegs, hadArrived, planLegs } from "./index.ts";
import { usd } from "./testing/builders.ts";
import { aPayout, aPayoutRow, payoutSettings } from "./testing/payouts.ts";

const settings = payoutSettings();
const fromApril = { ...settings, start: "2026-04-01" };

function legsOf(payout: Payout, by = settings, booked: BookedLegs = {}): string[] {
  return planLegs(payout, { settings: by, booked }).map(
    ({ purpose, date, debit, credit }) => `${purpose} ${date} ${debit.role} ${credit.role}`,
  );
}

const backOn = (day: string) => aPayoutRow(day, 100_000, { category: "payout_reversal" });

test("the bank has nothing before the money has left the balance", () => {
  const payout = aPayout({ arrivesAt: new Date("2026-03-28T00:00:00Z") });

  expect(legsOf(payout)).toEqual([
    "payout-out 2026-03-30 transit clearing",
    "payout-in 2026-03-30 bank transit",
  ]);
});

test("an arrival at midnight UTC is that date, and an instant is a day of the pair's zone", () => {
  const dateOf = (at: string) => arrivalDate({ arrivesAt: new Date(at) }, "America/New_York");

  expect(dateOf("2026-04-02T00:00:00Z")).toBe("2026-04-02");
  expect(dateOf("2026-04-02T01:00:00Z")).toBe("2026-04-01");
});

describe("a payout from before the start that fails after it", () => {
  const failed = { status: "failed", state: "undone", undone: backOn("2026-04-06") } as const;

  test("comes back from the bank where it had arrived before", () => {
    const payout = aPayout({ ...failed, arrivesAt: new Date("2026-03-31T00:00:00Z") });

    expect(legsOf(payout, fromApril)).toEqual(["payout-back 2026-04-06 clearing bank"]);
  });

  test("comes back from transit where it had not", () => {
    const payout = aPayout({ ...failed, arrivesAt: new Date("2026-04-02T00:00:00Z") });

    expect(legsOf(payout, fromApril)).toEqual(["payout-back 2026-04-06 clearing transit"]);
  });
});

describe("whether the bank had the money at the start", () => {
  const early = new Date("2026-03-31T00:00:00Z");
  const had = (change: Partial<Payout>) => hadArrived(aPayout(change), fromApril);

  test("is told by its arrival, which what was cancelled never had", () => {
    expect(had({ arrivesAt: early })).toBe(true);
    expect(had({ arrivesAt: early, state: "undone", status: "failed" })).toBe(true);
    expect(had({ arrivesAt: early, state: "undone", status: "canceled" })).toBe(false);
    expect(had({ arrivesAt: early, state: "under-way", status: "in_transit" })).toBe(false);
  });

  test("is told by the balance's day where Stripe names no arrival of what has succeeded", () => {
    const topup = { kind: "topup", arrivesAt: undefined } as const;

    expect(had({ ...topup, state: "arrived", status: "succeeded" })).toBe(true);
    expect(had({ ...topup, state: "undone", status: "reversed" })).toBe(true);
    expect(had({ ...topup, state: "undone", status: "failed" })).toBe(false);
  });
});

test("a payout of nothing is left to a person", () => {
  expect(() => legsOf(aPayout({ amount: usd(0), row: aPayoutRow("2026-03-30", 0) }))).toThrow(
    expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
  );
});

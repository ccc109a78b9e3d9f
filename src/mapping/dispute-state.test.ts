import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import { disputeState, isOverCharged } from "./dispute-state.ts";
import { usd } from "./testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "./testing/disputes.ts";

const on = (day: number) => new Date(Date.UTC(2026, 3, day, 12));
const outOf = (day: number, minor: number) =>
  aDisputeRow({ id: `txn_${day}`, created: on(day), gross: usd(-minor), fee: usd(0) });
const backOn = (day: number, minor: number) =>
  aReversal({ id: `txn_${day}`, created: on(day), gross: usd(minor) });

/** What is lost, recovered and held of it, and what each of its rows is, in minor units. */
function stateOf(rows: readonly LedgerRow[], lostOn: readonly number[] = [], status = "lost") {
  const closings = lostOn.map((day) => ({ status: "lost", at: on(day) }));
  const { lost, recovered, held, moves } = disputeState(aDispute({ rows, status }), closings);
  const kinds = moves.map(({ kind, isRecovery }) => (isRecovery ? "recovered" : kind));
  return { amounts: [lost, recovered, held].map(({ minor }) => Number(minor)), kinds };
}

describe("money that comes back after a loss", () => {
  test("recovers what was lost, and no more than that", () => {
    const { amounts, kinds } = stateOf([outOf(2, 100), backOn(9, 100), backOn(10, 30)], [5]);

    expect(kinds).toEqual(["withdrawn", "recovered", "reinstated"]);
    expect(amounts).toEqual([100, 100, -30]);
  });

  test("is what was withdrawn again first, as far as that is open", () => {
    const { amounts, kinds } = stateOf([outOf(2, 100), outOf(7, 40), backOn(9, 40)], [5]);

    expect(kinds).toEqual(["withdrawn", "withdrawn", "reinstated"]);
    expect(amounts).toEqual([100, 0, 100]);
  });
});

test("money that comes back twice without a loss recovers nothing", () => {
  const { amounts, kinds } = stateOf([outOf(2, 100), backOn(9, 100), backOn(10, 100)], [], "won");

  expect(kinds).toEqual(["withdrawn", "reinstated", "reinstated"]);
  expect(amounts).toEqual([0, 0, -100]);
});

test("a verdict makes nothing a loss where more has come back than went out", () => {
  expect(stateOf([outOf(2, 100), backOn(3, 120)], [5]).amounts).toEqual([0, 0, -20]);
});

test("of one second a withdrawal comes before its verdict, and a reversal after it", () => {
  const rows = [
    aReversal({ id: "txn_a", created: on(5), gross: usd(100) }),
    aDisputeRow({ id: "txn_b", created: on(5), gross: usd(-100), fee: usd(0) }),
  ];

  const { amounts, kinds } = stateOf(rows, [5]);

  expect(kinds).toEqual(["withdrawn", "recovered"]);
  expect(amounts).toEqual([100, 100, 0]);
});

test("a row without a category is told by its direction", () => {
  const rows = [outOf(2, 100), backOn(3, 60)].map((row) => ({ ...row, category: "" }));

  expect(stateOf(rows).kinds).toEqual(["withdrawn", "reinstated"]);
});

test("a category decides against the direction, which may be the other way", () => {
  const rows = [{ ...outOf(2, 100), category: "dispute_reversal" }];

  expect(stateOf(rows).kinds).toEqual(["reinstated"]);
});

describe("a charge of which a buyer has the money twice", () => {
  const eur = (minor: number) => money(minor, "EUR");
  const charge = { amount: usd(10_000), refunded: usd(4_000) };
  const disputed = (minor: number) => aDispute({ amount: usd(minor), rows: [outOf(2, minor)] });

  test("is one whose refunds and disputes are more than it brought", () => {
    expect(isOverCharged(charge, [disputed(6_000)])).toBe(false);
    expect(isOverCharged(charge, [disputed(6_001)])).toBe(true);
    expect(isOverCharged(charge, [disputed(3_000), disputed(3_001)])).toBe(true);
  });

  test("is none without a dispute, nor by one that gave more back than it took", () => {
    const over = { ...charge, refunded: usd(10_001) };
    const back = aDispute({ rows: [outOf(2, 100), backOn(3, 20_000)] });

    expect(isOverCharged(over, [])).toBe(false);
    expect(isOverCharged(charge, [back, disputed(6_001)])).toBe(true);
  });

  test("counts what is disputed where it was settled in another currency", () => {
    const paid = { amount: eur(10_000), refunded: eur(0) };
    const rows = [outOf(2, 10_800)];

    expect(isOverCharged(paid, [aDispute({ amount: eur(10_000), rows })])).toBe(false);
    expect(isOverCharged(paid, [aDispute({ amount: eur(10_001), rows })])).toBe(true);
  });
});

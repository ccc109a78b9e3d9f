import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { disputeCharged } from "./index.ts";
import { usd } from "./testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "./testing/disputes.ts";

const charged = money(10_000, "EUR");
const out = aDisputeRow({ gross: usd(-10_800) });
const back = aReversal({ gross: usd(10_710) });

test("each row of another currency stands for all that is disputed", () => {
  const state = disputeCharged(aDispute({ amount: charged, rows: [out, back] }), []);

  expect(state.moves.map(({ kind, amount }) => [kind, amount])).toEqual([
    ["withdrawn", charged],
    ["reinstated", charged],
  ]);
  expect(state.moves.map(({ row }) => row.gross.minor)).toEqual([-10_800n, 10_710n]);
  expect([state.held.minor, state.remainder.minor]).toEqual([0n, 0n]);
});

test("what comes back as it was charged stands for all that is disputed where it is that", () => {
  const rows = [out, aReversal({ gross: charged })];

  const state = disputeCharged(aDispute({ amount: charged, rows }), []);

  expect(state.moves.map(({ amount }) => amount)).toEqual([charged, charged]);
});

test("what a verdict makes a loss is in the currency of the charge", () => {
  const lost = { status: "lost", at: new Date("2026-06-11T12:00:00Z") };

  const state = disputeCharged(aDispute({ amount: charged, rows: [out], status: "lost" }), [lost]);

  expect(state.lost).toEqual(charged);
});

test.each([
  ["two withdrawals in a row", [out, { ...out, id: "txn_8" }]],
  ["money that comes back before it went", [back]],
  ["far less back than went out", [out, aReversal({ gross: usd(5_400) })]],
  ["a part that comes back as charged", [out, aReversal({ gross: money(9_000, "EUR") })]],
])("%s do not say what of the charge they are", (_name, rows) => {
  const dispute = aDispute({ amount: charged, rows });

  expect(() => disputeCharged(dispute, [])).toThrow(/is not known/);
});

import { expect, test } from "vitest";
import { toHubError } from "../base/errors.ts";
import { money } from "../base/money.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { Refund } from "../canonical/refund.ts";
import { aPayment, aRefund, aRow, aSale } from "../mapping/testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "../mapping/testing/disputes.ts";
import { leftAlone, readMoneyByRow, wordsOf } from "./dismissal.ts";

const usd = (minor: number) => money(minor, "USD");
const sale = aSale({ payments: [aPayment({ chargeId: "ch_1", amount: usd(10_000) })] });
const DECIDED = new Date("2026-05-04T12:00:00Z");
const BEFORE = new Date("2026-05-03T12:00:00Z");
const AFTER = new Date("2026-05-05T12:00:00Z");

/** The money of the sale, where Stripe shows these refunds and disputes of its charge. */
function moneyWith(refunds: readonly Refund[], disputes: readonly Dispute[] = []) {
  const stripe = {
    readRefunds: () => Promise.resolve(refunds),
    readDisputes: () => Promise.resolve(disputes),
  };
  return readMoneyByRow(stripe, sale, new AbortController().signal);
}

const rowOf = (id: string, minor: number, created = BEFORE) =>
  aRow({ id, gross: usd(minor), created });
const aPart = (refundId: string, change: Partial<Refund> = {}) =>
  aRefund({ refundId, chargeId: "ch_1", row: rowOf(`txn_${refundId}`, -4_000), ...change });
const failed = (created: Date) =>
  aPart("re_1", { status: "failed", failure: rowOf("txn_back", 4_000, created) });

/** What is new to a person who saw what it was before; why it is left alone where nothing is. */
async function newTo(seen: string, now: ReturnType<typeof moneyWith>): Promise<unknown> {
  const all = await now;
  try {
    return leftAlone({ by: "maria", reason: "by hand", at: DECIDED, money: seen }, all);
  } catch (thrown) {
    const { code, facts } = toHubError(thrown);
    return code === "conflict.dismissed" ? facts.unseen : thrown;
  }
}

test("each row of a refund and of a dispute is named with what it moved", async () => {
  const dispute = aDispute({
    disputeId: "du_1",
    rows: [aDisputeRow({ id: "txn_out", gross: usd(-10_000) })],
  });

  const all = await moneyWith([failed(AFTER)], [dispute]);

  expect(wordsOf(all).split(", ")).toEqual([
    "ch_1 100.00 USD",
    "re_1 -40.00 USD by txn_re_1",
    "re_1 40.00 USD by txn_back",
    "du_1 -100.00 USD by txn_out",
  ]);
});

test("a refund that failed and is made again over the same amount is news", async () => {
  const seen = wordsOf(await moneyWith([aPart("re_1")]));

  const told = await newTo(seen, moneyWith([failed(AFTER), aPart("re_2")]));

  expect(told).toBe("re_1 40.00 USD by txn_back, re_2 -40.00 USD by txn_re_2");
});

test("a second dispute and money of a first one that comes back are news", async () => {
  const first = aDispute({ disputeId: "du_1", rows: [aDisputeRow({ id: "txn_1" })] });
  const won = { ...first, rows: [...first.rows, aReversal({ id: "txn_2" })] };
  const second = aDispute({ disputeId: "du_2", rows: [aDisputeRow({ id: "txn_3" })] });
  const seen = wordsOf(await moneyWith([], [first]));

  const told = await newTo(seen, moneyWith([], [won, second]));

  expect(told).toBe("du_1 100.00 USD by txn_2, du_2 -100.00 USD by txn_3");
});

test("what was seen to the row is left alone, when ever it moved", async () => {
  const seen = wordsOf(await moneyWith([failed(AFTER)]));

  expect(await newTo(seen, moneyWith([failed(AFTER)]))).toBe("Dismissed by maria: by hand");
});

test("a row that the person could have seen and did not is news", async () => {
  const told = await newTo("ch_1 100.00 USD", moneyWith([aPart("re_1")]));

  expect(told).toBe("re_1 -40.00 USD by txn_re_1");
});

test.each([
  ["a refund", "ch_1 refunded 40.00", [aPart("re_1")], []],
  ["a refund that had failed", "ch_1 refunded 40.00", [failed(BEFORE), aPart("re_2")], []],
  ["a dispute that was won", "ch_1 disputed", [], [aDispute({ rows: [aReversal()] })]],
] as const)("a sum kept by an earlier version covers %s of before", async (...[, sum, re, du]) => {
  const disputes = du.map((one) => ({
    ...one,
    rows: one.rows.map((row) => ({ ...row, created: BEFORE })),
  }));

  const told = await newTo(`ch_1 100.00 USD, ${sum}`, moneyWith(re, disputes));

  expect(told).toBe("Dismissed by maria: by hand");
});

test("a sum kept by an earlier version covers no row of later, and no other charge's", async () => {
  const late = await newTo("ch_1 100.00 USD, ch_1 refunded 40.00", moneyWith([failed(AFTER)]));
  const other = await newTo("ch_1 100.00 USD, ch_11 refunded 40.00", moneyWith([aPart("re_1")]));

  expect(late).toBe("re_1 40.00 USD by txn_back");
  expect(other).toBe("re_1 -40.00 USD by txn_re_1");
});

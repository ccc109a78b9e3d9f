import { describe, expect, test } from "vitest";
import type { CreditNote, Refund } from "../../canonical/refund.ts";
import type { Credited } from "../../mapping/index.ts";
import { aRefund, aRow, usd } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { creditedAt, creditedBefore } from "./credited.ts";

const on = (day: number) => new Date(Date.UTC(2026, 2, day, 12));

type Booked = Readonly<{ object: string; purpose: string; part?: string; minor: number }>;

/** A run whose store has these memos, each of one line that it credits. */
function aRun(booked: readonly Booked[]): RunContext {
  const intents = booked.map(({ object, purpose, part = "", minor }) => ({
    ...{ identity: { object, purpose, part }, stage: "done", attempts: [] },
    draft: { kind: "memo", lines: [{ credits: 0, amount: usd(minor), description: "" }] },
    receipt: { refNbr: object },
  }));
  const isOf = (one: (typeof intents)[number], object: string, purpose: string) =>
    one.identity.object === object && one.identity.purpose === purpose;
  const store = {
    find: (of: { object: string; purpose: string; part: string }) =>
      intents.find((one) => isOf(one, of.object, of.purpose) && one.identity.part === of.part),
    parts: (object: string, purpose: string) => intents.filter((one) => isOf(one, object, purpose)),
    objectsOf: () => [],
  };
  return { door: { store } } as unknown as RunContext;
}

const totalOf = (credited: Credited) =>
  credited.reduce(
    (so, { lines = [] }) => so + lines.reduce((of, { amount }) => of + Number(amount.minor), 0),
    0,
  );

const failed = aRefund({
  ...{ refundId: "re_1", createdAt: on(10) },
  failure: aRow({ id: "txn_back", created: on(18) }),
});
const REVERSED: readonly Booked[] = [
  { object: "re_1", purpose: "refund-cause", minor: 4_000 },
  { object: "re_1", purpose: "refund-back-cause", minor: 4_000 },
];

describe("a refund that failed, and whose sale stands again", () => {
  const of = { refunds: [failed], notes: [] };
  const run = aRun(REVERSED);

  test("had its share of what came before it failed, and none of what came after", async () => {
    const at = async (day: number) => totalOf(await creditedAt(run, of, { at: on(day) }));

    expect([await at(17), await at(18), await at(19)]).toEqual([4_000, 0, 0]);
  });

  test("had its share of a refund that was made before, and none of a later one", async () => {
    const made = async (day: number) => {
      const other: Refund = aRefund({ refundId: "re_2", createdAt: on(day) });
      return totalOf(await creditedBefore(run, { ...of, refunds: [failed, other] }, other));
    };

    expect([await made(17), await made(18)]).toEqual([4_000, 0]);
  });

  test("keeps its share where nothing was taken back of it", async () => {
    const kept = aRun(REVERSED.slice(0, 1));

    expect(totalOf(await creditedAt(kept, of, { at: on(25) }))).toBe(4_000);
  });
});

test("a credit note had its share until it was voided", async () => {
  const note = { creditNoteId: "cn_1", voidedAt: on(18) } as CreditNote;
  const run = aRun([
    { object: "cn_1", purpose: "credit-note", minor: 2_500 },
    { object: "cn_1", purpose: "credit-note", part: "void", minor: 2_500 },
  ]);
  const at = async (day: number) =>
    totalOf(await creditedAt(run, { refunds: [], notes: [note] }, { at: on(day) }));

  expect([await at(17), await at(18)]).toEqual([2_500, 0]);
});

test("a memo was not credited before itself, but another customer's part of it was", async () => {
  const refund = aRefund({ refundId: "re_1" });
  const run = aRun([
    { object: "re_1", purpose: "refund-cause", part: "C300", minor: 1_000 },
    { object: "re_1", purpose: "refund-cause", part: "C301", minor: 300 },
  ]);
  const share = { customerId: "C300", ownsRow: true, whole: refund };

  const before = await creditedBefore(run, { refunds: [refund], notes: [], share }, refund);

  expect(totalOf(before)).toBe(300);
});

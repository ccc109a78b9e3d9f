import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import { closePostings, disputeState, isAwaited, isOverCharged, standingLines } from "./index.ts";
import { someSettings, usd } from "./testing/builders.ts";
import {
  aDispute,
  aDisputeRow,
  aReversal,
  balancesOf,
  bookMissing,
  type DisputeBooks,
  journalText,
} from "./testing/disputes.ts";

// The examples of the booking rules, section 17, about disputes. 1095 is clearing, 1250 what is
// held in disputes, 6110 dispute fees, 6120 dispute loss, 6200 bad debt, 4900 its recovery, 6920
// exchange lost.

const lostOn = (day: string): DisputeClosing => ({ status: "lost", at: new Date(`${day}T12:00Z`) });
const wonOn = (day: string): DisputeClosing => ({ status: "won", at: new Date(`${day}T12:00Z`) });

function bookedOf(
  ...looks: readonly (readonly [Dispute, readonly DisputeClosing[]])[]
): DisputeBooks["journals"] {
  const books: DisputeBooks = { rows: new Set(), journals: [] };
  for (const [dispute, closings] of looks) bookMissing(books, dispute, closings);
  return books.journals;
}

describe("policy receivable", () => {
  test("G27: what is withdrawn is held, and given back once won; the fee stays", () => {
    const journals = bookedOf(
      [aDispute(), []],
      [aDispute({ status: "won", rows: [aDisputeRow(), aReversal()] }), [wonOn("2026-05-20")]],
    );

    expect(journals.map(journalText)).toEqual([
      "2026-04-02 Dr 1250 10000 | Dr 6110 1500 | Cr 1095 11500",
      "2026-05-20 Cr 1250 10000 | Dr 1095 10000",
    ]);
    expect(balancesOf(journals)).toEqual({ "1095": -1500n, "6110": 1500n });
  });

  test("G28: a lost one is written off, and an appeal brings money and fee back", () => {
    const lost = lostOn("2026-06-11");
    const created = new Date("2026-07-08T15:00Z");
    const rows = [aDisputeRow(), aReversal({ fee: usd(-1500), created })];

    const journals = bookedOf(
      [aDispute(), []],
      [aDispute({ status: "lost" }), [lost]],
      [aDispute({ status: "won", rows }), [lost, wonOn("2026-07-08")]],
    );

    expect(journals.map(journalText)).toEqual([
      "2026-04-02 Dr 1250 10000 | Dr 6110 1500 | Cr 1095 11500",
      "2026-06-11 Cr 1250 10000 | Dr 6200 10000",
      "2026-07-08 Cr 4900 10000 | Cr 6110 1500 | Dr 1095 11500",
    ]);
    expect(balancesOf(journals)).toEqual({ "4900": -10000n, "6200": 10000n });
  });

  test("G32: what exchange rates have made of it is exchange once it is won", () => {
    const rows = [aDisputeRow({ gross: usd(-10800) }), aReversal({ gross: usd(10710) })];
    const dispute = aDispute({ amount: money(10000, "EUR"), status: "won", rows });

    const journals = bookedOf([dispute, [wonOn("2026-05-20")]]);

    expect(journals.map(journalText)).toEqual([
      "2026-04-02 Dr 1250 10800 | Dr 6110 1500 | Cr 1095 12300",
      "2026-05-20 Cr 1250 10710 | Dr 1095 10710",
      "2026-05-20 Cr 1250 90 | Dr 6920 90",
    ]);
    expect(balancesOf(journals)).toEqual({ "1095": -1590n, "6110": 1500n, "6920": 90n });
  });

  test("a part that stays away although it was won in one currency is a loss", () => {
    const rows = [aDisputeRow(), aReversal({ gross: usd(9000) })];

    const journals = bookedOf([aDispute({ status: "won", rows }), [wonOn("2026-05-20")]]);

    expect(balancesOf(journals)).toMatchObject({ "6120": 1000n });
  });

  test("what came back above what was withdrawn in another currency is a gain", () => {
    const rows = [aDisputeRow(), aReversal({ gross: usd(10150) })];
    const dispute = aDispute({ amount: money(9200, "EUR"), status: "won", rows });

    const journals = bookedOf([dispute, [wonOn("2026-05-20")]]);

    expect(balancesOf(journals)).toMatchObject({ "6910": -150n });
  });

  test("tax on the fee goes where tax on fees goes", () => {
    const feeDetails = [
      { type: "stripe_fee", amount: usd(1250), description: "", application: "" },
      { type: "tax", amount: usd(250), description: "", application: "" },
    ];

    const [journal] = bookedOf([aDispute({ rows: [aDisputeRow({ feeDetails })] }), []]);

    expect(balancesOf(journal ? [journal] : [])).toMatchObject({ "6110": 1250n, "6103": 250n });
  });

  test("fee details that do not add up to the fee are refused", () => {
    const detail = { type: "stripe_fee", amount: usd(1400), description: "", application: "" };
    const dispute = aDispute({ rows: [aDisputeRow({ feeDetails: [detail] })] });

    expect(() => bookedOf([dispute, []])).toThrow("do not add up");
  });
});

test("what was withdrawn before the start is written off from its opening entry", () => {
  const lost = { status: "lost", at: new Date("2026-06-11T12:00Z") };
  const dispute = aDispute({ status: "lost" });
  const state = disputeState(dispute, [lost]);

  const booked = standingLines(dispute, []);
  const postings = closePostings(dispute, state, { settings: someSettings(), booked });

  expect(postings.map(({ role, cost }) => `${role} ${cost.minor}`)).toEqual([
    "dispute-receivable -10000",
    "bad-debt 10000",
  ]);
});

describe("money that goes out in one currency and comes back in another", () => {
  const out = aDisputeRow({ gross: usd(-10_831) });
  const back = aReversal({ gross: money(10_000, "EUR") });
  const dispute = aDispute({ amount: money(10_000, "EUR"), rows: [back, out] });
  const settings = someSettings();
  const closed = (status: string, closings: readonly DisputeClosing[]) => {
    const state = disputeState({ ...dispute, status }, closings);
    return closePostings(dispute, state, { settings, booked: standingLines(dispute, []) });
  };

  test.each([
    ["won", [wonOn("2026-05-21")]],
    ["lost", [lostOn("2026-06-11")]],
    ["appeal_under_review", [lostOn("2026-05-01")]],
  ])("is not added up once there is a verdict: %s", (status, closings) => {
    expect(() => closed(status, closings)).toThrow(
      expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
    );
  });

  test("asks for nothing while the dispute is open", () => {
    expect(closed("under_review", [])).toEqual([]);
  });
});

test("refunds and disputes that take more than was charged are told", () => {
  const charge = { amount: usd(10_000), refunded: usd(4_000) };
  const half = aDispute({ rows: [aDisputeRow({ gross: usd(-6_000) })] });

  expect(isOverCharged(charge, [half])).toBe(false);
  expect(isOverCharged(charge, [half, aDispute({ rows: [aDisputeRow({ gross: usd(-1) })] })])).toBe(
    true,
  );
  expect(isOverCharged(charge, [aDispute({ rows: [aDisputeRow(), aReversal()] })])).toBe(false);
});

test("what a partial capture has released is nothing that the buyer has twice", () => {
  const charge = { amount: usd(8_000), refunded: usd(4_500), released: usd(4_000) };
  const held = (minor: number) => aDispute({ rows: [aDisputeRow({ gross: usd(-minor) })] });

  expect(isOverCharged(charge, [held(7_500)])).toBe(false);
  expect(isOverCharged(charge, [held(7_501)])).toBe(true);
});

describe("how a dispute stands", () => {
  const stageOf = (dispute: Dispute) => disputeState(dispute, []).stage;

  test.each([
    ["warning_needs_response", "inquiry", true],
    ["warning_closed", "inquiry", false],
    ["prevented", "inquiry", false],
    ["needs_response", "open", true],
  ] as const)("one without rows that is %s is %s", (status, stage, awaited) => {
    const dispute = aDispute({ status, rows: [] });

    expect(stageOf(dispute)).toBe(stage);
    expect(isAwaited(dispute, disputeState(dispute, []))).toBe(awaited);
  });

  test("one that is won before its row waits for the row, and nothing is booked", () => {
    const dispute = aDispute({ status: "won" });

    expect(stageOf(dispute)).toBe("row-awaited");
    expect(bookedOf([dispute, [wonOn("2026-05-20")]])).toHaveLength(1);
  });

  test("an appeal that is under way leaves the loss as it is", () => {
    const dispute = aDispute({ status: "appeal_under_review" });

    const journals = bookedOf([dispute, [lostOn("2026-06-11")]]);

    expect(balancesOf(journals)).toMatchObject({ "6200": 10000n });
    expect(balancesOf(journals)).not.toHaveProperty("1250");
  });
});

import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { money, zero } from "../base/money.ts";
import { aPayout } from "../mapping/testing/payouts.ts";
import { paperHtml } from "../papers/index.ts";
import type { PayoutReport } from "../runs/index.ts";
import { payoutCsv, payoutPaper } from "./payout-paper.ts";

const usd = (minor: number) => money(minor, "USD");
const MADE_AT = new Date("2026-04-02T12:00:00Z");

function aReport(change: Partial<PayoutReport> = {}): PayoutReport {
  const of = { category: "charge", purpose: "payment", rows: 1 };
  return {
    payout: aPayout({ amount: usd(9_680) }),
    bankDate: "2026-04-01",
    journals: [
      { purpose: "payout-out", batNbr: "000412", period: "202603", documentDate: "2026-03-30" },
    ],
    notItemised: undefined,
    lines: {
      ...{ gross: usd(10_000), refunds: usd(0), disputes: usd(0), fees: usd(-320) },
      other: usd(0),
    },
    categories: [
      {
        category: "charge",
        rows: 1,
        gross: usd(10_000),
        fee: usd(320),
        net: usd(9_680),
        waiting: 1,
      },
    ],
    batches: [
      { ...of, part: "fee", purpose: "", batNbr: "", amount: usd(-320) },
      { ...of, part: "gross", batNbr: "000401", amount: usd(10_000) },
    ],
    ...{ rows: 1, net: usd(9_680), difference: zero("USD"), firstWaiting: ["txn_1"] },
    ...change,
  };
}

const pageOf = (report: PayoutReport) =>
  [...paperHtml([payoutPaper("acme", report, MADE_AT)], { title: "", nothing: "" })].join("");

test("the paper names every batch of each category, and what has none yet", () => {
  const page = pageOf(aReport());

  const verdict = "The net is the payout of 96.80 USD, and a part of 1 row is not booked yet";
  expect(page).toContain(verdict);
  expect(page).toContain('<td class="word">gross</td><td>payment</td><td class="word">000401</td>');
  expect(page).toContain('<td class="word">fee</td><td></td><td class="word">not booked yet</td>');
  expect(page).toContain("leaves the balance");
});

test("the bank date on paper is the day that its journal is dated by", () => {
  const payout = aPayout({ amount: usd(9_680), arrivesAt: new Date("2026-04-02T02:30:00Z") });

  expect(pageOf(aReport({ payout, bankDate: "2026-04-01" }))).toContain("<dd>2026-04-01</dd>");
});

test("a payout that Stripe does not itemise has its journals alone", () => {
  const { parts, verdict } = payoutPaper("acme", aReport({ notItemised: "by hand" }), MADE_AT);

  expect(parts.map(({ sheet }) => sheet)).toEqual(["Journals"]);
  expect(verdict.words).toBe("No list of rows: by hand");
});

test("a difference is no good verdict", () => {
  const { verdict } = payoutPaper("acme", aReport({ difference: usd(1) }), MADE_AT);

  expect(verdict.isGood).toBe(false);
  expect(verdict.words).toContain("0.01 is missing");
});

test("batches and what waits add up to the net, and the seal is the table's hash", () => {
  const csv = [...payoutCsv("acme", aReport())].join("");

  const rows = csv.split("\r\n").map((line) => line.split(","));
  const parts = rows.filter(([, , , row]) => row === "batch" || row === "not booked yet");
  expect(parts.reduce((sum, row) => sum + Number(row.at(-1)), 0)).toBeCloseTo(96.8, 10);
  const { seal } = payoutPaper("acme", aReport(), MADE_AT);
  expect(seal.hash).toBe(createHash("sha256").update(csv).digest("hex"));
});

import { expect, test } from "vitest";
import type { PayoutAnswer, PayoutRow } from "../../api/contract.ts";
import { renderPayout, renderPayoutRows } from "./payout.ts";

const CHARGED = { count: 25, first: Array.from({ length: 20 }, (_, nr) => `0004${nr + 10}`) };
const REFUNDED = { count: 1, first: ["000411"] };

const PAYOUT: PayoutAnswer = {
  id: "po_1",
  kind: "payout",
  status: "paid",
  amount: "115.05",
  currency: "USD",
  isAutomatic: true,
  method: "standard",
  createdAt: "2026-03-30T16:00:00.000Z",
  arrivesAt: "2026-04-02T02:30:00.000Z",
  bankDate: "2026-04-01",
  traceId: "012345678901234",
  failure: "",
  reversalOf: null,
  reversedBy: null,
  journals: [
    { purpose: "payout-out", batNbr: "000412", period: "202603", documentDate: "2026-03-30" },
    { purpose: "payout-in", batNbr: "000415", period: "202604", documentDate: "2026-04-01" },
  ],
  notItemised: null,
  rows: 3,
  lines: { gross: "150.00", refunds: "-30.00", disputes: "0.00", fees: "-4.95", other: "0.00" },
  net: "115.05",
  difference: "0.00",
  categories: [
    {
      category: "charge",
      rows: 2,
      gross: "150.00",
      fee: "4.95",
      net: "145.05",
      waiting: 1,
      batches: CHARGED,
    },
    {
      category: "refund",
      rows: 1,
      gross: "-30.00",
      fee: "0.00",
      net: "-30.00",
      waiting: 0,
      batches: REFUNDED,
    },
  ],
  firstWaiting: ["txn_2"],
};

test("a payout is shown with its journals, its sums and what is not booked", () => {
  expect(renderPayout(PAYOUT)).toMatchInlineSnapshot(`
    "po_1  115.05 USD  paid  (automatic standard, bank date 2026-04-01)
    Number at the bank: 012345678901234

    Journal             Date        Period  Batch
    leaves the balance  2026-03-30  202603  000412
    at the bank         2026-04-01  202604  000415

    Made of   Amount
    gross     150.00
    refunds   -30.00
    disputes    0.00
    fees       -4.95
    other       0.00
    net       115.05

    The net is the payout of 115.05.

    Kind of row  Rows   Gross   Fee     Net  Not booked  SL batches
    charge          2  150.00  4.95  145.05           1  000410, 000411, 000412 and 22 more
    refund          1  -30.00  0.00  -30.00              000411

    Not booked yet, 1: txn_2"
  `);
});

test("a payout that Stripe does not itemise says so instead of sums", () => {
  const text = renderPayout({ ...PAYOUT, journals: [], notItemised: "it was made by hand" });

  expect(text).toContain("Its own journals are not booked yet.");
  expect(text).toContain("No list of rows: it was made by hand.");
  expect(text).not.toContain("Made of");
});

test("sums that are not the payout say what is missing", () => {
  const text = renderPayout({ ...PAYOUT, difference: "0.01" });

  expect(text).toContain("The net is not the payout of 115.05: 0.01 is missing");
});

test("each row shows its batch, part by part where one waits", () => {
  const row: PayoutRow = {
    id: "txn_1",
    created: "2026-03-29T16:00:00.000Z",
    category: "charge",
    type: "charge",
    source: "ch_1",
    description: "",
    line: "gross",
    gross: "100.00",
    fee: "3.20",
    net: "96.80",
    currency: "USD",
    bookings: [{ part: "gross", purpose: "payment", object: "ch_1", batNbr: "000401" }],
    waiting: ["fee"],
  };

  const [, split, whole, none] = renderPayoutRows([
    row,
    { ...row, id: "txn_2", waiting: [] },
    { ...row, id: "txn_3", waiting: [], bookings: [] },
  ]).split("\n");

  expect(split).toContain("gross 000401, fee not booked yet");
  expect(whole).toMatch(/96\.80 {2}000401$/);
  expect(none).toMatch(/nothing to book$/);
});

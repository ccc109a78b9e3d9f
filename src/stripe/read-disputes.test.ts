import { describe, expect, test } from "vitest";
import { parseDispute } from "./read-disputes.ts";
import { toMoneyBy } from "./units.ts";

const toMoney = toMoneyBy({});

const row = (change: object = {}) => ({
  id: "txn_1",
  object: "balance_transaction",
  amount: -10000,
  fee: 1500,
  net: -11500,
  currency: "usd",
  created: 1775142000,
  reporting_category: "dispute",
  type: "adjustment",
  fee_details: [{ type: "stripe_fee", amount: 1500, currency: "usd", description: "Dispute fee" }],
  ...change,
});

const dispute = (change: object = {}) => ({
  id: "du_1",
  object: "dispute",
  amount: 9200,
  currency: "eur",
  charge: "ch_1",
  payment_intent: "pi_1",
  created: 1775142000,
  status: "needs_response",
  reason: "fraudulent",
  network_reason_code: "10.4",
  evidence_details: { due_by: 1775900000, has_evidence: false, past_due: false },
  balance_transactions: [row()],
  livemode: false,
  metadata: { case: "7" },
  ...change,
});

const parsed = (change: object = {}) => parseDispute(dispute(change), toMoney);

test("a dispute is read with its rows, its deadline and the network's reason", () => {
  expect(parsed()).toMatchObject({
    disputeId: "du_1",
    chargeId: "ch_1",
    paymentIntentId: "pi_1",
    amount: { minor: 9200n, currency: "EUR" },
    status: "needs_response",
    networkReasonCode: "10.4",
    evidenceDueAt: new Date(1775900000_000),
    rows: [{ id: "txn_1", gross: { minor: -10000n, currency: "USD" }, fee: { minor: 1500n } }],
    metadata: { case: "7" },
  });
});

test("rows of other balances are left out, and an inquiry has none", () => {
  const other = row({ id: "txn_2", balance_type: "refund_and_dispute_prefunding" });

  expect(parsed({ balance_transactions: [row(), other] }).rows).toHaveLength(1);
  expect(parsed({ balance_transactions: [], evidence_details: null })).toMatchObject({
    rows: [],
    evidenceDueAt: undefined,
  });
});

describe("a shape that is not known is refused by name", () => {
  test.each([
    ["an id of something else", { id: "re_1" }, "has no dp_ id"],
    ["no charge", { charge: null }, "names no charge"],
    ["no status", { status: null }, "has no status"],
    ["no time", { created: null }, "has no created"],
    ["no amount", { amount: "9200" }, "no whole number in amount"],
    ["no list of rows", { balance_transactions: null }, "no list of balance_transactions"],
    ["a row that is an id", { balance_transactions: ["txn_1"] }, "is no object"],
    ["a row whose net is wrong", { balance_transactions: [row({ net: -1 })] }, "a net of -1"],
  ])("%s", (_name, change, words) => {
    expect(() => parsed(change)).toThrow(words);
  });
});

import type Stripe from "stripe";
import { expect, it } from "vitest";
import { expanded, openWorkbench, pay, refusal, type Workbench } from "./workbench.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A workbench whose clock stands at a midnight, with that midnight in ms. */
async function openAtMidnight(): Promise<Workbench & { startMs: number }> {
  const bench = await openWorkbench();
  const { nowMs } = await bench.admin("/clock", { freeze: true });
  const startMs = Math.ceil(Number(nowMs) / DAY_MS) * DAY_MS;
  await bench.admin("/clock", { advanceMs: startMs - Number(nowMs) });
  return { ...bench, startMs };
}

/** A charge of 104.81 net that can be paid out at once. */
function payNow(stripe: Stripe, more: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return pay(stripe, { payment_method: "pm_card_bypassPending", ...more });
}

async function payoutEvents(stripe: Stripe): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  const types = data.map((event) => event.type).toReversed();
  return types.filter((type) => type.startsWith("payout."));
}

async function available(stripe: Stripe): Promise<number | undefined> {
  return (await stripe.balance.retrieve()).available[0]?.amount;
}

it("daily payouts take what is available at each midnight, dated by it", async () => {
  const { stripe, admin, startMs } = await openAtMidnight();
  await admin("/settings", { payoutSchedule: "daily" });
  await admin("/clock", { advanceMs: HOUR_MS });
  const { charge } = await pay(stripe);
  const first = expanded(charge.balance_transaction);
  await stripe.refunds.create({ charge: charge.id, amount: 825 });
  await admin("/clock", { advanceMs: DAY_MS });
  await pay(stripe);

  await admin("/clock", { advanceMs: 9 * DAY_MS });

  const { data } = await stripe.payouts.list();
  const day = (days: number) => startMs / 1000 + (days * DAY_MS) / 1000;
  expect(data.map((one) => [one.amount, one.created, one.arrival_date, one.status])).toEqual([
    [10_481, day(3), day(5), "paid"],
    [9656, day(2), day(4), "paid"],
  ]);
  const early = data[1]?.id ?? "";
  const rows = await stripe.balanceTransactions.list({ payout: early });
  expect(rows.data.map((row) => row.net)).toEqual([-9656, -825, 10_481]);
  expect(rows.data.at(-1)?.id).toBe(first.id);
  expect(await available(stripe)).toBe(0);
  expect((await stripe.payouts.list({ arrival_date: { gt: day(4) } })).data).toHaveLength(1);
});

it("a payout goes through its states on the clock and tells of each", async () => {
  const { stripe, admin } = await openAtMidnight();
  await admin("/settings", { reconciliationAfterMs: 2 * HOUR_MS });
  await payNow(stripe);
  await admin("/payouts/now", {});
  const [made] = (await stripe.payouts.list({ status: "pending" })).data;
  const id = made?.id ?? "";
  expect(made).toMatchObject({ automatic: true, reconciliation_status: "in_progress" });
  expect((await stripe.balanceTransactions.list({ payout: id })).data).toEqual([]);

  await admin("/clock", { advanceMs: 2 * HOUR_MS });
  expect((await stripe.payouts.retrieve(id)).status).toBe("in_transit");
  await admin("/clock", { advanceMs: 2 * DAY_MS });

  const paid = await stripe.payouts.retrieve(id, { expand: ["destination"] });
  expect(paid).toMatchObject({ status: "paid", reconciliation_status: "completed" });
  expect(paid.trace_id?.status).toBe("supported");
  expect(expanded(paid.destination)).toMatchObject({ object: "bank_account", currency: "usd" });
  expect((await stripe.balanceTransactions.list({ payout: id })).data).toHaveLength(2);
  expect(await payoutEvents(stripe)).toEqual([
    "payout.created",
    "payout.updated",
    "payout.reconciliation_completed",
    "payout.paid",
  ]);
  const { data } = await stripe.events.list({ type: "payout.updated" });
  expect(data[0]?.data.previous_attributes).toEqual({ status: "pending" });
});

it("a payout that fails after it was paid goes out again with the next one", async () => {
  const { stripe, admin } = await openAtMidnight();
  await payNow(stripe);
  await admin("/payouts/now", {});
  await admin("/clock", { advanceMs: 3 * DAY_MS });
  const [paid] = (await stripe.payouts.list()).data;
  expect(paid?.status).toBe("paid");

  await admin(`/payouts/${paid?.id}/fail`, { code: "no_account" });
  await admin("/payouts/now", {});

  const failed = await stripe.payouts.retrieve(paid?.id ?? "", {
    expand: ["failure_balance_transaction"],
  });
  expect(failed).toMatchObject({ status: "failed", failure_code: "no_account" });
  const back = expanded(failed.failure_balance_transaction);
  expect(back).toMatchObject({ amount: 10_481, type: "payout_failure" });
  expect(back.reporting_category).toBe("payout_reversal");
  const [again] = (await stripe.payouts.list()).data;
  const rows = await stripe.balanceTransactions.list({ payout: again?.id ?? "" });
  expect(rows.data.map((row) => row.type)).toEqual(["payout", "payout_failure"]);
  expect(await available(stripe)).toBe(0);
});

it("a manual payout is held to the balance and can be canceled while pending", async () => {
  const { stripe } = await openAtMidnight();
  await payNow(stripe);
  const tooMuch = await refusal(stripe.payouts.create({ amount: 10_482, currency: "usd" }));
  expect(tooMuch.code).toBe("balance_insufficient");
  const payout = await stripe.payouts.create({ amount: 4000, currency: "usd" });
  expect(payout).toMatchObject({ automatic: false, reconciliation_status: "not_applicable" });
  await refusal(stripe.balanceTransactions.list({ payout: payout.id }));
  expect(await available(stripe)).toBe(6481);

  const canceled = await stripe.payouts.cancel(payout.id);

  expect(canceled.status).toBe("canceled");
  const { data } = await stripe.balanceTransactions.list({ source: payout.id });
  expect(data.map((row) => [row.type, row.amount])).toEqual([
    ["payout_cancel", 4000],
    ["payout", -4000],
  ]);
  await refusal(stripe.payouts.cancel(payout.id));
  expect(await available(stripe)).toBe(10_481);
});

it("an instant payout has its fee on its row, and a reversal takes it back", async () => {
  const { stripe } = await openAtMidnight();
  await payNow(stripe, { amount: 100_000 });

  const { id } = await stripe.payouts.create({
    amount: 50_000,
    currency: "usd",
    method: "instant",
  });
  const paid = await stripe.payouts.retrieve(id, { expand: ["balance_transaction"] });
  const back = await stripe.payouts.reverse(id);

  expect(paid.status).toBe("paid");
  expect(expanded(paid.balance_transaction)).toMatchObject({ amount: -50_000, fee: 500 });
  expect(expanded(paid.balance_transaction).net).toBe(-50_500);
  expect(back).toMatchObject({ amount: -50_000, original_payout: id });
  expect((await stripe.payouts.retrieve(id)).reversed_by).toBe(back.id);
});

it("a negative balance is collected from the bank", async () => {
  const { stripe, admin } = await openAtMidnight();
  const lost = { amount: -5000, currency: "usd", type: "adjustment", reporting_category: "fee" };
  await admin("/balance_transactions", lost);

  await admin("/payouts/now", {});

  const [payout] = (await stripe.payouts.list({ expand: ["data.balance_transaction"] })).data;
  expect(payout?.amount).toBe(-5000);
  expect(expanded(payout?.balance_transaction)).toMatchObject({ amount: 5000, type: "payout" });
  expect(await available(stripe)).toBe(0);
});

it("forints are paid out whole and the rest stays", async () => {
  const { stripe, admin } = await openAtMidnight();
  await admin("/settings", { settlementCurrencies: ["huf"] });
  await payNow(stripe, { amount: 1_000_050, currency: "huf" });
  const before = (await available(stripe)) ?? 0;
  const part = { amount: 1_050, currency: "huf" };
  expect((await refusal(stripe.payouts.create(part))).code).toBe("payout_amount_invalid");

  await admin("/payouts/now", {});

  const [payout] = (await stripe.payouts.list()).data;
  expect(payout?.amount).toBe(before - (before % 100));
  expect(await available(stripe)).toBe(before % 100);
});

it("a top-up comes in on its day, can be called off before and taken back after", async () => {
  const { stripe, admin } = await openAtMidnight();
  const asked = { amount: 2000, currency: "usd", description: "Top-up for July" };
  const topup = await stripe.topups.create(asked);
  const dropped = await stripe.topups.create(asked);
  const refused = await stripe.topups.create(asked);
  expect(topup).toMatchObject({ status: "pending", balance_transaction: null });
  await stripe.topups.cancel(dropped.id);
  await admin(`/topups/${refused.id}/settle`, { failure_code: "insufficient_funds" });

  await admin("/clock", { advanceMs: DAY_MS });
  expect(await available(stripe)).toBe(2000);
  await admin(`/topups/${topup.id}/reverse`, {});

  expect((await stripe.topups.list()).data.map((one) => one.status)).toEqual([
    "failed",
    "canceled",
    "reversed",
  ]);
  const { data } = await stripe.balanceTransactions.list({ source: topup.id });
  expect(data.map((row) => [row.reporting_category, row.amount])).toEqual([
    ["topup_reversal", -2000],
    ["topup", 2000],
  ]);
  expect(await available(stripe)).toBe(0);
});

import type Stripe from "stripe";
import { expect, it } from "vitest";
import { expanded, openWorkbench, pay, refusal } from "./workbench.ts";

/** Category and amount of every row, oldest first. */
async function movements(stripe: Stripe): Promise<(number | string)[][]> {
  const { data } = await stripe.balanceTransactions.list({ limit: 100 });
  return data.toReversed().map((row) => [row.reporting_category, row.amount]);
}

async function eventTypes(stripe: Stripe, beginning: string): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  const types = data.map((event) => event.type).toReversed();
  return types.filter((type) => type.startsWith(beginning));
}

it("several refunds take a charge back to the last cent and no further", async () => {
  const { stripe } = await openWorkbench();
  const { charge, intent } = await pay(stripe, { amount: 1000 });

  const first = await stripe.refunds.create({
    charge: charge.id,
    amount: 400,
    reason: "duplicate",
    metadata: { rma: "7" },
  });
  const rest = await stripe.refunds.create({ payment_intent: intent.id });

  expect(first).toMatchObject({ reason: "duplicate", metadata: { rma: "7" }, status: "succeeded" });
  expect(rest.amount).toBe(600);
  const after = await stripe.charges.retrieve(charge.id);
  expect(after).toMatchObject({ amount_refunded: 1000, refunded: true });
  const error = await refusal(stripe.refunds.create({ charge: charge.id }));
  expect(error.code).toBe("charge_already_refunded");
  const { data } = await stripe.events.list({ type: "charge.refunded" });
  expect(data.map((event) => event.data.previous_attributes)).toEqual([
    { amount_refunded: 400, refunded: false },
    { amount_refunded: 0 },
  ]);
});

it("refunds are listed by charge, by intent and by time", async () => {
  const { stripe, admin } = await openWorkbench();
  const one = await pay(stripe);
  const other = await pay(stripe);
  const early = await stripe.refunds.create({ charge: one.charge.id, amount: 1 });
  await admin("/clock", { advanceMs: 10_000 });
  const late = await stripe.refunds.create({ charge: other.charge.id, amount: 2 });

  const lists = await Promise.all([
    stripe.refunds.list({ charge: one.charge.id }),
    stripe.refunds.list({ payment_intent: other.intent.id }),
    stripe.refunds.list({ created: { gt: early.created } }),
    stripe.refunds.list({ limit: 1, starting_after: late.id }),
  ]);

  const ids = lists.map((list) => list.data.map((refund) => refund.id));
  expect(ids).toEqual([[early.id], [late.id], [late.id], [early.id]]);
});

it("a refund that fails days later gives its money back by a row of its own", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/clock", { freeze: true });
  const { charge } = await pay(stripe, { payment_method: "pm_card_refundFail" });
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 825 });
  expect(refund.status).toBe("succeeded");

  await admin("/clock", { advanceMs: 60_000 });

  const failed = await stripe.refunds.retrieve(refund.id, {
    expand: ["failure_balance_transaction"],
  });
  expect(failed).toMatchObject({ status: "failed", failure_reason: "expired_or_canceled_card" });
  expect(expanded(failed.failure_balance_transaction)).toMatchObject({
    amount: 825,
    fee: 0,
    reporting_category: "refund_failure",
    source: refund.id,
    type: "refund_failure",
  });
  const after = await stripe.charges.retrieve(charge.id);
  expect(after).toMatchObject({ amount_refunded: 0, refunded: false });
  expect(await eventTypes(stripe, "refund.")).toEqual([
    "refund.created",
    "refund.failed",
    "refund.updated",
  ]);
  expect(await eventTypes(stripe, "charge.refund.")).toEqual(["charge.refund.updated"]);
  expect((await stripe.refunds.create({ charge: charge.id })).amount).toBe(10_825);
});

it("a pending refund has its row and succeeds later", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/clock", { freeze: true });
  const { charge } = await pay(stripe, { payment_method: "pm_card_pendingRefund" });
  const refund = await stripe.refunds.create({ charge: charge.id });
  expect(refund).toMatchObject({ status: "pending", pending_reason: "processing" });

  await admin("/clock", { advanceMs: 60_000 });

  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: "succeeded" });
  const { data } = await stripe.events.list({ type: "refund.updated" });
  expect(data[0]?.data.previous_attributes).toMatchObject({ status: "pending" });
  expect(await movements(stripe)).toEqual([
    ["charge", 10_825],
    ["refund", -10_825],
  ]);
});

it("a refund without the balance for it waits without a row, and may be canceled", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/settings", { refundsNeedBalance: true });
  const { charge } = await pay(stripe);

  const waits = await stripe.refunds.create({ charge: charge.id, amount: 500 });
  const dropped = await stripe.refunds.create({ charge: charge.id, amount: 300 });
  await admin(`/refunds/${dropped.id}/move`, { status: "canceled" });
  await admin(`/refunds/${waits.id}/move`, { status: "succeeded" });

  expect(waits).toMatchObject({ pending_reason: "insufficient_funds", balance_transaction: null });
  expect(await stripe.refunds.retrieve(dropped.id)).toMatchObject({ status: "canceled" });
  expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(500);
  expect(await movements(stripe)).toEqual([
    ["charge", 10_825],
    ["refund", -500],
  ]);
});

it("only a refund that waits for the customer is canceled through the API", async () => {
  const { stripe, admin } = await openWorkbench();
  const { charge } = await pay(stripe);
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 500 });
  await refusal(stripe.refunds.cancel(refund.id));
  await admin(`/refunds/${refund.id}/move`, { status: "requires_action" });

  const canceled = await stripe.refunds.cancel(refund.id);

  expect(canceled.status).toBe("canceled");
  expect(await movements(stripe)).toEqual([
    ["charge", 10_825],
    ["refund", -500],
    ["refund_failure", 500],
  ]);
});

it("a refund of a converted charge settles at the rate of its own day", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/rates", { eur: "1.0831" });
  const { charge } = await pay(stripe, { amount: 10_000, currency: "eur" });
  await admin("/rates", { eur: "1.0702" });

  const refund = await stripe.refunds.create({
    charge: charge.id,
    expand: ["balance_transaction"],
  });
  await admin("/rates", { eur: "1.2" });
  await admin(`/refunds/${refund.id}/move`, { status: "failed" });

  const row = expanded(refund.balance_transaction);
  expect(row).toMatchObject({ amount: -10_702, currency: "usd", exchange_rate: 1.0702 });
  expect(await movements(stripe)).toEqual([
    ["charge", 10_831],
    ["refund", -10_702],
    ["refund_failure", 10_702],
  ]);
});

it("a refund is made once under one idempotency key", async () => {
  const { stripe } = await openWorkbench();
  const { charge } = await pay(stripe);
  const asked = { charge: charge.id, amount: 100 };

  const first = await stripe.refunds.create(asked, { idempotencyKey: "refund-1" });
  const again = await stripe.refunds.create(asked, { idempotencyKey: "refund-1" });

  expect(again.id).toBe(first.id);
  expect((await stripe.charges.retrieve(charge.id)).amount_refunded).toBe(100);
});

it("an endpoint from before acacia hears of a refund by its charge alone", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await admin("/webhooks", { pause: true });
  const url = "http://127.0.0.1:9/";
  const old = { url, enabled_events: ["*" as const], api_version: "2023-10-16" as never };
  await stripe.webhookEndpoints.create(old);
  const { charge } = await pay(stripe);

  await stripe.refunds.create({ charge: charge.id, amount: 100 });

  const types = new Map((await rows("event")).map((event) => [event.id, event.type]));
  const owed = (await rows("delivery")).map((delivery) => types.get(delivery.event ?? null));
  expect(owed).toContain("charge.refunded");
  expect(owed).not.toContain("refund.created");
});

it("a released authorisation is a refund without a row where the account says so", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await admin("/settings", { releaseMakesRefund: true });
  await admin("/clock", { freeze: true });
  const hold = { capture_method: "manual" as const };
  const canceled = await pay(stripe, hold);
  await pay(stripe, hold);

  await stripe.paymentIntents.cancel(canceled.intent.id);
  await admin("/clock", { advanceMs: 8 * 86_400_000 });

  const { data } = await stripe.refunds.list();
  expect(data.map((one) => [one.amount, one.reason, one.status, one.balance_transaction])).toEqual([
    [10_825, "expired_uncaptured_charge", "succeeded", null],
    [10_825, null, "succeeded", null],
  ]);
  expect(await rows("balance_transaction")).toEqual([]);
  const charge = await stripe.charges.retrieve(canceled.charge.id);
  expect(charge).toMatchObject({ amount_refunded: 10_825, captured: false, refunded: true });
});

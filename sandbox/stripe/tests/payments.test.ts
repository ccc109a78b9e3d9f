import { expect, it } from "vitest";
import { expanded, openWorkbench, pay, refusal, until } from "./workbench.ts";

it("a confirmed card payment has charge, balance row and fee", async () => {
  const { stripe } = await openWorkbench();

  const { intent, charge } = await pay(stripe);

  const row = expanded(charge.balance_transaction);
  expect(intent).toMatchObject({ status: "succeeded", amount_received: 10_825 });
  expect(charge).toMatchObject({ paid: true, captured: true, amount_captured: 10_825 });
  expect(row).toMatchObject({ amount: 10_825, fee: 344, net: 10_481, currency: "usd" });
  expect(row.fee_details).toMatchObject([{ amount: 344, currency: "usd", type: "stripe_fee" }]);
  expect(row).toMatchObject({ type: "charge", source: charge.id, status: "pending" });
});

it("a payment that bypasses pending is available at once", async () => {
  const { stripe } = await openWorkbench();

  const { charge } = await pay(stripe, { payment_method: "pm_card_bypassPending" });

  expect(expanded(charge.balance_transaction).status).toBe("available");
  const balance = await stripe.balance.retrieve();
  expect(balance.available).toMatchObject([{ currency: "usd", amount: 10_481 }]);
  expect(balance.pending).toMatchObject([{ currency: "usd", amount: 0 }]);
});

it("a declined card leaves a failed charge and no balance row", async () => {
  const { stripe, rows } = await openWorkbench();

  const error = await refusal(pay(stripe, { payment_method: "pm_card_chargeDeclined" }));

  expect(error).toMatchObject({ statusCode: 402, type: "StripeCardError", code: "card_declined" });
  const [intent] = (await stripe.paymentIntents.list()).data;
  expect(intent?.status).toBe("requires_payment_method");
  expect(intent?.last_payment_error?.code).toBe("card_declined");
  const [charge] = (await stripe.charges.list({ payment_intent: intent?.id ?? "" })).data;
  expect(charge).toMatchObject({ status: "failed", paid: false, balance_transaction: null });
  expect(await rows("balance_transaction")).toEqual([]);
});

it("a capture of less gives the rest back as its own row", async () => {
  const { stripe } = await openWorkbench();
  const { intent } = await pay(stripe, { amount: 12_000, capture_method: "manual" });
  expect(intent).toMatchObject({ status: "requires_capture", amount_capturable: 12_000 });

  const captured = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 8000 });

  expect(captured).toMatchObject({ status: "succeeded", amount_received: 8000 });
  const { data } = await stripe.balanceTransactions.list();
  expect(data.map((row) => [row.reporting_category, row.amount, row.fee])).toEqual([
    ["partial_capture_reversal", -4000, 0],
    ["charge", 12_000, 262],
  ]);
  const id = String(captured.latest_charge);
  const charge = await stripe.charges.retrieve(id, { expand: ["refunds"] });
  expect(charge).toMatchObject({ amount: 12_000, amount_captured: 8000, amount_refunded: 4000 });
  expect(charge.refunds?.data.map((refund) => refund.amount)).toEqual([4000]);
});

it("an authorisation that is called off never reaches the balance", async () => {
  const { stripe, rows } = await openWorkbench();
  const { intent } = await pay(stripe, { capture_method: "manual" });

  const canceled = await stripe.paymentIntents.cancel(intent.id);

  expect(canceled).toMatchObject({ status: "canceled", amount_capturable: 0 });
  expect(await rows("balance_transaction")).toEqual([]);
  const error = await refusal(stripe.paymentIntents.capture(intent.id));
  expect(error.code).toBe("payment_intent_unexpected_state");
});

it("an asynchronous capture brings its balance row with charge.updated", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/settings", { asyncCaptureDelayMs: 60_000 });
  const { charge } = await pay(stripe);
  expect(charge).toMatchObject({ status: "succeeded", balance_transaction: null });

  await admin("/clock", { advanceMs: 60_000 });

  const later = await stripe.charges.retrieve(charge.id);
  expect(later.balance_transaction).toMatch(/^txn_/);
  const { data } = await stripe.events.list({ type: "charge.updated" });
  expect(data).toHaveLength(1);
  expect(data[0]?.data.previous_attributes).toEqual({ balance_transaction: null });
});

it("a bank debit has its row while pending and a second one when it fails", async () => {
  const { stripe, admin } = await openWorkbench();
  const { intent, charge } = await pay(stripe, { payment_method: "pm_usBankAccount_success" });
  expect(intent.status).toBe("processing");

  await admin(`/payment_intents/${intent.id}/settle`, { succeeds: false });

  const { data } = await stripe.balanceTransactions.list();
  expect(data.map((row) => [row.reporting_category, row.amount])).toEqual([
    ["charge_failure", -10_825],
    ["charge", 10_825],
  ]);
  const failed = await stripe.charges.retrieve(charge.id);
  expect(failed).toMatchObject({ status: "failed", paid: false });
});

it("metadata is copied to the charge once and merges on update", async () => {
  const { stripe } = await openWorkbench();
  const { intent, charge } = await pay(stripe, { metadata: { order: "7", drop: "me" } });

  const after = await stripe.paymentIntents.update(intent.id, {
    metadata: { added: "x", drop: "" },
  });

  expect(after.metadata).toEqual({ order: "7", added: "x" });
  const untouched = await stripe.charges.retrieve(charge.id);
  expect(untouched.metadata).toEqual({ order: "7", drop: "me" });
  const cleared = await stripe.charges.update(charge.id, { metadata: "" });
  expect(cleared.metadata).toEqual({});
});

it("a charge in another currency settles by the rates table", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/rates", { eur: "1.0831", jpy: "0.00671", kwd: "3.2511" });

  const euro = await pay(stripe, { amount: 10_000, currency: "eur" });
  const yen = await pay(stripe, { amount: 500, currency: "jpy" });
  const dinar = await pay(stripe, { amount: 5120, currency: "kwd" });

  const settled = [euro, yen, dinar].map(({ charge }) => expanded(charge.balance_transaction));
  expect(settled.map((row) => [row.amount, row.currency, row.exchange_rate])).toEqual([
    [10_831, "usd", 1.0831],
    [336, "usd", 0.00671],
    [1665, "usd", 3.2511],
  ]);
  expect(settled.map((row) => row.fee)).toEqual([344, 40, 78]);
});

it.each([
  ["a krona with a fraction", { amount: 550, currency: "isk" }],
  ["a shilling with a fraction", { amount: 550, currency: "ugx" }],
  ["a dinar with a third decimal", { amount: 5124, currency: "kwd" }],
  ["nothing", { amount: 0, currency: "usd" }],
  ["a negative amount", { amount: -1, currency: "usd" }],
  ["nine digits", { amount: 100_000_000, currency: "usd" }],
  ["a currency Stripe does not have", { amount: 100, currency: "xyz" }],
])("the public API refuses %s", async (_, params) => {
  const { stripe, rows } = await openWorkbench();

  const error = await refusal(stripe.paymentIntents.create(params));

  expect(error).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
  expect(await rows("payment_intent")).toEqual([]);
});

it.each([0, -500, 1_000_000_000_000])("the admin route charges %i all the same", async (amount) => {
  const { stripe, admin } = await openWorkbench();

  const charge = await admin("/charges", { amount, currency: "usd" });

  const stored = await stripe.charges.retrieve(String(charge.id), {
    expand: ["balance_transaction"],
  });
  expect(stored.amount).toBe(amount);
  expect(expanded(stored.balance_transaction).amount).toBe(amount);
});

it("a payment makes its events in Stripe's order", async () => {
  const { stripe } = await openWorkbench();

  await pay(stripe);

  const { data } = await stripe.events.list();
  expect(data.map((event) => event.type).toReversed()).toEqual([
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
  ]);
  expect(data[0]?.request?.id).toMatch(/^req_/);
});

it("a refund takes its part back and cannot exceed the charge", async () => {
  const { stripe } = await openWorkbench();
  const { charge } = await pay(stripe, { amount: 1000 });

  const refund = await stripe.refunds.create({
    charge: charge.id,
    amount: 400,
    expand: ["balance_transaction"],
  });

  expect(expanded(refund.balance_transaction)).toMatchObject({ amount: -400, fee: 0 });
  const error = await refusal(stripe.refunds.create({ charge: charge.id, amount: 601 }));
  expect(error.code).toBe("amount_too_large");
  const after = await stripe.charges.retrieve(charge.id);
  expect(after).toMatchObject({ amount_refunded: 400, refunded: false });
});

it("a clock that moves on makes pending money available", async () => {
  const { stripe, admin } = await openWorkbench();
  const { charge } = await pay(stripe);

  await admin("/clock", { advanceMs: 4 * 86_400_000 });

  const id = expanded(charge.balance_transaction).id;
  const row = await stripe.balanceTransactions.retrieve(id);
  await until("an available row", () => row.status === "available");
  expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 10_481 }]);
});

it("an old account's charge has no intent, and only its own events tell of it", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/settings", { chargesWithoutIntent: true });
  const sold = { amount: 5_000, currency: "usd", source: "tok_visa" };

  const charge = await stripe.charges.create({ ...sold, metadata: { order: "7" } });
  const held = await stripe.charges.create({ ...sold, capture: false });
  const captured = await stripe.charges.capture(held.id, { amount: 3_000 });
  const declined = await refusal(stripe.charges.create({ ...sold, source: "tok_chargeDeclined" }));

  expect(charge).toMatchObject({ payment_intent: null, captured: true, metadata: { order: "7" } });
  expect(held).toMatchObject({ captured: false, balance_transaction: null });
  expect(captured).toMatchObject({ amount_captured: 3_000, amount_refunded: 2_000 });
  expect(declined).toMatchObject({ statusCode: 402, code: "card_declined" });
  expect((await refusal(stripe.charges.capture(held.id))).code).toBe("charge_already_captured");
  const { data } = await stripe.events.list();
  expect(data.map((event) => event.type).toReversed()).toEqual([
    "charge.succeeded",
    "charge.succeeded",
    "charge.captured",
    "charge.failed",
  ]);
});

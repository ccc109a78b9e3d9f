import Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type StripeSandbox, startStripeSandbox } from "../../sandbox/stripe/server.ts";
import type { StripePort } from "../canonical/port.ts";
import type { LaneReading, Sale } from "../canonical/sale.ts";
import { openStripe, type StripeCall } from "./index.ts";

let sandbox: StripeSandbox;
let shop: Stripe;
let port: StripePort;
const calls: StripeCall[] = [];

beforeAll(async () => {
  sandbox = await startStripeSandbox({});
  shop = new Stripe(sandbox.secretKey, {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
  });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await admin("reset", {});
  calls.length = 0;
  port = open(sandbox.secretKey);
});

function open(secretKey: string): StripePort {
  const stripe = {
    secretKey: { reveal: () => secretKey },
    apiBase: sandbox.url,
    callLimit: 8,
  };
  return openStripe({ stripe }, { onCall: (call) => calls.push(call) });
}

async function admin(path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function saleOf(reading: LaneReading): Sale {
  if (reading.kind === "sale") return reading.sale;
  throw new Error(`no sale but ${JSON.stringify(reading)}`);
}

function pay(change: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return shop.paymentIntents.create({
    amount: 10825,
    currency: "usd",
    payment_method: "pm_card_visa",
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    ...change,
  });
}

async function paidCheckout(completion: unknown = {}) {
  const product = await shop.products.create({
    name: "Consulting",
    metadata: { InvtID: "CONSULT" },
  });
  const price = await shop.prices.create({
    product: product.id,
    unit_amount: 5000,
    currency: "usd",
    metadata: { tier: "gold" },
  });
  const session = await shop.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com",
    line_items: [{ price: price.id, quantity: 2 }],
    metadata: { order_id: "SO-1", from: "session" },
    payment_intent_data: { metadata: { from: "intent" } },
  });
  await admin(`checkout/${session.id}/complete`, completion);
  return shop.checkout.sessions.retrieve(session.id);
}

async function openInvoice(customer: string, amounts: readonly number[]) {
  const invoice = await shop.invoices.create({ customer, metadata: { order_id: "SO-2" } });
  for (const amount of amounts) {
    const product = await shop.products.create({ name: "Plan", metadata: { InvtID: "PLAN" } });
    await shop.invoiceItems.create({
      customer,
      invoice: invoice.id,
      price_data: {
        currency: "usd",
        product: product.id,
        unit_amount_decimal: Stripe.Decimal.from(amount),
      },
      quantity: 1,
    });
  }
  return shop.invoices.finalizeInvoice(invoice.id);
}

describe("a PaymentIntent", () => {
  test("that succeeded is a sale with its row, in three calls at once", async () => {
    const customer = await shop.customers.create({
      name: "Ada Lovelace",
      email: "ada@example.com",
      address: {
        line1: "1 Main St",
        city: "Austin",
        state: "TX",
        postal_code: "78701",
        country: "us",
      },
      metadata: { region: "south", from: "customer" },
    });
    const intent = await pay({ customer: customer.id, metadata: { from: "intent" } });
    const sale = saleOf(await port.readLane(intent.id));

    expect(sale).toMatchObject({
      document: { identity: intent.id, source: "bare", total: { minor: 10825n, currency: "USD" } },
      buyer: {
        stripeCustomerId: customer.id,
        name: "Ada Lovelace",
        email: "ada@example.com",
        address: { city: "Austin", country: "US" },
      },
      payments: [
        {
          amount: { minor: 10825n, currency: "USD" },
          method: "visa 4242",
          rows: [{ category: "charge", gross: { minor: 10825n }, fee: { minor: 344n } }],
        },
      ],
      metadata: { from: "intent", region: "south" },
      paymentIntentId: intent.id,
      livemode: false,
    });
    expect(calls.map((call) => call.operation).sort()).toEqual([
      "checkout.sessions.list",
      "invoice_payments.list",
      "payment_intents.retrieve",
    ]);
  });

  test("captured in part gives the captured amount and both rows", async () => {
    const intent = await pay({ amount: 12000, capture_method: "manual" });
    await shop.paymentIntents.capture(intent.id, { amount_to_capture: 8000 });
    const [payment] = saleOf(await port.readLane(intent.id)).payments;

    expect(payment?.amount.minor).toBe(8000n);
    expect(payment?.rows.reduce((so, row) => so + row.gross.minor, 0n)).toBe(8000n);
  });

  test("authorised and not captured waits for its event", async () => {
    const intent = await pay({ capture_method: "manual" });

    expect(await port.readLane(intent.id)).toMatchObject({
      kind: "waiting",
      lookAgainMs: undefined,
    });
  });

  test("cancelled after its authorisation is nothing", async () => {
    const intent = await pay({ capture_method: "manual" });
    await shop.paymentIntents.cancel(intent.id);

    expect(await port.readLane(intent.id)).toMatchObject({ kind: "nothing" });
  });

  test("declined is nothing", async () => {
    const declined = await pay({ payment_method: "pm_card_chargeDeclined" }).catch(
      (error: Stripe.errors.StripeError) => error.payment_intent,
    );

    expect(await port.readLane(declined?.id ?? "")).toMatchObject({ kind: "nothing" });
  });

  test("that was never confirmed is nothing", async () => {
    const intent = await shop.paymentIntents.create({ amount: 100, currency: "usd" });

    expect(await port.readLane(intent.id)).toMatchObject({ kind: "nothing" });
  });

  test("whose row is still to come is looked at again", async () => {
    await admin("settings", { asyncCaptureDelayMs: 3_600_000 });
    const intent = await pay();

    expect(await port.readLane(intent.id)).toEqual({
      kind: "waiting",
      reason: expect.stringContaining("no balance transaction yet") as string,
      lookAgainMs: 60_000,
    });
  });

  test("in yen settles in dollars and keeps both amounts", async () => {
    const intent = await pay({ amount: 5000, currency: "jpy" });
    const [payment] = saleOf(await port.readLane(intent.id)).payments;

    expect(payment?.amount).toEqual({ minor: 5000n, currency: "JPY" });
    expect(payment?.rows[0]?.gross).toEqual({ minor: 3355n, currency: "USD" });
  });

  test("with a bank debit under way waits, and is a sale when it succeeds", async () => {
    const intent = await pay({ payment_method: "pm_usBankAccount_success" });

    expect(await port.readLane(intent.id)).toMatchObject({ kind: "waiting" });
    await admin(`payment_intents/${intent.id}/settle`, { succeeds: true });
    expect(saleOf(await port.readLane(intent.id)).payments[0]?.method).toBe("us_bank_account 6789");
  });
});

describe("Checkout", () => {
  test("gives lines with product, price, discount, tax and shipping that add up", async () => {
    const session = await paidCheckout({
      line_taxes: [825],
      shipping_amount: 500,
      shipping_tax: 41,
      email: "guest@example.com",
      name: "Grace Hopper",
    });
    const sale = saleOf(await port.readLane(String(session.payment_intent)));

    expect(sale.document).toMatchObject({
      source: "checkout",
      total: { minor: 11366n },
      shipping: { minor: 500n },
      shippingTax: { minor: 41n },
      lines: [
        {
          description: "Consulting",
          quantity: "2",
          gross: { minor: 10000n },
          tax: { minor: 825n },
          productMetadata: { InvtID: "CONSULT" },
          priceMetadata: { tier: "gold" },
        },
      ],
    });
    expect(sale.buyer).toMatchObject({ name: "Grace Hopper", email: "guest@example.com" });
    expect(sale.metadata).toMatchObject({ order_id: "SO-1", from: "intent" });
  });

  test("reads every line of a long session", async () => {
    const session = await shop.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: Array.from({ length: 150 }, (_, at) => ({
        price_data: { currency: "usd", unit_amount: 100 + at, product_data: { name: `P${at}` } },
        quantity: 1,
      })),
    });
    await admin(`checkout/${session.id}/complete`, {});
    const done = await shop.checkout.sessions.retrieve(session.id);
    const { document } = saleOf(await port.readLane(String(done.payment_intent)));
    const added = document.lines.reduce((so, line) => so + line.gross.minor, 0n);

    expect(document.lines).toHaveLength(150);
    expect(added).toBe(document.total.minor);
  });

  test("hands a session's lane over to its PaymentIntent", async () => {
    const session = await paidCheckout();

    expect(await port.readLane(session.id)).toEqual({
      kind: "elsewhere",
      laneKey: session.payment_intent,
    });
  });

  test("an open session is nothing", async () => {
    const session = await shop.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: [
        {
          price_data: { currency: "usd", unit_amount: 1, product_data: { name: "P" } },
          quantity: 1,
        },
      ],
    });

    expect(await port.readLane(session.id)).toMatchObject({ kind: "nothing" });
  });
});

describe("a Stripe invoice", () => {
  test("that is paid is a sale under its own identity, and its PaymentIntent hands over", async () => {
    const customer = await shop.customers.create({ name: "Acme", email: "ap@acme.example" });
    const open = await openInvoice(customer.id, [20000, 10000]);
    await shop.invoices.pay(open.id, { payment_method: "pm_card_visa" });
    const sale = saleOf(await port.readLane(open.id));
    const intentId = sale.paymentIntentId ?? "";

    expect(sale).toMatchObject({
      invoiceId: open.id,
      document: {
        identity: open.id,
        source: "invoice",
        number: open.number,
        total: { minor: 30000n },
        effectiveAt: expect.any(Date) as Date,
      },
      buyer: { stripeCustomerId: customer.id, name: "Acme", email: "ap@acme.example" },
      metadata: { order_id: "SO-2" },
      payments: [{ amount: { minor: 30000n }, paymentIntentId: intentId }],
    });
    expect(sale.document.lines.map((line) => line.productMetadata)).toEqual([
      { InvtID: "PLAN" },
      { InvtID: "PLAN" },
    ]);
    expect(await port.readLane(intentId)).toEqual({ kind: "elsewhere", laneKey: open.id });
    expect(await port.readLane(sale.payments[0]?.chargeId ?? "")).toEqual({
      kind: "elsewhere",
      laneKey: intentId,
    });
  });

  test("with tax and a discount adds up to its total", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const rate = await shop.taxRates.create({
      display_name: "Tax",
      percentage: 8.25,
      inclusive: false,
    });
    const inclusive = await shop.taxRates.create({
      display_name: "VAT",
      percentage: 19,
      inclusive: true,
    });
    const coupon = await shop.coupons.create({ percent_off: 10 });
    const draft = await shop.invoices.create({
      customer: customer.id,
      discounts: [{ coupon: coupon.id }],
    });
    const product = await shop.products.create({ name: "Plan" });
    for (const tax of [rate.id, inclusive.id]) {
      await shop.invoiceItems.create({
        customer: customer.id,
        invoice: draft.id,
        price_data: {
          currency: "usd",
          product: product.id,
          unit_amount_decimal: Stripe.Decimal.from(9999),
        },
        tax_rates: [tax],
      });
    }
    const open = await shop.invoices.finalizeInvoice(draft.id);
    await shop.invoices.pay(open.id, { payment_method: "pm_card_visa" });
    const { document } = saleOf(await port.readLane(open.id));
    const added = document.lines.reduce(
      (so, line) => so + line.gross.minor - line.discount.minor + line.tax.minor,
      0n,
    );

    expect(added - document.documentDiscount.minor).toBe(document.total.minor);
    expect(document.lines.every((line) => line.tax.minor > 0n && line.discount.minor > 0n)).toBe(
      true,
    );
  });

  test("paid in two parts has two payments, oldest first, and is booked with the first", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [30000]);
    const amounts: bigint[][] = [];
    for (const amount of [10000, 20000]) {
      const intent = await pay({ amount, customer: customer.id });
      await shop.invoices.attachPayment(open.id, { payment_intent: intent.id });
      const sale = saleOf(await port.readLane(open.id));
      amounts.push(sale.payments.map((payment) => payment.amount.minor));
      expect(sale.document.total.minor).toBe(30000n);
    }

    expect(amounts).toEqual([[10000n], [10000n, 20000n]]);
  });

  test("that is open is nothing yet", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [100]);

    expect(await port.readLane(open.id)).toMatchObject({ kind: "nothing" });
  });

  test("that is void is nothing", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [100]);
    await shop.invoices.voidInvoice(open.id);

    expect(await port.readLane(open.id)).toMatchObject({ kind: "nothing" });
  });

  test("marked as paid out of band is a sale without payments", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const open = await openInvoice(customer.id, [25000]);
    await shop.invoices.pay(open.id, { paid_out_of_band: true });
    const sale = saleOf(await port.readLane(open.id));

    expect(sale.payments).toEqual([]);
    expect(sale.document.withoutCharge.outOfBand.minor).toBe(25000n);
  });
});

describe("trouble", () => {
  test.each([
    [429, "stripe.rate_limited"],
    [500, "stripe.unavailable"],
    [503, "stripe.unavailable"],
    [401, "stripe.auth"],
    [403, "stripe.auth"],
    [400, "stripe.refused"],
  ])("status %i is %s", async (status, code) => {
    await admin("faults", { path: "/v1/payment_intents/*", action: "error", status });

    await expect(port.readLane("pi_1")).rejects.toMatchObject({ code });
    expect(calls.some((call) => call.outcome === code)).toBe(true);
  });

  test("a dropped connection is stripe.unavailable", async () => {
    await admin("faults", { path: "/v1/payment_intents/*", action: "drop" });

    await expect(port.readLane("pi_1")).rejects.toMatchObject({ code: "stripe.unavailable" });
  });

  test("one dropped connection is tried again at once", async () => {
    const intent = await pay();
    await admin("faults", { path: "/v1/payment_intents/*", action: "drop", times: 1 });

    expect(saleOf(await port.readLane(intent.id)).paymentIntentId).toBe(intent.id);
  });

  test("an unknown id is stripe.object_missing", async () => {
    await expect(port.readLane("pi_unknown")).rejects.toMatchObject({
      code: "stripe.object_missing",
    });
    await expect(port.readLane("re_1")).rejects.toMatchObject({ code: "stripe.object_missing" });
    await expect(port.readMetadata("re_1")).rejects.toMatchObject({
      code: "stripe.object_missing",
    });
  });

  test("a wrong key is stripe.auth, and the message holds no key", async () => {
    const wrong = open("sk_test_wrong_key_1234567890");
    const failure = await wrong.checkAccess().catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "stripe.auth" });
    expect(JSON.stringify(failure) + String(failure)).not.toContain("sk_test");
  });

  test("an abort ends the wait for a hanging call", async () => {
    await admin("faults", { path: "/v1/payment_intents/*", action: "hang", delayMs: 2000 });

    await expect(port.readLane("pi_1", AbortSignal.timeout(50))).rejects.toMatchObject({
      code: "stripe.unavailable",
    });
  });
});

describe("metadata", () => {
  test("is merged into what is there, and an empty text removes a key", async () => {
    const intent = await pay({ metadata: { keep: "1", drop: "2" } });
    await port.writeMetadata(intent.id, { DynamicsSL_InvoiceNbr: "000123", drop: "" });

    expect(await port.readMetadata(intent.id)).toEqual({
      keep: "1",
      DynamicsSL_InvoiceNbr: "000123",
    });
  });

  test("is kept on customers, charges and invoices alike", async () => {
    const customer = await shop.customers.create({ name: "Acme" });
    const intent = await pay({ customer: customer.id });
    const invoice = await openInvoice(customer.id, [100]);
    const objects = [customer.id, String(intent.latest_charge), invoice.id];
    for (const id of objects) await port.writeMetadata(id, { DynamicsSL_CustomerID: "C300" });
    const kept = await Promise.all(objects.map((id) => port.readMetadata(id)));

    expect(kept.map((metadata) => metadata.DynamicsSL_CustomerID)).toEqual([
      "C300",
      "C300",
      "C300",
    ]);
  });
});

describe("the list of money in", () => {
  test("is oldest first, over pages, each root once, without what is no money", async () => {
    const since = new Date(Date.now() - 60_000);
    const ids: string[] = [];
    for (let at = 0; at < 105; at += 1) ids.push((await pay({ amount: 100 + at })).id);
    await pay({ capture_method: "manual" });
    const listed: string[] = [];
    for await (const laneKey of port.listMoneyInSince(since)) listed.push(laneKey);

    expect(new Set(listed)).toEqual(new Set(ids));
    expect(listed).toHaveLength(105);
    expect(listed[0]).toBe(ids[0]);
  });

  test("leaves out cards that were booked before", async () => {
    await pay();
    const listed: string[] = [];
    for await (const laneKey of port.listMoneyInSince(new Date(Date.now() + 60_000))) {
      listed.push(laneKey);
    }

    expect(listed).toEqual([]);
  });
});

test("access names the account and its mode", async () => {
  expect(await port.checkAccess()).toEqual({
    accountId: expect.stringMatching(/^acct_/) as string,
    livemode: false,
  });
});

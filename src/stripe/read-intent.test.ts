import type Stripe from "stripe";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import { readIntent } from "./read-intent.ts";
import type { Reads } from "./reads.ts";
import { openShop, type Shop, saleOf } from "./testing/shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.admin("reset", {});
  shop.calls.length = 0;
});

async function paidCheckout(completion: unknown = {}) {
  const product = await shop.stripe.products.create({
    name: "Consulting",
    metadata: { InvtID: "CONSULT" },
  });
  const price = await shop.stripe.prices.create({
    product: product.id,
    unit_amount: 5000,
    currency: "usd",
    metadata: { tier: "gold" },
  });
  const session = await shop.stripe.checkout.sessions.create({
    mode: "payment",
    success_url: "https://example.com",
    line_items: [{ price: price.id, quantity: 2 }],
    metadata: { order_id: "SO-1", from: "session" },
    payment_intent_data: { metadata: { from: "intent" } },
  });
  await shop.admin(`checkout/${session.id}/complete`, completion);
  return shop.stripe.checkout.sessions.retrieve(session.id);
}

describe("a PaymentIntent of an account that counts shillings without decimals", () => {
  const counting = () => shop.portCounting({ UGX: 0 });

  test("has its charge and its balance row in whole shillings", async () => {
    await shop.admin("settings", { settlementCurrencies: ["ugx"] });
    const intent = await shop.pay({ amount: 500, currency: "ugx" });
    const usual = saleOf(await shop.port.readLane(intent.id));
    const sale = saleOf(await counting().readLane(intent.id));
    const fees = [usual, sale].map(({ payments }) => payments[0]?.rows[0]?.fee.minor ?? 0n);

    expect(usual.document.total).toEqual({ minor: 500n, currency: "UGX" });
    expect(sale).toMatchObject({
      document: { total: { minor: 50000n } },
      payments: [{ amount: { minor: 50000n }, rows: [{ gross: { minor: 50000n } }] }],
    });
    expect(fees[1]).toBe((fees[0] ?? 0n) * 100n);
  });

  test("has other currencies by the table", async () => {
    const intent = await shop.pay();

    const sale = saleOf(await counting().readLane(intent.id));

    expect(sale.document.total).toEqual({ minor: 10825n, currency: "USD" });
  });

  test("of Checkout has its lines and totals in whole shillings", async () => {
    await shop.admin("settings", { settlementCurrencies: ["ugx"] });
    const session = await shop.stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: [
        {
          quantity: 2,
          price_data: { currency: "ugx", unit_amount: 700, product_data: { name: "Rolex" } },
        },
      ],
      shipping_options: [
        {
          shipping_rate_data: {
            type: "fixed_amount",
            display_name: "Boda",
            fixed_amount: { amount: 300, currency: "ugx" },
          },
        },
      ],
    });
    await shop.admin(`checkout/${session.id}/complete`, {});
    const done = await shop.stripe.checkout.sessions.retrieve(session.id);

    const sale = saleOf(await counting().readLane(String(done.payment_intent)));

    expect(sale.document).toMatchObject({
      total: { minor: 170000n },
      shipping: { minor: 30000n },
      lines: [{ gross: { minor: 140000n } }],
    });
  });
});

describe("a PaymentIntent", () => {
  test("that succeeded is a sale with its row, in three calls at once", async () => {
    const customer = await shop.stripe.customers.create({
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
    const intent = await shop.pay({ customer: customer.id, metadata: { from: "intent" } });
    const sale = saleOf(await shop.port.readLane(intent.id));

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
    expect(shop.calls.map((call) => call.operation).sort()).toEqual([
      "checkout.sessions.list",
      "invoice_payments.list",
      "payment_intents.retrieve",
    ]);
  });

  test("captured in part gives the captured amount and both rows", async () => {
    const intent = await shop.pay({ amount: 12000, capture_method: "manual" });
    await shop.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 8000 });
    const [payment] = saleOf(await shop.port.readLane(intent.id)).payments;

    expect(payment?.amount.minor).toBe(8000n);
    expect(payment?.rows.reduce((so, row) => so + row.gross.minor, 0n)).toBe(8000n);
  });

  test("captured whole in several parts has the rows of all, in another currency too", async () => {
    const held = { amount: 12000, currency: "eur", capture_method: "manual" } as const;
    const intent = await shop.pay(held);
    const { paymentIntents } = shop.stripe;
    await paymentIntents.capture(intent.id, { amount_to_capture: 5000, final_capture: false });
    await paymentIntents.capture(intent.id, { amount_to_capture: 7000 });
    const [payment] = saleOf(await shop.port.readLane(intent.id)).payments;

    expect(payment?.amount).toEqual({ minor: 12000n, currency: "EUR" });
    expect(payment?.rows.map(({ gross }) => gross.currency)).toEqual(["USD", "USD"]);
  });

  test("authorised and not captured waits for its event", async () => {
    const intent = await shop.pay({ capture_method: "manual" });

    expect(await shop.port.readLane(intent.id)).toMatchObject({
      kind: "waiting",
      lookAgainMs: undefined,
    });
  });

  test("cancelled after its authorisation is nothing", async () => {
    const intent = await shop.pay({ capture_method: "manual" });
    await shop.stripe.paymentIntents.cancel(intent.id);

    expect(await shop.port.readLane(intent.id)).toMatchObject({ kind: "nothing" });
  });

  test("declined is nothing", async () => {
    const declined = await shop
      .pay({ payment_method: "pm_card_chargeDeclined" })
      .catch((error: Stripe.errors.StripeError) => error.payment_intent);

    expect(await shop.port.readLane(declined?.id ?? "")).toMatchObject({ kind: "nothing" });
  });

  test("that was never confirmed is nothing", async () => {
    const intent = await shop.stripe.paymentIntents.create({ amount: 100, currency: "usd" });

    expect(await shop.port.readLane(intent.id)).toMatchObject({ kind: "nothing" });
  });

  test("whose row is still to come is looked at again", async () => {
    await shop.admin("settings", { asyncCaptureDelayMs: 3_600_000 });
    const intent = await shop.pay();

    expect(await shop.port.readLane(intent.id)).toEqual({
      kind: "waiting",
      reason: expect.stringContaining("no balance transaction yet") as string,
      lookAgainMs: 60_000,
    });
  });

  test("in yen settles in dollars and keeps both amounts", async () => {
    const intent = await shop.pay({ amount: 5000, currency: "jpy" });
    const [payment] = saleOf(await shop.port.readLane(intent.id)).payments;

    expect(payment?.amount).toEqual({ minor: 5000n, currency: "JPY" });
    expect(payment?.rows[0]?.gross).toEqual({ minor: 3355n, currency: "USD" });
  });

  test("with a bank debit under way waits, and is a sale when it succeeds", async () => {
    const intent = await shop.pay({ payment_method: "pm_usBankAccount_success" });

    expect(await shop.port.readLane(intent.id)).toMatchObject({ kind: "waiting" });
    await shop.admin(`payment_intents/${intent.id}/settle`, { succeeds: true });
    expect(saleOf(await shop.port.readLane(intent.id)).payments[0]?.method).toBe(
      "us_bank_account 6789",
    );
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
    const sale = saleOf(await shop.port.readLane(String(session.payment_intent)));

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
    const session = await shop.stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: Array.from({ length: 150 }, (_, at) => ({
        price_data: { currency: "usd", unit_amount: 100 + at, product_data: { name: `P${at}` } },
        quantity: 1,
      })),
    });
    await shop.admin(`checkout/${session.id}/complete`, {});
    const done = await shop.stripe.checkout.sessions.retrieve(session.id);
    const { document } = saleOf(await shop.port.readLane(String(done.payment_intent)));
    const added = document.lines.reduce((so, line) => so + line.gross.minor, 0n);

    expect(document.lines).toHaveLength(150);
    expect(added).toBe(document.total.minor);
  });

  test("hands a session's lane over to its PaymentIntent", async () => {
    const session = await paidCheckout();

    expect(await shop.port.readLane(session.id)).toEqual({
      kind: "elsewhere",
      laneKey: session.payment_intent,
    });
  });

  test("an open session is nothing", async () => {
    const session = await shop.stripe.checkout.sessions.create({
      mode: "payment",
      success_url: "https://example.com",
      line_items: [
        {
          price_data: { currency: "usd", unit_amount: 1, product_data: { name: "P" } },
          quantity: 1,
        },
      ],
    });

    expect(await shop.port.readLane(session.id)).toMatchObject({ kind: "nothing" });
  });
});

describe("Checkout that makes an invoice of its own", () => {
  /** Paid `agoMs` ago by a session of which no invoice is known yet. */
  function paid(agoMs: number): Reads {
    const created = Math.floor((Date.now() - agoMs) / 1_000);
    const amounts = { amount: 5_000, currency: "usd", created };
    const row = { ...amounts, id: "txn_1", fee: 0, reporting_category: "charge" };
    const charge = { ...amounts, id: "ch_1", status: "succeeded", balance_transaction: row };
    const session = { id: "cs_1", currency: "usd", status: "complete" };
    return {
      toMoney: money,
      intent: async (id: string) => ({ id, status: "succeeded", latest_charge: charge }),
      invoicesOfIntent: async () => [],
      sessionsOfIntent: async () => [{ ...session, invoice_creation: { enabled: true } }],
      sessionLines: async () => [],
    } as unknown as Reads;
  }

  test("is waited for while its invoice may come, since the money hangs on that", async () => {
    expect(await readIntent(paid(5_000), "pi_1")).toEqual({
      kind: "waiting",
      reason: "Checkout is to make an invoice of PaymentIntent pi_1",
      lookAgainMs: 15_000,
    });
  });

  test("is a sale of the PaymentIntent once that would have come long ago", async () => {
    expect(saleOf(await readIntent(paid(600_000), "pi_1")).document.identity).toBe("pi_1");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import { readCreditNotes, readRefunds } from "./read-refunds.ts";
import type { Reads } from "./reads.ts";
import { openShop, type Shop } from "./testing/shop.ts";
import { toMoneyBy } from "./units.ts";
import type { Wire } from "./wire.ts";

const usd = (minor: number) => money(minor, "USD");

describe("the refunds of a charge", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop();
  });

  afterAll(() => shop.close());

  test("come with their rows, oldest first, and without what a capture released", async () => {
    const { id } = await shop.pay({ amount: 12_000, capture_method: "manual" });
    await shop.stripe.paymentIntents.capture(id, { amount_to_capture: 8_000 });
    const intent = await shop.stripe.paymentIntents.retrieve(id);
    const charge = String(intent.latest_charge);
    const first = await shop.stripe.refunds.create({ charge, amount: 3_000, reason: "duplicate" });
    const second = await shop.stripe.refunds.create({ charge, amount: 1_000 });
    await shop.admin(`refunds/${first.id}/move`, { status: "failed" });

    const refunds = await shop.port.readRefunds({ chargeId: charge, livemode: false });

    expect(new Set(refunds.map(({ refundId }) => refundId))).toEqual(
      new Set([first.id, second.id]),
    );
    expect(refunds.find(({ refundId }) => refundId === first.id)).toMatchObject({
      chargeId: charge,
      paymentIntentId: id,
      amount: usd(3_000),
      status: "failed",
      reason: "duplicate",
      row: { category: "refund", gross: usd(-3_000) },
      failure: { category: "refund_failure", gross: usd(3_000) },
    });
    expect(refunds.find(({ refundId }) => refundId === second.id)).toMatchObject({
      reason: "",
      row: { gross: usd(-1_000) },
      failure: undefined,
    });
    expect(await shop.port.readLane(first.id)).toEqual({ kind: "elsewhere", laneKey: id });
  });
});

test("a refund without a row, and one of an old version without a status, are read", async () => {
  const reads = {
    toMoney: toMoneyBy({}),
    refundsOfCharge: async () => [
      { id: "re_2", amount: 500, currency: "usd", created: 2, balance_transaction: null },
    ],
  } as unknown as Reads;

  const refunds = await readRefunds(reads, { chargeId: "ch_1", livemode: true });

  expect(refunds).toMatchObject([
    { refundId: "re_2", chargeId: "ch_1", status: "succeeded", row: undefined, livemode: true },
  ]);
});

describe("the credit notes of an invoice", () => {
  const note: Wire = {
    id: "cn_1",
    number: "ABC-CN-01",
    amount: 5_000,
    currency: "usd",
    created: 10,
    status: "issued",
    out_of_band_amount: 0,
    lines: {
      has_more: false,
      data: [
        {
          ...{ amount: 4_500, discount_amount: 500, description: "Hat" },
          ...{ invoice_line_item: "il_1", taxes: [{ amount: 600, tax_behavior: "exclusive" }] },
        },
      ],
    },
  };
  const readOf = (change: Wire) =>
    readCreditNotes(
      {
        toMoney: toMoneyBy({}),
        creditNotesOfInvoice: async () => [{ ...note, ...change }],
      } as unknown as Reads,
      "in_1",
    );

  test("are read with the parts of several refunds and the customer's balance", async () => {
    const refunds = [{ refund: "re_1", amount_refunded: 3_500, type: "refund" }];
    const notes = await readOf({
      ...{ type: "post_payment", pre_payment_amount: 0, post_payment_amount: 5_000, refunds },
      total_taxes: [{ amount: 1_000, tax_behavior: "exclusive" }],
    });

    expect(notes).toMatchObject([
      {
        creditNoteId: "cn_1",
        total: usd(5_000),
        tax: usd(1_000),
        lines: [{ invoiceLineId: "il_1", amount: usd(4_000), tax: usd(600) }],
        beforePayment: usd(0),
        refunds: [{ refundId: "re_1", amount: usd(3_500) }],
        customerBalance: usd(1_500),
        voidedAt: undefined,
      },
    ]);
  });

  test("are read in the shape of old versions, with one refund", async () => {
    const taxes = { tax_amounts: [{ amount: 100, inclusive: false }] };
    const [note] = await readOf({ type: "post_payment", refund: "re_1", ...taxes });

    expect(note).toMatchObject({
      tax: usd(100),
      refunds: [{ refundId: "re_1", amount: usd(5_000) }],
      customerBalance: usd(0),
    });
  });

  test("before payment are wholly the invoice's, and say when they were voided", async () => {
    const [note] = await readOf({ type: "pre_payment", status: "void", voided_at: 60 });

    expect(note).toMatchObject({
      beforePayment: usd(5_000),
      customerBalance: usd(0),
      voidedAt: new Date(60_000),
    });
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { memosInBooks, openlyParked, untilQuiet } from "./books.ts";
import { aCustomer, anOpenInvoice } from "./orders.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ "credit-note.wait": 0, "invoice.when": "finalized" });
});

afterAll(() => world.close());

async function loseAndRebuild(): Promise<void> {
  await loseHub(world);
  await rebuild(world);
  await allAsleep(world);
}

/** Waits for so many documents of a Stripe object. */
const untilMemos = (id: string, count: number) =>
  until(`${count} memos of ${id}`, async () => {
    const memos = await memosInBooks(world, id);
    return memos.length === count ? memos : undefined;
  });

test("a credit note voided after a rebuild goes back over the lines of its memo", async () => {
  const id = await anOpenInvoice(world, 12_500);
  await world.ended(id, ["booked"]);
  const note = await world.stripe.creditNotes.create({ invoice: id, amount: 2_500 });
  await untilMemos(note.id, 1);
  await untilQuiet(world, id);
  await loseAndRebuild();

  await world.stripe.creditNotes.voidCreditNote(note.id);
  await untilMemos(note.id, 2);
  await untilQuiet(world, id);

  expect(await openlyParked(world, id)).toEqual([]);
  expect(await memosInBooks(world, note.id)).toEqual([
    "CM 25 open 0: 4103 25",
    "DM 25 open 25: 4103 -25",
  ]);
});

test("what a credit note gave back outside of Stripe is listed as open", async () => {
  const id = await anOpenInvoice(world, 12_500);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["booked"]);

  const note = await world.stripe.creditNotes.create({
    ...{ invoice: id, amount: 2_500, out_of_band_amount: 2_500 },
  });
  const listed = await until("the note to be listed", async () => {
    const { rows } = await world.api<{ rows: Row[] }>("/api/unapplied");
    return rows.find(({ object }) => object === note.id);
  });

  expect(listed).toMatchObject({ type: "CM", open: "25.00" });
  expect(await memosInBooks(world, note.id)).toEqual(["CM 25 open 25: 4103 25"]);
});

/** A paid invoice over 110.00, 10.00 of it tax, of which 55.00 went back without a note. */
async function aRefundedInvoice(): Promise<Readonly<{ id: string; refund: string; line: string }>> {
  const { stripe } = world;
  const rate = await stripe.taxRates.create({
    ...{ display_name: "Sales tax", percentage: 10, inclusive: false, country: "US", state: "NY" },
  });
  const customer = (await aCustomer(world)).id;
  const made = await stripe.invoices.create({ customer, default_tax_rates: [rate.id] });
  const id = made.id ?? "";
  const { id: product } = await stripe.products.create({
    ...{ name: "Shirt", metadata: { InvtID: "TSHIRT" } },
  });
  const price_data = { currency: "usd", unit_amount: 10_000, product };
  await stripe.invoices.addLines(id, {
    lines: [{ quantity: 1, price_data, tax_rates: [rate.id] }],
  });
  await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["booked"]);
  const { data } = await stripe.invoicePayments.list({ invoice: id });
  const intent = String(data[0]?.payment.payment_intent);
  const refund = await stripe.refunds.create({ payment_intent: intent, amount: 5_500 });
  await untilMemos(refund.id, 2);
  const [line] = (await stripe.invoices.listLineItems(id)).data;
  return { id, refund: refund.id, line: line?.id ?? "" };
}

/** A credit note over a part of its line, with its tax, that says what the refund was for. */
const aNote = (
  { id, refund, line }: Awaited<ReturnType<typeof aRefundedInvoice>>,
  amount: number,
) =>
  world.stripe.creditNotes.create({
    invoice: id,
    lines: [{ type: "invoice_line_item", invoice_line_item: line, amount }],
    refunds: [{ refund, amount_refunded: 5_500 }],
    ...(amount > 5_000 ? { out_of_band_amount: (amount * 11) / 10 - 5_500 } : {}),
  });

test("a credit note that its refund's memo covers stays covered after a rebuild", async () => {
  const sale = await aRefundedInvoice();
  const note = await aNote(sale, 5_000);
  await untilQuiet(world, sale.id);
  await loseAndRebuild();

  await wake(world, sale.id);
  await untilQuiet(world, sale.id);

  expect(note.amount).toBe(5_500);
  expect(await openlyParked(world, sale.id)).toEqual([]);
  const run = await world.ended(sale.id, ["booked"]);
  expect(run.reason).toContain(`credit note ${note.number}: covered by CM`);
  expect(await memosInBooks(world, note.id)).toEqual([]);
});

test("a credit note over more than the memo that a rebuild took over parks", async () => {
  const sale = await aRefundedInvoice();
  await loseAndRebuild();

  await aNote(sale, 6_000);
  await untilQuiet(world, sale.id);

  expect(await openlyParked(world, sale.id)).toMatchObject([
    {
      code: "mapping.credit_note_differs",
      facts: { booked: "55.00, tax 5.00", note: "66.00, tax 6.00" },
    },
  ]);
});

test("with tax: none the memo of a refund covers the credit note of a taxed invoice", async () => {
  await world.set("tax", "none");
  const sale = await aRefundedInvoice();

  const note = await aNote(sale, 5_000);
  await untilQuiet(world, sale.id);
  await world.set("tax", "line");

  expect(await openlyParked(world, sale.id)).toEqual([]);
  const run = await world.ended(sale.id, ["booked"]);
  expect(run.reason).toContain(`credit note ${note.number}: covered by CM`);
  expect(await memosInBooks(world, sale.refund)).toEqual([
    "DM 55 open 0: 1095 -55",
    "CM 55 open 0: 4100 55",
  ]);
});

test("G23: a refund that fails while its note is awaited is the customer's credit", async () => {
  const id = await anOpenInvoice(world, 10_000);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  await world.ended(id, ["booked"]);
  await untilQuiet(world, id);
  await world.set("credit-note.wait", 600);
  const { data } = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(data[0]?.payment.payment_intent);
  const refund = await world.stripe.refunds.create({ payment_intent: intent, amount: 3_000 });
  await untilMemos(refund.id, 1);

  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  await untilMemos(refund.id, 3);
  await untilQuiet(world, id);
  await world.set("credit-note.wait", 0);

  expect(await memosInBooks(world, refund.id)).toEqual([
    "DM 30 open 0: 1095 -30",
    "CM 30 open 0: 4100 30",
    "CM 30 open 30: 1095 30",
  ]);
});

import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { documentsOf, openlyParked, trimmed, untilQuiet } from "./books.ts";
import { openClerk } from "./clerk.ts";
import { entriesOf, foreseeing } from "./foreseeing.ts";
import { anOpenInvoice, pay, payPart } from "./orders.ts";

let world: World;

// Each has a world of its own: Stripe's clock goes ahead of the hub's, who looks for no later sale.
beforeEach(async () => {
  world = await openWorld({ "credit-note.wait": 0 });
});

afterEach(() => world.close());

const { foresee, bookedEntries, entriesIn, areAllEnded } = foreseeing(() => world);

test("a dry run shows the memos of what went back as they are booked then", async () => {
  await world.stripeAdmin("/webhooks", { pause: true });
  const id = await anOpenInvoice(world, 10_825);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  const back = (amount: number) =>
    world.stripe.refunds.create({ payment_intent: intent, amount, reason: "duplicate" });
  const first = await back(2_000);
  await world.stripeAdmin(`/refunds/${first.id}/move`, { status: "failed" });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const second = await back(3_000);
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const note = await world.stripe.creditNotes.create({
    ...{ invoice: id, amount: 2_500, refund_amount: 1_500, credit_amount: 1_000 },
  });
  const [part] = note.refunds;
  const [paid] = (await world.stripe.charges.list({ payment_intent: intent })).data;
  const { id: dispute } = await world.stripeAdmin<{ id: string }>(`/charges/${paid?.id}/dispute`, {
    amount: 1_000,
  });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  await world.stripeAdmin(`/disputes/${dispute}/close`, { outcome: "lost" });
  const ids = [first.id, second.id, note.id, String(part?.refund)];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  await until("all of it to be booked", async () => {
    return (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1).length === 7;
  });
  const ownJournals = async () =>
    (await world.slRows("Batch")).filter(
      (row) => trimmed(row.User1) === dispute && row.Rlsed === 1,
    );
  await until("the dispute to be booked", async () => (await ownJournals()).length === 2);
  await untilQuiet(world, id);
  const ofDispute = foreseen.documents.filter(({ object }) => object === dispute);
  expect(ofDispute.map(({ entries }) => entriesOf(entries))).toEqual([
    "1095 -25, 1250 10, 6110 15",
    "1250 -10, 6200 10",
  ]);
  expect(
    await entriesIn(
      "GL",
      (await ownJournals()).map(({ BatNbr }) => trimmed(BatNbr)),
    ),
  ).toEqual(ofDispute.map(({ entries }) => entriesOf(entries)));
  expect(foreseen.problem).toBeNull();
  for (const of of ids) {
    const memos = foreseen.documents.filter(({ object }) => object === of);
    const shown = memos.map(({ entries }) => entriesOf(entries));
    expect(shown.sort(), of).toEqual((await bookedEntries(of)).sort());
  }
  const words = foreseen.documents.flatMap(({ notes }) => notes).join(" ");
  expect(words).toContain("20.00 USD of it is paid by money of the charge");
  expect(words).toContain("10.00 USD of it is applied to the refund's debit memo");
});

test("a dry run shows a credit note for an earlier refund as it is booked", async () => {
  await world.set("dispute.policy", "reverse-sale");
  await world.stripeAdmin("/webhooks", { pause: true });
  const id = await anOpenInvoice(world, 10_000);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  const refund = await world.stripe.refunds.create({ payment_intent: intent, amount: 5_000 });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const [paid] = (await world.stripe.charges.list({ payment_intent: intent })).data;
  const path = `/charges/${paid?.id}/dispute`;
  const { id: dispute } = await world.stripeAdmin<{ id: string }>(path, { amount: 7_000 });
  await world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const note = await world.stripe.creditNotes.create({
    ...{ invoice: id, amount: 3_500 },
    refunds: [{ refund: refund.id, amount_refunded: 3_500 }],
  });
  const ids = [refund.id, note.id, dispute];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  await until("all of it to be booked", async () => {
    return (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1).length === 5;
  });
  await until("its run to end", () => areAllEnded(id));
  for (const of of ids) {
    const memos = foreseen.documents.filter(({ object, purpose }) => {
      return object === of && purpose !== "fee";
    });
    const shown = memos.map(({ entries }) => entriesOf(entries));
    expect(shown.sort(), of).toEqual((await bookedEntries(of)).sort());
  }
  expect(foreseen.problem).toBeNull();
});

test("a dry run shares the charges of a sale out one after the other", async () => {
  await world.set("mode", "existing-invoice");
  const clerk = openClerk(world);
  const invoice = (total: number, customer: string) =>
    clerk.enterInvoice({ total, customer, isHeld: false });
  const named = `${await invoice(100, "C300")}, C301/${await invoice(250, "C301")}`;
  clerk.close();
  await world.stripeAdmin("/webhooks", { pause: true });
  const id = await anOpenInvoice(world, 35_000, {});
  await world.stripe.invoices.update(id, { metadata: { DynamicsSL_InvoiceNbr: named } });
  const charges = [await payPart(world, id, 15_000), await payPart(world, id, 20_000)];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  const booked = await until("the payments of both charges", async () => {
    const rows = (await documentsOf(world, charges)).filter(({ Rlsed }) => Rlsed === 1);
    return rows.length === 3 ? rows : undefined;
  });
  const shown = foreseen.documents.map(({ object, customerId }) => `${object} ${customerId}`);
  expect(shown.sort()).toEqual(
    booked.map(({ User1, CustId }) => `${trimmed(User1)} ${trimmed(CustId)}`).sort(),
  );
});

/** A sale of which a part was given back, with three disputes: won, lost and open. */
async function aDisputedSale(): Promise<Readonly<{ id: string; disputes: readonly string[] }>> {
  const id = await anOpenInvoice(world, 20_000);
  await world.stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const payments = await world.stripe.invoicePayments.list({ invoice: id });
  const intent = String(payments.data[0]?.payment.payment_intent);
  const [paid] = (await world.stripe.charges.list({ payment_intent: intent })).data;
  const later = () => world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const dispute = async (amount: number, outcomes: readonly string[]) => {
    const path = `/charges/${paid?.id}/dispute`;
    const opened = await world.stripeAdmin<{ id: string }>(path, { amount });
    for (const outcome of outcomes) {
      await later();
      await world.stripeAdmin(`/disputes/${opened.id}/close`, { outcome });
    }
    await later();
    return opened.id;
  };
  await world.stripe.refunds.create({ payment_intent: intent, amount: 2_500, reason: "duplicate" });
  await later();
  const disputes = [await dispute(3_000, ["won"])];
  disputes.push(await dispute(4_000, ["lost"]), await dispute(6_000, []));
  return { id, disputes };
}

/** Numbers of a dispute's released batches. */
async function releasedOf(dispute: string, module?: string): Promise<string[]> {
  return (await world.slRows("Batch"))
    .filter((row) => trimmed(row.User1) === dispute && row.Rlsed === 1)
    .filter((row) => module === undefined || trimmed(row.Module) === module)
    .map(({ BatNbr }) => trimmed(BatNbr));
}

test.each(["reverse-sale", "customer", "receivable"] as const)(
  "a dry run shows what disputes under policy %s book",
  async (policy) => {
    await world.set("dispute.policy", policy);
    await world.set("dispute.lost", "bad-debt");
    await world.stripeAdmin("/webhooks", { pause: true });
    const { id, disputes } = await aDisputedSale();

    const foreseen = await foresee(id);

    await world.stripeAdmin("/webhooks", { pause: false });
    for (const of of disputes) {
      const shown = foreseen.documents.filter(({ object }) => object === of);
      await until(`all of ${of} to be booked`, async () => {
        return (await releasedOf(of)).length >= shown.length && (await areAllEnded(id));
      });
      // An application moves receivables alone, and is told in the notes of what is applied.
      const booked = [
        ...(await entriesIn("AR", await releasedOf(of, "AR"))),
        ...(await entriesIn("GL", await releasedOf(of, "GL"))),
      ].filter((entries) => entries !== "");
      expect(booked.length, of).toBeGreaterThan(0);
      expect(shown.map(({ entries }) => entriesOf(entries)).sort(), of).toEqual(booked.sort());
    }
    expect(foreseen.problem).toBeNull();
  },
);

/** A charge of 100.00 that C300 and C301 share, 40.00 and 60.00. */
async function aSharedCharge(): Promise<Readonly<{ id: string; charge: string }>> {
  await world.set("mode", "existing-invoice");
  const clerk = openClerk(world);
  const invoice = (total: number, customer: string) =>
    clerk.enterInvoice({ total, customer, isHeld: false });
  const named = `${await invoice(40, "C300")}, C301/${await invoice(60, "C301")}`;
  clerk.close();
  const { id, chargeIds } = await pay(world, 10_000, {
    metadata: { DynamicsSL_InvoiceNbr: named },
  });
  return { id, charge: chargeIds[0] ?? "" };
}

/** The memos of a Stripe object by customer, as `C300 1095 -20`. */
async function bookedFor(stripeId: string): Promise<string[]> {
  const rows = await documentsOf(world, [stripeId]);
  const entries = await bookedEntries(stripeId);
  return rows.map(({ CustId }, at) => `${trimmed(CustId)} ${entries[at]}`).sort();
}

test("a dry run shows each customer's memos of what went back of a shared charge", async () => {
  await world.set("mode", "existing-invoice");
  await world.set("refund-failed", "reverse");
  const clerk = openClerk(world);
  const invoice = (total: number, customer: string) =>
    clerk.enterInvoice({ total, customer, isHeld: false });
  const named = `${await invoice(40, "C300")}, C301/${await invoice(60, "C301")}`;
  clerk.close();
  await world.stripeAdmin("/webhooks", { pause: true });
  const id = await anOpenInvoice(world, 12_000, {});
  await world.stripe.invoices.update(id, { metadata: { DynamicsSL_InvoiceNbr: named } });
  const charge = await payPart(world, id, 12_000);
  const later = () => world.stripeAdmin("/clock", { advanceMs: 2_000 });
  const first = await world.stripe.refunds.create({ charge, amount: 5_000 });
  await world.stripeAdmin(`/refunds/${first.id}/move`, { status: "failed" });
  await later();
  const lines = { slipway_refund_lines: "C300/1=11.00, C301/1=4.00" };
  const second = await world.stripe.refunds.create({ charge, amount: 1_500, metadata: lines });
  await later();
  const note = await world.stripe.creditNotes.create({
    ...{ invoice: id, amount: 3_333, refund_amount: 3_333 },
  });
  const ids = [first.id, second.id, note.id, String(note.refunds[0]?.refund)];

  const foreseen = await foresee(id);

  await world.stripeAdmin("/webhooks", { pause: false });
  const ofWhich = (of: string) => foreseen.documents.filter(({ object }) => object === of);
  const shown = ids.flatMap(ofWhich);
  await until("all of it to be booked", async () => {
    const rows = (await documentsOf(world, ids)).filter(({ Rlsed }) => Rlsed === 1);
    return rows.length === shown.length;
  });
  await untilQuiet(world, id);
  expect(foreseen.problem).toBeNull();
  expect(ids.map((of) => ofWhich(of).length)).toEqual([8, 3, 2, 2]);
  for (const of of ids) {
    const memos = ofWhich(of).map(({ customerId, entries }) => {
      return `${customerId} ${entriesOf(entries)}`;
    });
    expect(memos.sort(), of).toEqual(await bookedFor(of));
  }
});

test.each(["reverse-sale", "customer"] as const)(
  "a dry run says of a disputed charge that customers share what its run does under %s",
  async (policy) => {
    await world.set("dispute.policy", policy);
    await world.stripeAdmin("/webhooks", { pause: true });
    const { id, charge } = await aSharedCharge();
    await world.stripeAdmin(`/charges/${charge}/dispute`, { amount: 5_000 });

    const foreseen = await foresee(id);

    await world.stripeAdmin("/webhooks", { pause: false });
    const parked = await until("the dispute to park", async () => {
      return (await openlyParked(world, id))[0];
    });
    const { code, message, cure } = foreseen.problem as Record<string, unknown>;
    expect({ code, message, cure }).toEqual({
      code: "mapping.refund_shared",
      message: parked.reason,
      cure: parked.cure,
    });
    expect(foreseen.documents.map(({ purpose }) => purpose)).toEqual(["payment", "payment"]);
  },
);

test("the only refund of a sale, back at another rate, is foreseen with its exchange", async () => {
  await world.set("book-in", "settlement");
  await world.stripeAdmin("/webhooks", { pause: true });
  await world.stripeAdmin("/rates", { gbp: "1.0831" });
  const { id, chargeIds } = await pay(world, 10_000, { currency: "gbp" });
  await world.stripeAdmin("/rates", { gbp: "1.0702" });
  const charge = chargeIds[0] ?? "";
  const refund = await world.stripe.refunds.create({ charge, amount: 5_000 });
  await world.stripeAdmin("/rates", { gbp: "1.0950" });
  const move = { status: "failed", isAtNewRate: true };
  await world.stripeAdmin(`/refunds/${refund.id}/move`, move);

  const foreseen = await foresee(id);
  await world.stripeAdmin("/webhooks", { pause: false });
  await until("all of it to be booked", async () => {
    return (await documentsOf(world, [refund.id])).filter(({ Rlsed }) => Rlsed === 1).length === 4;
  });
  await untilQuiet(world, id);

  const memos = foreseen.documents.filter(({ object }) => object === refund.id);
  const entries = memos.map((memo) => entriesOf(memo.entries)).sort();
  expect(foreseen.problem).toBeNull();
  expect(entries).toEqual(["1095 -53.51, 6910 -0.65", "1095 54.75", "4100 54.16", "6910 -0.59"]);
  expect((await bookedEntries(refund.id)).sort()).toEqual(entries);
});

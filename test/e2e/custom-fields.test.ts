import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, resume, slWrites, trimmed } from "./books.ts";
import { aCustomer, pay } from "./orders.ts";
import { tampering } from "./tampering.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

async function map(toSl: readonly Row[], toStripe: readonly Row[] = []): Promise<void> {
  await world.set("fields", { "to-sl": toSl, "to-stripe": toStripe });
}

async function slCustomer(customerId: string): Promise<Row> {
  const rows = await world.slRows("Customer");
  return rows.find((row) => trimmed(row.CustId) === customerId) ?? {};
}

test("metadata fills fields of customer, invoice and payment, and SL's come back", async () => {
  await map(
    [
      { from: "metadata.region", to: "ARDoc.User5" },
      { from: "metadata.score", to: "Invoice.User3" },
      { from: "metadata.deliver_on", to: "Payment.User7" },
      { from: "metadata.channel", to: "Invoice.User6", default: "WEB" },
      { from: "customer.metadata.tier", to: "Customer.User6" },
      { from: "customer.email", to: "Customer.User5" },
    ],
    [{ from: "Invoice.PerPost", "to-metadata": "sl_period" }],
  );
  const customer = await aCustomer(world, { metadata: { tier: "GOLD" } });

  const order = await pay(world, 7_000, {
    customer: customer.id,
    metadata: { region: "NORTH-EAST-COAST", score: "12.5", deliver_on: "2026-12-24" },
  });
  const { customerId, invoice, payments } = await expectBookedOnce(world, order);

  const made = await slCustomer(customerId);
  const [payment = {}] = payments;
  expect({
    invoice: [trimmed(invoice.User5), invoice.User3, trimmed(invoice.User6)],
    payment: [trimmed(payment.User5), payment.User3, trimmed(payment.User7).slice(0, 10)],
    customer: [trimmed(made.User6), trimmed(made.User5)],
  }).toEqual({
    // User5 holds ten characters; the full value is kept by the hub.
    invoice: ["NORTH-EAST", 12.5, "WEB"],
    payment: ["NORTH-EAST", 0, "2026-12-24"],
    customer: ["GOLD", customer.email?.slice(0, 10)],
  });
  const notes = await world.sql(
    "select notes::text as notes from intent where object = $1 and purpose = 'invoice'",
    [order.id],
  );
  expect(String(notes[0]?.notes)).toContain("NORTH-EAST-COAST");
  const { metadata } = await world.stripe.paymentIntents.retrieve(order.id);
  expect(metadata.sl_period).toBe(trimmed(invoice.PerPost));
});

test.each(["Invoice.User6", "Payment.User6", "Customer.User6"])(
  "a required value for %s that is missing parks before SL is written to",
  async (to) => {
    await map([{ from: "metadata.department", to, required: true }]);
    await world.slAdmin("/calls", undefined, "DELETE");

    const order = await pay(world, 7_100);
    const parked = await expectParkedUnbooked(world, order, "mapping.text_missing");
    const written = await slWrites(world);
    await world.stripe.paymentIntents.update(order.id, { metadata: { department: "SHOES" } });
    await resume(world, order);

    expect(written).toEqual([]);
    expect(parked.reason).toBe(`metadata.department is required for ${to}`);
    const { customerId, invoice, payments } = await expectBookedOnce(world, order);
    const rows = [invoice, payments[0] ?? {}, await slCustomer(customerId)];
    expect(rows.map((row) => trimmed(row.User6)).filter((value) => value !== "")).toEqual([
      "SHOES",
    ]);
  },
);

test("a value of the wrong kind parks before SL is written to", async () => {
  await map([{ from: "metadata.score", to: "Invoice.User3" }]);
  await world.slAdmin("/calls", undefined, "DELETE");

  const order = await pay(world, 7_200, { metadata: { score: "a lot" } });
  await expectParkedUnbooked(world, order, "mapping.field_invalid");

  expect(await slWrites(world)).toEqual([]);
});

test("numbers that SL writes otherwise than their metadata are no edit", async () => {
  const { look } = tampering(() => world);
  await map([
    { from: "metadata.score", to: "Invoice.User3" },
    { from: "metadata.shop", to: "Invoice.User4" },
  ]);
  const given = [
    { score: "0", shop: "0042" },
    { score: "-0.00", shop: "123456789012345.123456" },
  ];
  for (const metadata of given) {
    await expectBookedOnce(world, await pay(world, 7_000, { metadata }));
  }

  expect(await look()).toEqual([]);
});

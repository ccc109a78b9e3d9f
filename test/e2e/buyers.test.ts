import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, resume, trimmed } from "./books.ts";
import { aCustomer, PAID_AT_ONCE, pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

async function slCustomer(customerId: string): Promise<Row> {
  const rows = await world.slRows("Customer");
  return rows.find((row) => trimmed(row.CustId) === customerId) ?? {};
}

async function noteOf(row: Row): Promise<string> {
  const notes = await world.slRows("Snote");
  return String(notes.find((note) => note.nID === row.NoteId)?.sNoteText ?? "");
}

const HOSTILE_TEXTS: readonly (readonly [string, string, string])[] = [
  ["of 500 letters", "n".repeat(500), "n".repeat(60)],
  ["of emoji", "Zoë 👩‍👩‍👧‍👦 🎉", "Zoë ? ?"],
  ["in Chinese and Japanese", "王小明 やまだ", "??? ???"],
  [
    "with quotes and commas",
    `O'Brien, "Bob" & Sons; DROP TABLE--`,
    `O'Brien, "Bob" & Sons; DROP TABLE--`,
  ],
  ["with markup", "<script>alert(1)</script> ]]> &amp;", "<script>alert(1)</script> ]]> &amp;"],
  ["with SL's own separator", "Doe~Jane", "Doe-Jane"],
  ["with control characters", "Tab\there\u0007 line\nend", "Tab here line end"],
  ["with a null character", "Nul\u0000l", "Nul?l"],
];

test.each(HOSTILE_TEXTS)("a name %s is booked, and kept in full in the note", async (...row) => {
  const [, name, inSl] = row;
  const customer = await aCustomer(world, {
    name,
    address: { line1: name.slice(0, 200), city: name.slice(0, 100), country: "US", state: "TX" },
  });

  const order = await pay(world, 1_100, {
    customer: customer.id,
    metadata: { order_id: name.slice(0, 499) },
  });

  const { customerId } = await expectBookedOnce(world, order);
  const made = await slCustomer(customerId);
  expect(trimmed(made.Name)).toBe(inSl);
  // What SL's column holds unchanged needs no note.
  expect(inSl === name || (await noteOf(made)).includes("Name in full")).toBe(true);
});

test("a buyer with an e-mail and nothing else is booked under it", async () => {
  const email = `${randomUUID()}@example.com`;
  const customer = await world.stripe.customers.create({ email });

  const order = await pay(world, 1_200, { customer: customer.id });

  const { customerId } = await expectBookedOnce(world, order);
  expect(await slCustomer(customerId)).toMatchObject({ Name: email, EMailAddr: email, Addr1: "" });
});

test("a buyer with a name and no e-mail is booked, twice on the same customer", async () => {
  const customer = await world.stripe.customers.create({ name: "Nameless Mail" });

  const orders = [
    await pay(world, 1_201, { customer: customer.id }),
    await pay(world, 1_202, { customer: customer.id }),
  ];

  const ids = [];
  for (const order of orders) ids.push((await expectBookedOnce(world, order)).customerId);
  expect(new Set(ids).size).toBe(1);
});

test("a buyer whose Stripe customer was deleted before the money came is booked", async () => {
  const customer = await aCustomer(world);
  const held = { capture_method: "manual", receipt_email: `${randomUUID()}@example.com` } as const;
  const order = await pay(world, 1_250, { ...held, customer: customer.id });
  await world.stripe.customers.del(customer.id);

  await world.stripe.paymentIntents.capture(order.id);

  await expectBookedOnce(world, order);
});

test("a guest who pays twice with one e-mail is one customer", async () => {
  const email = `${randomUUID()}@Example.com`;
  const guest = async (address: string) => {
    const intent = await world.stripe.paymentIntents.create({
      ...PAID_AT_ONCE,
      amount: 1_300,
      currency: "usd",
      receipt_email: address,
    });
    return { id: intent.id, chargeIds: [String(intent.latest_charge)], total: 13 };
  };

  const orders = await Promise.all([guest(email), guest(email.toUpperCase())]);

  const ids = [];
  for (const order of orders) ids.push((await expectBookedOnce(world, order)).customerId);
  expect(new Set(ids).size).toBe(1);
});

test("a charge of nobody parks, and is booked on the fallback once there is one", async () => {
  const intent = await world.stripe.paymentIntents.create({
    ...PAID_AT_ONCE,
    amount: 1_400,
    currency: "usd",
  });
  const order = { id: intent.id, chargeIds: [String(intent.latest_charge)], total: 14 };

  const parked = await expectParkedUnbooked(world, order, "mapping.customer_missing");
  await world.set("customer.fallback", "WEBSHOP");
  await resume(world, order);

  expect(String(parked.cure)).toContain("customer.fallback");
  expect((await expectBookedOnce(world, order)).customerId).toBe("WEBSHOP");
});

test.each([
  ["an unknown", "NOBODY", "mapping.customer_unknown"],
  ["an inactive", "C302", "mapping.customer_blocked"],
  ["a held", "C303", "mapping.customer_blocked"],
  ["a foreign-currency", "C304", "mapping.customer_currency"],
  ["a wildcard as", "C30%", "mapping.customer_unknown"],
  ["a null character in", "C30\u00000", "mapping.customer_unknown"],
] as const)("metadata that names %s customer parks until it is mended", async (...row) => {
  const [, named, code] = row;
  const order = await pay(world, 1_500, { metadata: { DynamicsSL_CustomerID: named } });

  const parked = await expectParkedUnbooked(world, order, code);
  await world.stripe.charges.update(order.chargeIds[0] ?? "", {
    metadata: { DynamicsSL_CustomerID: "C300" },
  });
  await resume(world, order);

  expect(String(parked.cure).length).toBeGreaterThan(10);
  expect((await expectBookedOnce(world, order)).customerId).toBe("C300");
});

test.each([
  ["C302", "A"],
  ["C303", "A"],
] as const)(
  "customer %s set active in SL is booked on at once after the resume",
  async (...row) => {
    const [custId, status] = row;
    const before = trimmed((await slCustomer(custId)).Status);
    const order = await pay(world, 1_600, { metadata: { DynamicsSL_CustomerID: custId } });
    await expectParkedUnbooked(world, order, "mapping.customer_blocked");

    await world.slAdmin("/customers", { custId, status });
    await resume(world, order);

    expect((await expectBookedOnce(world, order)).customerId).toBe(custId);
    await world.slAdmin("/customers", { custId, status: before });
  },
);

test("metadata that names somebody else's customer parks", async () => {
  const owner = await aCustomer(world);
  const { customerId } = await expectBookedOnce(
    world,
    await pay(world, 1_700, { customer: owner.id }),
  );
  const order = await pay(world, 1_701, { metadata: { DynamicsSL_CustomerID: customerId } });

  const parked = await expectParkedUnbooked(world, order, "mapping.customer_foreign");
  const places = `charge ${order.chargeIds[0]} and of PaymentIntent ${order.id}`;
  expect(parked.cure).toBe(
    `Correct or remove DynamicsSL_CustomerID in the metadata of ${places}, then resume.`,
  );
  await world.stripe.charges.update(order.chargeIds[0] ?? "", {
    metadata: { DynamicsSL_CustomerID: "" },
  });
  await world.stripe.paymentIntents.update(order.id, { metadata: { DynamicsSL_CustomerID: "" } });
  await resume(world, order);

  expect(String(parked.reason)).toContain(owner.id);
  expect((await expectBookedOnce(world, order)).customerId).not.toBe(customerId);
});

test("an e-mail that one SL customer has is booked there, whatever its letter case", async () => {
  const customer = await aCustomer(world, { email: "BOOKS@Bayside.Example" });

  const order = await pay(world, 1_800, { customer: customer.id });

  expect((await expectBookedOnce(world, order)).customerId).toBe("C301");
});

test.each(["%@bayside.example", "book_@bayside.example", 'o\'neil+"x"@bayside.example'])(
  "the e-mail %s finds nobody else's customer",
  async (email) => {
    const customer = await aCustomer(world, { email });

    const order = await pay(world, 1_801, { customer: customer.id });

    const { customerId } = await expectBookedOnce(world, order);
    expect(trimmed((await slCustomer(customerId)).User1)).toBe(customer.id);
  },
);

test("an e-mail of two SL customers parks and names both", async () => {
  const email = "ap@alpinesports.example";
  const where = { CustId: "C305" };
  await world.slAdmin("/rows", { table: "Customer", where, set: { EMailAddr: email } });
  const customer = await aCustomer(world, { email });
  const order = await pay(world, 1_900, { customer: customer.id });

  const parked = await expectParkedUnbooked(world, order, "mapping.customer_ambiguous");
  await world.stripe.customers.update(customer.id, { metadata: { DynamicsSL_CustomerID: "C305" } });
  await resume(world, order);

  expect(String(parked.reason)).toContain("C300, C305");
  expect((await expectBookedOnce(world, order)).customerId).toBe("C305");
});

test("a customer to whom SL applies by itself gets this invoice paid and no other", async () => {
  const orders = [
    await pay(world, 2_000, { metadata: { DynamicsSL_CustomerID: "C305" } }),
    await pay(world, 2_001, { metadata: { DynamicsSL_CustomerID: "C305" } }),
  ];

  for (const order of orders) {
    expect((await expectBookedOnce(world, order)).customerId).toBe("C305");
  }
});

test("metadata keys that objects have by themselves change nothing", async () => {
  const metadata = { constructor: "x", toString: "y", hasOwnProperty: "z", ["__proto__"]: "p" };

  const order = await pay(world, 2_100, { metadata: { ...metadata, order_id: "A\u0000B" } });

  await expectBookedOnce(world, order);
});

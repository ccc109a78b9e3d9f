import { describe, expect, test } from "vitest";
import { customerObject, mapCustomer, normaliseEmail } from "./customer.ts";
import { checkNamedCustomer } from "./named-customer.ts";
import { aBuyer, aCustomer, aSale, someSettings } from "./testing/builders.ts";

const KEY = "IT4PQTTDTWAMU52GWG2TNZ6DAP";

function map(buyer: Parameters<typeof aBuyer>[0], extra: Record<string, unknown> = {}) {
  const settings = someSettings(extra);
  return mapCustomer(aSale({ buyer: aBuyer(buyer) }), { settings, key: KEY, numberTry: 0 });
}

describe("a new customer", () => {
  test("gets an id of 15 characters from the prefix and the key, the same every time", () => {
    expect(map({}).draft.customerId).toMatch(/^STKY3E3RUCE5[A-Z2-7]{3}$/);
  });

  test("gets another id when the first is taken", () => {
    const settings = someSettings();
    const next = mapCustomer(aSale(), { settings, key: KEY, numberTry: 1 });

    expect(next.draft.customerId).not.toBe(map({}).draft.customerId);
  });

  test("carries class, currency and the Stripe customer", () => {
    expect(map({}).draft).toMatchObject({
      classId: "RETAIL",
      currency: "USD",
      terms: "",
      stripeId: "cus_1",
      email: "ada@example.com",
      note: expect.stringContaining("https://dashboard.stripe.com/test/customers/cus_1") as string,
    });
  });

  test("has a name over 60 cut and kept in the note", () => {
    const name = `${"Wellington & Sons ".repeat(4)}Ltd`;
    const { draft, notes } = map({ name });

    expect(draft.name).toHaveLength(60);
    expect(draft.note).toContain(`Name in full: ${name}`);
    expect(notes).toEqual([`Name in full: ${name}`]);
  });

  test("has no tilde in its name, which SL would flip around", () => {
    expect(map({ name: "Lovelace~Ada" }).draft.name).toBe("Lovelace-Ada");
  });

  test("keeps an e-mail over 80 in the note, since a cut one is another's", () => {
    const email = `${"x".repeat(75)}@example.com`;

    expect(map({ email }).draft).toMatchObject({
      email: "",
      note: expect.stringContaining(email) as string,
    });
  });

  test("without a name is named after the e-mail", () => {
    expect(map({ name: " " }).draft.name).toBe("ada@example.com");
  });

  test("without name and e-mail parks", () => {
    expect(() => map({ name: "", email: "" })).toThrow(/neither customer nor e-mail nor name/);
  });

  test("fills its user fields from its own metadata", () => {
    const fields = [{ from: "customer.metadata.region", to: "Customer.User5" }];
    const { draft } = map({ metadata: { region: "NORTH" } }, { fields: { "to-sl": fields } });

    expect(draft.userFields).toEqual({ User5: "NORTH" });
  });
});

describe("whose SL customer it is", () => {
  test.each([
    ["a Stripe customer", {}, /^cus_1$/],
    ["a guest, by e-mail", { stripeCustomerId: undefined }, /^guest_[A-Z2-7]{24}$/],
    ["nobody, by the sale", { stripeCustomerId: undefined, email: " " }, /^pi_1$/],
  ])("%s", (_name, change, expected) => {
    expect(customerObject(aSale({ buyer: aBuyer(change) }))).toMatch(expected);
  });

  test("two spellings of one e-mail are one guest", () => {
    const objects = ["Ada@Example.com", " ada@example.com "].map((email) =>
      customerObject(aSale({ buyer: aBuyer({ stripeCustomerId: undefined, email }) })),
    );

    expect(objects[0]).toBe(objects[1]);
    expect(normaliseEmail(" Ada@Example.COM ")).toBe("ada@example.com");
  });
});

describe("a customer that metadata names", () => {
  const named = { customerId: "C300", linkedStripeId: undefined, by: "metadata" } as const;
  const settings = someSettings();

  test("is taken when it is active and nobody else's", () => {
    const reading = aCustomer({ currency: "" });

    expect(checkNamedCustomer(reading, aSale(), { named, settings })).toBe(reading);
  });

  test.each([
    ["does not exist", undefined, named, "mapping.customer_unknown"],
    ["is inactive", aCustomer({ status: "inactive" }), named, "mapping.customer_blocked"],
    ["is on hold", aCustomer({ status: "hold" }), named, "mapping.customer_blocked"],
    ["trades in euro", aCustomer({ currency: "EUR" }), named, "mapping.customer_currency"],
    [
      "carries another Stripe customer",
      aCustomer({ stripeId: "cus_2", email: "grace@example.com" }),
      named,
      "mapping.customer_foreign",
    ],
    [
      "is linked to another",
      aCustomer({ email: "grace@example.com" }),
      { ...named, linkedStripeId: "cus_2" },
      "mapping.customer_foreign",
    ],
  ])("parks when it %s", (_name, reading, asked, code) => {
    expect(() => checkNamedCustomer(reading, aSale(), { named: asked, settings })).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test("may be one that was found by the buyer's e-mail before a restore", () => {
    const reading = aCustomer({ stripeId: "cus_2", email: "Ada@Example.com " });

    expect(checkNamedCustomer(reading, aSale(), { named, settings })).toBe(reading);
  });

  test("parks when it is another's and neither has an e-mail", () => {
    const sale = aSale({ buyer: aBuyer({ email: "" }) });
    const reading = aCustomer({ stripeId: "cus_2", email: "" });

    expect(() => checkNamedCustomer(reading, sale, { named, settings })).toThrow(
      /belongs to cus_2/,
    );
  });

  test("may be named for a guest even when it is linked", () => {
    const guest = aSale({ buyer: aBuyer({ stripeCustomerId: undefined }) });

    const reading = aCustomer({ stripeId: "cus_2" });

    expect(checkNamedCustomer(reading, guest, { named, settings })).toBe(reading);
  });

  test.each([
    [
      "metadata",
      "Correct or remove DynamicsSL_CustomerID in the metadata of charge ch_1 " +
        "and of PaymentIntent pi_1, then resume.",
    ],
    ["customer.named", "Name another customer in customer.named of the pair, then resume."],
    ["customer.fallback", "Name another customer in customer.fallback of the pair, then resume."],
  ] as const)("and is somebody else's: named by %s, the cure says so", (by, cure) => {
    const metadata = { DynamicsSL_CustomerID: "C300" };
    const sale = aSale({
      metadataSources: [
        { objectId: "ch_1", metadata },
        { objectId: "pi_1", metadata },
        { objectId: "cus_1", metadata: { DynamicsSL_CustomerID: " ", tier: "gold" } },
      ],
    });
    const reading = aCustomer({ stripeId: "cus_2", email: "grace@example.com" });

    expect(() => checkNamedCustomer(reading, sale, { named: { ...named, by }, settings })).toThrow(
      expect.objectContaining({ code: "mapping.customer_foreign", cure }) as Error,
    );
  });
});

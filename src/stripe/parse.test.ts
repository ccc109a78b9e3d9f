import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { countedIn, money } from "../base/money.ts";
import type { Metadata } from "../canonical/sale.ts";
import { mergeMetadata, parseBuyer } from "./parse-buyer.ts";
import { chargeOfIntent, chargeState, parsePayment, parseRow, rowIdOf } from "./parse-charge.ts";
import { parseCheckout } from "./parse-checkout.ts";
import { parseInvoice, productIdOfLine } from "./parse-invoice.ts";
import { listOf, metadataOf, objectOf, textOf, type Wire } from "./wire.ts";

const FIXTURES = new URL("../../test/fixtures/stripe/", import.meta.url);

function fixture(version: string, name: string): Wire {
  return JSON.parse(readFileSync(new URL(`${version}/${name}.json`, FIXTURES), "utf8")) as Wire;
}

const row: Wire = {
  id: "txn_1",
  amount: 4200,
  fee: 150,
  currency: "eur",
  created: 1600000000,
  reporting_category: "charge",
  balance_type: "payments",
  type: "charge",
};

function charge(change: Wire = {}): Wire {
  return {
    id: "ch_1",
    amount: 4200,
    amount_captured: 4200,
    amount_refunded: 0,
    balance_transaction: "txn_1",
    captured: true,
    created: 1600000000,
    currency: "eur",
    status: "succeeded",
    ...change,
  };
}

/** Every product has this metadata; amounts are counted by the table. */
function reader(metadata: Metadata) {
  return { productMetadata: () => metadata, toMoney: money };
}

describe("a charge", () => {
  test.each([
    ["captured", {}],
    ["captured", { amount_refunded: 4200 }],
    ["captured", { status: undefined, paid: true }],
    ["uncaptured", { captured: false, amount_captured: 0 }],
    ["released", { captured: false, amount_captured: 0, amount_refunded: 4200 }],
    ["pending", { status: "pending" }],
    ["failed", { status: "failed" }],
    ["failed", { status: "something_new" }],
  ] as const)("is %s with %o", (state, change) => {
    expect(chargeState(charge(change))).toBe(state);
  });

  test("keeps its own row first and leaves other documents' rows out", () => {
    const others = [
      { ...row, id: "txn_2", reporting_category: "partial_capture_reversal", amount: -200 },
      { ...row, id: "txn_3", reporting_category: "refund", amount: -100 },
      { ...row, id: "txn_4", reporting_category: "charge", balance_type: "risk_reserved" },
      { ...row, id: "txn_2", reporting_category: "partial_capture_reversal", amount: -200 },
    ];
    const { rows } = parsePayment(charge(), [...others, row], money);

    expect(rows.map(({ id }) => id)).toEqual(["txn_1", "txn_2"]);
  });

  test.each([
    [{ amount: 5000, amount_captured: 4200, amount_refunded: 900 }, 800n],
    [{ amount: 4000, amount_captured: 4200 }, undefined],
    [{ amount_captured: undefined }, undefined],
  ])("with %o has given back %s of its authorisation", (change, released) => {
    const payment = parsePayment(charge(change), [row], money);

    expect(payment.released?.minor).toBe(released);
  });

  test.each(["pending", "failed"])("that is %s moved the balance whole", (status) => {
    const debit = charge({ status, amount_captured: 0 });
    const { amount, released } = parsePayment(debit, [row], money);

    expect([amount.minor, released]).toEqual([4200n, undefined]);
  });

  test("without its own row among the rows is a shape we do not know", () => {
    expect(() => parsePayment(charge(), [{ ...row, id: "txn_9" }], money)).toThrow(/not there/);
  });

  test.each([
    [
      { payment_method_details: { type: "card", card: { brand: "visa", last4: "4242" } } },
      "visa 4242",
    ],
    [
      { payment_method_details: { type: "sepa_debit", sepa_debit: { last4: "3000" } } },
      "sepa_debit 3000",
    ],
    [{ payment_method_details: { type: "klarna" } }, "klarna"],
    [{ source: { brand: "Visa", last4: "1111" } }, "visa 1111"],
    [{}, "payment"],
  ])("with %o was paid by %s", (change, method) => {
    expect(parsePayment(charge(change), [row], money).method).toBe(method);
  });

  test("of a type without category counts as a charge row when it is a payment", () => {
    const { reporting_category: _category, ...older } = row;

    expect(parseRow({ ...older, type: "payment" }, money).category).toBe("charge");
  });

  test.each([
    ["an amount that is no integer", { amount: 1.5 }],
    ["no currency", { currency: "" }],
    ["no created", { created: undefined }],
  ])("row with %s is refused", (_name, change) => {
    expect(() => parseRow({ ...row, ...change }, money)).toThrow(/has no/);
  });
});

describe("old shapes", () => {
  test("the charge of a PaymentIntent is found in its charges", () => {
    const found = chargeOfIntent(fixture("2020-03-02", "payment_intent.succeeded"));
    const payment = parsePayment(found ?? {}, [{ ...row, id: "txn_old" }], money);

    expect(payment).toMatchObject({
      chargeId: "ch_old",
      paymentIntentId: "pi_old",
      amount: { minor: 4200n, currency: "EUR" },
      method: "mastercard 4444",
    });
    expect(rowIdOf(found ?? {})).toBe("txn_old");
  });

  test("an invoice has prices on its lines, tax_amounts, and discounts beside its lines", () => {
    const invoice = fixture("2020-03-02", "invoice.paid");
    const document = parseInvoice(invoice, listOf(invoice, "lines"), reader({ from: "product" }));

    expect(document).toMatchObject({
      identity: "in_old",
      number: "ACME-0007",
      total: { minor: 10500n, currency: "EUR" },
      documentDiscount: { minor: 1000n },
      effectiveAt: new Date(1600000000000),
      withoutCharge: { customerBalance: { minor: 1000n }, outOfBand: { minor: 0n } },
      lines: [
        {
          productId: "prod_1",
          priceId: "price_1",
          priceMetadata: { tier: "gold" },
          lineMetadata: { InvtID: "LINE" },
          productMetadata: { from: "product" },
          quantity: "2",
          gross: { minor: 10000n },
          tax: { minor: 1500n },
        },
      ],
    });
  });

  test("an invoice paid out of band says so in a flag", () => {
    const invoice = { ...fixture("2020-03-02", "invoice.paid"), paid_out_of_band: true };

    expect(parseInvoice(invoice, [], reader({})).withoutCharge.outOfBand.minor).toBe(9500n);
  });
});

describe("an invoice of the pinned version", () => {
  const invoice = fixture("2026-10-28.endive", "invoice.paid");
  const lines = listOf(invoice, "lines");
  const document = parseInvoice(invoice, lines, {
    productMetadata: (id) => ({ of: id }),
    toMoney: money,
  });

  test("adds up to its total with inclusive tax, credits, discounts and shipping", () => {
    const added = document.lines.reduce(
      (so, line) => so + line.gross.minor - line.discount.minor + line.tax.minor,
      document.shipping.minor + document.shippingTax.minor - document.documentDiscount.minor,
    );

    expect(added).toBe(document.total.minor);
  });

  test("has inclusive tax taken out of its lines", () => {
    expect(document.lines[0]).toMatchObject({ gross: { minor: 10000n }, tax: { minor: 1900n } });
  });

  test("counts billing credits once and discounts once", () => {
    expect(document.lines[1]).toMatchObject({
      discount: { minor: 900n },
      quantity: "1.5",
      priceId: "price_8",
      priceMetadata: { InvtID: "PRICE" },
      productMetadata: { of: "prod_8" },
    });
    expect(document.documentDiscount.minor).toBe(0n);
  });

  test.each([
    [{ quantity: 2, quantity_decimal: "2.500000000000" }, "2.5"],
    [{ quantity: 0, quantity_decimal: "0.25" }, "0.25"],
    [{ quantity: 10, quantity_decimal: "10" }, "10"],
    [{ quantity: 3 }, "3"],
    [{ quantity: null, quantity_decimal: null }, "1"],
  ])("has the quantity that Stripe has not cut to whole units: %o", (change, quantity) => {
    const changed = parseInvoice(invoice, [{ ...lines[0], ...change }], reader({}));

    expect(changed.lines[0]?.quantity).toBe(quantity);
  });

  test("keeps a proration credit as a negative line without product", () => {
    expect(document.lines[2]).toMatchObject({ gross: { minor: -300n }, productId: undefined });
    expect(productIdOfLine(lines[2] ?? {})).toBeUndefined();
  });

  test("is dated by effective_at rather than by its finalisation", () => {
    expect(document.effectiveAt).toEqual(new Date(1773144000000));
  });
});

test("an invoice of an account that counts otherwise has every amount so", () => {
  const invoice = { ...fixture("2026-10-28.endive", "invoice.paid"), starting_balance: -100 };
  const lines = listOf(invoice, "lines");
  const productMetadata = () => ({});
  const usual = parseInvoice(invoice, lines, { productMetadata, toMoney: money });
  const counted = parseInvoice(invoice, lines, {
    productMetadata,
    toMoney: (units, currency) => countedIn(0, units, currency),
  });

  expect(amountsOf(counted)).toEqual(amountsOf(usual).map((minor) => minor * 100n));
  expect(amountsOf(usual).length).toBeGreaterThan(15);
});

/** Every amount of a document, in the order of its fields. */
function amountsOf(value: unknown): bigint[] {
  if (typeof value === "bigint") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(amountsOf);
}

describe("a Checkout session", () => {
  const captured = { identity: "pi_1", amount: money(11900, "USD") };
  const line = {
    id: "li_1",
    amount_subtotal: 11900,
    amount_discount: 0,
    amount_tax: 1900,
    amount_total: 11900,
    quantity: 1,
    price: { id: "price_1", product: { id: "prod_1", metadata: { InvtID: "A" } } },
  };

  test("has inclusive tax taken out of its line items", () => {
    const document = parseCheckout(
      { session: { id: "cs_1", currency: "usd" }, lines: [line], captured },
      money,
    );

    expect(document.lines[0]).toMatchObject({
      gross: { minor: 10000n },
      tax: { minor: 1900n },
      productId: "prod_1",
      productMetadata: { InvtID: "A" },
    });
  });

  test("in another currency than its charge is refused", () => {
    const session = { id: "cs_1", currency: "eur" };

    expect(() => parseCheckout({ session, lines: [line], captured }, money)).toThrow(/is in EUR/);
  });
});

describe("the buyer", () => {
  const nobody = {
    customer: undefined,
    owner: {},
    invoice: undefined,
    session: undefined,
    charge: undefined,
  };

  test("is the Stripe customer, its gaps filled from the billing details", () => {
    const buyer = parseBuyer({
      ...nobody,
      customer: { id: "cus_1", name: null, email: "c@example.com", metadata: { a: "1", b: 2 } },
      charge: { billing_details: { name: "Card Holder", email: "x@example.com", phone: "1" } },
    });

    expect(buyer).toMatchObject({
      stripeCustomerId: "cus_1",
      name: "Card Holder",
      email: "c@example.com",
      phone: "1",
      metadata: { a: "1" },
    });
  });

  test("of a deleted customer keeps its id", () => {
    const buyer = parseBuyer({ ...nobody, customer: { id: "cus_1", deleted: true } });

    expect(buyer).toMatchObject({ stripeCustomerId: "cus_1", name: "", email: "" });
  });

  test("that is nobody has empty fields", () => {
    expect(parseBuyer(nobody)).toMatchObject({
      stripeCustomerId: undefined,
      address: { line1: "" },
    });
  });
});

test("metadata of the object named first wins", () => {
  const charge = { objectId: "ch_1", metadata: { a: "1" } };
  const intent = { objectId: "pi_1", metadata: { a: "2", b: "2" } };
  const session = { objectId: "", metadata: {} };
  const customer = { objectId: "cus_1", metadata: { b: "3", c: "3" } };

  expect(mergeMetadata(charge, intent, session, customer)).toEqual({
    metadata: { a: "1", b: "2", c: "3" },
    metadataSources: [charge, intent, customer],
  });
});

test("metadata keys of objects' own names are plain keys", () => {
  const metadata = metadataOf({
    metadata: JSON.parse('{"__proto__":"x","constructor":"y"}') as Wire,
  });

  expect(Object.hasOwn(metadata, "constructor")).toBe(true);
});

describe("real payloads of 2020-03-02", () => {
  const folder = new URL("../../../shared/stripe-payloads/2020-03-02/", import.meta.url);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (names.length === 0) console.log("skipped: ../shared/stripe-payloads is not there");

  function objects(kind: string): Wire[] {
    const events = names.map(
      (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as Wire,
    );
    const found = events.map((event) => objectOf(objectOf(event, "data"), "object"));
    return found.filter((object): object is Wire => textOf(object, "object") === kind);
  }

  test.skipIf(names.length === 0)("every charge is judged, and captured ones are read", () => {
    const charges = objects("charge");
    const captured = charges.filter((one) => chargeState(one) === "captured" && rowIdOf(one));
    const payments = captured.map((one) =>
      parsePayment(one, [{ ...row, id: rowIdOf(one) }], money),
    );

    expect(charges.length).toBeGreaterThan(5);
    expect(payments.every((payment) => payment.amount.minor > 0n)).toBe(true);
    expect(payments.every((payment) => payment.paymentIntentId !== undefined)).toBe(true);
  });

  test.skipIf(names.length === 0)(
    "every invoice is read, and its lines add up to its total",
    () => {
      const invoices = objects("invoice");
      const missed = invoices
        .map((invoice) => parseInvoice(invoice, listOf(invoice, "lines"), reader({})))
        .filter((document) => {
          const added = document.lines.reduce(
            (so, line) => so + line.gross.minor - line.discount.minor + line.tax.minor,
            document.shipping.minor + document.shippingTax.minor - document.documentDiscount.minor,
          );
          return added !== document.total.minor;
        });

      expect(invoices.length).toBeGreaterThan(2);
      expect(missed.map((document) => document.identity)).toEqual([]);
    },
  );
});

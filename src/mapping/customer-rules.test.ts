import { expect, test } from "vitest";
import { mapCustomer } from "./customer.ts";
import { mapInvoice } from "./invoice.ts";
import { aBuyer, aCustomer, anItem, aSale, someSettings, stockOf } from "./testing/builders.ts";

const KEY = "IT4PQTTDTWAMU52GWG2TNZ6DAP";
const german = { line1: "", line2: "", city: "Köln", state: "", postalCode: "", country: "DE" };

function map(buyer: Parameters<typeof aBuyer>[0], extra: Record<string, unknown>) {
  const settings = someSettings(extra);
  return mapCustomer(aSale({ buyer: aBuyer(buyer) }), { settings, key: KEY, numberTry: 0 }).draft;
}

const CLASSES = {
  "customer.terms": "01",
  "customer.classes": [
    { when: { "customer-metadata": { tier: "gold" } }, class: "GOLD", terms: "30" },
    { when: { country: ["DE", "AT"] }, class: "EXPORT" },
  ],
};

test.each([
  ["the first rule that is met", { address: german, metadata: { tier: "gold" } }, ["GOLD", "30"]],
  ["a rule without terms leaves them to its class", { address: german }, ["EXPORT", ""]],
  ["no rule is the setting's", {}, ["RETAIL", "01"]],
])("the class by %s", (_name, buyer, [classId, terms]) => {
  expect(map(buyer, CLASSES)).toMatchObject({ classId, terms });
});

const TAX_IDS = [
  { type: "us_ein", value: "12-3456789" },
  { type: "eu_vat", value: "DE 123 456 789" },
];

test("the first tax id of a wanted type goes to its column, all of them to the note", () => {
  const setting = { "customer.tax-id": { to: "TaxRegNbr", types: ["eu_vat"] } };

  const draft = map({ taxIds: TAX_IDS }, setting);

  expect(draft.taxNumbers).toEqual({ TaxRegNbr: "DE123456789" });
  expect(draft.note).toContain("Tax id: us_ein 12-3456789");
});

test("without the setting no column is filled, and a number that is too long is left out", () => {
  const setting = { "customer.tax-id": { to: "TaxExemptNbr" } };
  const long = [{ type: "mx_rfc", value: "1234567890123456" }];

  expect(map({ taxIds: TAX_IDS }, {}).taxNumbers).toEqual({});
  expect(map({ taxIds: long }, setting).taxNumbers).toEqual({});
  expect(map({ taxIds: long }, setting).note).toContain("mx_rfc 1234567890123456");
});

function noteOf(customer: ReturnType<typeof aCustomer>, shipTo = aSale().shipTo): string {
  const settings = someSettings();
  const terms = { termsId: "01", dueDays: 0, isInstalment: false };
  const inventory = stockOf(anItem());
  const rest = { period: "202603", terms, inventory, slDecimals: 2 };
  return mapInvoice(aSale({ shipTo }), { settings, key: KEY, customer, ...rest }).draft.note;
}

test("a customer who stands for all shoppers gets shopper and ship-to into the note", () => {
  const shipTo = { name: "Grace", phone: "", address: german };

  const note = noteOf(aCustomer({ name: "Web shop", email: "" }), shipTo);

  expect(note).toContain("Shopper: Ada Lovelace, ada@example.com");
  expect(note).toContain("Ship to: Grace, Köln, DE");
});

test("the shopper's own customer needs no word about the shopper", () => {
  expect(noteOf(aCustomer())).not.toContain("Shopper");
});

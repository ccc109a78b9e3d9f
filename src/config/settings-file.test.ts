import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { EXAMPLES } from "./examples.ts";
import {
  checkSettings,
  loadKey,
  loadSettings,
  maskSettings,
  readSettings,
  saveSettings,
  setSetting,
  settingsPath,
} from "./index.ts";
import { settingPaths } from "./schema-walk.ts";

const ENV = {
  STRIPE_KEY: "sk_test_abc",
  WHSEC: "whsec_abc",
  SL_PASSWORD: "hunter2!",
};

const COMPLETE = `
pairs:
  acme-us:
    # The shop of the United States.
    stripe:
      secret-key: env:STRIPE_KEY
      webhook-secrets: [env:WHSEC]
    sl:
      url: https://sl.example.com/ctDynamicsSL
      user: slipway
      password: env:SL_PASSWORD
      site-id: DEFAULT
      company-id: "0060"
      base-currency: USD
    time-zone: America/New_York
    accounts:
      clearing: { USD: 1095/000000000000 }
      ar: { account: "1200", subaccount: "000000000000" }
      sales: 4000/000000000000
      shipping: 4100/000000000000
      tax: 2200/000000000000
      rounding: 8990/000000000000
    customer: { class: RETAIL }
    terms: { paid: "01" }
    items:
      prod_Abc-123: CONSULT
      price_9: { item: SUPPORT, sales: 4010/000000000000 }
`;

const sources = { env: ENV, key: () => new Uint8Array(32) };
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-config-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function check(yaml: string) {
  return checkSettings(parseDocument(yaml), sources);
}

function changed(from: string, to: string) {
  expect(COMPLETE).toContain(from);
  return check(COMPLETE.replace(from, to)).problems.map(({ path, rule }) => `${path} ${rule}`);
}

describe("a complete file", () => {
  test("gives each pair its settings with defaults and camel-case names", () => {
    const pair = check(COMPLETE).settings?.pairs.get("acme-us");

    expect(pair).toMatchObject({
      id: "acme-us",
      timeZone: "America/New_York",
      mode: "invoice",
      outcomeHorizon: 330,
      closedPeriod: "next-open",
      sl: { callLimit: 4, connector: "ctapi" },
      field: { key: "User2", id: "User1" },
      accounts: {
        clearing: { USD: { account: "1095", subaccount: "000000000000" } },
        ar: { account: "1200", subaccount: "000000000000" },
      },
      metadata: { customerId: "DynamicsSL_CustomerID" },
    });
  });

  test("keeps product ids with hyphens as they are", () => {
    const pair = check(COMPLETE).settings?.pairs.get("acme-us");

    expect(pair?.items["prod_Abc-123"]).toBe("CONSULT");
  });

  test("opens its secrets and prints none of them", () => {
    const pair = check(COMPLETE).settings?.pairs.get("acme-us");
    const printed = `${inspect(pair, { depth: 9 })}${JSON.stringify(pair)}${pair?.sl.password}`;

    expect(pair?.sl.password.reveal()).toBe("hunter2!");
    expect(pair?.stripe.webhookSecrets.map((secret) => secret.reveal())).toEqual(["whsec_abc"]);
    expect(printed).not.toContain("hunter2");
    expect(JSON.stringify(maskSettings(pair))).not.toContain("whsec_abc");
  });
});

test("a pair may say how its Stripe counts a currency", () => {
  const yaml = COMPLETE.replace("terms:", "currency-exponents: { UGX: 0 }\n    terms:");

  expect(check(COMPLETE).settings?.pairs.get("acme-us")?.currencyExponents).toEqual({});
  expect(check(yaml).settings?.pairs.get("acme-us")?.currencyExponents).toEqual({ UGX: 0 });
});

test.each([
  "ARDoc.CuryOrigDocAmt",
  "Invoice.DocBal",
  "Payment.User7",
  "Batch.Status",
  "Customer.Territory",
])("%s may be told to Stripe", (from) => {
  const yaml = COMPLETE.replace(
    "terms:",
    `fields: { to-stripe: [{ from: ${from}, to-metadata: sl_value }] }\n    terms:`,
  );

  expect(check(yaml).problems).toEqual([]);
});

describe("what is wrong", () => {
  test("all problems are reported at once, each with path, rule and example", () => {
    const broken = COMPLETE.replace("America/New_York", "Mars/Olympus")
      .replace('terms: { paid: "01" }', "terms: {}")
      .replace("sales: 4000/000000000000", "sales: 4000")
      .replace("base-currency: USD", "base-currency: EUR")
      .replace("user: slipway", "usr: slipway");
    const { problems } = check(broken);

    expect(problems).toEqual([
      {
        path: "pairs.acme-us.sl.user",
        rule: "is missing",
        example: "user: slipway",
      },
      {
        path: "pairs.acme-us.sl.usr",
        rule: "is unknown; did you mean user?",
        example: "",
      },
      {
        path: "pairs.acme-us.time-zone",
        rule: "must be an IANA time zone",
        example: "time-zone: America/New_York",
      },
      {
        path: "pairs.acme-us.accounts.sales",
        rule:
          "must name account (10 characters) and subaccount (24): " +
          "`4000/000000000000` or {account, subaccount}",
        example: "sales: 4000/000000000000",
      },
      { path: "pairs.acme-us.terms.paid", rule: "is missing", example: 'paid: "01"' },
      {
        path: "pairs.acme-us.accounts.clearing",
        rule: "must name the clearing account of EUR",
        example: "clearing: {USD: 1095/000000000000}",
      },
    ]);
  });

  test.each([
    ["an empty list of webhook secrets", "[env:WHSEC]", "[]", "at least one signing secret"],
    ["a plain secret", "env:SL_PASSWORD", "hunter2", "slipway pair set acme-us sl.password"],
    ["an unset variable", "env:SL_PASSWORD", "env:NOPE", "names NOPE, which is not set"],
    [
      "named invoices in a key that the hub writes to",
      "time-zone:",
      "mode: existing-invoice\n    metadata: {invoices: DynamicsSL_BatchNbr}\n    time-zone:",
      "must not be the key of metadata.batch-number",
    ],
    [
      "an order without its misc charges",
      "time-zone:",
      "mode: sales-order\n    time-zone:",
      "mode sales-order needs the misc charge of shipping",
    ],
    [
      "an order with tax under SL's own ids",
      "time-zone:",
      "mode: sales-order\n    tax: sl\n    time-zone:",
      "must be line or none in mode sales-order",
    ],
    ["a later setting", "time-zone:", "batching: 1\n    time-zone:", "each document has its own"],
    ["a later account", "ar: {", "discount: 1/1\n      ar: {", "discounts are taken off"],
    [
      "a transit account that is the bank's",
      "ar: {",
      "transit: {USD: 1/1}\n      bank: {USD: 1/1}\n      ar: {",
      "accounts.transit.USD must not be the account of bank.USD",
    ],
    [
      "a field the hub needs",
      "terms:",
      "fields: {to-sl: [{from: charge.id, to: ARDoc.User2}]}\n    terms:",
      "must not be User2",
    ],
    [
      "one field filled twice",
      "terms:",
      "fields: {to-sl: [{from: charge.id, to: ARDoc.User5}, " +
        "{from: charge.id, to: Payment.User5}]}\n    terms:",
      "filled twice",
    ],
    [
      "a column that SL lacks, with those that are near",
      "terms:",
      "fields: {to-stripe: [{from: ARDoc.Refnumber, to-metadata: sl_ref}]}\n    terms:",
      "from is no column of SL's table ARDoc; near it: ARDoc.RefNbr",
    ],
    [
      "a column in another letter case",
      "terms:",
      "fields: {to-stripe: [{from: Batch.STATUS, to-metadata: sl_status}]}\n    terms:",
      "is no column of SL's table Batch; near it: Batch.Status",
    ],
    [
      "a column of no table of ours",
      "terms:",
      "fields: {to-stripe: [{from: GLTran.Acct, to-metadata: sl_acct}]}\n    terms:",
      "must be an SL column of ARDoc, Invoice, Payment, Batch, Customer",
    ],
    [
      "a payer's card number",
      "terms:",
      "fields: {to-stripe: [{from: Customer.CardNbr, to-metadata: card}]}\n    terms:",
      "card and bank data do not belong into metadata",
    ],
    [
      "a value of SL under a key that the hub reads",
      "terms:",
      "fields: {to-stripe: [{from: ARDoc.User5, to-metadata: slipway_sync}]}\n    terms:",
      "must not be slipway_sync: the hub uses that key itself",
    ],
    [
      "a value of SL under a key that has its name by a setting",
      "terms:",
      "metadata: {order-id: po}\n    " +
        "fields: {to-stripe: [{from: ARDoc.User5, to-metadata: po}]}\n    terms:",
      "must not be po: the hub uses that key itself",
    ],
    [
      "a field that would go in a circle",
      "terms:",
      "fields: {to-sl: [{from: metadata.region, to: ARDoc.User5}], " +
        "to-stripe: [{from: ARDoc.User5, to-metadata: region}]}\n    terms:",
      "must not be region: fields.to-sl reads it",
    ],
    [
      "one metadata key filled twice",
      "terms:",
      "fields: {to-stripe: [{from: ARDoc.User5, to-metadata: x}, " +
        "{from: Batch.Status, to-metadata: x}]}\n    terms:",
      "x is filled twice",
    ],
    [
      "a metadata key of 41 characters",
      "terms:",
      `fields: {to-stripe: [{from: ARDoc.User5, to-metadata: ${"k".repeat(41)}}]}\n    terms:`,
      "must be a metadata key of 1 to 40 characters",
    ],
    [
      "key and id in one field",
      "terms:",
      "field: {key: User1}\n    terms:",
      "another field than field.key",
    ],
    ["a clearing account that is also AR", "1095/", "1200/", "must not be the account of ar"],
    ["a missing tax account", "      tax: 2200/000000000000\n", "", "accounts.tax is missing"],
    [
      "policy one-customer without its customer",
      "class: RETAIL",
      "policy: one-customer",
      "named is missing",
    ],
    [
      "a live pair with a test key",
      "[env:WHSEC]",
      "[env:WHSEC]\n      livemode: true",
      "secret-key is a test key",
    ],
    [
      "an unencrypted Stripe elsewhere",
      "[env:WHSEC]",
      "[env:WHSEC]\n      api-base: http://example.com",
      "must be https",
    ],
    [
      "an exponent that no currency has",
      "terms:",
      "currency-exponents: {UGX: 1}\n    terms:",
      "currency-exponents.UGX must be 0, 2 or 3",
    ],
    [
      "an exponent of a currency that Stripe lacks",
      "terms:",
      "currency-exponents: {UGS: 2}\n    terms:",
      "currency-exponents.UGS is no currency of Stripe's",
    ],
    [
      "an exponent of a currency in lower case",
      "terms:",
      "currency-exponents: {ugx: 2}\n    terms:",
      "must be an ISO currency code in upper case",
    ],
    ["an item mapping with a typo", "sales: 4010/", "sale: 4010/", "did you mean sales?"],
    ["an upper-case pair id", "acme-us:", "Acme:", "lower-case letters"],
  ])("%s is refused", (_name, from, to, rule) => {
    expect(changed(from, to).join("\n")).toContain(rule);
  });

  test("the message of a refused file never holds a secret", () => {
    writeFileSync(settingsPath(home), COMPLETE.replace("env:SL_PASSWORD", "hunter2"));

    expect(() => loadSettings(home, sources)).toThrow(/sl\.password must not be written plainly/);
    expect(() => loadSettings(home, sources)).not.toThrow(/hunter2/);
  });

  test("broken YAML is reported with its line", () => {
    expect(check("pairs: [").problems[0]?.rule).toContain("line 1");
  });

  test.each(["", "pairs:", "pairs: {}"])("%j is a home without pairs", (yaml) => {
    expect(check(yaml).settings?.pairs.size).toBe(0);
  });

  test.each(["pairs: {a: }", "pairs: {a: 7}", "pairs: {a: [1]}", "pairs: 3", "- 1", "other: 1"])(
    "%j is refused, not crashed on",
    (yaml) => {
      expect(check(yaml).problems.length).toBeGreaterThan(0);
    },
  );

  test("every setting has an example to show", () => {
    expect(settingPaths().filter((path) => EXAMPLES[path] === undefined)).toEqual([]);
  });
});

describe("a changed file", () => {
  test("keeps its comments, seals plain secrets, and reads back", () => {
    writeFileSync(settingsPath(home), COMPLETE);
    const key = () => loadKey(home, undefined);
    const document = readSettings(home);
    setSetting(document, "acme-us", { path: ["sl", "password"], value: "new pass", key });
    setSetting(document, "acme-us", {
      path: ["stripe", "webhook-secrets"],
      value: ["a", "b"],
      key,
    });
    setSetting(document, "acme-us", { path: ["item", "default"], value: "CONSULT", key });
    saveSettings(home, document);

    const pair = loadSettings(home, { env: ENV, key }).pairs.get("acme-us");
    const written = readSettings(home).toString();
    expect(pair?.sl.password.reveal()).toBe("new pass");
    expect(pair?.stripe.webhookSecrets.map((secret) => secret.reveal())).toEqual(["a", "b"]);
    expect(pair?.item.default).toBe("CONSULT");
    expect(written).toContain("# The shop of the United States.");
    expect(written).not.toContain("new pass");
    expect(statSync(settingsPath(home)).mode & 0o777).toBe(0o600);
  });

  test("a setting that is removed falls back to its default", () => {
    const document = parseDocument(COMPLETE.replace("terms:", "tax: none\n    terms:"));
    setSetting(document, "acme-us", { path: ["tax"], value: undefined, key: sources.key });

    expect(checkSettings(document, sources).settings?.pairs.get("acme-us")?.tax).toBe("line");
  });

  test("a sealed secret moved to another pair does not open", () => {
    const document = parseDocument(COMPLETE);
    setSetting(document, "acme-us", { path: ["sl", "password"], value: "x", key: sources.key });
    const moved = document.toString().replace("acme-us:", "acme-ca:");

    expect(check(moved).problems).toMatchObject([
      {
        path: "pairs.acme-ca.sl.password",
        rule: "sl.password of pair acme-ca cannot be opened with this key",
      },
    ]);
  });

  test("a pair can be built up from an empty home", () => {
    const document = readSettings(home);
    setSetting(document, "new", { path: ["sl", "user"], value: "slipway", key: sources.key });

    expect(document.toJS()).toEqual({ pairs: { new: { sl: { user: "slipway" } } } });
  });
});

import { describe, expect, test } from "vitest";
import type { Preview, WizardStripeAnswer } from "../../api/contract.ts";
import { choosePaint } from "../terminal.ts";
import { createAsker } from "./ask.ts";
import { renderPermissions, renderPreviews } from "./render.ts";

const paint = choosePaint(false, {});

describe("an asker without a person", () => {
  const question = { flag: "--terms", message: "Terms", given: undefined };
  const options = [
    { value: "01", label: "01  at once" },
    { value: "30", label: "30  net 30" },
  ];

  test("takes the flag, else the fallback", async () => {
    const ask = createAsker(true, []);

    expect(await ask.text({ ...question, given: "x", fallback: "y" })).toBe("x");
    expect(await ask.text({ ...question, fallback: "y" })).toBe("y");
    expect(await ask.optional(question)).toBeUndefined();
    expect(await ask.choose({ ...question, given: "30" }, options)).toBe("30");
  });

  test("names the flag of what is missing", async () => {
    const ask = createAsker(true, []);

    await expect(ask.text(question)).rejects.toMatchObject({ cure: "Give it with --terms." });
    await expect(ask.choose(question, options)).rejects.toMatchObject({
      facts: { field: "--terms" },
    });
  });

  test("refuses what the site does not have, and what a check refuses", async () => {
    const ask = createAsker(true, []);
    const check = () => "is no URL";

    await expect(ask.choose({ ...question, given: "99" }, options)).rejects.toThrow(
      '--terms "99" is none of: 01, 30',
    );
    await expect(ask.text({ ...question, given: "x", check })).rejects.toThrow("is no URL");
  });

  test("takes any id of a site that lists nothing", async () => {
    expect(await createAsker(true, []).choose({ ...question, given: "99" }, [])).toBe("99");
  });

  test("takes secrets in the order in which they were piped in, and no more", async () => {
    const ask = createAsker(true, ["one", "two"]);
    const secret = { flag: "--stdin", message: "Key" };

    expect([await ask.secret(secret), await ask.secret(secret)]).toEqual(["one", "two"]);
    await expect(ask.secret(secret)).rejects.toMatchObject({ cure: "Give it with --stdin." });
  });
});

const KEY: WizardStripeAnswer = {
  accountId: "acct_1",
  isLive: false,
  permissions: [
    { resource: "Charges and Refunds", right: "read", why: "what was paid", isGranted: true },
    { resource: "Charges and Refunds", right: "write", why: "SL's numbers", isGranted: false },
    { resource: "Events", right: "read", why: "what webhooks missed", isGranted: true },
  ],
};

test("the minimal key is one line for each resource, with the stronger right", () => {
  expect(`\n${renderPermissions(KEY, paint, 80)}`).toMatchInlineSnapshot(`
    "
    Stripe account acct_1, test mode
    The minimal restricted key, and what this key has of it (all else: None)
      lacks  Charges and Refunds          write  SL's numbers
      has    Events                       read   what webhooks missed"
  `);
  const narrow = renderPermissions(KEY, paint, 46).split("\n").slice(2);
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(46);
});

const line = { document: "invoice", account: "1210", subaccount: "000", currency: "USD" };
const BOOKED: Preview = {
  object: "pi_1",
  total: "19.00",
  currency: "USD",
  problem: null,
  documents: [
    {
      purpose: "invoice",
      object: "pi_1",
      customerId: "C1",
      period: "202611",
      notes: ["a long note"],
      entries: [
        { ...line, text: "receivable", debit: "19.00" },
        { ...line, account: "4010", text: "Shirt", credit: "19.00" },
      ],
    },
  ],
};
const problem = { code: "mapping.product_unmapped", message: "Product x", cure: "Map it." };

test("each charge is shown with its entries, and what stops the others is counted", () => {
  const stopped: Preview = { ...BOOKED, object: "pi_2", documents: [], problem };

  const text = renderPreviews([BOOKED, stopped], paint, 80);

  expect(text).toContain("1 of 2 charges would be booked; 1 mapping.product_unmapped");
  expect(text).toContain("stops: mapping.product_unmapped: Product x");
  expect(text).not.toContain("a long note");
  expect(`\n${text.split("\n\n")[0]}`).toMatchInlineSnapshot(`
    "
    pi_1  19.00 USD
    invoice for pi_1, customer C1, period 202611
    Document  Account  Subaccount  Debit  Credit
    invoice   1210     000         19.00          USD  receivable
              4010     000                 19.00  USD  Shirt
    Total                          19.00   19.00  USD"
  `);
});

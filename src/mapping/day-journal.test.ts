import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LedgerRow } from "../canonical/balance.ts";
import { sideTotal } from "../erp/journal.ts";
import { type DayPurpose, mapDayJournal, periodOf, postingsOf, rowParts } from "./index.ts";
import { someSettings } from "./testing/builders.ts";
import { aLedgerRow, entriesOfJournal, type Fees, MONTHS } from "./testing/ledger-rows.ts";

// The examples of the booking rules, section 17, by their numbers: 1095 is clearing.
const account = (number: string) => `${number}/000000000000`;
const ACCOUNTS = {
  "accounts.fee": {
    stripe: account("6100"),
    application: account("6101"),
    network: account("6102"),
    tax: account("6103"),
    "withheld-tax": account("6104"),
    billing: account("6105"),
  },
  "accounts.suspense": account("2900"),
  "accounts.stripe-reserve": account("1098"),
  "accounts.connect-payable": account("2300"),
  "accounts.platform-income": account("4040"),
  descriptions: [
    { contains: "billing", fee: "billing" },
    { contains: "application", fee: "application" },
  ],
};
const settings = someSettings(ACCOUNTS);

/** The journal of all parts of these rows that a journal of this kind owns. */
function journalOf(purpose: DayPurpose, rows: readonly LedgerRow[], by = settings) {
  const parts = rows.flatMap((row) =>
    rowParts(row, by)
      .filter(({ owner }) => owner === purpose)
      .map(({ part }) => ({ row, part })),
  );
  const object = "day:2026-03-10";
  return mapDayJournal(parts, { settings: by, purpose, object, key: "K", period: "202603" });
}

const entries = (purpose: DayPurpose, rows: readonly LedgerRow[], by = settings) =>
  entriesOfJournal(journalOf(purpose, rows, by).draft);

const at = (created: string) => ({ created: new Date(created) });

describe("fees", () => {
  test("G33 a day has one line for each type and side, and one on clearing", () => {
    const rows = [
      aLedgerRow({ id: "txn_1", fees: { stripe_fee: 320 } }),
      aLedgerRow({
        id: "txn_2",
        gross: 20_000,
        fees: {
          stripe_fee: 590,
          application_fee: 200,
          tax: 100,
          payment_method_passthrough_fee: 20,
        },
      }),
      aLedgerRow({
        id: "txn_3",
        fees: { withheld_tax: 400, payment_method_passthrough_fee: 105 },
      }),
      aLedgerRow({
        id: "txn_4",
        category: "fee",
        type: "stripe_fee",
        gross: -500,
        description: "Billing - Usage Fee",
      }),
      aLedgerRow({
        id: "txn_5",
        category: "fee",
        type: "stripe_fee",
        gross: 120,
        description: "Application fee given back",
      }),
    ];

    expect(entries("fee", rows).toSorted()).toEqual(
      [
        "Dr 6100 9.10",
        "Dr 6101 2.00",
        "Dr 6103 1.00",
        "Dr 6102 1.25",
        "Dr 6104 4.00",
        "Dr 6105 5.00",
        "Cr 6101 1.20",
        "Cr 1095 21.15",
      ].toSorted(),
    );
  });

  test("G34 a fee of 04:30 in UTC is of the last day of the year in New York", () => {
    const old = aLedgerRow({ fees: { stripe_fee: 320 }, ...at("2027-01-01T04:30:00Z") });
    const young = aLedgerRow({ fees: { stripe_fee: 610 }, ...at("2027-01-01T05:30:00Z") });

    const drafts = [old, young].map((row) => journalOf("fee", [row]).draft);

    expect(drafts.map(({ documentDate }) => documentDate)).toEqual(["2026-12-31", "2027-01-01"]);
    expect(drafts.map(({ documentDate }) => periodOf(documentDate, MONTHS))).toEqual([
      "202612",
      "202701",
    ]);
    expect(drafts.map(entriesOfJournal)).toEqual([
      ["Dr 6100 3.20", "Cr 1095 3.20"],
      ["Dr 6100 6.10", "Cr 1095 6.10"],
    ]);
  });

  test("costs and returned fees that cancel each other leave clearing alone", () => {
    const rows = [
      aLedgerRow({ id: "txn_1", fees: { stripe_fee: 320 } }),
      aLedgerRow({ id: "txn_2", category: "refund", type: "refund", fees: { stripe_fee: -320 } }),
    ];

    expect(entries("fee", rows)).toEqual(["Dr 6100 3.20", "Cr 6100 3.20"]);
  });

  test("a fee of a type that Stripe has added since stands on suspense, and is told", () => {
    const { draft, notes } = journalOf("fee", [aLedgerRow({ fees: { carbon_fee: 7 } })]);

    expect(entriesOfJournal(draft)).toEqual(["Dr 2900 0.07", "Cr 1095 0.07"]);
    expect(notes.join()).toContain("txn_1");
  });

  test("a dispute's own fee is not the day's", () => {
    const row = aLedgerRow({ category: "dispute", gross: -10_000, fees: { stripe_fee: 1_500 } });

    expect(rowParts(row, settings).map(({ owner }) => owner)).toEqual(["dispute", "dispute"]);
  });

  test.each([
    ["do not add up", { ...aLedgerRow({ fees: { stripe_fee: 320 } }), feeDetails: [] }],
    [
      "are in another currency",
      {
        ...aLedgerRow({ fees: { stripe_fee: 320 } }),
        feeDetails: aLedgerRow({ fees: { stripe_fee: 320 }, currency: "EUR" }).feeDetails,
      },
    ],
  ])("details that %s are refused", (_why, row) => {
    const read = () => postingsOf(row, "fee", { settings });

    expect(read).toThrow(expect.objectContaining({ code: "mapping.fee_details" }));
  });

  test("whatever the fees, both sides are equal and clearing bears them all", () => {
    const types = fc.constantFrom("stripe_fee", "application_fee", "tax", "withheld_tax", "new");
    const fees = fc.dictionary(types, fc.integer({ min: -9_999, max: 9_999 }), { minKeys: 1 });
    const whole = (map: Fees) => Object.values(map).reduce((sum, fee) => sum + fee, 0) !== 0;

    fc.assert(
      fc.property(fc.array(fees.filter(whole), { minLength: 1, maxLength: 9 }), (all) => {
        const rows = all.map((some, nr) => aLedgerRow({ id: `txn_${nr}`, fees: some }));
        const total = rows.reduce((sum, { fee }) => sum + fee.minor, 0n);

        const { draft } = journalOf("fee", rows);

        const clearing = draft.lines.filter((line) => line.account.account === "1095");
        const moved = clearing.map(
          ({ side, amount }) => (side === "credit" ? 1n : -1n) * amount.minor,
        );
        expect(sideTotal(draft, "debit")).toEqual(sideTotal(draft, "credit"));
        expect(moved.reduce((sum, one) => sum + one, 0n)).toBe(total);
      }),
    );
  });
});

describe("other rows", () => {
  const row = (id: string, category: string, gross: number) =>
    aLedgerRow({ id, category, type: category, gross });

  test("G41 a risk reserve moves clearing, and rows of other balances book nothing", () => {
    const held = row("txn_1", "risk_reserved_funds", -30_000);
    const twin = { ...row("txn_2", "risk_reserved_funds", 30_000), balanceType: "risk_reserved" };
    const released = row("txn_3", "risk_reserved_funds", 12_000);

    expect(rowParts(twin, settings)).toEqual([]);
    expect(entries("category", [held, twin])).toEqual(["Dr 1098 300.00", "Cr 1095 300.00"]);
    expect(entries("category", [released])).toEqual(["Cr 1098 120.00", "Dr 1095 120.00"]);
  });

  test("G42 an unknown category stands on suspense until a person names its account", () => {
    const unknown = row("txn_1", "brand_new_category", -1_234);
    const named = someSettings({ ...ACCOUNTS, "categories.brand_new_category": account("6100") });
    const strict = someSettings({ ...ACCOUNTS, "unknown-category": "park" });

    const { draft, notes } = journalOf("category", [unknown]);

    expect(entriesOfJournal(draft)).toEqual(["Dr 2900 12.34", "Cr 1095 12.34"]);
    expect(draft.lines.map(({ role }) => role)).toEqual(["suspense", "clearing"]);
    expect(notes).toEqual(["brand_new_category: 12.34 USD on suspense, of txn_1"]);
    expect(entries("category", [unknown], named)).toEqual(["Dr 6100 12.34", "Cr 1095 12.34"]);
    expect(() => entries("category", [unknown], strict)).toThrow(
      expect.objectContaining({ code: "mapping.row_unknown" }),
    );
  });

  test("G43 transfers and earnings of a platform each move clearing by themselves", () => {
    const rows = [row("txn_1", "transfer", -7_000), row("txn_2", "platform_earning", 300)];
    const reversed = row("txn_3", "transfer_reversal", 2_000);

    expect(entries("category", rows)).toEqual([
      ...["Dr 2300 70.00", "Cr 1095 70.00"],
      ...["Cr 4040 3.00", "Dr 1095 3.00"],
    ]);
    expect(entries("category", [reversed])).toEqual(["Cr 2300 20.00", "Dr 1095 20.00"]);
  });

  test.each([
    ["a category whose account is not set", row("txn_1", "advance", 5_000)],
    ["a category that only a setting can name", row("txn_1", "obligation", 5_000)],
    ["an adjustment that no description explains", row("txn_1", "other_adjustment", 5_000)],
  ])("%s stands on suspense", (_what, one) => {
    expect(entries("category", [one])).toEqual(["Cr 2900 50.00", "Dr 1095 50.00"]);
  });

  test("without an account for suspense nothing is booked", () => {
    const { "accounts.suspense": _, ...others } = ACCOUNTS;
    const bare = someSettings(others);
    const unknown = row("txn_1", "brand_new_category", -1_234);

    expect(() => entries("category", [unknown], bare)).toThrow(
      expect.objectContaining({ code: "mapping.account_missing" }),
    );
  });

  test("an adjustment goes by its description, to a fee or to an account", () => {
    const described = someSettings({
      ...ACCOUNTS,
      descriptions: [
        { contains: "radar", fee: "stripe" },
        { contains: "goodwill", account: account("6300") },
      ],
    });
    const fee = { ...row("txn_1", "other_adjustment", -900), description: "Radar for March" };
    const gift = { ...row("txn_2", "other_adjustment", 400), description: "Goodwill credit" };

    expect(entries("fee", [fee, gift], described)).toEqual(["Dr 6100 9.00", "Cr 1095 9.00"]);
    expect(entries("category", [fee, gift], described)).toEqual(["Cr 6300 4.00", "Dr 1095 4.00"]);
  });

  test("adjustments of one kind on two accounts have a line each", () => {
    const described = someSettings({
      ...ACCOUNTS,
      descriptions: [
        { contains: "goodwill", account: account("6300") },
        { contains: "penalty", account: account("6400") },
      ],
    });
    const gift = { ...row("txn_1", "other_adjustment", -400), description: "Goodwill" };
    const fine = { ...row("txn_2", "other_adjustment", -700), description: "Penalty" };

    expect(entries("category", [gift, fine], described).toSorted()).toEqual([
      ...["Cr 1095 4.00", "Cr 1095 7.00", "Dr 6300 4.00", "Dr 6400 7.00"],
    ]);
  });
});

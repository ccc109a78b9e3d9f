import { expect, test } from "vitest";
import { type RenderedEntry, renderEntries } from "./entries.ts";

const entry = (account: string, side: "debit" | "credit", amount: string, document = "IN 1") =>
  ({ document, account, subaccount: "000", [side]: amount }) as RenderedEntry;

const lastLine = (text: string) => text.split("\n").at(-1) ?? "";

test("each document is named once, and the totals stand below", () => {
  const text = renderEntries([
    entry("1210", "debit", "108.25"),
    entry("4010", "credit", "100.00"),
    entry("2200", "credit", "8.25"),
    entry("1095", "debit", "108.25", "PA 2"),
    entry("1210", "credit", "108.25", "PA 2"),
  ]);

  expect(`\n${text}\n`).toMatchInlineSnapshot(`
    "
    Document  Account  Subaccount   Debit  Credit
    IN 1      1210     000         108.25
              4010     000                 100.00
              2200     000                   8.25
    PA 2      1095     000         108.25
              1210     000                 108.25
    Total                          216.50  216.50
    "
  `);
});

test.each([
  ["no decimals", ["5000"], "5000"],
  ["three decimals", ["5.124", "0.001"], "5.125"],
  ["more than a double holds", ["90071992547409.93", "0.01"], "90071992547409.94"],
])("amounts with %s add up exactly", (_name, debits, credit) => {
  const text = renderEntries([
    ...debits.map((amount) => entry("1", "debit", amount)),
    entry("2", "credit", credit),
  ]);

  expect(lastLine(text).split(/ +/)).toEqual(["Total", credit, credit]);
});

test("an entry that does not balance is called out", () => {
  const text = renderEntries([entry("1", "debit", "10.00"), entry("2", "credit", "9.99")]);

  expect(lastLine(text)).toContain("does not balance");
});

test("each currency has a total of its own", () => {
  const usd = { currency: "USD" };
  const jpy = { currency: "JPY" };

  const text = renderEntries([
    { ...entry("1", "debit", "10.00"), ...usd },
    { ...entry("2", "credit", "10.00"), ...usd },
    { ...entry("1", "debit", "500"), ...jpy },
    { ...entry("2", "credit", "500"), ...jpy },
  ]);

  const totals = text.split("\n").slice(-2);
  expect(totals[0]).toMatch(/^Total +10\.00 +10\.00 +USD$/);
  expect(totals[1]).toMatch(/^Total +500 +500 +JPY$/);
});

test("no entries are no table", () => {
  expect(renderEntries([])).toBe("");
});

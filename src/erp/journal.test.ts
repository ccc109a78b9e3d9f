import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { assertJournal } from "./journal.ts";
import { aJournal, anEntry } from "./testing/contract-drafts.ts";

const credit = anEntry("credit", 300, "1095");
const debit = anEntry("debit", 300, "6100");

test("a journal of equal sides may be booked", () => {
  expect(() => assertJournal(aJournal(1))).not.toThrow();
});

test.each([
  ["is in EUR, the journal in USD", { amount: money(300, "EUR") }],
  ["has the amount 0.00; it must be above zero", { amount: money(0, "USD") }],
  ["has the amount -3.00; it must be above zero", { amount: money(-300, "USD") }],
  ["names no account, such as 1095", { account: { ...debit.account, account: " " } }],
  ["names no subaccount beside 6100", { account: { ...debit.account, subaccount: "" } }],
])("a line that %s is refused by its number", (wrong, change) => {
  const lines = [credit, { ...debit, ...change }];

  expect(() => assertJournal(aJournal(1, { lines }))).toThrow(
    expect.objectContaining({
      code: "mapping.journal_line",
      message: `Line 2 of the journal ${wrong}`,
      facts: expect.objectContaining({ line: 2, stripeId: "txn_1" }) as object,
    }) as Error,
  );
});

test.each([
  ["sides that differ", [credit, anEntry("debit", 299, "6100")], /differ by -0.01: debits 2.99/],
  ["a single line", [credit], /needs two lines at least, this one has 1/],
])("a journal of %s is refused", (_name, lines, words) => {
  expect(() => assertJournal(aJournal(1, { lines }))).toThrow(
    expect.objectContaining({
      code: "mapping.journal_unbalanced",
      message: expect.stringMatching(words) as string,
    }) as Error,
  );
});

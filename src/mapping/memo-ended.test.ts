import { expect, test } from "vitest";
import { type Ending, mapEnded } from "./index.ts";
import { aCustomer, aSale, entriesOf, someSettings, usd } from "./testing/builders.ts";

const settings = someSettings();

/** The memo of an invoice over 100.00 that ended so, and still owes so much. */
function endedAs(ending: Ending, owes: number) {
  const { sales, tax } = settings.accounts;
  const line = { quantity: "1", unitPrice: "", itemId: "", description: "" };
  const lines = [
    { ...line, sales, amount: usd(9_175) },
    { ...line, sales: tax ?? sales, amount: usd(825) },
  ];
  const invoice = { refNbr: "000123", total: usd(10_000), balance: usd(owes), lines };
  return mapEnded(aSale(), {
    ...{ settings, key: "E".repeat(26), customer: aCustomer(), period: "202604" },
    ...{ date: "2026-04-02", ending, invoice },
  }).draft;
}

test("an uncollectible invoice is a bad debt by what it still owes", () => {
  const memo = endedAs("uncollectible", 4_000);

  expect(memo).toMatchObject({ type: "CM", total: usd(4_000), original: "000123" });
  expect(entriesOf(memo.lines)).toEqual(["6200 4000"]);
});

test("a void invoice goes back whole, line by line with its tax", () => {
  const memo = endedAs("void", 10_000);

  expect(memo).toMatchObject({ type: "CM", total: usd(10_000), documentDate: "2026-04-02" });
  expect(entriesOf(memo.lines)).toEqual(["4000 9175", "2200 825"]);
});

test("a void invoice of which something is paid is left to a person", () => {
  expect(() => endedAs("void", 9_999)).toThrow(
    expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
  );
});

import { expect, test } from "vitest";
import { type HubError, toHubError } from "../base/errors.ts";
import { money } from "../base/money.ts";
import { linesOfCustomer, partsByLines } from "./lines-by-customer.ts";

const usd = (minor: number) => money(minor, "USD");
const CUSTOMERS = [
  { customerId: "C300", amount: usd(4_000) },
  { customerId: "C301", amount: usd(6_000) },
];

const parts = (named: string, amount = 2_500) =>
  partsByLines(named, { amount: usd(amount), customers: CUSTOMERS });

function refusalOf(named: string): HubError {
  try {
    parts(named);
  } catch (thrown) {
    return toHubError(thrown);
  }
  throw new Error(`${named} was not refused`);
}

test("each customer gets back what the lines that are named with them add up to", () => {
  const named = "C300/il_1=10.00, c301/prod_A = 9.5; C300/2=5.50";

  expect(parts(named).map(({ amount }) => amount)).toEqual([usd(1_550), usd(950)]);
  expect(linesOfCustomer(named, "C300")).toBe("il_1=10.00, 2=5.50");
  expect(linesOfCustomer(named, "C301")).toBe("prod_A = 9.5");
});

test("a customer that no line is named with gets nothing back", () => {
  expect(parts("C301/il_1=25").map(({ amount }) => amount)).toEqual([usd(0), usd(2_500)]);
});

test.each([
  ["a line without a customer", "il_1=25.00", '"il_1=25.00" names none of the customers'],
  ["a customer who has no part", "C302/il_1=25.00", "names none of the customers C300, C301"],
  ["a line without an amount", "C300/il_1", '"C300/il_1" has no amount above zero'],
  ["an amount of nothing", "C300/il_1=0, C301/il_1=25", "has no amount above zero"],
  ["an amount with words", "C300/il_1=ten", "has no amount above zero"],
  ["too fine an amount", "C300/il_1=25.001", "has no amount above zero"],
  ["another sum", "C300/il_1=24.99", "do not add up to the refund of 25.00"],
])("%s is refused with customers and example", (_title, named, words) => {
  const refused = refusalOf(named);

  expect(refused.code).toBe("mapping.refund_lines");
  expect(refused.message).toContain(words);
  expect(refused.facts).toEqual({ value: named, customers: "C300, C301", amount: "25.00" });
  expect(refused.cure).toContain("C300/il_1Abc=12.50, C301/il_2Def=7.50");
});

test("more than a customer has of the charge is refused", () => {
  expect(() => parts("C300/il_1=40.01, C301/il_1=9.99", 5_000)).toThrow(
    "40.01 is for C300, who has 40.00 of it yet",
  );
});

import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { parseNamedInvoices } from "./named-invoices.ts";

const FIELD = "DynamicsSL_InvoiceNbr of ch_1";
const parse = (value: string, currency = "USD") => parseNamedInvoices(value, FIELD, currency);
const usd = (minor: number) => money(minor, "USD");

test("numbers, amounts and customers are read in their order", () => {
  expect(parse(" 000123:300.00, 000124;c300/00a125:5 ")).toEqual([
    { customerId: undefined, refNbr: "000123", asked: usd(30_000) },
    { customerId: undefined, refNbr: "000124", asked: undefined },
    { customerId: "C300", refNbr: "00A125", asked: usd(500) },
  ]);
});

test("an amount is read with the decimals of the charge's currency", () => {
  expect(parse("000123:300", "JPY")[0]?.asked).toEqual(money(300, "JPY"));
  expect(parse("000123:1.234", "KWD")[0]?.asked).toEqual(money(1_234, "KWD"));
});

test.each([
  ["", "names no invoice"],
  [" , ", "names no invoice"],
  ["00012345678", '"00012345678"'],
  ["000123:", '"000123:"'],
  ["000123:0", "above zero"],
  ["000123:-5", "above zero"],
  ["000123:1.234", "2 decimals"],
  ["000123:abc", "above zero"],
  ["000123 000123:4", "names invoice 000123 twice"],
  ["a/b/c", '"a/b/c"'],
  [Array.from({ length: 51 }, (_, nr) => String(nr)).join(" "), "more than 50"],
])("%j is refused with field, rule and example", (value, problem) => {
  const refused = () => parse(value);

  expect(refused).toThrow(expect.objectContaining({ code: "mapping.invoices_invalid" }) as Error);
  expect(refused).toThrow(new RegExp(`${FIELD} .*(${problem}).*for example 000123:300.00`));
});

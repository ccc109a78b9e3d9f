import { expect, test } from "vitest";
import { toDecimal } from "../base/money.ts";
import { type Conversion, conversionOf, mapConversion } from "./index.ts";
import { someSettings, usd } from "./testing/builders.ts";
import { aLedgerRow } from "./testing/ledger-rows.ts";

const source = { sourceId: "conv_1", category: "other_adjustment", type: "adjustment" };
const aSide = (id: string, gross: number, currency = "USD") =>
  aLedgerRow({ ...source, id, gross, currency });
const out = aSide("txn_1", -100_000, "EUR");
const into = aSide("txn_2", 108_500);

const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.bridge": "1290/000000000000",
});

function entriesOf(conversion: Conversion, worth: number): string[] {
  const context = { settings, key: "K", period: "202603", otherWorth: usd(worth) };
  const usdSide = conversion.in.gross.currency === "USD" ? conversion.in : conversion.out;
  return mapConversion(conversion, usdSide, context).draft.lines.map(
    ({ side, role, amount }) => `${side} ${role} ${toDecimal(amount)}`,
  );
}

test.each([
  ["three rows", [out, into, aSide("txn_3", -50)]],
  ["two rows that take money out", [out, aSide("txn_2", -108_500)]],
  ["two rows that bring money", [aSide("txn_1", 100_000, "EUR"), into]],
  ["money that went out and came back", [aSide("txn_1", -108_500), into]],
])("%s are no conversion", (_what, rows) => {
  expect(conversionOf(rows)).toBeUndefined();
});

test("a row of another balance beside both is nothing of the conversion", () => {
  const other = { ...aSide("txn_3", -50), balanceType: "risk_reserved" };

  expect(conversionOf([into, other, out])).toEqual({ out, in: into });
});

test("what comes in above the worth of what went out is gained", () => {
  expect(entriesOf({ out, in: into }, 107_000)).toEqual([
    "debit clearing 1085.00",
    "credit bridge 1070.00",
    "credit fx-gain 15.00",
  ]);
});

test("what goes out of the base currency is gained or lost by what it brought", () => {
  const conversion = { out: aSide("txn_1", -108_500), in: aSide("txn_2", 100_000, "EUR") };

  expect(entriesOf(conversion, 108_500)).toEqual([
    "credit clearing 1085.00",
    "debit bridge 1085.00",
  ]);
  expect(entriesOf(conversion, 107_000)).toEqual([
    "credit clearing 1085.00",
    "debit bridge 1070.00",
    "debit fx-loss 15.00",
  ]);
});

test("a conversion between two foreign currencies is left to a person", () => {
  const foreign = { out, in: aSide("txn_2", 90_000, "GBP") };

  expect(() => entriesOf(foreign, 1)).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

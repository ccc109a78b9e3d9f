import { describe, expect, test } from "vitest";
import { type Money, money } from "../base/money.ts";
import { clearingFor, settledOf } from "./settled.ts";
import { aPayment, aRow, someSettings, usd } from "./testing/builders.ts";

const eur = (minor: number) => money(minor, "EUR");
const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.bridge": "1290/000000000000",
});

const out = { code: "mapping.amount_out_of_range" };
const paidBy = (amount: Money, ...grosses: readonly Money[]) => {
  const rows = grosses.map((gross, at) => aRow({ id: `txn_${at}`, gross }));
  return settledOf(aPayment({ amount, rows }));
};

describe("what a charge has brought to the balance", () => {
  test("is what its own rows add up to, and no other row", () => {
    const rows = [
      aRow({ gross: usd(12_000) }),
      aRow({ category: "partial_capture_reversal", gross: usd(-4_000) }),
      aRow({ category: "refund", gross: usd(-1_000) }),
    ];

    expect(settledOf(aPayment({ amount: usd(8_000), rows }))).toEqual(usd(8_000));
    expect(paidBy(eur(10_000), usd(10_831))).toEqual(usd(10_831));
  });

  test.each<[string, Money, readonly Money[]]>([
    ["a cent less in one currency", usd(8_000), [usd(7_999)]],
    ["two currencies", eur(10_000), [usd(10_831), eur(10)]],
    ["nothing of another currency", eur(10_000), [usd(10_831), usd(-10_831)]],
    ["money taken in another currency", eur(10_000), [usd(-5)]],
  ])("is left to a person where it is %s", (_what, amount, grosses) => {
    expect(() => paidBy(amount, ...grosses)).toThrow(expect.objectContaining(out) as Error);
  });
});

test("a document hits clearing of what it was settled in, as far as it can carry that", () => {
  expect(clearingFor(eur(1), "EUR", settings).account).toBe("1096");
  expect(clearingFor(eur(1), "USD", settings).account).toBe("1095");
  expect(() => clearingFor(money(1, "GBP"), "EUR", settings)).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

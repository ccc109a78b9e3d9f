import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import { checkAmount, checkCurrency, priceOf } from "./amounts.ts";
import { someSettings, usd } from "./testing/builders.ts";

describe("checkAmount", () => {
  test.each([0n, -1n, 10n ** 12n])("%i minor units cannot be booked", (minor) => {
    expect(() => checkAmount(usd(minor), "A sale")).toThrow(/cannot be booked/);
  });

  test.each([1n, 10n ** 12n - 1n])("%i minor units can be booked", (minor) => {
    expect(() => checkAmount(usd(minor), "A sale")).not.toThrow();
  });
});

describe("checkCurrency", () => {
  test.each([
    ["EUR", 2],
    ["JPY", 0],
    ["KWD", 3],
  ] as const)(
    "%s is taken by a pair in USD where SL keeps its %i decimals",
    (currency, decimals) => {
      expect(() => checkCurrency(currency, someSettings(), decimals)).not.toThrow();
    },
  );

  test.each([
    ["JPY", 0],
    ["KWD", 3],
    ["ISK", 0],
    ["EUR", 4],
  ])("%s is fine as base currency with %i decimals in SL", (currency, decimals) => {
    const settings = someSettings({
      "sl.base-currency": currency,
      "accounts.clearing": { [currency]: "1095/0" },
    });

    expect(() => checkCurrency(currency, settings, decimals)).not.toThrow();
  });

  test("dinars in an SL with two decimals are parked", () => {
    const settings = someSettings({
      "sl.base-currency": "KWD",
      "accounts.clearing": { KWD: "1095/0" },
    });

    expect(() => checkCurrency("KWD", settings, 2)).toThrow(/keeps 2 decimals of KWD/);
  });

  test("a currency that SL does not know is parked", () => {
    expect(() => checkCurrency("USD", someSettings(), undefined)).toThrow(/does not know/);
  });
});

describe("priceOf", () => {
  test.each([
    [usd(8999), "3", "3", "29.996667"],
    [usd(10000), "4", "4", "25.00"],
    [usd(100), "8", "8", "0.125"],
    [usd(500), "0", "1", "5.00"],
    [usd(0), "2", "2", "0.00"],
    [usd(1), "900000000", "1", "0.01"],
    [usd(150), "1.5", "1.5", "1.00"],
    [usd(100), "many", "1", "1.00"],
    [money(5000, "JPY"), "3", "3", "1666.666667"],
    [money(10500, "KWD"), "2", "2", "5.250"],
  ])("%o for %s is %s at %s", (amount, given, quantity, unitPrice) => {
    expect(priceOf(amount, given)).toEqual({ quantity, unitPrice });
  });

  test("price times quantity rounds to the amount", () => {
    const quantities = fc.integer({ min: 0, max: 100_000 }).map(String);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 11n }), quantities, (minor, given) => {
        const { quantity, unitPrice } = priceOf(usd(minor), given);
        const micros = BigInt(unitPrice.replace(".", "").padEnd(unitPrice.indexOf(".") + 6, "0"));

        expect((micros * BigInt(quantity) + 5_000n) / 10_000n).toBe(minor);
      }),
    );
  });
});

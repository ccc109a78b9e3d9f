import fc from "fast-check";
import { expect, test } from "vitest";
import { currencyExponent, effectiveDecimals } from "./currency.ts";
import { HubError } from "./errors.ts";
import { add, allocate, countedIn, fromDecimal, money, negate, sum, toDecimal } from "./money.ts";

const anyCurrency = fc.constantFrom("USD", "JPY", "KWD", "ISK", "UGX");
const anyMinor = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n });

test.each([
  { currency: "USD", minor: 1050n, text: "10.50" },
  { currency: "JPY", minor: 1050n, text: "1050" },
  { currency: "KWD", minor: 10500n, text: "10.500" },
  { currency: "ISK", minor: 500n, text: "5.00" },
  { currency: "UGX", minor: 500n, text: "5.00" },
  { currency: "USD", minor: -5n, text: "-0.05" },
  { currency: "USD", minor: 0n, text: "0.00" },
])("$minor minor units of $currency read as $text", ({ currency, minor, text }) => {
  expect(toDecimal(money(minor, currency))).toBe(text);
});

test("an amount survives the way to its decimal text and back", () => {
  fc.assert(
    fc.property(anyMinor, anyCurrency, (minor, currency) => {
      const amount = money(minor, currency);

      expect(fromDecimal(toDecimal(amount), currency)).toEqual(amount);
    }),
  );
});

test("the parts of an allocation add up to the whole and differ by rounding only", () => {
  const anyWeights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(anyMinor, anyWeights, (minor, weights) => {
      fc.pre(weights.some((weight) => weight > 0n));
      const total = money(minor, "USD");
      const whole = weights.reduce((a, b) => a + b, 0n);

      const parts = allocate(total, weights);

      expect(sum(parts, "USD")).toEqual(total);
      for (const [index, part] of parts.entries()) {
        const exact = minor * (weights[index] ?? 0n);
        const gap = part.minor * whole - exact;
        expect(gap < whole && gap > -whole).toBe(true);
      }
    }),
  );
});

test("leftover minor units of equal shares go to the first ones", () => {
  const parts = allocate(money(100n, "USD"), [1n, 1n, 1n]);

  expect(parts.map((part) => part.minor)).toEqual([34n, 33n, 33n]);
});

test("amounts of two currencies are never added", () => {
  expect(() => add(money(1n, "USD"), money(1n, "EUR"))).toThrow(HubError);
});

test("an amount and its opposite add up to nothing", () => {
  fc.assert(
    fc.property(anyMinor, anyCurrency, (minor, currency) => {
      const amount = money(minor, currency);

      expect(add(amount, negate(amount)).minor).toBe(0n);
    }),
  );
});

test.each(["1.005", "abc", "", "1,00", "0x10", "1e3"])("%j is no amount of dollars", (text) => {
  expect(() => fromDecimal(text, "USD")).toThrow(HubError);
});

test("a currency outside Stripe's table is refused instead of guessed", () => {
  expect(() => currencyExponent("XXX")).toThrow(/no currency/);
});

test("kronur and shillings are counted in hundredths but have no fraction", () => {
  expect([currencyExponent("ISK"), effectiveDecimals("ISK")]).toEqual([2, 0]);
  expect([currencyExponent("UGX"), effectiveDecimals("UGX")]).toEqual([2, 0]);
});

test("kronur are split into whole ones, as far as they are whole", () => {
  const split = (minor: bigint, weights: readonly bigint[]) =>
    allocate(money(minor, "ISK"), weights).map((part) => part.minor);

  expect(split(100_000n, [500n, 500n, 500n])).toEqual([33_400n, 33_300n, 33_300n]);
  expect(split(-70_000n, [50_000n, 100_000n])).toEqual([-23_300n, -46_700n]);
  expect(split(150n, [100n, 100n])).toEqual([75n, 75n]);
});

test("weights without any above zero are refused", () => {
  expect(() => allocate(money(5n, "USD"), [0n, 0n])).toThrow(/weights/);
});

test.each([
  { currency: "UGX", exponent: 0, units: 500, text: "500.00" },
  { currency: "UGX", exponent: 2, units: 500, text: "5.00" },
  { currency: "KWD", exponent: 2, units: -512, text: "-5.120" },
  { currency: "JPY", exponent: 2, units: 500, text: "5" },
])(
  "$units of $currency with $exponent decimals are $text",
  ({ currency, exponent, units, text }) => {
    expect(toDecimal(countedIn(exponent, units, currency))).toBe(text);
  },
);

test("a part of a minor unit is refused instead of rounded", () => {
  expect(() => countedIn(2, 550, "JPY")).toThrow(/550 counted with 2 decimals is no amount of JPY/);
});

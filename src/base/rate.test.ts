import { expect, test } from "vitest";
import { currencyExponent } from "./currency.ts";
import { type Money, money, sum, toDecimal } from "./money.ts";
import { type Rate, rateBetween, rateToDouble, worthOf, worthParts } from "./rate.ts";

const SEED = 20_261_127;
const CASES = 100_000;
const CODES = ["USD", "EUR", "JPY", "KWD", "BHD", "KRW", "ISK", "UGX"] as const;

/** Numbers that look random and are the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** As a ledger in doubles does it: amount times rate, rounded to the base's decimals. */
function inDoubles(amount: Money, rate: Rate): bigint {
  const factor = 10 ** currencyExponent(rate.base);
  const double = rateToDouble(rate);
  const value = Number(toDecimal(amount));
  const product = rate.multDiv === "M" ? value * double : value / double;
  return BigInt(Math.round(Number((product * factor).toFixed(5))));
}

test.each([
  ["50.00", "EUR", "1.10", "M", "USD", "55.00"],
  ["48.50", "EUR", "1.12", "M", "USD", "54.32"],
  ["92.10", "EUR", "1.15", "M", "USD", "105.92"],
  ["5000", "JPY", "0.0066", "M", "USD", "33.00"],
  ["10.500", "KWD", "3.25", "M", "USD", "34.13"],
  ["33.00", "USD", "0.0066", "D", "JPY", "5000"],
  ["0.01", "USD", "0.5", "M", "EUR", "0.01"],
  ["100.00", "EUR", "108.31/100.00", "M", "USD", "108.31"],
] as const)("%s %s at %s %s is worth %s %s", (...row) => {
  const [amount, currency, value, multDiv, base, worth] = row;
  const minor = BigInt(amount.replace(".", ""));

  const found = worthOf(money(minor, currency), { value, multDiv, base });

  expect(toDecimal(found)).toBe(worth);
});

test("what is below zero mirrors what is above", () => {
  const rate = { value: "0.5", multDiv: "M", base: "USD" } as const;

  expect(worthOf(money(-1, "EUR"), rate).minor).toBe(-worthOf(money(1, "EUR"), rate).minor);
});

test.each(["", "0", "0.000", "-1", "1e3", "1/0", "1/2/3", "NaN"])('"%s" is no rate', (value) => {
  expect(() => worthOf(money(100, "EUR"), { value, multDiv: "M", base: "USD" })).toThrow(
    /no exchange rate/,
  );
});

test("nothing has no rate to anything", () => {
  expect(() => rateBetween(money(0, "EUR"), money(1, "USD"))).toThrow(/gives no rate/);
  expect(() => rateBetween(money(1, "EUR"), money(0, "USD"))).toThrow(/gives no rate/);
});

test(`a derived rate gives back its worth, exactly and in doubles (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const wrong: string[] = [];

  for (let at = 0; at < CASES; at += 1) {
    const [own = "USD", base = "EUR"] = [CODES[random(8)], CODES[random(8)]];
    const amount = money(1 + random(10 ** (1 + random(9))), own);
    const worth = money(1 + random(10 ** (1 + random(9))), base);
    const rate = rateBetween(amount, worth);
    const back = [worthOf(amount, rate).minor, inDoubles(amount, rate)];
    if (back.some((minor) => minor !== worth.minor)) wrong.push(`${rate.value} ${own} ${base}`);
  }

  expect(wrong).toEqual([]);
});

test(`the parts of a document are worth what the whole is (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const wrong: string[] = [];

  for (let at = 0; at < CASES / 10; at += 1) {
    const [own = "USD", base = "EUR"] = [CODES[random(8)], CODES[random(8)]];
    const parts = Array.from({ length: 1 + random(6) }, () => money(1 + random(100_000), own));
    const rate = { value: `${1 + random(9)}.${random(99_999)}`, multDiv: "M", base } as const;
    const whole = sum(parts, own);
    const worths = worthParts(parts, whole, rate);
    const isOff = sum(worths, base).minor !== worthOf(whole, rate).minor;
    if (isOff) wrong.push(`${rate.value} ${own} ${base}`);
  }

  expect(wrong).toEqual([]);
});

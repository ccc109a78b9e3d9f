import { HubError } from "./errors.ts";

// Stripe's own table, which is not ISO 4217's: "Supported currencies" in Stripe's documentation.
const ZERO_DECIMAL = new Set(
  "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "),
);
const THREE_DECIMAL = new Set("BHD JOD KWD OMR TND".split(" "));

/**
 * Currencies without a fraction in reality that Stripe nevertheless counts in hundredths ("special
 * cases" on the same page): 5 kronur are 500, 5 shillings are 500; the last two digits are 00.
 */
const WHOLE_UNITS_IN_HUNDREDTHS = new Set(["ISK", "UGX"]);

const TWO_DECIMAL = new Set(
  (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD " +
    "CDF CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL " +
    "HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP " +
    "MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR " +
    "SBD SCR SEK SGD SHP SLE SLL SOS SRD STD SVC SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU " +
    "UZS WST XCD XCG YER ZAR ZMW"
  ).split(" "),
);

/** The decimals in which a currency can be counted. */
export const EXPONENTS = [0, 2, 3] as const;
/** How many decimals one minor unit stands for. */
export type Exponent = (typeof EXPONENTS)[number];

/** Whether Stripe's table has this code, in upper case. */
export function isCurrency(code: string): boolean {
  return TWO_DECIMAL.has(code) || ZERO_DECIMAL.has(code) || THREE_DECIMAL.has(code);
}

/** Every code of Stripe's table. */
export function currencies(): readonly string[] {
  return [...TWO_DECIMAL, ...ZERO_DECIMAL, ...THREE_DECIMAL];
}

/**
 * How many decimals one minor unit stands for, by Stripe's table. All amounts inside the hub are
 * counted by it, whatever a pair says about how its Stripe account counts.
 *
 * @throws HubError `money.currency_unknown` for a code outside Stripe's table: a guessed exponent
 *   would book a hundred times too much or too little
 */
export function currencyExponent(currency: string): Exponent {
  if (TWO_DECIMAL.has(currency)) return 2;
  if (ZERO_DECIMAL.has(currency)) return 0;
  if (THREE_DECIMAL.has(currency)) return 3;
  throw new HubError("money.currency_unknown", `Stripe has no currency "${currency}"`);
}

/** The decimals that an amount of this currency can really have, at most `currencyExponent`. */
export function effectiveDecimals(currency: string): Exponent {
  return WHOLE_UNITS_IN_HUNDREDTHS.has(currency) ? 0 : currencyExponent(currency);
}

/** The least amount that this currency really has, in minor units: one krona is 100 of them. */
export function leastUnit(currency: string): bigint {
  return 10n ** BigInt(currencyExponent(currency) - effectiveDecimals(currency));
}

import { invalidRequest } from "../errors.ts";

const ZERO_DECIMAL = words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf");
const THREE_DECIMAL = words("bhd jod kwd omr tnd");
/** Whole units in reality, still counted in hundredths by Stripe ("special cases"). */
const WHOLE_IN_HUNDREDTHS = words("isk ugx");
const TWO_DECIMAL = words(
  `aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf
  chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf
  idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk
  mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd
  shp sle sll sos srd std svc szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs wst xcd xcg yer
  zar zmw`,
);

/** Currencies that are charged in hundredths and paid out in whole units only. */
const PAID_OUT_WHOLE = words("huf isk twd ugx");

/** The smallest part of a currency that a bank is paid in, in minor units. */
export function payoutUnit(currency: string): 1 | 10 | 100 {
  if (PAID_OUT_WHOLE.has(currency)) return 100;
  return THREE_DECIMAL.has(currency) ? 10 : 1;
}

/** The largest amount the public API takes, in minor units: eight digits. */
const AMOUNT_MAX = 99_999_999;

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}

/** Decimals of a minor unit in Stripe's own table; undefined for a currency it does not have. */
export function exponentOf(currency: string): 0 | 2 | 3 | undefined {
  if (TWO_DECIMAL.has(currency)) return 2;
  if (ZERO_DECIMAL.has(currency)) return 0;
  return THREE_DECIMAL.has(currency) ? 3 : undefined;
}

/**
 * The lower-case code of a currency that Stripe has.
 *
 * @throws StripeError 400 for any other
 */
export function checkedCurrency(text: string, param = "currency"): string {
  const currency = text.toLowerCase();
  if (exponentOf(currency) !== undefined) return currency;
  throw invalidRequest(`Invalid currency: ${currency}.`, undefined, param);
}

/**
 * Holds an amount to the public API's rules: 1 to 99999999, the last digit 0 in a three-decimal
 * currency, whole units in ISK and UGX.
 *
 * @throws StripeError 400 with Stripe's code
 */
export function checkChargeAmount(amount: number, currency: string): void {
  if (amount < 1) {
    const message = "This value must be greater than or equal to 1.";
    throw invalidRequest(message, "parameter_invalid_integer", "amount");
  }
  if (amount > AMOUNT_MAX) {
    const message = "Amount must be no more than 999,999.99";
    throw invalidRequest(message, "amount_too_large", "amount");
  }
  if (THREE_DECIMAL.has(currency) && amount % 10 !== 0) {
    const message = `Invalid ${currency} amount: the last digit of a three-decimal amount is 0.`;
    throw invalidRequest(message, "invalid_charge_amount_no_decimal_compatible", "amount");
  }
  if (WHOLE_IN_HUNDREDTHS.has(currency) && amount % 100 !== 0) {
    const message = `Invalid ${currency} amount: it must be a multiple of 100.`;
    throw invalidRequest(message, "invalid_charge_amount_no_decimal_compatible", "amount");
  }
}

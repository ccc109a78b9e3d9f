import { type Exponent, isCurrency } from "../base/currency.ts";
import { countedIn, type Money, money } from "../base/money.ts";

/** Decimals in which an account counts a currency, where it does so otherwise than the table. */
export type CurrencyExponents = Readonly<Record<string, Exponent>>;

/**
 * Makes an amount of a whole number that Stripe sent. It is the one way from Stripe's counting to
 * ours, so a parser that reads amounts takes it instead of calling `money`.
 */
export type ToMoney = (units: number, currency: string) => Money;

/** The amounts of an account with these `currency-exponents`. */
export function toMoneyBy(exponents: CurrencyExponents): ToMoney {
  return (units, currency) => {
    const exponent = Object.hasOwn(exponents, currency) ? exponents[currency] : undefined;
    return exponent === undefined ? money(units, currency) : countedIn(exponent, units, currency);
  };
}

/**
 * The same for what is only kept and shown: a currency outside the table stays as Stripe counts it.
 * Nothing can be reckoned with such an amount.
 */
export function orAsCounted(toMoney: ToMoney): ToMoney {
  return (units, currency) =>
    isCurrency(currency) ? toMoney(units, currency) : { minor: BigInt(units), currency };
}

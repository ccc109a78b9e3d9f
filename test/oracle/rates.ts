import { type Admin, type Row, textOf } from "./rows.ts";

/** Decimals of currencies that have not two. */
const DIGITS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3, BHD: 3, JOD: 3 };

/** How many decimals an amount of a currency has. */
export function digitsOf(currency: string): number {
  return DIGITS[currency] ?? 2;
}

/**
 * SL's rates of exchange and its own accounts of what they bring or cost, as its database has them.
 * Exact: a rate is taken by its digits, and what it makes is rounded half up.
 */
export class Rates {
  readonly #base: string;
  readonly #type: string;
  readonly #rates: readonly Row[];
  readonly #currencies: ReadonlyMap<string, Row>;

  constructor(base: string, type: string, tables: Readonly<{ rates: Row[]; currencies: Row[] }>) {
    this.#base = base;
    this.#type = type;
    this.#rates = tables.rates;
    this.#currencies = new Map(tables.currencies.map((row) => [textOf(row, "CuryId"), row]));
  }

  /** @param type the rate type of the pair */
  static async read(sl: Admin, base: string, type: string): Promise<Rates> {
    const [rates, currencies] = await Promise.all([
      sl<Row[]>("/rows?table=CuryRate"),
      sl<Row[]>("/rows?table=Currncy"),
    ]);
    return new Rates(base, type, { rates, currencies });
  }

  /** What an amount is worth on a day by SL's newest rate that is not after it. */
  worth(minor: number, currency: string, day: string): number {
    if (currency === this.#base) return minor;
    const { top, bottom } = this.#rateOf(currency, day);
    const [up, down] = [10n ** BigInt(digitsOf(this.#base)), 10n ** BigInt(digitsOf(currency))];
    const size = BigInt(Math.abs(minor)) * top * up;
    const by = bottom * down;
    return Math.sign(minor) * Number((2n * size + by) / (2n * by));
  }

  /** The account of what SL itself makes of two rates: a gain, or a loss. */
  realised(currency: string, gain: number): string {
    const row = this.#currencies.get(currency);
    const side = gain > 0 ? "RealGain" : "RealLoss";
    return `${textOf(row, `${side}Acct`)}/${textOf(row, `${side}Sub`)}`;
  }

  #rateOf(currency: string, day: string): Readonly<{ top: bigint; bottom: bigint }> {
    const own = this.#rates
      .filter((row) => textOf(row, "FromCuryId") === currency)
      .filter((row) => textOf(row, "ToCuryId") === this.#base)
      .filter((row) => textOf(row, "RateType") === this.#type)
      .filter((row) => textOf(row, "EffDate").slice(0, 10) <= day)
      .toSorted((a, b) => (textOf(a, "EffDate") < textOf(b, "EffDate") ? 1 : -1));
    const [newest] = own;
    if (newest === undefined) throw new Error(`SL has no rate of ${currency} on ${day}`);
    const [whole = "0", fraction = ""] = textOf(newest, "Rate").split(".");
    const rate = { top: BigInt(whole + fraction), bottom: 10n ** BigInt(fraction.length) };
    const isDivided = textOf(newest, "MultDiv") === "D";
    return isDivided ? { top: rate.bottom, bottom: rate.top } : rate;
  }
}

/** What each part of a whole is worth; the largest takes what rounding leaves. */
export function worthOfParts(
  parts: readonly number[],
  of: Readonly<{ whole: number; each: (minor: number) => number }>,
): readonly number[] {
  const worths = parts.map((part) => of.each(part));
  const rest = of.whole - worths.reduce((so, one) => so + one, 0);
  const largest = worths.reduce((best, one, at) => (one > (worths[best] ?? 0) ? at : best), 0);
  return worths.map((one, at) => (at === largest ? one + rest : one));
}

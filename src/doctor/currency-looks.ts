import { effectiveDecimals } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";

type Asked = Pick<PairRuntime, "erp" | "settings">;

/** Whether SL keeps every settlement currency of the pair to Stripe's last unit. */
export async function lookAtDecimals(
  { erp, settings }: Asked,
  signal?: AbortSignal,
): Promise<string> {
  const found: string[] = [];
  for (const currency of currenciesOf(settings)) {
    const decimals = await erp.readCurrencyDecimals(currency, signal);
    const needed = effectiveDecimals(currency);
    if (decimals === undefined || decimals < needed) {
      throw new HubError(
        "money.precision",
        `SL keeps ${decimals ?? "no"} decimals of ${currency}`,
        {
          cure: `Give ${currency} ${needed} decimals in SL (Currncy.DecPl).`,
        },
      );
    }
    found.push(`${currency} has ${decimals} decimals`);
  }
  return found.join(", ");
}

/** So long an answer of SL is waited for where a person adds a pair. */
const DECIMALS_WAIT_MS = 10_000;

/**
 * Refuses a pair of which SL says that it keeps a settlement currency with fewer decimals than
 * Stripe. A site that cannot be asked is no reason to refuse: `pair test` and the doctor tell.
 *
 * @throws HubError `money.precision`
 */
export async function refuseFewDecimals(pair: Asked): Promise<void> {
  try {
    await lookAtDecimals(pair, AbortSignal.timeout(DECIMALS_WAIT_MS));
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "money.precision") throw thrown;
  }
}

/**
 * Whether documents in the settlement currencies can be valued: SL keeps several currencies, and
 * has a rate of the pair's type for each of them today.
 */
export async function lookAtRates({ erp, settings }: Asked): Promise<string> {
  const { baseCurrency: base, rateType: type } = settings.sl;
  const others = currenciesOf(settings).filter((currency) => currency !== base);
  if (others.length === 0) return "Stripe settles in the base currency alone";
  if ((await erp.isMultiCurrency()) === false) {
    const names = others.map((currency) => `accounts.clearing.${currency}`).join(", ");
    throw new HubError(
      "config.invalid",
      `SL keeps ${base} alone (GLSetup.MCActive is 0), and ${names} is set`,
      {
        cure:
          "Activate multi-currency in SL, or let Stripe settle in the base currency alone " +
          `and take ${names} out.`,
      },
    );
  }
  const date = new Date().toISOString().slice(0, 10);
  const found: string[] = [];
  for (const currency of others) {
    const rate = await erp.readRate({ currency, base, type, date });
    if (rate === undefined) {
      throw new HubError(
        "mapping.rate_missing",
        `SL has no rate of type ${type} from ${currency} to ${base} for today`,
        { cure: "Enter one in SL, or set sl.rate-type to the type that SL's rates have." },
      );
    }
    found.push(`${currency} ${rate.multDiv === "M" ? "at" : "by"} ${rate.value}`);
  }
  return found.join(", ");
}

/** The base currency, then every other one that Stripe settles in. */
function currenciesOf({ accounts, sl }: Asked["settings"]): readonly string[] {
  return [...new Set([sl.baseCurrency, ...Object.keys(accounts.clearing)])];
}

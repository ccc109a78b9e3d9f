import { effectiveDecimals } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";

type Asked = Pick<PairRuntime, "erp" | "settings">;

/** Whether SL keeps every settlement currency of the pair, or these, to Stripe's last unit. */
export async function lookAtDecimals(
  { erp, settings }: Asked,
  signal?: AbortSignal,
  currencies: readonly string[] = currenciesOf(settings),
): Promise<string> {
  const found: string[] = [];
  for (const currency of currencies) {
    const decimals = await erp.readCurrencyDecimals(currency, signal);
    const needed = effectiveDecimals(currency);
    if (decimals === undefined || decimals < needed) {
      throw new HubError(
        "money.precision",
        `SL keeps ${decimals ?? "no"} decimals of ${currency}`,
        {
          facts: { field: `pairs.${settings.id}.accounts.clearing.${currency}` },
          cure: `Give ${currency} ${needed} decimals in SL (Currncy.DecPl).`,
        },
      );
    }
    found.push(`${currency} has ${decimals} decimals`);
  }
  return found.join(", ");
}

/**
 * Whether documents in the settlement currencies can be valued: SL keeps several currencies, and
 * has a rate of the pair's type for each of them today.
 */
export async function lookAtRates({ erp, settings }: Asked): Promise<string> {
  const { baseCurrency: base, rateType: type } = settings.sl;
  const others = currenciesOf(settings).filter((currency) => currency !== base);
  if (others.length === 0) return "Stripe settles in the base currency alone";
  await assertMultiCurrency({ erp, settings });
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

/**
 * @throws HubError `config.invalid` where SL keeps the base currency alone, and Stripe settles in
 *   one of these as well
 */
export async function assertMultiCurrency(
  { erp, settings }: Asked,
  signal?: AbortSignal,
  currencies: readonly string[] = currenciesOf(settings),
): Promise<void> {
  const { baseCurrency: base } = settings.sl;
  const others = currencies.filter((currency) => currency !== base);
  if (others.length === 0 || (await erp.isMultiCurrency(signal)) !== false) return;
  const names = others.map((currency) => `accounts.clearing.${currency}`).join(", ");
  throw new HubError(
    "config.invalid",
    `SL keeps ${base} alone (GLSetup.MCActive is 0), and ${names} is set`,
    {
      facts: { field: `pairs.${settings.id}.accounts.clearing.${others[0]}` },
      cure:
        "Activate multi-currency in SL, or let Stripe settle in the base currency alone " +
        `and take ${names} out.`,
    },
  );
}

/** The base currency, then every other one that Stripe settles in. */
export function currenciesOf({ accounts, sl }: Asked["settings"]): readonly string[] {
  return [...new Set([sl.baseCurrency, ...Object.keys(accounts.clearing)])];
}

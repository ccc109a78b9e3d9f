import { HubError } from "../base/errors.ts";
import type { GlAccount } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";

/** A setting whose account SL keeps in another currency, and the currency that it should be in. */
export type ForeignAccount = Readonly<{ path: string; words: string }>;

/** Roles whose account holds money of one settlement currency. */
export const ROLES = ["clearing", "transit", "bank"] as const;

/** An account and the setting that names it. */
export type NamedAccount = readonly [path: string, account: GlAccount];

/**
 * The accounts of payouts that SL keeps in another currency than their own. One without a currency
 * is in the company's base currency. Undefined where the site cannot be asked.
 *
 * @param of.others accounts of every other role, which are for all currencies
 */
export async function foreignAccounts(
  { erp, settings }: Pick<PairRuntime, "erp" | "settings">,
  of: Readonly<{ others?: readonly NamedAccount[]; signal?: AbortSignal }> = {},
): Promise<readonly ForeignAccount[] | undefined> {
  const currencies = await currenciesIn(erp, of.signal);
  if (currencies === undefined) return undefined;
  const { baseCurrency } = settings.sl;
  const heldIn = ({ account }: GlAccount) =>
    currencies.get(account.trim().toUpperCase()) ?? baseCurrency;
  const ofMoney = ROLES.flatMap((role) =>
    Object.entries(settings.accounts[role]).flatMap(([currency, account]) => {
      const held = heldIn(account);
      if (held === currency) return [];
      const kept = `SL keeps account ${account.account} in ${held}`;
      const words = `${kept}, and this money is in ${currency}`;
      return [{ path: `accounts.${role}.${currency}`, words }];
    }),
  );
  const known = ROLES.map((role) => `accounts.${role}.`);
  const ofOthers = (of.others ?? [])
    .filter(([path]) => !known.some((one) => path.startsWith(one)))
    .filter(([, account]) => heldIn(account) !== baseCurrency)
    .map(([path, account]) => {
      const held = heldIn(account);
      return { path, words: `SL keeps account ${account.account} in ${held} alone` };
    });
  return [...ofMoney, ...ofOthers];
}

async function currenciesIn(erp: PairRuntime["erp"], signal: AbortSignal | undefined) {
  try {
    return await erp.accountCurrencies(signal);
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "erp.contract") return undefined;
    throw thrown;
  }
}

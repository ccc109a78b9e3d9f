import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";

/** A setting whose account SL keeps in another currency, and the currency that it should be in. */
export type ForeignAccount = Readonly<{ path: string; words: string }>;

/** Roles whose account holds money of one settlement currency. */
const ROLES = ["clearing", "transit", "bank"] as const;

/**
 * The accounts of payouts that SL keeps in another currency than their own. One without a currency
 * is in the company's base currency. Undefined where the site cannot be asked.
 */
export async function foreignAccounts({
  erp,
  settings,
}: Pick<PairRuntime, "erp" | "settings">): Promise<readonly ForeignAccount[] | undefined> {
  const kept = await currenciesIn(erp);
  if (kept === undefined) return undefined;
  const { baseCurrency } = settings.sl;
  return ROLES.flatMap((role) =>
    Object.entries(settings.accounts[role]).flatMap(([currency, { account }]) => {
      const held = kept.get(account.trim().toUpperCase()) ?? baseCurrency;
      if (held === currency) return [];
      const words = `SL keeps account ${account} in ${held}, and this money is in ${currency}`;
      return [{ path: `accounts.${role}.${currency}`, words }];
    }),
  );
}

async function currenciesIn(erp: PairRuntime["erp"]) {
  try {
    return await erp.accountCurrencies();
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "erp.contract") return undefined;
    throw thrown;
  }
}

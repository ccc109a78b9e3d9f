import { isCurrency } from "../base/currency.ts";
import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";
import { foreignAccounts, ROLES } from "./account-currencies.ts";
import { assertMultiCurrency, currenciesOf, lookAtDecimals } from "./currency-looks.ts";

type Settings = PairRuntime["settings"];
type Asked = Readonly<{ erp: PairRuntime["erp"]; settings: Settings }>;

/** So long SL's answers are waited for where a person adds or changes a pair. */
const WAIT_MS = 10_000;
/** What a look says of settings; all else says that the site cannot be asked. */
const REFUSALS: readonly string[] = ["money.precision", "config.invalid"];

/**
 * Refuses settings of which SL says that their money could not be held there: a settlement currency
 * with fewer decimals than Stripe's, or at all; an account of that money in another currency; an
 * invoice that is due in instalments. A site that cannot be asked is no reason to refuse: `pair
 * test` and the doctor tell.
 *
 * @param before what the pair had; of what it had already nothing is refused, so that whoever mends
 *   one of two faults is not held up by the other
 * @throws HubError `money.precision`, `config.invalid`
 */
export async function refuseAtSetUp(pair: Asked, before?: Settings): Promise<void> {
  const settings = newIn(pair.settings, before);
  refuseUnknown(settings);
  const asked = { erp: pair.erp, settings };
  const signal = AbortSignal.timeout(WAIT_MS);
  const had: readonly string[] = before === undefined ? [] : currenciesOf(before);
  const currencies = currenciesOf(settings).filter((currency) => !had.includes(currency));
  const looks = [
    () => lookAtDecimals(asked, signal, currencies),
    () => assertMultiCurrency(asked, signal, currencies),
    () => assertOwnCurrencies(asked, signal),
    ...(before?.terms.paid === settings.terms.paid ? [] : [() => assertDueAtOnce(asked, signal)]),
  ];
  for (const look of looks) {
    try {
      await look();
    } catch (thrown) {
      if (thrown instanceof HubError && REFUSALS.includes(thrown.code)) throw thrown;
    }
  }
}

/** The settings with no other accounts of Stripe's money than those that were not there before. */
function newIn(after: Settings, before: Settings | undefined): Settings {
  const ofRole = (role: (typeof ROLES)[number]) => {
    const had = before?.accounts[role] ?? {};
    return Object.fromEntries(
      Object.entries(after.accounts[role]).filter(([currency, { account, subaccount }]) => {
        const one = had[currency];
        return one?.account !== account || one.subaccount !== subaccount;
      }),
    );
  };
  const ofMoney = {
    clearing: ofRole("clearing"),
    transit: ofRole("transit"),
    bank: ofRole("bank"),
  };
  return { ...after, accounts: { ...after.accounts, ...ofMoney } };
}

/** Nothing that Stripe settles would ever be booked there. */
function refuseUnknown({ id, accounts }: Settings): void {
  for (const role of ROLES) {
    const unknown = Object.keys(accounts[role]).find((currency) => !isCurrency(currency));
    if (unknown === undefined) continue;
    const setting = `accounts.${role}.${unknown}`;
    throw new HubError("config.invalid", `${setting}: Stripe has no currency ${unknown}`, {
      facts: { field: `pairs.${id}.${setting}` },
      cure: "Name the account under the currency's ISO code, such as EUR.",
    });
  }
}

async function assertOwnCurrencies(pair: Asked, signal: AbortSignal): Promise<void> {
  const { accounts } = pair.settings;
  if (ROLES.every((role) => Object.keys(accounts[role]).length === 0)) return;
  const [first] = (await foreignAccounts(pair, { signal })) ?? [];
  if (first === undefined) return;
  throw new HubError("config.invalid", `${first.path}: ${first.words}`, {
    facts: { field: `pairs.${pair.settings.id}.${first.path}` },
    cure: "Name an account that SL keeps in that currency.",
  });
}

async function assertDueAtOnce({ erp, settings }: Asked, signal: AbortSignal): Promise<void> {
  const termsId = settings.terms.paid;
  const terms = await erp.readTerms(termsId, signal);
  if (terms?.isInstalment !== true) return;
  throw new HubError("config.invalid", `terms.paid: "${termsId}" are instalment terms`, {
    facts: { field: `pairs.${settings.id}.terms.paid` },
    cure: "Name terms that are due a number of days after the document's date.",
  });
}

import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "../runs/index.ts";
import { foreignAccounts } from "./account-currencies.ts";
import { assertMultiCurrency, lookAtDecimals } from "./currency-looks.ts";

type Asked = Pick<PairRuntime, "erp" | "settings">;

/** So long SL's answers are waited for where a person adds a pair. */
const WAIT_MS = 10_000;
/** What a look says of settings; all else says that the site cannot be asked. */
const REFUSALS: readonly string[] = ["money.precision", "config.invalid"];

/**
 * Refuses a pair of which SL says that its money could not be held there: a settlement currency
 * with fewer decimals than Stripe's, or at all; an account of that money in another currency; an
 * invoice that is due in instalments. A site that cannot be asked is no reason to refuse: `pair
 * test` and the doctor tell.
 *
 * @throws HubError `money.precision`, `config.invalid`
 */
export async function refuseAtSetUp(pair: Asked): Promise<void> {
  const signal = AbortSignal.timeout(WAIT_MS);
  for (const look of [lookAtDecimals, assertMultiCurrency, assertOwnCurrencies, assertDueAtOnce]) {
    try {
      await look(pair, signal);
    } catch (thrown) {
      if (thrown instanceof HubError && REFUSALS.includes(thrown.code)) throw thrown;
    }
  }
}

async function assertOwnCurrencies(pair: Asked, signal: AbortSignal): Promise<void> {
  const [first] = (await foreignAccounts(pair, { signal })) ?? [];
  if (first === undefined) return;
  throw new HubError("config.invalid", `${first.path}: ${first.words}`, {
    facts: { setting: first.path },
    cure: "Name an account that SL keeps in that currency.",
  });
}

async function assertDueAtOnce({ erp, settings }: Asked, signal: AbortSignal): Promise<void> {
  const termsId = settings.terms.paid;
  const terms = await erp.readTerms(termsId, signal);
  if (terms?.isInstalment === true) throw instalments(termsId);
}

function instalments(termsId: string): HubError {
  return new HubError("config.invalid", `terms.paid: "${termsId}" are instalment terms`, {
    facts: { setting: "terms.paid", value: termsId },
    cure: "Name terms that are due a number of days after the document's date.",
  });
}

import { HubError } from "../base/errors.ts";
import type { Money } from "../base/money.ts";
import type { ChargeStanding, HeldBalance } from "../canonical/balance.ts";
import { chargeState } from "./parse-charge.ts";
import type { StripeApi } from "./stripe-api.ts";
import { orAsCounted } from "./units.ts";
import { amountOf, currencyOf, idOf, listOf, type Wire } from "./wire.ts";

/** What Stripe holds by currency, as `StripePort.readBalance` promises. */
export async function readBalance(
  api: StripeApi,
  signal: AbortSignal | undefined,
): Promise<readonly HeldBalance[]> {
  const balance = await api.one("balance.retrieve", () => api.sdk.balance.retrieve(), signal);
  const [available, pending] = [listOf(balance, "available"), listOf(balance, "pending")];
  const currencies = [...new Set([...available, ...pending].map(currencyOf))].sort();
  const toMoney = orAsCounted(api.toMoney);
  const held = (entries: readonly Wire[], currency: string): Money => {
    const own = entries.filter((entry) => currencyOf(entry) === currency);
    const amounts = own.map((entry) => amountOf(entry, "amount", toMoney));
    return { minor: amounts.reduce((so, { minor }) => so + minor, 0n), currency };
  };
  return currencies.map((currency) => ({
    currency,
    available: held(available, currency),
    pending: held(pending, currency),
  }));
}

/** How far a charge is, as `StripePort.readChargeStanding` promises. */
export async function readChargeStanding(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<ChargeStanding | undefined> {
  try {
    const chargeId = await chargeOf(api, id, signal);
    if (chargeId === undefined) return undefined;
    const read = () => api.sdk.charges.retrieve(chargeId);
    const state = chargeState(await api.one("charges.retrieve", read, signal));
    if (state === "pending") return { chargeId, standing: "pending" };
    return { chargeId, standing: state === "captured" ? "succeeded" : "failed" };
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "stripe.object_missing") return undefined;
    throw thrown;
  }
}

async function chargeOf(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (/^(ch|py)_/.test(id)) return id;
  if (!/^(re|pyr)_/.test(id)) return undefined;
  const refund = await api.one("refunds.retrieve", () => api.sdk.refunds.retrieve(id), signal);
  return idOf(refund, "charge");
}

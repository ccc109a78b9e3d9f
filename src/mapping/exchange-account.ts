import { HubError } from "../base/errors.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount } from "../erp/port.ts";

/**
 * The account of realised exchange that the hub books itself.
 *
 * @throws HubError `mapping.account_missing`
 */
export function exchangeAccount(
  role: "fx-gain" | "fx-loss",
  { accounts }: PairSettings,
): GlAccount {
  const account = role === "fx-gain" ? accounts.fxGain : accounts.fxLoss;
  if (account !== undefined) return account;
  throw new HubError("mapping.account_missing", `accounts.${role} is not set`, {
    facts: { setting: `accounts.${role}` },
  });
}

/**
 * Asserts that both accounts of realised exchange are there, whichever will be needed.
 *
 * @throws HubError `mapping.account_missing`
 */
export function checkExchangeAccounts(settings: PairSettings): void {
  exchangeAccount("fx-gain", settings);
  exchangeAccount("fx-loss", settings);
}

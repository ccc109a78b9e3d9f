import { z } from "zod";
import type { SettingPath } from "./problems.ts";
import { accountParts, glAccount, matching, oneOf, section } from "./section.ts";

const currency = () => matching(/^[A-Z]{3}$/, "must be an ISO currency code in upper case");

/** Accounts of money between the Stripe balance and the bank, one for each settlement currency. */
export const payoutAccounts = {
  transit: z.record(currency(), glAccount(), "must map currencies to accounts").default({}),
  bank: z.record(currency(), glAccount(), "must map currencies to accounts").default({}),
};

/** How payouts and top-ups become journals. */
export const payoutSettings = {
  payout: section({ transit: oneOf(["on", "off"]).default("on") }).prefault({}),
};

/** Money in transit is neither in the bank nor in the balance: each needs an account of its own. */
export function payoutAccountProblems(
  at: (...path: SettingPath) => unknown,
  report: (path: SettingPath, rule: string) => void,
): void {
  const transit = at("accounts", "transit");
  if (typeof transit !== "object" || transit === null) return;
  for (const code of Object.keys(transit)) {
    const own = accountParts(at("accounts", "transit", code));
    for (const role of ["bank", "clearing"] as const) {
      const other = accountParts(at("accounts", role, code));
      if (own === undefined || other === undefined) continue;
      if (own.account !== other.account || own.subaccount !== other.subaccount) continue;
      report(["accounts", "transit", code], `must not be the account of ${role}.${code}`);
    }
  }
}

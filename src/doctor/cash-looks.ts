import { HubError } from "../base/errors.ts";
import type { CashAccounts, GlAccount } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { NamedAccount } from "./account-currencies.ts";
import type { Finding } from "./check.ts";

const OF_BANK = "accounts.bank.";

/**
 * Whether Cash Manager has only banks of the pair, and hears of what is booked on them. It works
 * document by document, while a refund's memo has clearing on a line: an account of any other role
 * would have another balance there than in the ledger.
 */
export async function lookAtCash(
  { erp }: Pick<PairRuntime, "erp">,
  named: readonly NamedAccount[],
): Promise<Finding> {
  const cash = await erp.readCashAccounts();
  if (cash === undefined) return { skipped: "cannot be looked up without the view xslw_CashAcct" };
  const ofRoles = named.filter(([path]) => path.startsWith("accounts."));
  const found = ofRoles.flatMap(([path, account]) => {
    const one = cash.accounts.find((other) => isSame(other, account));
    return one === undefined ? [] : [{ path, ...one }];
  });
  const strange = found.filter(({ path }) => !path.startsWith(OF_BANK));
  if (strange.length > 0) {
    const names = strange.map(({ path, account }) => `${path} (${account})`).join(", ");
    throw new HubError("config.invalid", `Cash Manager keeps ${names}`, {
      cure: "Name ordinary accounts there; only accounts.bank may be those of Cash Manager.",
    });
  }
  const banks = found.filter(({ path }) => path.startsWith(OF_BANK));
  return banks.length === 0 ? "Cash Manager keeps none of the accounts" : ofBanks(banks, cash);
}

function ofBanks(
  banks: readonly Readonly<{ path: string; account: string; takesLedger: boolean }>[],
  { isFedByLedger }: CashAccounts,
): Finding {
  const deaf = banks.filter(({ takesLedger }) => !takesLedger || !isFedByLedger);
  const nameOf = ({ path, account }: (typeof banks)[number]) => `${path} (${account})`;
  if (deaf.length === 0) return `${banks.map(nameOf).join(", ")}: Cash Manager hears of payouts`;
  return {
    warning: `Cash Manager does not hear of payouts to ${deaf.map(nameOf).join(", ")}`,
    cure:
      "Switch on Update Cash Accounts used in GL Transactions in SL's set-up, and Accept Updates " +
      "from GL Transactions of each cash account.",
  };
}

function isSame(one: GlAccount, other: GlAccount): boolean {
  const text = ({ account, subaccount }: GlAccount) =>
    `${account.trim()} ${subaccount.trim()}`.toUpperCase();
  return text(one) === text(other);
}

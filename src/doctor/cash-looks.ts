import { HubError } from "../base/errors.ts";
import type { CashAccounts, GlAccount } from "../erp/port.ts";
import type { PairRuntime } from "../runs/index.ts";
import type { NamedAccount } from "./account-currencies.ts";
import type { Finding } from "./check.ts";

const OF_BANK = "accounts.bank.";
const OF_CLEARING = "accounts.clearing.";

type Found = Readonly<{ path: string; account: string; takesLedger: boolean }>;

/** What of a pair is looked at. */
type Asked = Readonly<{
  erp: Pick<PairRuntime["erp"], "readCashAccounts">;
  settings: Pick<PairRuntime["settings"], "clearing">;
}>;

/**
 * Whether Cash Manager has only banks of the pair, and hears of what is booked on them; with
 * `clearing.cash-account: yes` its clearing accounts as well. It works document by document, while
 * a refund's memo has clearing on a line: an account of any other role would have another balance
 * there than in the ledger.
 */
export async function lookAtCash(
  { erp, settings }: Asked,
  named: readonly NamedAccount[],
): Promise<Finding> {
  const cash = await erp.readCashAccounts();
  if (cash === undefined) return { skipped: "cannot be looked up without the view xslw_CashAcct" };
  const mayBeClearing = settings.clearing.cashAccount === "yes";
  const isOfCash = (path: string) =>
    path.startsWith(OF_BANK) || (mayBeClearing && path.startsWith(OF_CLEARING));
  const ofRoles = named.filter(([path]) => path.startsWith("accounts."));
  const found = ofRoles.flatMap(([path, account]): Found[] => {
    const one = cash.accounts.find((other) => isSame(other, account));
    return one === undefined ? [] : [{ path, ...one }];
  });
  const strange = found.filter(({ path }) => !isOfCash(path));
  if (strange.length > 0) throw keptBeside(strange);
  const kept = found.filter(({ path }) => isOfCash(path));
  return kept.length === 0 ? "Cash Manager keeps none of the accounts" : ofCash(kept, cash);
}

function keptBeside(strange: readonly Found[]): HubError {
  const names = strange.map(nameOf).join(", ");
  return new HubError("config.invalid", `Cash Manager keeps ${names}`, {
    cure:
      "Name ordinary accounts there; only accounts.bank may be those of Cash Manager, and " +
      "accounts.clearing with clearing.cash-account: yes.",
  });
}

function ofCash(kept: readonly Found[], { isFedByLedger }: CashAccounts): Finding {
  const deaf = kept.filter(({ takesLedger }) => !takesLedger || !isFedByLedger);
  const isOfBanks = kept.every(({ path }) => path.startsWith(OF_BANK));
  if (deaf.length === 0) {
    const names = kept.map(nameOf).join(", ");
    return `${names}: Cash Manager hears of ${isOfBanks ? "payouts" : "journals"}`;
  }
  const booked = isOfBanks ? "payouts to" : "journals on";
  return {
    warning: `Cash Manager does not hear of ${booked} ${deaf.map(nameOf).join(", ")}`,
    cure:
      "Switch on Update Cash Accounts used in GL Transactions in SL's set-up, and Accept Updates " +
      "from GL Transactions of each cash account.",
  };
}

function nameOf({ path, account }: Found): string {
  return `${path} (${account})`;
}

function isSame(one: GlAccount, other: GlAccount): boolean {
  const text = ({ account, subaccount }: GlAccount) =>
    `${account.trim()} ${subaccount.trim()}`.toUpperCase();
  return text(one) === text(other);
}

import { HubError } from "../base/errors.ts";
import { type Money, money, negate, sum, toDecimal } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, JournalLine } from "../erp/port.ts";
import { type DisputeMove, type DisputeState, disputeState } from "./dispute-state.ts";
import type { Posting } from "./row-parts.ts";

/** The accounts among which a verdict moves what a dispute holds. */
const CLOSE_ROLES = [
  "dispute-receivable",
  "bad-debt",
  "bad-debt-recovered",
  "dispute-loss",
  "fx-gain",
  "fx-loss",
] as const;
type CloseRole = (typeof CLOSE_ROLES)[number];
const ACCOUNT_OF = {
  "dispute-receivable": "disputeReceivable",
  "bad-debt": "badDebt",
  "bad-debt-recovered": "badDebtRecovered",
  "dispute-loss": "disputeLoss",
  "fx-gain": "fxGain",
  "fx-loss": "fxLoss",
} as const satisfies Readonly<Record<CloseRole, keyof PairSettings["accounts"]>>;
/** A line of a journal of the dispute, as far as it tells what stands where. */
export type BookedLine = Pick<JournalLine, "role" | "side" | "amount">;
/** A line of a journal as SL shows it, which has no role there. */
type ShownLine = Pick<JournalLine, "account" | "side" | "amount">;

/** Lines that SL shows of a dispute's journal, each as the settings say what its account is for. */
export function asBooked(
  lines: readonly ShownLine[],
  { accounts }: PairSettings,
): readonly (BookedLine & ShownLine)[] {
  return lines.flatMap((line) => {
    const role = CLOSE_ROLES.find((one) => {
      const own = accounts[ACCOUNT_OF[one]];
      return own?.account === line.account.account && own.subaccount === line.account.subaccount;
    });
    return role === undefined ? [] : [{ ...line, role }];
  });
}

/** What a dispute has left on each of them, debits positive; minor units. */
type Positions = Readonly<Partial<Record<CloseRole, bigint>>>;

const LABELS: Readonly<Record<CloseRole, string>> = {
  "dispute-receivable": "Held in dispute",
  "bad-debt": "Dispute lost",
  "bad-debt-recovered": "Appeal won",
  "dispute-loss": "Not given back",
  "fx-gain": "Exchange on dispute",
  "fx-loss": "Exchange on dispute",
};

/**
 * What a row of a dispute costs under policy `receivable`, account by account: what it moved, and
 * its fee.
 *
 * @throws HubError `mapping.account_missing`, `mapping.fee_details`
 */
export function movePostings(move: DisputeMove, settings: PairSettings): readonly Posting[] {
  const { amount, kind, isRecovery } = move;
  const cost = kind === "withdrawn" ? amount : negate(amount);
  const role = isRecovery ? "bad-debt-recovered" : "dispute-receivable";
  const moved = amount.minor === 0n ? [] : [postingOf(role, cost, settings)];
  return [...moved, ...feePostings(move.row, settings)];
}

/**
 * The fee of a dispute's row. Tax on it goes where tax on fees goes, all else is a dispute fee.
 *
 * @throws HubError `mapping.account_missing`, `mapping.fee_details`
 */
export function feePostings(row: LedgerRow, settings: PairSettings): readonly Posting[] {
  const { fee, feeDetails, id } = row;
  const total = feeDetails.reduce((so, { amount }) => so + amount.minor, 0n);
  const isForeign = feeDetails.some(({ amount }) => amount.currency !== fee.currency);
  if (feeDetails.length > 0 && (isForeign || total !== fee.minor)) {
    const words = `The fee details of ${id} do not add up to its fee of ${toDecimal(fee)}`;
    throw new HubError("mapping.fee_details", words, { facts: { row: id } });
  }
  const ofTax = feeDetails.filter(({ type }) => type === "tax").map(({ amount }) => amount);
  const tax = sum(isForeign ? [] : ofTax, fee.currency);
  const own = money(fee.minor - tax.minor, fee.currency);
  return [feePosting("dispute", own, settings), feePosting("tax", tax, settings)].filter(
    (posting) => posting !== undefined,
  );
}

function feePosting(kind: string, cost: Money, settings: PairSettings): Posting | undefined {
  if (cost.minor === 0n) return undefined;
  const { fee } = settings.accounts;
  const account = Object.hasOwn(fee, kind) ? fee[kind] : undefined;
  const label = kind === "tax" ? "Tax on dispute fee" : "Dispute fee";
  const role = `fee.${kind}`;
  return { role, account: needed(role, account), label, cost };
}

/**
 * What is still missing so that the books show a dispute as its rows and verdicts have it: a loss
 * that is written off, a remainder. Empty where nothing is. What was booked before it was known
 * better is corrected by the same entry, so that the order of the news does not matter.
 *
 * @param booked the lines of every journal of the dispute
 * @throws HubError `mapping.account_missing`; `mapping.currency_unsupported` for a verdict on money
 *   of several currencies
 */
export function closePostings(
  dispute: Pick<Dispute, "amount">,
  state: DisputeState,
  of: Readonly<{ settings: PairSettings; booked: readonly BookedLine[] }>,
): readonly Posting[] {
  checkOneCurrency(state);
  const wanted = targetOf(dispute, state);
  const standing = positionsOf(of.booked);
  return CLOSE_ROLES.flatMap((role) => {
    const minor = (wanted[role] ?? 0n) - (standing[role] ?? 0n);
    if (minor === 0n) return [];
    return [postingOf(role, money(minor, state.currency), of.settings)];
  });
}

/** What went out in one currency and came back in another leaves no amount that can be told. */
function checkOneCurrency({ stage, lost, moves }: DisputeState): void {
  const isJudged = stage === "won" || stage === "lost" || lost.minor > 0n;
  const [first, ...others] = moves.filter(({ amount }) => amount.minor !== 0n);
  const other = others.find(({ amount }) => amount.currency !== first?.amount.currency);
  if (!isJudged || first === undefined || other === undefined) return;
  const words = ({ row, amount, kind }: DisputeMove) =>
    `${row.id} of ${toDecimal(amount)} ${amount.currency} was ${kind}`;
  throw new HubError(
    "mapping.currency_unsupported",
    `${words(first)} and ${words(other)}: what the dispute leaves of both is not known`,
    {
      facts: { rows: `${first.row.id}, ${other.row.id}` },
      cure:
        "The rows are booked: clear by hand in SL what they leave on " +
        "accounts.dispute-receivable, if anything, then dismiss.",
    },
  );
}

/**
 * What a part of a dispute's rows and verdicts leaves on the accounts among which a verdict moves,
 * as lines: what stood there before the hub began to book.
 */
export function standingLines(
  dispute: Pick<Dispute, "amount" | "rows">,
  closings: readonly DisputeClosing[],
): readonly BookedLine[] {
  const state = disputeState({ ...dispute, status: "needs_response" }, closings);
  return Object.entries(targetOf(dispute, state)).flatMap(([role, minor]) => {
    if (minor === 0n) return [];
    const amount = money(minor < 0n ? -minor : minor, state.currency);
    return [{ role, side: minor < 0n ? "credit" : "debit", amount } as const];
  });
}

/** What rows and verdicts leave on each account; together it is what the rows have cost. */
function targetOf({ amount }: Pick<Dispute, "amount">, state: DisputeState): Positions {
  const { held, lost, recovered, remainder } = state;
  const open = held.minor - lost.minor + recovered.minor - remainder.minor;
  return {
    "dispute-receivable": open,
    "bad-debt": lost.minor,
    "bad-debt-recovered": -recovered.minor,
    [remainderRole(amount, state)]: remainder.minor,
  };
}

/** A difference of two exchange rates where the charge was of another currency, else a loss. */
export function remainderRole(
  amount: Money,
  { currency, remainder }: Pick<DisputeState, "currency" | "remainder">,
): "fx-gain" | "fx-loss" | "dispute-loss" {
  if (amount.currency === currency) return "dispute-loss";
  return remainder.minor < 0n ? "fx-gain" : "fx-loss";
}

function positionsOf(lines: readonly BookedLine[]): Positions {
  const found: Partial<Record<CloseRole, bigint>> = {};
  for (const { role, side, amount } of lines) {
    const known = CLOSE_ROLES.find((one) => one === role);
    if (known === undefined) continue;
    const minor = side === "debit" ? amount.minor : -amount.minor;
    found[known] = (found[known] ?? 0n) + minor;
  }
  return found;
}

/**
 * The settings by which a dispute goes on: each account of a verdict that its journals have hit
 * already stays the dispute's. Once a setting has changed, what it holds would else leave another
 * account than it stands on, and neither would ever be empty again.
 *
 * @param booked the lines of its journals, the first of them first
 */
export function asBegun(
  settings: PairSettings,
  booked: readonly Pick<JournalLine, "role" | "account">[],
): PairSettings {
  const hit = CLOSE_ROLES.flatMap((role) => {
    const first = booked.find((line) => line.role === role);
    return first === undefined ? [] : [[ACCOUNT_OF[role], first.account] as const];
  });
  return { ...settings, accounts: { ...settings.accounts, ...Object.fromEntries(hit) } };
}

function postingOf(role: CloseRole, cost: Money, settings: PairSettings): Posting {
  return { role, account: disputeAccount(role, settings), label: LABELS[role], cost };
}

/** @throws HubError `mapping.account_missing` */
export function disputeAccount(role: CloseRole, { accounts }: PairSettings): GlAccount {
  return needed(role, accounts[ACCOUNT_OF[role]]);
}

function needed(role: string, account: GlAccount | undefined): GlAccount {
  if (account !== undefined) return account;
  const setting = `accounts.${role}`;
  throw new HubError("mapping.account_missing", `${setting} is not set`, { facts: { setting } });
}

import { HubError } from "../base/errors.ts";
import { type Money, money, negate, toDecimal } from "../base/money.ts";
import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import type { Payout } from "../canonical/payout.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { disputeAccount, standingLines } from "./dispute-postings.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { idLine, MAPPING_VERSION } from "./note.ts";
import { clearingOf } from "./payment.ts";
import { hadArrived } from "./payout-legs.ts";
import { isBeforeStart } from "./start.ts";
import { noteText, shortStripeId } from "./text.ts";

/** What the opening journals of Stripe's balance are for: their part is the currency. */
export const OPENING_OBJECT = "opening";

/** Something that stood at the pair's start, and the journal that opens the books with it. */
export type OpeningEntry = Readonly<{
  kind: "balance" | "payout" | "dispute";
  /** The Stripe object; `opening` for a balance. */
  object: string;
  /** The currency of a balance; else empty. */
  part: string;
  /** What stood there, a debit above zero. */
  amount: Money;
}>;

/** All that an opening journal is mapped from beside its entry. */
export type OpeningContext = Readonly<{
  settings: PairSettings;
  key: string;
  period: string;
  slDecimals: number | undefined;
}>;

const WORDS: Readonly<Record<OpeningEntry["kind"], string>> = {
  balance: "Stripe balance at the start",
  payout: "On its way at the start",
  dispute: "In dispute at the start",
};

/**
 * The journal of one opening entry, dated at the start: clearing, transit or the receivable of
 * disputes against the account `opening`.
 *
 * @throws HubError `mapping.account_missing`, `mapping.currency_unsupported`,
 *   `mapping.amount_out_of_range`, `money.precision`
 */
export function mapOpening(entry: OpeningEntry, context: OpeningContext): Mapped<JournalDraft> {
  const { settings, key, period, slDecimals } = context;
  const { kind, object, amount } = entry;
  const isDebit = amount.minor > 0n;
  const size = isDebit ? amount : negate(amount);
  checkAmount(size, "An opening entry");
  checkCurrency(amount.currency, settings, slDecimals);
  const date = startOf(settings);
  const words = WORDS[kind];
  const stripeId = shortStripeId(object);
  const line = (role: string, account: GlAccount, side: JournalLine["side"]): JournalLine => ({
    ...{ role, account, side, amount: size, date, reference: "", stripeId },
    description: words,
  });
  const own = accountOf(entry, settings);
  const draft = journalDraft({
    ...{ key, object, period, date, currency: amount.currency },
    title: words,
    note: noteOf(entry, settings, `${words}, ${date}`),
    lines: [
      ...(isDebit ? [line(own.role, own.account, "debit")] : []),
      line("opening", openingOf(settings), isDebit ? "credit" : "debit"),
      ...(isDebit ? [] : [line(own.role, own.account, "credit")]),
    ],
  });
  return { draft, notes: [] };
}

function noteOf({ kind, object, amount }: OpeningEntry, { id }: PairSettings, words: string) {
  return [
    `${words}: ${toDecimal(amount)} ${amount.currency}`,
    ...(kind === "balance" ? [] : idLine(kind, object)),
    `Booked by Slipway for pair ${id}, mapping version ${MAPPING_VERSION}`,
  ]
    .map(noteText)
    .join("\n");
}

/** The account that opens with an entry. */
function accountOf({ kind, amount }: OpeningEntry, settings: PairSettings) {
  const { currency } = amount;
  switch (kind) {
    case "balance":
      return { role: "clearing", account: clearingOf(currency, settings) };
    case "payout": {
      const account = settings.accounts.transit[currency];
      if (account === undefined) throw missing(`accounts.transit.${currency}`);
      return { role: "transit", account };
    }
    case "dispute":
      return {
        role: "dispute-receivable",
        account: disputeAccount("dispute-receivable", settings),
      };
  }
}

function openingOf({ accounts }: PairSettings): GlAccount {
  if (accounts.opening !== undefined) return accounts.opening;
  throw missing("accounts.opening");
}

function missing(setting: string): HubError {
  return new HubError("mapping.account_missing", `${setting} is not set`, { facts: { setting } });
}

function startOf({ start }: PairSettings): string {
  if (start !== undefined) return start;
  throw new HubError("golive.no_start", "The pair has no start", { facts: { setting: "start" } });
}

/** Stripe's balance at the start; nothing where it was nothing. */
export function openingOfBalance(amount: Money): OpeningEntry | undefined {
  if (amount.minor === 0n) return undefined;
  return { kind: "balance", object: OPENING_OBJECT, part: amount.currency, amount };
}

/**
 * What of a payout or top-up was between balance and bank at the start: it had left the one and not
 * reached the other. Where nothing stands in transit (`payout.transit: off`), nothing opens.
 */
export function openingOfPayout(payout: Payout, settings: PairSettings): OpeningEntry | undefined {
  const { row, undone, id } = payout;
  const isOff = settings.payout.transit === "off";
  if (isOff || row === undefined || !isBeforeStart(row.created, settings)) return undefined;
  if (undone !== undefined && isBeforeStart(undone.created, settings)) return undefined;
  if (hadArrived(payout, settings)) return undefined;
  return { kind: "payout", object: id, part: "", amount: negate(row.gross) };
}

/** Whether its rows before the start are of several currencies: no sum tells what they held. */
export function isOpenedInSeveral(
  { rows }: Pick<Dispute, "rows">,
  settings: PairSettings,
): boolean {
  const early = rows.filter(({ created }) => isBeforeStart(created, settings));
  return new Set(early.map(({ gross }) => gross.currency)).size > 1;
}

/**
 * What a dispute held back at the start, by its rows and verdicts before it. Only policy
 * `receivable` has an account for it: under the others it stands among what customers owe.
 */
export function openingOfDispute(
  dispute: Dispute,
  closings: readonly DisputeClosing[],
  settings: PairSettings,
): OpeningEntry | undefined {
  const rows = dispute.rows.filter(({ created }) => isBeforeStart(created, settings));
  const [first] = rows;
  if (settings.dispute.policy !== "receivable" || first === undefined) return undefined;
  const early = closings.filter(({ at }) => isBeforeStart(at, settings));
  const minor = standingLines({ ...dispute, rows }, early)
    .filter(({ role }) => role === "dispute-receivable")
    .reduce((so, { side, amount }) => so + (side === "debit" ? amount.minor : -amount.minor), 0n);
  if (minor === 0n) return undefined;
  const amount = money(minor, first.gross.currency);
  return { kind: "dispute", object: dispute.disputeId, part: "", amount };
}

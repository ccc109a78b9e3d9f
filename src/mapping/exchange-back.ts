import type { Money } from "../base/money.ts";
import { toDecimal } from "../base/money.ts";
import type { ExchangeAccounts, JournalDraft, JournalLine } from "../erp/port.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { noteText, shortStripeId } from "./text.ts";

/**
 * What SL has realised where documents and those that take them back were applied: as much on one
 * side as on the other, but what was lost at first is gained then, and the other way round.
 */
export type RealisedBack = Readonly<{
  /** The Stripe object whose documents went back. */
  object: string;
  /** What was gained, and lost again, in base currency; above zero. */
  amount: Money;
  accounts: ExchangeAccounts;
  /** Who takes it back and why, in one sentence. */
  words: string;
}>;

const TITLE = "Exchange of what went back";

/** The journal that takes it off both accounts, so that nothing of it is left on either. */
export function mapExchangeBack(
  { object, amount, accounts, words }: RealisedBack,
  context: Readonly<{ key: string; date: string; period: string }>,
): Mapped<JournalDraft> {
  const { key, date, period } = context;
  const line = { amount, date, description: TITLE, reference: "", stripeId: shortStripeId(object) };
  const lines: readonly JournalLine[] = [
    { ...line, account: accounts.gain, side: "debit" },
    { ...line, account: accounts.loss, side: "credit" },
  ];
  const text = `${toDecimal(amount)} ${amount.currency}`;
  const draft = journalDraft({
    ...{ key, object, date, period, currency: amount.currency, title: TITLE, lines },
    note: [
      `SL has booked ${text} as gained and as lost by applications of ${object} and its reversals.`,
      words,
    ]
      .map(noteText)
      .join("\n"),
  });
  return { draft, notes: [] };
}

import type { JournalDraft, JournalLine } from "../erp/port.ts";
import { fitText, shortStripeId } from "./text.ts";

/** The ledger shows so much of what a journal or a line of it is called. */
const TITLE_WIDTH = 30;

/** What a journal says and holds. */
export type JournalContent = Readonly<{
  key: string;
  /** The Stripe object, or the day, that it is about. */
  object: string;
  /** Calendar date `YYYY-MM-DD`. */
  date: string;
  /** Fiscal period `YYYYPP`. */
  period: string;
  currency: string;
  title: string;
  note: string;
  userFields?: JournalDraft["userFields"];
  lines: readonly JournalLine[];
}>;

/**
 * The draft of a journal, its title and the descriptions of its lines cut to what the ledger shows.
 * Whether it balances is checked where it is booked.
 */
export function journalDraft(content: JournalContent): JournalDraft {
  const { key, object, date, period, currency, title, note, userFields = {}, lines } = content;
  return {
    kind: "journal",
    key,
    stripeId: shortStripeId(object),
    documentDate: date,
    period,
    currency,
    description: titleOf(title),
    note,
    userFields,
    lines: lines.map((line) => ({ ...line, description: titleOf(line.description) })),
  };
}

function titleOf(words: string): string {
  return fitText(words, TITLE_WIDTH).text;
}

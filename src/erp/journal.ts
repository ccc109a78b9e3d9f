import { HubError } from "../base/errors.ts";
import { type Money, subtract, sum, toDecimal } from "../base/money.ts";
import type { EntrySide, JournalDraft } from "./drafts.ts";

/** What the lines of one side add up to. */
export function sideTotal({ lines, currency }: JournalDraft, side: EntrySide): Money {
  const amounts = lines.filter((line) => line.side === side).map(({ amount }) => amount);
  return sum(amounts, currency);
}

/**
 * Asserts that a journal can be booked as it stands: two lines or more, each with an account, a
 * subaccount and a positive amount of the journal's own currency, and equal sides. SL would save
 * the batch and refuse or suspend it at its release, so this is asked before anything is sent.
 *
 * @throws HubError `mapping.journal_unbalanced`, `mapping.journal_line`
 */
export function assertJournal(draft: JournalDraft): void {
  const { lines, currency } = draft;
  for (const [index, line] of lines.entries()) {
    const wrong = wrongIn(line, currency);
    if (wrong === undefined) continue;
    throw new HubError("mapping.journal_line", `Line ${index + 1} of the journal ${wrong}`, {
      facts: { line: index + 1, stripeId: line.stripeId, key: draft.key },
    });
  }
  const debit = sideTotal(draft, "debit");
  const credit = sideTotal(draft, "credit");
  const off = subtract(debit, credit);
  if (lines.length >= 2 && off.minor === 0n) return;
  const sides = `debits ${toDecimal(debit)}, credits ${toDecimal(credit)} ${currency}`;
  const message =
    lines.length < 2
      ? `A journal needs two lines at least, this one has ${lines.length}`
      : `The journal's sides differ by ${toDecimal(off)}: ${sides}`;
  throw new HubError("mapping.journal_unbalanced", message, {
    facts: { key: draft.key, debit: toDecimal(debit), credit: toDecimal(credit), currency },
  });
}

function wrongIn(line: JournalDraft["lines"][number], currency: string): string | undefined {
  const { amount, account } = line;
  if (amount.currency !== currency) return `is in ${amount.currency}, the journal in ${currency}`;
  if (amount.minor <= 0n) return `has the amount ${toDecimal(amount)}; it must be above zero`;
  if (account.account.trim() === "") return "names no account, such as 1095";
  if (account.subaccount.trim() === "") return `names no subaccount beside ${account.account}`;
  return undefined;
}

import { type Money, negate, sum } from "../base/money.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { PairSettings } from "../config/index.ts";
import type { GlAccount, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkCurrency } from "./amounts.ts";
import { bookingZone, documentDate } from "./dates.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import { clearingOf } from "./payment.ts";
import type { Posting } from "./row-parts.ts";
import { fitText, shortStripeId } from "./text.ts";

/** All that a journal of a dispute is mapped from beside the dispute. */
export type DisputeJournalContext = Readonly<{
  settings: PairSettings;
  /** The intent key of the journal. */
  key: string;
  period: string;
  slDecimals: number | undefined;
  /** The day's instant: of the row, or of the verdict. */
  at: Date;
  /** What happened, as in `Dispute opened`; the journal is called so. */
  words: string;
  postings: readonly Posting[];
  /** The balance row that it books; undefined where no money moved. */
  rowId: string | undefined;
  /** The number of the document in SL that was paid with the charge, or empty. */
  reference: string;
}>;

/**
 * A journal of a dispute. What its postings cost together leaves the clearing account; a verdict
 * moves nothing there.
 *
 * @throws HubError `mapping.account_missing`, `mapping.currency_unsupported`
 */
export function mapDisputeJournal(
  dispute: Dispute,
  context: DisputeJournalContext,
): Mapped<JournalDraft> {
  const { settings, key, period, at, words, postings, rowId, reference } = context;
  const currency = postings[0]?.cost.currency ?? settings.sl.baseCurrency;
  checkCurrency(currency, settings, context.slDecimals);
  const date = documentDate(at, bookingZone(settings));
  const about = { date, reference: fitText(reference, 15).text };
  const cost = sum(
    postings.map((posting) => posting.cost),
    currency,
  );
  const stripeId = shortStripeId(rowId ?? dispute.disputeId);
  const line = (role: string, account: GlAccount, of: Readonly<{ cost: Money; text: string }>) =>
    lineOf({ ...about, role, account, stripeId }, of);
  const lines = postings.map((posting) => {
    const text = `${posting.label} ${reference}`;
    return line(posting.role, posting.account, { cost: posting.cost, text });
  });
  const ofClearing =
    cost.minor === 0n
      ? []
      : [
          line("clearing", clearingOf(currency, settings), {
            cost: negate(cost),
            text: `${words} ${reference}`,
          }),
        ];
  const draft = journalDraft({
    ...{ key, date, period, currency },
    object: dispute.disputeId,
    title: `${words} ${reference}`,
    note: composeNote(dispute, settings, {
      linkTo: dispute.paymentIntentId ?? dispute.chargeId,
      ids: disputeIds(dispute, rowId),
      fullTexts: [disputeText(dispute)],
    }),
    lines: [...lines, ...ofClearing],
  });
  return { draft, notes: [] };
}

function lineOf(
  base: Omit<JournalLine, "side" | "amount" | "description">,
  { cost, text }: Readonly<{ cost: Money; text: string }>,
): JournalLine {
  const isDebit = cost.minor > 0n;
  return {
    ...base,
    side: isDebit ? "debit" : "credit",
    amount: isDebit ? cost : negate(cost),
    description: text,
  };
}

/** The ids that a document of a dispute names. */
export function disputeIds(dispute: Dispute, rowId: string | undefined): readonly string[] {
  return [
    ...idLine("dispute", dispute.disputeId),
    ...idLine("charge", dispute.chargeId),
    ...idLine("payment intent", dispute.paymentIntentId),
    ...idLine("balance transaction", rowId),
  ];
}

/** Why the buyer disputes, as Stripe and the card network word it. */
export function disputeText({ reason, networkReasonCode }: Dispute): string {
  const code = networkReasonCode === "" ? "" : `, network reason ${networkReasonCode}`;
  return `Dispute reason ${reason || "unknown"}${code}`;
}

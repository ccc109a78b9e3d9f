import { PAYOUT_NAMES, type Payout } from "../canonical/payout.ts";
import type { PairSettings } from "../config/index.ts";
import type { FiscalCalendar, JournalDraft, JournalLine } from "../erp/port.ts";
import { checkAmount, checkCurrency } from "./amounts.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import { composeNote, idLine } from "./note.ts";
import type { Leg } from "./payout-legs.ts";
import { dateWithin, type PeriodChoice } from "./period.ts";
import { shortStripeId } from "./text.ts";

/** All that the journal of one leg is mapped from. */
export type LegContext = Readonly<{
  settings: PairSettings;
  key: string;
  chosen: PeriodChoice;
  calendar: FiscalCalendar;
  slDecimals: number | undefined;
}>;

/** A number of somebody else on a line of the ledger. */
const REFERENCE_WIDTH = 15;

/**
 * The journal of one leg: bank, transit and clearing lines alone. What Stripe takes for an instant
 * payout is the fee journal's.
 *
 * Where the period of the leg's date is closed, a bank line is dated into the open one that it is
 * booked in: Cash Manager takes no other. The true date then stands in text and `User7`.
 *
 * @throws HubError `mapping.currency_unsupported`, `money.precision`, `mapping.amount_out_of_range`
 */
export function mapLeg(payout: Payout, leg: Leg, context: LegContext): Mapped<JournalDraft> {
  const { settings, key, chosen } = context;
  const { amount, date, debit, credit } = leg;
  checkAmount(amount, "A payout");
  checkCurrency(amount.currency, settings, context.slDecimals);
  const bankDate = dateWithin(chosen.period, date, context.calendar);
  const isMoved = [debit, credit].some(isBank) && bankDate !== date;
  const words = wordsOf(payout, leg);
  const text = isMoved ? `${words} of ${date}` : words;
  const line = (side: JournalLine["side"], of: Leg["debit"]): JournalLine => ({
    account: { account: of.account, subaccount: of.subaccount },
    side,
    amount,
    date: isBank(of) ? bankDate : date,
    description: text,
    reference: payout.traceId.length <= REFERENCE_WIDTH ? payout.traceId : "",
    stripeId: shortStripeId(leg.row?.id ?? payout.id),
    role: of.role,
  });
  const draft = journalDraft({
    ...{ key, date },
    object: payout.id,
    period: chosen.period,
    currency: amount.currency,
    title: text,
    note: composeNote(payout, settings, {
      linkTo: payout.id,
      ids: [
        ...idLine(PAYOUT_NAMES[payout.kind].toLowerCase(), payout.id),
        ...idLine("balance transaction", leg.row?.id),
        ...idLine("payout that it reverses:", payout.reversalOf),
      ],
      fullTexts: [
        `${words}, dated ${date}.`,
        ...(payout.traceId === "" ? [] : [`Number at the bank: ${payout.traceId}`]),
        ...(payout.failure === "" || leg.purpose !== "payout-back" ? [] : [payout.failure]),
      ],
    }),
    userFields: isMoved ? { User7: date } : {},
    lines: [line("debit", debit), line("credit", credit)],
  });
  const notes = isMoved ? [`Bank line dated ${bankDate}, inside ${chosen.period}.`] : [];
  return { draft, notes: [...chosen.notes, ...notes] };
}

/** What people read in the ledger; short enough for a date behind it. */
function wordsOf({ kind, status }: Payout, { purpose }: Leg): string {
  const [what, out, at] = WORDS[kind];
  switch (purpose) {
    case "payout-out":
      return `${what} ${out}`;
    case "payout-in":
      return `${what} ${at}`;
    case "payout-back":
      return `${what} ${status}`;
  }
}

/** What it is, and what became of it at the balance and at the bank. */
const WORDS: Readonly<Record<Payout["kind"], readonly [string, string, string]>> = {
  payout: ["Payout", "sent", "arrived"],
  topup: ["Top-up", "received", "debited"],
  "inbound-transfer": ["Inbound", "received", "debited"],
};

/** A line of the bank may not leave its period. */
function isBank({ role }: Leg["debit"]): boolean {
  return role === "bank";
}

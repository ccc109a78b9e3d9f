import { type Money, sum, toDecimal } from "../base/money.ts";
import type { JournalDraft, JournalLine, MemoDraft } from "../erp/port.ts";
import { journalDraft } from "./journal-draft.ts";
import type { Mapped } from "./mapped.ts";
import type { ReversalContext, Reversed, ReversibleDraft } from "./reversal.ts";
import { clearingOf, settledOn } from "./settled.ts";
import { noteText, shortStripeId } from "./text.ts";

/** A memo that takes another document back, with that document. */
export type WashedReversal = Readonly<{
  /** The Stripe object whose document goes back. */
  object: string;
  original: Readonly<{ draft: ReversibleDraft; numbers: Reversed }>;
  reversing: MemoDraft;
}>;

/**
 * The journal that takes to clearing what a reversing memo has put on the wash account, where the
 * document that it takes back had hit clearing itself. Undefined where it has put nothing there.
 */
export function mapReversalWash(
  { object, original, reversing }: WashedReversal,
  context: Pick<ReversalContext, "key" | "date" | "period" | "words" | "settings">,
): Mapped<JournalDraft> | undefined {
  const { key, date, period, words, settings } = context;
  const lines = reversing.lines.filter(({ role }) => role === "wash");
  const [wash] = lines;
  const settled = clearedIn(original.draft, settings);
  if (wash === undefined || settled === undefined) return undefined;
  const isSame = settled === reversing.currency;
  const { rate } = reversing;
  const amount = isSame ? sum(amountsOf(lines), settled) : worthOf(lines, settled);
  const { type, refNbr } = original.numbers;
  const title = `Wash of reversed ${type} ${refNbr}`;
  const text = `Over the wash account: ${toDecimal(amount)} ${settled} of ${shortStripeId(object)}`;
  const shared = { amount, date, description: title, reference: "" };
  const line = { ...shared, stripeId: shortStripeId(object) };
  const isOut = reversing.type === "DM";
  const both: readonly JournalLine[] = [
    {
      ...{ ...line, role: "clearing", account: clearingOf(settled, settings) },
      side: isOut ? "credit" : "debit",
    },
    { ...line, role: "wash", account: wash.sales, side: isOut ? "debit" : "credit" },
  ];
  const draft = journalDraft({
    ...{ key, object, date, period, currency: settled, title, lines: both },
    note: [text, words].map(noteText).join("\n"),
  });
  // At the rate of the memo, so that the account is at nothing in base currency as well.
  const rated = isSame && rate !== undefined ? { rate: { ...rate, ...worthAt(lines) } } : {};
  return { draft: { ...draft, ...rated }, notes: [] };
}

/** The settlement currency of the clearing account that a document has hit. */
function clearedIn(
  draft: ReversibleDraft,
  settings: ReversalContext["settings"],
): string | undefined {
  if (draft.kind === "payment") return settledOn(draft.cash, settings);
  if (draft.kind === "journal") return undefined;
  return draft.lines.flatMap(({ sales }) => settledOn(sales, settings) ?? [])[0];
}

type Lines = MemoDraft["lines"];

function amountsOf(lines: Lines): readonly Money[] {
  return lines.map(({ amount }) => amount);
}

/** In base currency, which such money was settled in. */
function worthOf(lines: Lines, base: string): Money {
  return sum(
    lines.map(({ amount, worth }) => worth ?? amount),
    base,
  );
}

function worthAt(lines: Lines): Readonly<{ worth?: Money }> {
  const worths = lines.flatMap(({ worth }) => worth ?? []);
  const [first] = worths;
  return first === undefined ? {} : { worth: sum(worths, first.currency) };
}

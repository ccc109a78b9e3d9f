import { HubError } from "../../base/errors.ts";
import { isSameAmount, type Money, toDecimal } from "../../base/money.ts";
import { rateToDouble, worthOf } from "../../base/rate.ts";
import { type BatchReading, type DocumentRate, screenOf } from "../../erp/port.ts";
import type { ReversibleDraft, ShownWorth } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import type { Reference } from "../write/reference.ts";
import { slRate } from "../write/value.ts";

/** A document that is to go back, by its content and by SL's numbers of it. */
export type ToValue = Readonly<{ draft: ReversibleDraft; numbers: DocumentReceipt }>;

/**
 * What SL shows a document to be worth in base currency, whole and line by line: the rate alone
 * does not tell which line SL has put a rounding on. Undefined of one in the base currency.
 *
 * @throws HubError `reverse.unsupported` where SL shows other lines than were booked, or a worth
 *   that the rate does not give
 */
export async function shownWorth(
  { erp }: Pick<PairRuntime, "erp">,
  of: ToValue,
): Promise<ShownWorth | undefined> {
  const { draft, numbers } = of;
  if (draft.rate === undefined) return undefined;
  const batch = await erp.readBatch(screenOf(draft), numbers.batNbr);
  return draft.kind === "journal"
    ? journalWorth(of, draft.lines, batch)
    : documentWorth(of, draft, { batch, rate: draft.rate });
}

function journalWorth(
  of: ToValue,
  lines: Extract<ReversibleDraft, { kind: "journal" }>["lines"],
  batch: BatchReading | undefined,
): ShownWorth {
  const whole = batch?.journal?.worth;
  if (whole === undefined) throw notShown(of, "what it is worth");
  return {
    whole,
    lines: worthsOf(of, lines.map(entryText), shownAs(batch?.journal?.lines ?? [], entryText)),
  };
}

function documentWorth(
  of: ToValue,
  draft: Exclude<ReversibleDraft, { kind: "journal" }>,
  shown: Readonly<{ batch: BatchReading | undefined; rate: DocumentRate }>,
): ShownWorth {
  const { type, refNbr } = of.numbers;
  const found = shown.batch?.documents.find((one) => one.type === type && one.refNbr === refNbr);
  const whole = found?.worth;
  if (found === undefined || whole === undefined) throw notShown(of, "what it is worth");
  // SL makes what the reversing document is worth of the rate: it must come to the same again.
  const given = worthOf(found.amount, shown.rate);
  if (!isSameAmount(given, whole)) {
    throw notShown(of, `the worth of its rate: ${text(whole)} instead of ${text(given)}`);
  }
  if (draft.kind === "payment") return { whole, lines: [] };
  return { whole, lines: worthsOf(of, draft.lines.map(lineText), shownAs(found.lines, lineText)) };
}

type Shown = readonly Readonly<{ text: string; worth: Money | undefined }>[];

function shownAs<L extends Readonly<{ worth?: Money }>>(
  lines: readonly L[],
  textOf: (line: L) => string,
): Shown {
  return lines.map((line) => ({ text: textOf(line), worth: line.worth }));
}

/** Each line that was booked takes one of SL's that reads the same. */
function worthsOf(of: ToValue, booked: readonly string[], shown: Shown): readonly Money[] {
  const left = [...shown];
  return booked.map((line) => {
    const at = left.findIndex(({ text: own }) => own === line);
    const [found] = at === -1 ? [] : left.splice(at, 1);
    if (found?.worth === undefined) throw notShown(of, `its line of ${line}`);
    return found.worth;
  });
}

type EntryLine = Extract<ReversibleDraft, { kind: "journal" }>["lines"][number];
type DocumentLine = Extract<ReversibleDraft, { kind: "invoice" }>["lines"][number];

function entryText({ side, amount, account }: Pick<EntryLine, "side" | "amount" | "account">) {
  return `${text(amount)}, ${side} of ${id(account.account)}/${id(account.subaccount)}`;
}

function lineText({ amount, sales, itemId }: Pick<DocumentLine, "amount" | "sales" | "itemId">) {
  return `${text(amount)} on ${id(sales.account)}/${id(sales.subaccount)} ${id(itemId)}`.trimEnd();
}

/**
 * Asserts that SL will value what takes this document back at the rate of the document: the site
 * keeps a rate that it is given, or has the very same one for the day of the reversal.
 *
 * @throws HubError `reverse.unsupported`
 */
export async function assertRateHolds(
  pair: Pick<PairRuntime, "erp" | "settings"> & Readonly<{ reference: Reference }>,
  of: ToValue,
  dated: string,
): Promise<void> {
  const { rate, currency } = of.draft;
  const answer = pair.erp.capabilities["supplied-rate"];
  if (rate === undefined || answer === "yes") return;
  const now = await slRate(pair, currency, dated);
  if (now.multDiv === rate.multDiv && rateToDouble(now) === rateToDouble(rate)) return;
  const words = answer === "no" ? "does not keep" : "was not asked whether it keeps";
  const rates = `${rate.value}, and SL's rate of ${dated} is ${now.value}`;
  throw new HubError(
    "reverse.unsupported",
    `${nameOf(of)} is valued at ${rates}: the SL site ${words} a rate that it is given`,
    {
      facts: { document: nameOf(of), rate: rate.value, answer },
      cure:
        answer === "no"
          ? "Enter the reversing documents by hand in SL, at the rates of the originals."
          : "Run `slipway doctor --probe` with --foreign-currency, which asks the site; ask again.",
    },
  );
}

function notShown(of: ToValue, what: string): HubError {
  return new HubError("reverse.unsupported", `Of ${nameOf(of)} SL does not show ${what}`, {
    facts: { document: nameOf(of) },
    cure: "Somebody changed it in SL: enter the reversing document by hand, at its rate.",
  });
}

function nameOf({ numbers: { type, refNbr, batNbr } }: ToValue): string {
  return type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr}`;
}

function text(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

/** An id as SL compares it. */
function id(of: string): string {
  return of.trimEnd().toUpperCase();
}

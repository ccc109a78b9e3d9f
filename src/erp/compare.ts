import { type Money, toDecimal } from "../base/money.ts";
import type {
  ApplicationDraft,
  ApplicationReading,
  BatchReading,
  DocumentDraft,
  DocumentReading,
  EntryDraft,
  EntrySide,
  GlAccount,
  InvoiceDraft,
  JournalDraft,
  LineReading,
  LineTax,
  MemoDraft,
} from "./port.ts";
import { taxTotals } from "./taxes.ts";

/** One point in which SL holds something else than what was asked for. */
export type Difference = Readonly<{ what: string; expected: string; found: string }>;

/**
 * What differs between a draft and the batch that should hold it, and nothing else; empty when they
 * agree. Ids are compared without regard to letter case and trailing blanks, as SL does; lines and
 * applications without regard to their order.
 *
 * A released batch is compared without its applications, whose lines SL deletes at release, and may
 * hold lines that SL added itself. `stripeId`, texts and user fields are not compared: a site may
 * cut them.
 */
export function compareBatch(draft: DocumentDraft, reading: BatchReading): Difference[] {
  if (draft.kind === "application") return compareApplication(draft, reading);
  if (draft.kind === "journal") return compareJournal(draft, reading);
  const [document] = reading.documents;
  const count = reading.documents.length;
  const differences = pairs([
    ["number of documents", "1", String(count)],
    ["currency of the batch", id(draft.currency), id(reading.currency)],
    ["period of the batch", draft.period, reading.period.trim()],
    // A batch may have lost its key where a site does not keep it; its document must have it.
    ["key of the batch", id(draft.key), id(reading.key) === "" ? id(draft.key) : id(reading.key)],
  ]);
  if (document === undefined || count !== 1) return differences;
  return [...differences, ...compareDocument(draft, document, reading.isReleased)];
}

/**
 * How much of its draft the batch holds: nothing yet, or something to compare. A released batch
 * shows no applications any more; that it holds the key of one is all that is left to see.
 */
export function isFilled(draft: DocumentDraft, reading: BatchReading): boolean {
  if (draft.kind === "journal") return (reading.journal?.lines.length ?? 0) > 0;
  if (reading.documents.length > 0) return true;
  return draft.kind === "application" && (reading.applied.length > 0 || reading.isReleased);
}

/** Every line, on its side and day, no other one, and each of them kept by the ledger. */
function compareJournal(draft: JournalDraft, reading: BatchReading): Difference[] {
  const { isPostedInDetail, lines } = reading.journal ?? { isPostedInDetail: false, lines: [] };
  return [
    ...pairs([
      ["number of documents", "0", String(reading.documents.length)],
      ["currency of the batch", id(draft.currency), id(reading.currency)],
      ["period of the batch", draft.period, reading.period.trim()],
      ["key of the batch", id(draft.key), id(reading.key)],
      ["GL posting option", "D", isPostedInDetail ? "D" : "another"],
    ]),
    ...compareWorth(draft, reading.journal?.worth, draft.lines.length),
    ...compareLists("line", {
      expected: draft.lines.map(entryText),
      found: valuedAlike(draft.lines, lines).map(entryText),
      mayHaveMore: false,
    }),
  ];
}

function entryText(
  line: Readonly<{ side: EntrySide; amount: Money; account: GlAccount; date: string }> & Valued,
): string {
  const { side, amount, account, date } = line;
  return `${side} ${amountText(amount)}${worthText(line)} on ${accountText(account)}, ${date}`;
}

type Valued = Readonly<{ worth?: Money }>;

/** What lines are worth counts only where the draft asks for it, as one that takes back does. */
function valuedAlike<L extends Valued>(wanted: readonly Valued[], lines: readonly L[]) {
  if (wanted.some(({ worth }) => worth !== undefined)) return lines;
  return lines.map(({ worth: _, ...line }) => line);
}

function worthText({ worth }: Valued): string {
  return worth === undefined ? "" : ` worth ${amountText(worth)}`;
}

/**
 * What SL makes of the rate: it must value a document as the hub does, or clearing would hold
 * another amount than Stripe's. Single lines of a journal may be rounded otherwise.
 */
function compareWorth(
  { rate }: DocumentDraft,
  found: Money | undefined,
  roundedLines = 0,
): Difference[] {
  const expected = rate?.worth;
  if (expected === undefined) return [];
  const off = found === undefined ? undefined : found.minor - expected.minor;
  const mayBeOff = roundedLines > 2 ? BigInt(roundedLines) : 0n;
  if (off !== undefined && off <= mayBeOff && -off <= mayBeOff) return [];
  const text = found === undefined ? "" : amountText(found);
  return [{ what: "worth in base currency", expected: amountText(expected), found: text }];
}

/** The batch alone carries the key, so here a lost one is a difference. */
function compareApplication(draft: ApplicationDraft, reading: BatchReading): Difference[] {
  const { payer, customerId } = draft;
  const expected = draft.applications.map(lineOfApplication);
  const found = reading.applied.flatMap((applied) =>
    applied.lines.map((line) => lineOfApplication(line)),
  );
  const payerText = `${payer.type} ${id(payer.refNbr)} of ${id(customerId)}`;
  const payers = reading.applied.map(
    (applied) => `${applied.type} ${id(applied.refNbr)} of ${id(applied.customerId)}`,
  );
  return [
    ...pairs([
      ["number of documents", "0", String(reading.documents.length)],
      ["currency of the batch", id(draft.currency), id(reading.currency)],
      ["period of the batch", draft.period, reading.period.trim()],
      ["key of the batch", id(draft.key), id(reading.key)],
    ]),
    ...(reading.isReleased
      ? []
      : [
          ...pairs([["document that is applied", payerText, payers.join(" and ")]]),
          ...compareLists("application", { expected, found, mayHaveMore: false }),
        ]),
  ];
}

function lineOfApplication(line: Readonly<{ type: string; refNbr: string; amount: Money }>) {
  return `${amountText(line.amount)} to ${line.type} ${id(line.refNbr)}`;
}

function compareDocument(
  draft: EntryDraft,
  found: DocumentReading,
  isReleased: boolean,
): Difference[] {
  const common = pairs([
    ["key", id(draft.key), id(found.key)],
    ["customer", id(draft.customerId), id(found.customerId)],
    ["currency", id(draft.currency), id(found.currency)],
    ["date", draft.documentDate, found.documentDate],
    ["period", draft.period, found.period.trim()],
  ]).concat(compareWorth(draft, found.worth));
  if (draft.kind !== "payment") return [...common, ...compareLines(draft, found, isReleased)];
  const applications = isReleased
    ? []
    : compareLists("application", {
        expected: draft.applications.map(applicationText),
        found: found.applications.map(applicationText),
        mayHaveMore: false,
      });
  return [
    ...common,
    ...pairs([
      ["type", draft.type, id(found.type)],
      ["reference number", id(draft.refNbr), id(found.refNbr)],
      ["amount", amountText(draft.amount), amountText(found.amount)],
      ["cash account", accountText(draft.cash), accountText(found.own)],
    ]),
    ...applications,
  ];
}

/** Tax is compared by id on the document too: its totals are what release books. */
function compareLines(
  draft: InvoiceDraft | MemoDraft,
  found: DocumentReading,
  isReleased: boolean,
): Difference[] {
  const isMemo = draft.kind === "memo";
  return [
    ...pairs([
      ["type", isMemo ? draft.type : "IN", id(found.type)],
      ["amount", amountText(draft.total), amountText(found.amount)],
      ["receivable account", accountText(draft.receivable), accountText(found.own)],
      ...(isMemo
        ? ([["original document", id(draft.original), id(found.original ?? "")]] as const)
        : []),
    ]),
    ...compareLists("line", {
      expected: draft.lines.map(lineText),
      found: valuedAlike(draft.lines, found.lines).map(lineText),
      mayHaveMore: isReleased,
    }),
    ...compareLists("tax", {
      expected: taxTotals(draft.lines).map(taxText),
      found: (found.taxes ?? []).map(taxText),
      mayHaveMore: false,
    }),
  ];
}

function pairs(rows: readonly (readonly [what: string, expected: string, found: string])[]) {
  return rows
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]): Difference => ({ what, expected, found }));
}

/** Takes equal texts off both sides, one for one; what is left over differs. */
function compareLists(
  what: string,
  lists: Readonly<{ expected: readonly string[]; found: readonly string[]; mayHaveMore: boolean }>,
): Difference[] {
  const left = [...lists.found];
  const absent = lists.expected.filter((text) => {
    const at = left.indexOf(text);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  const extra = lists.mayHaveMore ? [] : left;
  return [
    ...absent.map((expected): Difference => ({ what, expected, found: "" })),
    ...extra.map((found): Difference => ({ what, expected: "", found })),
  ];
}

function lineText(line: LineReading): string {
  const account = accountText(line.sales);
  const taxes = (line.taxes ?? []).map((tax) => `, tax ${taxText(tax)}`).sort();
  const item = id(line.itemId) || "none";
  const amount = `${amountText(line.amount)}${worthText(line)}`;
  return `${amount} on ${account}, item ${item}${taxes.join("")}`;
}

function taxText({ taxId, amount, taxable }: LineTax): string {
  return `${id(taxId)} ${amountText(amount)} of ${amountText(taxable)}`;
}

function applicationText({ invoiceRefNbr, amount, type = "IN" }: ApplicationReading): string {
  return `${amountText(amount)} to ${type} ${id(invoiceRefNbr)}`;
}

function accountText({ account, subaccount }: GlAccount): string {
  return `${id(account)}/${id(subaccount)}`;
}

function amountText(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

/** An id as SL compares it. */
function id(text: string): string {
  return text.trimEnd().toUpperCase();
}

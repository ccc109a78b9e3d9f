import { HubError } from "../../base/errors.ts";
import { type Money, sum, zero } from "../../base/money.ts";
import { worthParts } from "../../base/rate.ts";
import { assertJournal, sideTotal } from "../journal.ts";
import type {
  BatchHead,
  BatchReading,
  JournalDraft,
  JournalLine,
  JournalLineReading,
  KeyedDocument,
} from "../port.ts";
import { batchStateOf, foreignBase } from "./batch-state.ts";
import type { GlTranColumn, LedgerBatchColumn } from "./contract-columns.ts";
import {
  batchRow,
  FIRST_LINE_NBR,
  headOf,
  inBase,
  noteRow,
  rateColumns,
  userColumns,
} from "./document-rows.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";

import type { Site } from "./site.ts";
import { dateFromWire, dateToWire, fromWire, isSameId, textOf, toWire } from "./wire-values.ts";

/** What a document of the ledger is called where receivables have IN, PA, CM. */
const JOURNAL_TYPE = "GJ";
const LEDGER = "GL";
const BATCHES_OF_KEY_MAX = 50;

type LedgerBatchRow = Readonly<Partial<Record<LedgerBatchColumn, string>>>;
type GlTranRow = Readonly<Partial<Record<GlTranColumn, string>>>;

/** The batch of a journal; an empty one has no totals yet. */
export function journalBatchRow(
  site: Site,
  template: WireRow,
  head: BatchHead,
  filled?: Readonly<{ batNbr: string; draft: JournalDraft }>,
): WireRow {
  const totals = filled && { batNbr: filled.batNbr, total: sideTotal(filled.draft, "debit") };
  const debits = totals?.total ?? zero(head.currency);
  const row = batchRow(site, template, head, totals);
  const own: LedgerBatchRow = {
    Module: LEDGER,
    JrnlType: JOURNAL_TYPE,
    ...(filled === undefined ? {} : userColumns(filled.draft.userFields)),
    ...(filled === undefined ? {} : { Descr: filled.draft.description }),
    [site.idField]: head.stripeId,
    [site.keyField]: head.key,
  };
  return { ...row, DrTot: inBase(debits, head.rate), CuryDrTot: toWire(debits), ...own };
}

/**
 * The screen of a journal on hold: in the batch `batNbr`, or in a new one where it is empty.
 *
 * @throws HubError as `assertJournal` does: nothing unbalanced is ever sent
 */
export function journalScreen(
  site: Site,
  template: WireRow,
  batNbr: string,
  draft: JournalDraft,
): WireRow {
  assertJournal(draft);
  const blank = asRows(template.myGLTran)[0] ?? {};
  const worths = lineWorths(draft);
  return {
    myBatch: journalBatchRow(site, template, headOf(draft), { batNbr, draft }),
    myGLTran: draft.lines.map((line, index) => ({
      ...blank,
      ...lineRow(site, draft, { batNbr, line, index, worth: worths[index] ?? line.amount }),
    })),
    batchNote: noteRow(template, "batchNote", draft.note),
  };
}

/** In base currency, where both sides are to be worth the same. */
function lineWorths({ lines, currency, rate }: JournalDraft): readonly Money[] {
  if (rate === undefined) return lines.map(({ amount }) => amount);
  const worths = new Map<JournalLine, Money>();
  for (const side of ["debit", "credit"] as const) {
    const own = lines.filter((line) => line.side === side);
    const amounts = own.map(({ amount }) => amount);
    const parts = worthParts(amounts, sum(amounts, currency), rate);
    for (const [at, line] of own.entries()) worths.set(line, parts[at] ?? line.amount);
  }
  return lines.map((line) => line.worth ?? worths.get(line) ?? line.amount);
}

type LinePlace = Readonly<{ batNbr: string; line: JournalLine; index: number; worth: Money }>;

function lineRow(
  site: Site,
  draft: JournalDraft,
  { batNbr, line, index, worth }: LinePlace,
): GlTranRow {
  const sides = (amount: Money) =>
    line.side === "debit" ? [toWire(amount), "0"] : ["0", toWire(amount)];
  const [debit = "0", credit = "0"] = sides(line.amount);
  const [baseDebit = "0", baseCredit = "0"] = sides(worth);
  return {
    BatNbr: batNbr,
    CpnyID: site.companyId,
    Module: LEDGER,
    JrnlType: JOURNAL_TYPE,
    Acct: line.account.account,
    Sub: line.account.subaccount,
    CuryId: draft.currency,
    ...rateColumns(draft.rate),
    CuryDrAmt: debit,
    CuryCrAmt: credit,
    DrAmt: baseDebit,
    CrAmt: baseCredit,
    PerPost: draft.period,
    FiscYr: draft.period.slice(0, 4),
    TranDate: dateToWire(line.date),
    TranDesc: line.description,
    ExtRefNbr: line.reference,
    LineId: String(index + 1),
    LineNbr: String(FIRST_LINE_NBR + index),
    LineRef: String(index + 1).padStart(5, "0"),
    Rlsed: "0",
    [site.idField]: line.stripeId,
    [site.keyField]: draft.key,
  };
}

/** A ledger batch as its screen shows it, with every line; see `ErpConnector.readBatch`. */
export function journalReading(site: Site, screen: WireRow): BatchReading {
  const head = asRow(screen.myBatch);
  const currency = textOf(head, "CuryId").trim();
  const base = foreignBase(head, currency);
  const lines = asRows(screen.myGLTran);
  return {
    batNbr: textOf(head, "BatNbr").trim(),
    key: textOf(head, site.keyField),
    ...batchStateOf(head),
    period: textOf(head, "PerPost"),
    currency,
    documents: [],
    applied: [],
    journal: {
      stripeId: textOf(head, site.idField).trim(),
      isPostedInDetail: isSameId(textOf(head, "GLPostOpt"), "D"),
      ...(base === undefined
        ? {}
        : {
            worth: sum(
              lines.map((line) => fromWire(textOf(line, "DrAmt"), base)),
              base,
            ),
          }),
      lines: lines.map((line) => lineReading(site, line, { currency, base })),
    },
  };
}

function lineReading(
  site: Site,
  line: WireRow,
  { currency, base }: Readonly<{ currency: string; base: string | undefined }>,
): JournalLineReading {
  const debit = fromWire(textOf(line, "CuryDrAmt"), currency);
  const credit = fromWire(textOf(line, "CuryCrAmt"), currency);
  const isDebit = debit.minor !== 0n;
  return {
    account: { account: textOf(line, "Acct"), subaccount: textOf(line, "Sub") },
    side: isDebit ? "debit" : "credit",
    amount: isDebit ? debit : credit,
    ...(base === undefined
      ? {}
      : { worth: fromWire(textOf(line, isDebit ? "DrAmt" : "CrAmt"), base) }),
    date: dateFromWire(textOf(line, "TranDate")),
    reference: textOf(line, "ExtRefNbr").trim(),
    stripeId: textOf(line, site.idField),
    description: textOf(line, "TranDesc").trim(),
  };
}

/**
 * The released journal of a key where no view shows it: `common.getBatches` filters by user field
 * at sites whose probe said so.
 */
export async function findReleasedJournal(
  site: Site,
  draft: JournalDraft,
  signal: AbortSignal | undefined,
): Promise<KeyedDocument | undefined> {
  const parms = [{ name: site.keyField, value: draft.key }];
  const args = { currentPageNumber: "1", pageSize: String(BATCHES_OF_KEY_MAX), parms };
  const answer = await site.client.call("common", "getBatches", args, { kind: "read", signal });
  const rows = asRows(answer).filter(
    (row) =>
      isSameId(textOf(row, site.keyField), draft.key) && textOf(row, "Module").trim() === LEDGER,
  );
  const released = rows.filter((row) => batchStateOf(row).isReleased);
  if (released.length > 1) {
    throw new HubError("conflict.key_taken", "SL holds several released journals of one key", {
      facts: { key: draft.key, batches: released.map((row) => textOf(row, "BatNbr")).join(", ") },
    });
  }
  const [row] = released;
  return row === undefined ? undefined : keyedJournal(site, row);
}

/** A ledger batch by its row in table Batch; its number is all the number that a journal has. */
export function keyedJournal(site: Site, row: WireRow): KeyedDocument {
  const batNbr = textOf(row, "BatNbr").trim();
  return {
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    screen: "journal",
    type: JOURNAL_TYPE,
    customerId: "",
    refNbr: batNbr,
    batNbr,
    period: textOf(row, "PerPost").trim(),
    documentDate: "",
    isReleased: batchStateOf(row).isReleased,
  };
}

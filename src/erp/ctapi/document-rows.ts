import { type Money, sum, zero } from "../../base/money.ts";
import { rateToDouble, worthOf, worthParts } from "../../base/rate.ts";
import {
  type ApplicationDraft,
  type ApplicationLine,
  type BatchHead,
  type DocumentDraft,
  type DocumentRate,
  type EntryDraft,
  type InvoiceDraft,
  type InvoiceLineDraft,
  type MemoDraft,
  type PaymentDraft,
  type ReceivablesDraft,
  screenOf,
  type UserFieldName,
  type UserFields,
} from "../port.ts";
import type { ArDocColumn, ArTranColumn, BatchColumn } from "./contract-columns.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { blankLine, type Site } from "./site.ts";
import { documentTaxes, isTaxed, lineTaxes } from "./tax-columns.ts";
import { dateToWire, toWire } from "./wire-values.ts";

type BatchRow = Readonly<Partial<Record<BatchColumn, string>>>;
type ArDocRow = Readonly<Partial<Record<ArDocColumn, string>>>;
type ArTranRow = Readonly<Partial<Record<ArTranColumn, string>>>;

/** Screens by SL's numbers, as `Batch.EditScrnNbr` spells them. */
const SCREEN_NUMBER = { invoice: "08010", payment: "08030", journal: "01010" } as const;

const HOLD = "H";
/** Journal type and module of receivables have the same two letters. */
const RECEIVABLES = "AR";
/** GL gets a line for each document line, so that its ledger can be followed to the document. */
const POST_IN_DETAIL = "D";
/** SL numbers lines from the smallest smallint upwards. */
export const FIRST_LINE_NBR = -32768;

/** A document in the base currency is worth the same in both columns of each pair. */
export const BASE_RATE = { CuryRate: "1", CuryMultDiv: "M" } as const;

/** The rate of a line; its rate type stands on batch and document. */
function rateOfLine(
  rate: DocumentRate | undefined,
): Readonly<{ CuryRate: string; CuryMultDiv: string }> {
  if (rate === undefined) return BASE_RATE;
  return { CuryRate: String(rateToDouble(rate)), CuryMultDiv: rate.multDiv };
}

/** The rate of a batch, a document or a line of the ledger. */
export function rateColumns(
  rate: DocumentRate | undefined,
): Readonly<Record<"CuryRate" | "CuryMultDiv", string>> &
  Readonly<Partial<Record<"CuryRateType" | "CuryEffDate", string>>> {
  return rate === undefined
    ? BASE_RATE
    : { ...rateOfLine(rate), CuryRateType: rate.type, CuryEffDate: dateToWire(rate.date) };
}

/** What an amount of a document is worth in the ledger's base currency. */
export function inBase(amount: Money, rate: DocumentRate | undefined): string {
  return toWire(rate === undefined ? amount : worthOf(amount, rate));
}

export type BatchTotals = Readonly<{ batNbr: string; total: Money }>;

/** The batch as it is saved: empty at reservation, with number and totals when it is filled. */
export function batchRow(
  site: Site,
  template: WireRow,
  head: BatchHead,
  totals?: BatchTotals,
): WireRow {
  const whole = totals?.total ?? zero(head.currency);
  const total = toWire(whole);
  const worth = inBase(whole, head.rate);
  const row: BatchRow = {
    BatNbr: totals?.batNbr ?? "",
    CpnyID: site.companyId,
    Module: RECEIVABLES,
    JrnlType: RECEIVABLES,
    EditScrnNbr: SCREEN_NUMBER[head.screen],
    Status: HOLD,
    Rlsed: "0",
    PerPost: head.period,
    GLPostOpt: POST_IN_DETAIL,
    // Becomes the date of the application at release, so it is the document's, not today's.
    DateEnt: dateToWire(head.rateDate),
    CuryEffDate: dateToWire(head.rateDate),
    CuryId: head.currency,
    ...rateColumns(head.rate),
    // Release refuses a batch (12123) whose total is not the sum of its documents.
    CrTot: worth,
    CtrlTot: worth,
    CuryCrTot: total,
    CuryCtrlTot: total,
    [site.idField]: head.stripeId,
    [site.keyField]: head.key,
  };
  return { ...asRow(template.myBatch), ...row };
}

/** The head of the batch that a draft is filled into. */
export function headOf(draft: DocumentDraft): BatchHead {
  return {
    screen: screenOf(draft),
    key: draft.key,
    stripeId: draft.stripeId,
    period: draft.period,
    currency: draft.currency,
    rateDate: draft.documentDate,
    ...(draft.rate === undefined ? {} : { rate: draft.rate }),
  };
}

/** The own row of an invoice or memo: `BankAcct` and `BankSub` hold its receivable account. */
export function invoiceRow(
  site: Site,
  template: WireRow,
  batNbr: string,
  draft: InvoiceDraft | MemoDraft,
): WireRow {
  const row: ArDocRow = {
    ...documentColumns(site, draft, draft.total),
    ...documentTaxes(draft),
    BatNbr: batNbr,
    // SL's own counter numbers invoices and memos.
    RefNbr: "",
    DocType: typeOf(draft),
    ...(draft.kind === "memo" ? { OrigDocNbr: draft.original } : {}),
    DocClass: "N",
    BankAcct: draft.receivable.account,
    BankSub: draft.receivable.subaccount,
    Terms: draft.terms,
    DueDate: dateToWire(draft.dueDate),
    DiscDate: dateToWire(draft.documentDate),
    CustOrdNbr: draft.orderNumber,
    LineCntr: String(draft.lines.length),
  };
  return { ...asRow(template.myARDoc), ...row };
}

function typeOf(draft: InvoiceDraft | MemoDraft): "IN" | "CM" | "DM" {
  return draft.kind === "memo" ? draft.type : "IN";
}

/** The entered lines; SL adds the receivable's side at release. */
export function invoiceLineRows(
  site: Site,
  template: WireRow,
  batNbr: string,
  draft: InvoiceDraft | MemoDraft,
): readonly WireRow[] {
  const { lines, rate } = draft;
  const amounts = lines.map(({ amount }) => amount);
  const worths =
    rate === undefined ? amounts : worthParts(amounts, sum(amounts, draft.currency), rate);
  return lines.map((line, index) => {
    const worth = toWire(line.worth ?? worths[index] ?? line.amount);
    return invoiceLineRow(site, template, draft, { batNbr, index, line, worth });
  });
}

function invoiceLineRow(
  site: Site,
  template: WireRow,
  draft: InvoiceDraft | MemoDraft,
  place: Readonly<{ batNbr: string; index: number; line: InvoiceLineDraft; worth: string }>,
): WireRow {
  const { batNbr, index, line, worth } = place;
  const amount = toWire(line.amount);
  const row: ArTranRow = {
    ...lineColumns(site, draft, index),
    ...(isTaxed(draft) ? lineTaxes(line, draft.rate) : {}),
    BatNbr: batNbr,
    RefNbr: "",
    TranType: typeOf(draft),
    TranClass: "N",
    DrCr: typeOf(draft) === "CM" ? "D" : "C",
    Acct: line.sales.account,
    Sub: line.sales.subaccount,
    CuryTranAmt: amount,
    TranAmt: worth,
    Qty: line.quantity,
    CuryUnitPrice: line.unitPrice,
    // A price in base currency is nobody's: SL values the line by its amount.
    UnitPrice: draft.rate === undefined ? line.unitPrice : "0",
    TranDesc: line.description,
    InvtId: line.itemId,
  };
  return { ...blankLine(template), ...row };
}

/** A payment's own row: `BankAcct` and `BankSub` hold its cash account. */
export function paymentRow(
  site: Site,
  template: WireRow,
  batNbr: string,
  draft: PaymentDraft,
): WireRow {
  const applied = sum(
    draft.applications.map(({ amount }) => amount),
    draft.currency,
  );
  const isApplied = draft.applications.length > 0;
  const row: ArDocRow = {
    ...documentColumns(site, draft, draft.amount),
    BatNbr: batNbr,
    RefNbr: draft.refNbr,
    DocType: draft.type,
    DocClass: "P",
    OrdNbr: draft.salesOrder,
    BankAcct: draft.cash.account,
    BankSub: draft.cash.subaccount,
    // Release applies only documents that name the batch that applies them.
    ApplBatNbr: isApplied ? batNbr : "",
    ApplAmt: inBase(applied, draft.rate),
    CuryApplAmt: toWire(applied),
    LineCntr: String(draft.applications.length),
  };
  return { ...asRow(template.myARDoc), ...row };
}

/**
 * What changes of a released document when a batch applies it: all the rest is sent back as SL
 * showed it.
 */
export function appliedColumns(draft: ApplicationDraft, batNbr: string): ArDocRow {
  const amounts = draft.applications.map(({ amount }) => amount);
  const applied = sum(amounts, draft.currency);
  // Release applies only documents that name the batch that applies them.
  return {
    ApplBatNbr: batNbr,
    ApplAmt: inBase(applied, draft.rate),
    CuryApplAmt: toWire(applied),
    LineCntr: String(amounts.length),
  };
}

/** A pending application: the paying document, and in `CostType` and `SiteId` the open one. */
export function applicationRow(
  site: Site,
  template: WireRow,
  draft: PaymentDraft | ApplicationDraft,
  place: Readonly<{ batNbr: string; index: number; application: ApplicationLine }>,
): WireRow {
  const { batNbr, index, application } = place;
  const payer = draft.kind === "payment" ? draft : draft.payer;
  const amount = toWire(application.amount);
  const row: ArTranRow = {
    ...lineColumns(site, draft, index),
    BatNbr: batNbr,
    RefNbr: payer.refNbr,
    TranType: payer.type,
    DrCr: "U",
    CostType: application.type,
    SiteId: application.refNbr,
    Acct: application.receivable.account,
    Sub: application.receivable.subaccount,
    CuryTranAmt: amount,
    TranAmt: inBase(application.amount, draft.rate),
    CmmnPct: amount === "0" ? "0" : `-${amount}`,
    // The discount taken, in both currencies.
    CuryUnitPrice: "0",
    CnvFact: "0",
  };
  return { ...blankLine(template), ...row };
}

/** A note that has no limit of width. */
export function noteRow(template: WireRow, element: string, text: string): WireRow {
  return { ...asRow(template[element]), sNoteText: text };
}

function documentColumns(site: Site, draft: EntryDraft, total: Money): ArDocRow {
  const amount = toWire(total);
  const worth = inBase(total, draft.rate);
  return {
    ...userColumns(draft.userFields),
    CpnyID: site.companyId,
    CustId: draft.customerId,
    DocDate: dateToWire(draft.documentDate),
    DocDesc: draft.description,
    PerPost: draft.period,
    CuryId: draft.currency,
    CuryEffDate: dateToWire(draft.documentDate),
    ...rateColumns(draft.rate),
    CuryOrigDocAmt: amount,
    OrigDocAmt: worth,
    CuryDocBal: amount,
    DocBal: worth,
    OpenDoc: "1",
    Rlsed: "0",
    [site.idField]: draft.stripeId,
    [site.keyField]: draft.key,
  };
}

function lineColumns(site: Site, draft: ReceivablesDraft, index: number): ArTranRow {
  return {
    CpnyID: site.companyId,
    CustId: draft.customerId,
    TranDate: dateToWire(draft.documentDate),
    PerPost: draft.period,
    FiscYr: draft.period.slice(0, 4),
    JrnlType: RECEIVABLES,
    CuryId: draft.currency,
    ...rateOfLine(draft.rate),
    LineId: String(index + 1),
    LineNbr: String(FIRST_LINE_NBR + index),
    LineRef: String(index + 1).padStart(5, "0"),
    Rlsed: "0",
  };
}

const DATE_FIELDS: ReadonlySet<string> = new Set<UserFieldName>(["User7", "User8"]);

/** Mapped user fields in their lexical form: dates are dates on the wire, the rest is text. */
export function userColumns(fields: UserFields): Readonly<Partial<Record<UserFieldName, string>>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      DATE_FIELDS.has(name) ? dateToWire(value) : value,
    ]),
  );
}

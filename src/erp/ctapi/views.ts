import { HubError } from "../../base/errors.ts";
import { isIntentKey, isProbeKey } from "../../base/ids.ts";
import type {
  BatchSpan,
  CustomerReading,
  ErpScreen,
  KeyedBatch,
  KeyedDocument,
  KeyedPage,
  NumberedInvoice,
  StandingBatch,
} from "../port.ts";
import { batchStateOf } from "./batch-state.ts";
import { customerReading } from "./customers.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import { keyedJournal } from "./journals.ts";
import { isLastPage } from "./last-page.ts";
import { absentIfUnknown } from "./read-batch.ts";
import { receivablesSetup } from "./receivables-setup.ts";
import type { Site } from "./site.ts";
import { dateFromWire, flagOf, fromWire, isSameId, textOf } from "./wire-values.ts";

/** The read-only Quick Query views that are shipped with the hub; their columns are SL's own. */
export const VIEW = {
  documents: "xslw_ArDocByKey",
  batches: "xslw_BatchByKey",
  applications: "xslw_Applications",
  customers: "xslw_CustomerByKey",
  orders: "xslw_OrderByKey",
  stock: "xslw_ItemStock",
  ledgerBalance: "xslw_ClearingBalance",
  ledgerDetail: "xslw_ClearingDetail",
  unreleased: "xslw_Unreleased",
  setup: "xslw_Setup",
  rates: "xslw_Rates",
  cashAccounts: "xslw_CashAcct",
} as const;

export type ViewName = (typeof VIEW)[keyof typeof VIEW];

export type Filter = Readonly<{ name: string; value: string; comparisonType: string }>;

export const PAGE_ROWS = 200;
/** A key and its batch have few rows; more than this are not ours alone. */
const ROWS_PER_KEY_MAX = 100;
const PAYMENT_TYPES = new Set(["PA", "PP"]);
const PAYMENT_SCREEN = "08030";
const RECEIVABLES = "AR";
export const LEDGER = "GL";

/** True when the site's Quick Query catalogue lists the view. */
export async function hasView(
  site: Site,
  view: ViewName,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const row = await absentIfUnknown(() =>
    site.client.call(
      "quickQuery",
      "getQueryViewsByExactID",
      { queryViewName: view },
      { kind: "read", signal },
    ),
  );
  return isSameId(textOf(asRow(row), "QueryViewName"), view);
}

/** A page of a view's rows; pages count from 1, all filters hold together. */
export async function queryView(
  site: Site,
  view: ViewName,
  query: Readonly<{ filters: readonly Filter[]; page: number; rows: number }>,
  signal: AbortSignal | undefined,
): Promise<readonly WireRow[]> {
  const filters = [
    ...query.filters,
    equals("pageSize", String(query.rows)),
    equals("currentPageNumber", String(query.page)),
  ];
  const answer = await site.client.call(
    "quickQuery",
    "getScreen",
    { queryViewName: view, filters },
    { kind: "read", signal },
  );
  return asRows(asRow(answer)?.myQueryResults);
}

/**
 * Every document of the key, then every batch of the key that holds none of them: an empty batch
 * has no type, customer and number; see `ErpConnector.findByKey`. A batch of the ledger is its own
 * document, empty as long as nothing was debited.
 */
export async function findByKey(
  site: Site,
  key: string,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedDocument[]> {
  const { documents: documentRows, batches: batchRows } = await rowsOfKey(site, key, signal);
  const documents = documentRows.map((row) => keyedDocument(site, row));
  const held = new Set(documents.map(({ batNbr }) => batNbr));
  const journals = batchRows.filter((row) => moduleOf(row) === LEDGER);
  const empty = batchRows
    .filter((row) => moduleOf(row) === RECEIVABLES)
    .map((row) => keyedDocument(site, row))
    .filter(({ batNbr }) => !held.has(batNbr));
  const ledger = journals.map((row) => journalOf(site, row));
  return [...documents, ...ledger, ...empty].filter((found) => isSameId(found.key, key));
}

/** Invoices of a number that are not voided; see `ErpConnector.findInvoices`. */
export async function findInvoices(
  site: Site,
  refNbr: string,
  signal: AbortSignal | undefined,
): Promise<readonly NumberedInvoice[]> {
  const filters = [equals("RefNbr", refNbr), equals("DocType", "IN"), ofCompany(site)];
  const query = { filters, page: 1, rows: ROWS_PER_KEY_MAX };
  const rows = await queryView(site, VIEW.documents, query, signal);
  return rows
    .filter((row) => isSameId(textOf(row, "RefNbr"), refNbr) && textOf(row, "BatStatus") !== "V")
    .map((row) => {
      const currency = textOf(row, "CuryId").trim();
      return {
        customerId: textOf(row, "CustId"),
        refNbr: textOf(row, "RefNbr"),
        batNbr: textOf(row, "BatNbr").trim(),
        currency,
        amount: fromWire(textOf(row, "CuryOrigDocAmt"), currency),
        isReleased: flagOf(row, "Rlsed"),
      };
    });
}

/** Every batch of receivables with this key; see `ErpConnector.findBatches`. */
export async function findBatches(
  site: Site,
  key: string,
  signal: AbortSignal | undefined,
): Promise<readonly StandingBatch[]> {
  const { documents, batches } = await rowsOfKey(site, key, signal);
  const filled = new Set(documents.map((row) => textOf(row, "BatNbr").trim()));
  return batches
    .map((row) => ({ row, batch: keyedBatch(site, row) }))
    .filter(({ batch }) => isSameId(batch.key, key))
    .map(({ row, batch }) => {
      const isJournal = batch.screen === "journal";
      const holdsDocument = isJournal ? isFilledJournal(row) : filled.has(batch.batNbr);
      return { ...batch, holdsDocument };
    });
}

async function rowsOfKey(site: Site, key: string, signal: AbortSignal | undefined) {
  const query = {
    filters: [equals(site.keyField, key), ofCompany(site)],
    page: 1,
    rows: ROWS_PER_KEY_MAX,
  };
  const documents = await queryView(site, VIEW.documents, query, signal);
  const batches = await queryView(site, VIEW.batches, query, signal);
  return { documents, batches: batches.filter(isOurModule) };
}

/** A page of the unreleased batches that carry a key; see `ErpConnector.listUnreleased`. */
export async function listUnreleased(
  site: Site,
  page: number,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<KeyedBatch>> {
  // One list for both modules: other ones leave the field to whoever uses it, and fall out below.
  const filters = [hasKey(site), ofCompany(site), equals("Rlsed", "0")];
  const rows = await queryView(site, VIEW.batches, { filters, page, rows: PAGE_ROWS }, signal);
  const ours = rows
    .filter(isOurModule)
    .map((row) => keyedBatch(site, row))
    .filter(({ key }) => isIntentKey(key) || isProbeKey(key));
  return { rows: ours, isLast: isLastPage(rows, PAGE_ROWS) };
}

/**
 * The newest keyed documents and journals; see `ErpConnector.newestKeyed`. Views have no order, so
 * the newest are asked for by ranges of batch numbers, which are counted and padded to one width.
 */
export async function newestKeyed(
  site: Site,
  count: number,
  signal: AbortSignal | undefined,
): Promise<readonly KeyedDocument[]> {
  const documents = await newestIn(await lastBatchNumber(site, signal), count, (filters) =>
    allKeyed(site, filters, { view: VIEW.documents, signal }),
  );
  // The ledger counts its batches by itself.
  const journals = await newestIn(await lastJournalNumber(site, signal), count, (filters) =>
    allKeyed(site, [...filters, equals("Module", LEDGER)], { view: VIEW.batches, signal }),
  );
  return [...documents, ...journals];
}

async function newestIn(
  last: string | undefined,
  count: number,
  readRange: (filters: readonly Filter[]) => Promise<readonly KeyedDocument[]>,
): Promise<readonly KeyedDocument[]> {
  const newest = (keyed: readonly KeyedDocument[]) =>
    [...keyed].sort((a, b) => (a.batNbr < b.batNbr ? 1 : -1)).slice(0, count);
  if (last === undefined) return newest(await readRange([]));
  const width = last.length;
  let found: readonly KeyedDocument[] = [];
  let below = Number(last) + 1;
  // Batches of others lie between ours, so each range is wider than the one before.
  let range = Math.max(4 * count, 50);
  while (found.length < count && below > 0) {
    const from = Math.max(0, below - range);
    const filters = [
      { name: "BatNbr", value: String(from).padStart(width, "0"), comparisonType: ">=" },
      { name: "BatNbr", value: String(below).padStart(width, "0"), comparisonType: "<" },
    ];
    found = [...found, ...(await readRange(filters))];
    below = from;
    range *= 8;
  }
  return newest(found);
}

/** A page of all keyed documents and one of all journals; see `ErpConnector.listKeyed`. */
export async function listKeyed(
  site: Site,
  page: number,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<KeyedDocument>> {
  const filters = [hasKey(site), ofCompany(site)];
  const query = { filters, page, rows: PAGE_ROWS };
  const rows = await queryView(site, VIEW.documents, query, signal);
  const ofLedger = { ...query, filters: [...filters, equals("Module", LEDGER)] };
  const batches = await queryView(site, VIEW.batches, ofLedger, signal);
  const inOrder = (found: readonly KeyedDocument[]) =>
    [...found].sort((a, b) => (a.batNbr < b.batNbr ? -1 : 1));
  const documents = inOrder(keyedOf(site, rows, VIEW.documents));
  const journals = inOrder(keyedOf(site, batches, VIEW.batches));
  const isLast = isLastPage(rows, PAGE_ROWS) && isLastPage(batches, PAGE_ROWS);
  return { rows: [...documents, ...journals], isLast };
}

/** A page of all customers that carry a key; see `ErpConnector.listKeyedCustomers`. */
export async function listKeyedCustomers(
  site: Site,
  page: number,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<CustomerReading>> {
  const query = { filters: [hasKey(site)], page, rows: PAGE_ROWS };
  const rows = await queryView(site, VIEW.customers, query, signal);
  const ours = rows.map((row) => customerReading(site, row)).filter(({ key }) => isIntentKey(key));
  return { rows: ours, isLast: isLastPage(rows, PAGE_ROWS) };
}

export function equals(name: string, value: string): Filter {
  return { name, value, comparisonType: "=" };
}

type KeyedView = typeof VIEW.documents | typeof VIEW.batches;

async function allKeyed(
  site: Site,
  filters: readonly Filter[],
  { view, signal }: Readonly<{ view: KeyedView; signal: AbortSignal | undefined }>,
): Promise<readonly KeyedDocument[]> {
  const all: KeyedDocument[] = [];
  let before: readonly WireRow[] = [];
  for (let page = 1; ; page += 1) {
    const query = { filters: [hasKey(site), ofCompany(site), ...filters], page, rows: PAGE_ROWS };
    const rows = await queryView(site, view, query, signal);
    assertNextPage(before, rows);
    all.push(...keyedOf(site, rows, view));
    before = rows;
    if (isLastPage(rows, PAGE_ROWS)) return all;
  }
}

/**
 * Asserts that a server really turns the page: one that ignores the page number would be asked for
 * ever.
 *
 * @throws HubError `erp.contract`
 */
export function assertNextPage(before: readonly WireRow[], rows: readonly WireRow[]): void {
  const [first] = rows;
  if (first === undefined || JSON.stringify(first) !== JSON.stringify(before[0])) return;
  throw new HubError("erp.contract", "SL gave the same page of a list twice");
}

/** Rows of the key field that other programs use for something else are left out. */
function keyedOf(site: Site, rows: readonly WireRow[], view: KeyedView): KeyedDocument[] {
  const toKeyed = view === VIEW.documents ? keyedDocument : journalOf;
  return rows
    .map((row) => toKeyed(site, row))
    .filter(({ key, type }) => isIntentKey(key) && (view === VIEW.documents || type !== ""));
}

/** SL's newest batch of the ledger; a site without the view of its set-up has them all read. */
async function lastJournalNumber(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const isThere = await hasView(site, VIEW.setup, signal);
  const query = { filters: [], page: 1, rows: 1 };
  const [row] = isThere ? await queryView(site, VIEW.setup, query, signal) : [];
  const text = textOf(row, "GLLastBatNbr").trim();
  return /^\d+$/.test(text) ? text : undefined;
}

/** The newest number that receivables have given a batch; `0` where nothing tells. */
export async function lastBatchNumber(
  site: Site,
  signal: AbortSignal | undefined,
): Promise<string> {
  const text = await receivablesSetup(site, "LastBatNbr", signal);
  return /^\d+$/.test(text) ? text : "0";
}

export function keyedDocument(site: Site, row: WireRow): KeyedDocument {
  const type = textOf(row, "DocType").toUpperCase();
  const isPayment =
    PAYMENT_TYPES.has(type) || (type === "" && textOf(row, "EditScrnNbr") === PAYMENT_SCREEN);
  const screen: ErpScreen = isPayment ? "payment" : "invoice";
  return {
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    screen,
    type,
    customerId: textOf(row, "CustId"),
    refNbr: textOf(row, "RefNbr"),
    batNbr: textOf(row, "BatNbr").trim(),
    period: textOf(row, "PerPost").trim(),
    documentDate: dateFromWire(textOf(row, "DocDate")),
    isReleased: flagOf(row, "Rlsed"),
  };
}

/** A journal's batch has as much debited as it was filled with; a reserved one has nothing. */
function isFilledJournal(row: WireRow): boolean {
  return Number(textOf(row, "CuryDrTot")) !== 0 || Number(textOf(row, "CuryCtrlTot")) !== 0;
}

export function journalOf(site: Site, row: WireRow): KeyedDocument {
  const journal = keyedJournal(site, row);
  return isFilledJournal(row) ? journal : { ...journal, type: "", refNbr: "" };
}

function keyedBatch(site: Site, row: WireRow): KeyedBatch {
  return {
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    screen: screenOfBatch(row),
    batNbr: textOf(row, "BatNbr").trim(),
    ...batchStateOf(row),
  };
}

/** Batches of other modules may carry another program's texts in the field of the key. */
function isOurModule(row: WireRow): boolean {
  return moduleOf(row) === RECEIVABLES || moduleOf(row) === LEDGER;
}

export function moduleOf(row: WireRow): string {
  return textOf(row, "Module").trim();
}

function screenOfBatch(row: WireRow): ErpScreen {
  if (moduleOf(row) === LEDGER) return "journal";
  return textOf(row, "EditScrnNbr") === PAYMENT_SCREEN ? "payment" : "invoice";
}

export function hasKey(site: Site): Filter {
  return { name: site.keyField, value: "", comparisonType: "<>" };
}

/** Batches of a span of numbers, which are counted and padded to one width. */
export function ofBatches({ from, to }: BatchSpan): readonly Filter[] {
  return [
    { name: "BatNbr", value: from, comparisonType: ">=" },
    { name: "BatNbr", value: to, comparisonType: "<=" },
  ];
}

export function ofCompany(site: Site): Filter {
  return equals("CpnyID", site.companyId);
}

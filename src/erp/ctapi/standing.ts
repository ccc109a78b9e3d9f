import type {
  BatchSpan,
  ErpConnector,
  KeyedPage,
  StandingDocument,
  StandingJournal,
  UserFieldName,
  UserFields,
} from "../port.ts";
import { batchStateOf } from "./batch-state.ts";
import type { WireRow } from "./envelope.ts";
import { isLastPage } from "./last-page.ts";
import type { Site } from "./site.ts";
import {
  equals,
  hasKey,
  keyedDocument,
  ofBatches,
  ofCompany,
  PAGE_ROWS,
  queryView,
  VIEW,
} from "./views.ts";
import { dateFromWire, flagOf, fromWire, numberFromWire, textOf } from "./wire-values.ts";

type Span = BatchSpan & Readonly<{ ofOurs: boolean }>;

/** What stands in SL of documents and journals, whoever changed it. */
export function standingReads(site: Site): Pick<ErpConnector, "listDocuments" | "listJournals"> {
  return {
    listDocuments: async (of, page, signal) => {
      const filters = [...ofBatches(of), ofCompany(site)];
      const rows = await pageOf(site, VIEW.documents, { filters, of, page }, signal);
      return { ...rows, rows: rows.rows.map((row) => standingDocument(site, row)) };
    },
    listJournals: async (of, page, signal) => {
      const filters = [equals("Module", "GL"), ...ofBatches(of), ofCompany(site)];
      const rows = await pageOf(site, VIEW.batches, { filters, of, page }, signal);
      return { ...rows, rows: rows.rows.map((row) => standingJournal(site, row)) };
    },
  };
}

async function pageOf(
  site: Site,
  view: typeof VIEW.documents | typeof VIEW.batches,
  query: Readonly<{ filters: readonly ReturnType<typeof equals>[]; of: Span; page: number }>,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<WireRow>> {
  const { of, page } = query;
  const filters = of.ofOurs ? [...query.filters, hasKey(site)] : query.filters;
  const rows = await queryView(site, view, { filters, page, rows: PAGE_ROWS }, signal);
  return { rows, isLast: isLastPage(rows, PAGE_ROWS) };
}

function standingDocument(site: Site, row: WireRow): StandingDocument {
  const currency = textOf(row, "CuryId").trim().toUpperCase();
  return {
    ...keyedDocument(site, row),
    state: batchStateOf({ ...row, Status: textOf(row, "BatStatus") }).state,
    isReleased: flagOf(row, "Rlsed") && textOf(row, "BatStatus").trim() !== "V",
    currency,
    amount: fromWire(textOf(row, "CuryOrigDocAmt"), currency),
    balance: fromWire(textOf(row, "CuryDocBal"), currency),
    own: { account: textOf(row, "BankAcct"), subaccount: textOf(row, "BankSub") },
    reversal: textOf(row, "S4Future12").trim().toUpperCase(),
    applyingBatNbr: textOf(row, "ApplBatNbr").trim(),
    userFields: userFieldsOf(row),
  };
}

function standingJournal(site: Site, row: WireRow): StandingJournal {
  return {
    key: textOf(row, site.keyField).trim(),
    stripeId: textOf(row, site.idField).trim(),
    batNbr: textOf(row, "BatNbr").trim(),
    ...batchStateOf(row),
    currency: textOf(row, "CuryId").trim().toUpperCase(),
    period: textOf(row, "PerPost").trim(),
    userFields: userFieldsOf(row),
  };
}

const NUMBERS: readonly UserFieldName[] = ["User3", "User4"];
const DATES: readonly UserFieldName[] = ["User7", "User8"];
const TEXTS: readonly UserFieldName[] = ["User1", "User2", "User5", "User6"];

function userFieldsOf(row: WireRow): UserFields {
  const numbers = NUMBERS.map((name) => {
    const number = numberFromWire(textOf(row, name) || "0");
    return [name, number === "0" ? "" : number] as const;
  });
  const dates = DATES.map((name) => [name, dateFromWire(textOf(row, name))] as const);
  const texts = TEXTS.map((name) => [name, textOf(row, name)] as const);
  const filled = [...numbers, ...dates, ...texts].filter(([, value]) => value !== "");
  return Object.fromEntries(filled);
}

import { HubError } from "../../base/errors.ts";
import type { Money } from "../../base/money.ts";
import type {
  ApplicationReading,
  AppliedReading,
  BatchReading,
  DocumentReading,
  ErpScreen,
  ReceivablesScreen,
  WholeLineReading,
} from "../port.ts";
import { batchStateOf, foreignBase } from "./batch-state.ts";
import type { UsedColumn } from "./contract-usage.ts";
import { asRow, asRows, type WireRow } from "./envelope.ts";
import { journalReading } from "./journals.ts";
import { SERVICE, type Site } from "./site.ts";
import { readTaxes } from "./tax-columns.ts";
import { dateFromWire, flagOf, fromWire, isSameId, numberFromWire, textOf } from "./wire-values.ts";

/** The screens just read, so that a release that follows at once need not read again. */
export type ScreenCache = Readonly<{
  put(screen: ErpScreen, batNbr: string, row: WireRow): void;
  /** The screen as it was read within the last two seconds; it is given out once. */
  take(screen: ErpScreen, batNbr: string): WireRow | undefined;
}>;

const CACHED_FOR_MS = 2_000;

export function createScreenCache(): ScreenCache {
  const kept = new Map<string, Readonly<{ row: WireRow; untilMs: number }>>();
  const nameOf = (screen: ErpScreen, batNbr: string) => `${screen} ${batNbr.trim()}`;
  return {
    put(screen, batNbr, row) {
      const nowMs = performance.now();
      for (const [name, { untilMs }] of kept) if (untilMs < nowMs) kept.delete(name);
      kept.set(nameOf(screen, batNbr), { row, untilMs: nowMs + CACHED_FOR_MS });
    },
    take(screen, batNbr) {
      const name = nameOf(screen, batNbr);
      const found = kept.get(name);
      kept.delete(name);
      return found !== undefined && performance.now() < found.untilMs ? found.row : undefined;
    },
  };
}

type ReceivablesBatch = Readonly<{ screen: ReceivablesScreen; batNbr: string }>;

type Reading = Readonly<{
  screen: WireRow | undefined;
  documents: readonly WireRow[];
  /** Documents of other batches that this one applies. */
  applied: readonly WireRow[];
}>;

/**
 * Reads a batch; see `ErpConnector.readBatch`. A screen holds one document only, so the list of the
 * batch's documents is read beside it: a second document must never be released unseen.
 */
export async function readBatch(
  site: Site,
  cache: ScreenCache,
  batch: Readonly<{ screen: ErpScreen; batNbr: string }>,
  signal: AbortSignal | undefined,
): Promise<BatchReading | undefined> {
  if (batch.screen === "journal") {
    // One screen shows all lines of a journal, so there is nothing to read beside it.
    const shown = await readScreen(site, batch.screen, batch.batNbr, signal);
    if (shown === undefined) return undefined;
    cache.put(batch.screen, batch.batNbr, shown);
    return journalReading(site, shown);
  }
  return readReceivables(site, cache, { screen: batch.screen, batNbr: batch.batNbr }, signal);
}

async function readReceivables(
  site: Site,
  cache: ScreenCache,
  batch: ReceivablesBatch,
  signal: AbortSignal | undefined,
): Promise<BatchReading | undefined> {
  let reading = await readBoth(site, batch, signal);
  // A commit fell between the two reads: what one shows the other shows the next time.
  if (!isConsistent(reading)) reading = await readBoth(site, batch, signal);
  const { screen, documents, applied } = reading;
  if (screen === undefined) return undefined;
  if (!isConsistent(reading)) {
    throw new HubError("erp.contract", `SL shows batch ${batch.batNbr} in two different states`, {
      facts: { batNbr: batch.batNbr, listed: documents.length },
    });
  }
  cache.put(batch.screen, batch.batNbr, screen);
  const head = asRow(screen.myBatch);
  const lines = asRows(screen.myARTran);
  return {
    ...stateOf(site, screen),
    batNbr: textOf(head, "BatNbr").trim(),
    period: textOf(head, "PerPost"),
    currency: textOf(head, "CuryId"),
    documents: documents.map((row) =>
      documentReading(site, row, { lines, base: foreignBase(head, textOf(row, "CuryId")) }),
    ),
    applied: applied.map((row) => appliedReading(row, lines)),
  };
}

/** What a row of another currency is worth in the ledger's own. */
function worthOfRow(
  row: WireRow,
  column: "OrigDocAmt" | "TranAmt",
  base: string | undefined,
): Readonly<{ worth?: Money }> {
  return base === undefined ? {} : { worth: fromWire(textOf(row, column), base) };
}

/** Reads how far SL is with a batch; see `ErpConnector.readState`. */
export async function readState(
  site: Site,
  batch: Readonly<{ screen: ErpScreen; batNbr: string }>,
  signal: AbortSignal | undefined,
): Promise<Pick<BatchReading, "key" | "state" | "isReleased"> | undefined> {
  const screen = await readScreen(site, batch.screen, batch.batNbr, signal);
  return screen === undefined ? undefined : stateOf(site, screen);
}

function stateOf(site: Site, screen: WireRow): Pick<BatchReading, "key" | "state" | "isReleased"> {
  const head = asRow(screen.myBatch);
  return { key: textOf(head, site.keyField), ...batchStateOf(head) };
}

/** The screen of a batch as SL sends it, or undefined where it has no such batch there. */
export async function readScreen(
  site: Site,
  screen: ErpScreen,
  batNbr: string,
  signal: AbortSignal | undefined,
): Promise<WireRow | undefined> {
  const options = { kind: "read", signal } as const;
  const row = await absentIfUnknown(() =>
    site.client.call(SERVICE[screen], "getScreenByBatNbr", { batNbr }, options),
  );
  const found = asRow(row);
  return isSameId(textOf(asRow(found?.myBatch), "BatNbr"), batNbr) ? found : undefined;
}

/**
 * Asks for one record. A site may say with an empty answer or in words that it has none; both are
 * undefined here.
 */
export async function absentIfUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (thrown) {
    const isRefused = thrown instanceof HubError && thrown.code === "erp.refused";
    if (isRefused && thrown.facts.isNotFound === true) return undefined;
    throw thrown;
  }
}

/**
 * A document's row with those of `lines` that belong to it.
 *
 * @param shown.base the ledger's currency, where it is known and the document's is another one
 */
export function documentReading(
  site: Site,
  row: WireRow,
  shown: Readonly<{ lines: readonly WireRow[]; base: string | undefined }>,
): DocumentReading {
  const { lines, base } = shown;
  const type = textOf(row, "DocType").toUpperCase();
  const currency = textOf(row, "CuryId").trim();
  const own = linesOf(row, lines);
  const amount = (of: WireRow, column: UsedColumn) => fromWire(textOf(of, column), currency);
  // The side the screen enters; release adds the other one.
  const side = type === "CM" ? "D" : "C";
  const isMemo = type === "IN" || type === "DM" || type === "CM";
  const original = textOf(row, "OrigDocNbr").trim();
  const salesOrder = textOf(row, "OrdNbr").trim();
  return {
    type,
    key: textOf(row, site.keyField),
    stripeId: textOf(row, site.idField),
    customerId: textOf(row, "CustId"),
    refNbr: textOf(row, "RefNbr"),
    batNbr: textOf(row, "BatNbr").trim(),
    currency,
    amount: amount(row, "CuryOrigDocAmt"),
    balance: amount(row, "CuryDocBal"),
    ...worthOfRow(row, "OrigDocAmt", base),
    own: { account: textOf(row, "BankAcct"), subaccount: textOf(row, "BankSub") },
    documentDate: dateFromWire(textOf(row, "DocDate")),
    period: textOf(row, "PerPost"),
    isReleased: flagOf(row, "Rlsed"),
    ...(original === "" ? {} : { original }),
    ...(salesOrder === "" ? {} : { salesOrder }),
    ...(isMemo ? readTaxes(row, currency, "Tot") : {}),
    lines: own
      .filter((line) => isMemo && textOf(line, "DrCr") === side)
      .map(
        (line): WholeLineReading => ({
          amount: amount(line, "CuryTranAmt"),
          ...worthOfRow(line, "TranAmt", base),
          sales: { account: textOf(line, "Acct"), subaccount: textOf(line, "Sub") },
          itemId: textOf(line, "InvtId"),
          ...readTaxes(line, currency, "Amt"),
          quantity: numberFromWire(textOf(line, "Qty") || "0"),
          unitPrice: numberFromWire(textOf(line, "CuryUnitPrice") || "0"),
          description: textOf(line, "TranDesc").trim(),
          isTax: isSameId(textOf(line, "TranClass"), "T"),
        }),
      ),
    applications: own
      .filter((line) => textOf(line, "DrCr") === "U")
      .map(
        (line): ApplicationReading => ({
          invoiceRefNbr: textOf(line, "SiteId"),
          amount: amount(line, "CuryTranAmt"),
          ...(isSameId(textOf(line, "CostType"), "DM") ? { type: "DM" } : {}),
        }),
      ),
    applyingBatNbr: textOf(row, "ApplBatNbr").trim(),
  };
}

function appliedReading(row: WireRow, lines: readonly WireRow[]): AppliedReading {
  const currency = textOf(row, "CuryId").trim();
  return {
    type: textOf(row, "DocType").toUpperCase(),
    customerId: textOf(row, "CustId"),
    refNbr: textOf(row, "RefNbr"),
    lines: linesOf(row, lines)
      .filter((line) => textOf(line, "DrCr") === "U")
      .map((line) => ({
        type: textOf(line, "CostType").toUpperCase(),
        refNbr: textOf(line, "SiteId"),
        amount: fromWire(textOf(line, "CuryTranAmt"), currency),
      })),
  };
}

/** The lines of a document among those of its screen. */
function linesOf(row: WireRow, lines: readonly WireRow[]): readonly WireRow[] {
  return lines.filter(
    (line) =>
      isSameId(textOf(line, "TranType"), textOf(row, "DocType")) &&
      isSameId(textOf(line, "RefNbr"), textOf(row, "RefNbr")) &&
      isSameId(textOf(line, "CustId"), textOf(row, "CustId")),
  );
}

async function readBoth(
  site: Site,
  { screen, batNbr }: ReceivablesBatch,
  signal: AbortSignal | undefined,
): Promise<Reading> {
  // 08.030 has no list of its own; the batch number is one of receivables, whatever the screen.
  const service = screen === "invoice" ? "invoiceAndMemo" : "paymentEntry";
  const row = await readScreen(site, screen, batNbr, signal);
  const listed = await site.client.call(
    service,
    "getARDocsByBatNbrAndRefNbr",
    { batNbr, refNbr: "" },
    { kind: "read", signal },
  );
  const documents = asRows(listed).filter(
    (document) => isSameId(textOf(document, "BatNbr"), batNbr) && textOf(document, "RefNbr") !== "",
  );
  return { screen: row, documents, applied: await readApplied(site, batNbr, { row, signal }) };
}

/**
 * A screen shows one document: where that is another batch's, all that the batch applies is listed,
 * since a second one must never be applied unseen.
 */
async function readApplied(
  site: Site,
  batNbr: string,
  shown: Readonly<{ row: WireRow | undefined; signal: AbortSignal | undefined }>,
): Promise<readonly WireRow[]> {
  const document = asRow(shown.row?.myARDoc);
  const isOther =
    textOf(document, "RefNbr") !== "" && !isSameId(textOf(document, "BatNbr"), batNbr);
  if (!isOther) return [];
  const listed = await site.client.call(
    "paymentApplication",
    "getARDocsByApplBatNbrAndRefNbr",
    { applBatNbr: batNbr, refNbr: "" },
    { kind: "read", signal: shown.signal },
  );
  return asRows(listed).filter((row) => isSameId(textOf(row, "ApplBatNbr"), batNbr));
}

/**
 * Where the screen shows a document of the batch the list has it too, and the other way round. A
 * document that the batch only applies stands in another batch.
 */
function isConsistent({ screen, documents }: Reading): boolean {
  const shown = asRow(screen?.myARDoc);
  const refNbr = textOf(shown, "RefNbr");
  const batNbr = textOf(asRow(screen?.myBatch), "BatNbr");
  const isOwn = refNbr !== "" && isSameId(textOf(shown, "BatNbr"), batNbr);
  if (!isOwn) return documents.length === 0;
  return documents.some(
    (document) =>
      isSameId(textOf(document, "RefNbr"), refNbr) &&
      isSameId(textOf(document, "DocType"), textOf(shown, "DocType")),
  );
}

import { HubError } from "../../base/errors.ts";
import { toDecimal } from "../../base/money.ts";
import type { ApplicationDraft, ApplicationRow, DocumentNumber } from "../port.ts";
import { allRows } from "./all-rows.ts";
import { applicationRow, appliedColumns, batchRow, headOf } from "./document-rows.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { isLastPage } from "./last-page.ts";
import { releasedRow } from "./read-released.ts";
import type { Site } from "./site.ts";
import { equals, PAGE_ROWS, queryView, VIEW } from "./views.ts";
import { flagOf, fromWire, isSameId, numberFromWire, textOf, toWire } from "./wire-values.ts";

/** A currency of three decimals. */
const MOST_DECIMALS = "KWD";

/** The screen that applies a released document: the document as SL shows it, with new lines. */
export async function applicationScreen(
  site: Site,
  template: WireRow,
  what: Readonly<{ batNbr: string; draft: ApplicationDraft; signal: AbortSignal | undefined }>,
): Promise<WireRow> {
  const { batNbr, signal } = what;
  const { customerId, payer } = what.draft;
  const row = await releasedRow(site, { ...payer, customerId }, signal);
  if (row === undefined) {
    const name = `${payer.type} ${payer.refNbr}`;
    throw new HubError("erp.not_found", `SL shows no released ${name} of customer ${customerId}`, {
      facts: { customerId, refNbr: payer.refNbr },
    });
  }
  const draft = atRateOf(row, what.draft);
  return {
    // The batch holds no document of its own, so its totals are zero.
    myBatch: { ...batchRow(site, template, headOf(draft)), BatNbr: batNbr },
    myARDoc: { ...row, ...appliedColumns(draft, batNbr) },
    myARTran: draft.applications.map((application, index) =>
      applicationRow(site, template, draft, { batNbr, index, application }),
    ),
  };
}

/** What is applied of a document in another currency is worth what the document itself is. */
function atRateOf(row: WireRow, draft: ApplicationDraft): ApplicationDraft {
  const { rate } = draft;
  const value = textOf(row, "CuryRate");
  if (rate === undefined || !/[1-9]/.test(value)) return draft;
  const multDiv = isSameId(textOf(row, "CuryMultDiv"), "D") ? "D" : "M";
  return { ...draft, rate: { ...rate, value: numberFromWire(value), multDiv } };
}

/** One call that applies and releases; see `ErpConnector.applyAtOnce`. */
export async function applyAtOnce(
  site: Site,
  draft: ApplicationDraft,
  signal: AbortSignal | undefined,
): Promise<void> {
  const write = { kind: "write", signal } as const;
  const [line, second] = draft.applications;
  if (line === undefined || second !== undefined) {
    throw new HubError("bug.assertion", "applyPayment takes one invoice at a time");
  }
  const args = {
    actionType: "ADD",
    custID: draft.customerId,
    paymentRefNbr: draft.payer.refNbr,
    invoiceRefNbr: line.refNbr,
    applyAmount: toWire(line.amount),
  };
  const answer = asRow(await site.client.call("paymentApplication", "applyPayment", args, write));
  const code = String(answer?.errorCode ?? "").trim();
  if (code === "0") return;
  throw new HubError("erp.refused", `SL refused the application with error ${code || "none"}`, {
    facts: { errorCode: code },
  });
}

/**
 * What these documents of a customer have paid, or were paid by; see
 * `ErpConnector.listApplications`. Most customers have few, which are one page; of one whom all
 * shoppers are booked on, each number is asked for by itself.
 */
export async function listApplications(
  site: Site,
  of: Readonly<{ customerId: string; documents: readonly DocumentNumber[] }>,
  signal: AbortSignal | undefined,
): Promise<readonly ApplicationRow[]> {
  const { customerId, documents } = of;
  const isAmong = (one: DocumentNumber) => documents.some((document) => isSame(one, document));
  const isWanted = (row: ApplicationRow) =>
    isSameId(row.customerId, customerId) && (isAmong(row.payer) || isAmong(row.target));
  const ofCustomer = equals("CustId", customerId);
  const query = { filters: [ofCustomer], page: 1, rows: PAGE_ROWS };
  const first = await queryView(site, VIEW.applications, query, signal);
  if (isLastPage(first, PAGE_ROWS)) return first.map(applicationOf).filter(isWanted);
  const found: ApplicationRow[] = [];
  for (const refNbr of new Set(documents.map((document) => document.refNbr.trim()))) {
    const rowsWith = async (side: "AdjgRefNbr" | "AdjdRefNbr") => {
      const filters = [ofCustomer, equals(side, refNbr)];
      return (await allRows(site, VIEW.applications, filters, signal)).map(applicationOf);
    };
    const paying = await rowsWith("AdjgRefNbr");
    const paid = await rowsWith("AdjdRefNbr");
    found.push(...paying.filter((row) => isAmong(row.payer)));
    // One between two of the documents was found by its payer.
    found.push(...paid.filter((row) => isAmong(row.target) && !isAmong(row.payer)));
  }
  return found.filter(isWanted);
}

function isSame(a: DocumentNumber, b: DocumentNumber): boolean {
  return isSameId(a.type.trim(), b.type.trim()) && isSameId(a.refNbr.trim(), b.refNbr.trim());
}

function applicationOf(row: WireRow): ApplicationRow {
  return {
    customerId: textOf(row, "CustId"),
    payer: { type: textOf(row, "AdjgDocType").toUpperCase(), refNbr: textOf(row, "AdjgRefNbr") },
    target: { type: textOf(row, "AdjdDocType").toUpperCase(), refNbr: textOf(row, "AdjdRefNbr") },
    batNbr: textOf(row, "AdjBatNbr").trim(),
    amount: fromWire(textOf(row, "CuryAdjgAmt"), textOf(row, "CuryAdjdCuryId").trim()),
    // The view does not tell the base currency; none has more decimals, and behind them is noise.
    realised: toDecimal(fromWire(textOf(row, "CuryRGOLAmt") || "0", MOST_DECIMALS)),
    isPending: flagOf(row, "Pending"),
  };
}

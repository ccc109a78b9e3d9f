import { isCurrency } from "../../base/currency.ts";
import { isIntentKey } from "../../base/ids.ts";
import { type Money, money, subtract, sum } from "../../base/money.ts";
import type {
  ErpConnector,
  GlAccount,
  KeyedPage,
  LedgerBalance,
  LedgerLine,
  LedgerQuery,
  UnreleasedLine,
} from "../port.ts";
import { allRows } from "./all-rows.ts";
import { batchStateOf } from "./batch-state.ts";
import type { UsedColumn } from "./contract-usage.ts";
import type { WireRow } from "./envelope.ts";
import { isLastPage } from "./last-page.ts";
import type { Site } from "./site.ts";
import { equals, type Filter, ofBatches, ofCompany, PAGE_ROWS, queryView, VIEW } from "./views.ts";
import { dateFromWire, fromWire, isSameId, textOf } from "./wire-values.ts";

/** The reads of the ledger that a proof needs. */
export function ledgerReads(
  site: Site,
): Pick<
  ErpConnector,
  "ledgerBalance" | "listLedgerLines" | "listBatchLines" | "listUnreleasedLines"
> {
  return {
    ledgerBalance: (account, currency, until, signal) =>
      ledgerBalance(site, { account, currency, until }, signal),
    listLedgerLines: (of, page, signal) =>
      listLines(site, { filters: ofAccount(site, of), page }, signal),
    listBatchLines: ({ module, ofOurs, ...span }, page, signal) => {
      const own = { ...equals(`Doc${site.keyField}`, ""), comparisonType: "<>" };
      const filters = [ofCompany(site), equals("Module", module), ...ofBatches(span)];
      return listLines(site, { filters: ofOurs ? [...filters, own] : filters, page }, signal);
    },
    listUnreleasedLines: (account, page, signal) =>
      listUnreleasedLines(site, { account, page }, signal),
  };
}

/** What an account held at the end of a day; see `ErpConnector.ledgerBalance`. */
async function ledgerBalance(
  site: Site,
  wanted: Readonly<{ account: GlAccount; currency: string; until: string }>,
  signal: AbortSignal | undefined,
): Promise<LedgerBalance> {
  const { account, currency, until } = wanted;
  const filters = ofAccount(site, { ...account, until });
  const rows = await allRows(site, VIEW.ledgerBalance, filters, signal);
  const counted = rows.flatMap((row) => countedIn(row, currency));
  const periods = [...new Set(counted.map(({ period }) => period))].sort();
  const total = (of: typeof counted, side: "debit" | "credit") =>
    sum(
      of.map((one) => one[side]),
      currency,
    );
  const lines = counted.reduce((count, one) => count + one.lines, 0);
  const all = rows.reduce((count, row) => count + Number(textOf(row, "LineCount")), 0);
  const debit = total(counted, "debit");
  const credit = total(counted, "credit");
  return {
    currency,
    debit,
    credit,
    balance: subtract(debit, credit),
    base: baseOf(counted, currency),
    lines,
    otherLines: all - lines,
    periods: periods.map((period) => {
      const of = counted.filter((one) => one.period === period);
      return { period, debit: total(of, "debit"), credit: total(of, "credit") };
    }),
  };
}

/** Released lines; see `ErpConnector.listLedgerLines`. */
async function listLines(
  site: Site,
  { filters, page }: Readonly<{ filters: readonly Filter[]; page: number }>,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<LedgerLine>> {
  const query = { filters, page, rows: PAGE_ROWS };
  const rows = await queryView(site, VIEW.ledgerDetail, query, signal);
  const lines = rows.map((row) => ({
    ...entryReading(site, row, "Doc"),
    isPosted: isSameId(textOf(row, "Posted"), "P"),
    description: textOf(row, "TranDesc").trim(),
    reference: textOf(row, "ExtRefNbr").trim(),
    enteredBy: textOf(row, "Crtd_User").trim(),
  }));
  return { rows: lines, isLast: isLastPage(rows, PAGE_ROWS) };
}

/** What unreleased batches would book on an account; see `ErpConnector.listUnreleasedLines`. */
async function listUnreleasedLines(
  site: Site,
  { account, page }: Readonly<{ account: GlAccount; page: number }>,
  signal: AbortSignal | undefined,
): Promise<KeyedPage<UnreleasedLine>> {
  const query = { filters: ofAccount(site, account), page, rows: PAGE_ROWS };
  const rows = await queryView(site, VIEW.unreleased, query, signal);
  const lines = rows.map((row) => ({
    ...entryReading(site, row, ""),
    state: batchStateOf(row).state,
  }));
  return { rows: lines, isLast: isLastPage(rows, PAGE_ROWS) };
}

function ofAccount(site: Site, { account, subaccount, from, until }: LedgerQuery): Filter[] {
  const since = from === undefined ? [] : [{ ...equals("TranDate", from), comparisonType: ">=" }];
  const to = until === undefined ? [] : [{ ...equals("TranDate", until), comparisonType: "<=" }];
  return [ofCompany(site), equals("Acct", account), equals("Sub", subaccount), ...since, ...to];
}

/** A row of sums in the wanted currency; none where its lines are in another one. */
function countedIn(row: WireRow, currency: string) {
  const base = textOf(row, "BaseCuryID").trim().toUpperCase();
  const isBase = base === currency;
  if (!isBase && textOf(row, "CuryId").trim().toUpperCase() !== currency) return [];
  const amount = (column: UsedColumn) => fromWire(textOf(row, column), currency);
  const [debit, credit] = isBase
    ? [amount("DrAmt"), amount("CrAmt")]
    : [amount("CuryDrAmt"), amount("CuryCrAmt")];
  const inBase = (column: UsedColumn) => fromWire(textOf(row, column), base || currency);
  return [
    {
      debit,
      credit,
      base: subtract(inBase("DrAmt"), inBase("CrAmt")),
      period: textOf(row, "PerPost").trim(),
      lines: Number(textOf(row, "LineCount")),
    },
  ];
}

function baseOf(counted: readonly Readonly<{ base: Money }>[], currency: string): Money {
  const [first] = counted;
  if (first === undefined) return money(0, currency);
  return sum(
    counted.map(({ base }) => base),
    first.base.currency,
  );
}

/** @param prefix of the columns that hold the user fields of the line's document */
function entryReading(site: Site, row: WireRow, prefix: "Doc" | "") {
  const own = textOf(row, "CuryId").trim().toUpperCase();
  const base = textOf(row, "BaseCuryID").trim().toUpperCase();
  const baseDebit = fromWire(textOf(row, "DrAmt"), base);
  const baseCredit = fromWire(textOf(row, "CrAmt"), base);
  // What people type without a currency, or in one of the company alone, is told all the same.
  const [debit, credit] = isCurrency(own)
    ? [fromWire(textOf(row, "CuryDrAmt"), own), fromWire(textOf(row, "CuryCrAmt"), own)]
    : [baseDebit, baseCredit];
  const key = textOf(row, `${prefix}${site.keyField}`).trim();
  const isOurs = isIntentKey(key);
  const ownId = textOf(row, site.idField).trim();
  return {
    module: textOf(row, "Module").trim(),
    batNbr: textOf(row, "BatNbr").trim(),
    lineNumber: textOf(row, "LineNbr").trim(),
    type: textOf(row, "TranType").trim().toUpperCase(),
    refNbr: textOf(row, "RefNbr").trim(),
    customerId: textOf(row, "CustId").trim(),
    account: { account: textOf(row, "Acct").trim(), subaccount: textOf(row, "Sub") },
    date: dateFromWire(textOf(row, "TranDate")),
    period: textOf(row, "PerPost").trim(),
    ...{ debit, credit, baseDebit, baseCredit },
    key: isOurs ? key : "",
    stripeId: isOurs ? ownId || textOf(row, `${prefix}${site.idField}`).trim() : "",
  };
}

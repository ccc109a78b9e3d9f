import { expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type {
  ApplicationRow,
  BatchReading,
  DocumentReading,
  ErpConnector,
  WholeLineReading,
} from "../../erp/port.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import { documentContent, journalContent } from "./found-again.ts";

const settings = someSettings();
const usd = (minor: number) => money(minor, "USD");
const account = (number: string) => ({ account: number, subaccount: "000000000000" });

const line = (minor: number, more: Partial<WholeLineReading> = {}): WholeLineReading => ({
  ...{ amount: usd(minor), sales: account("4020"), itemId: "CONSULT" },
  ...{ quantity: "2", unitPrice: "30", description: "Hours", isTax: false },
  ...more,
});

function aDocument(type: string, more: Partial<DocumentReading> = {}): DocumentReading {
  return {
    ...{ type, key: "IT4PQTTDTWAMU52GWG2TNZ6DAP", stripeId: "pi_1", customerId: "C300 " },
    ...{ refNbr: "000012", batNbr: "000412", currency: "USD", amount: usd(6_000) },
    ...{ balance: usd(0), own: account("1200"), documentDate: "2026-03-10", period: "202603" },
    ...{ isReleased: true, lines: [], applications: [], applyingBatNbr: "" },
    ...more,
  };
}

/** An SL whose batch shows these documents, and whose view shows these applications. */
function aPair(
  documents: readonly DocumentReading[],
  applications: readonly ApplicationRow[] | "no view" = [],
  columns: Readonly<Record<string, string>> = {},
) {
  const erp = {
    readColumns: async () => columns,
    capabilities: { "find-applications": applications === "no view" ? "no" : "yes" },
    readBatch: async () => ({ documents }),
    readReleased: async () => aDocument("IN", { own: account("1210") }),
    listApplications: async () => applications,
  };
  return { erp: erp as unknown as ErpConnector, settings };
}

const applied = (minor: number, more: Partial<ApplicationRow> = {}): ApplicationRow => ({
  ...{ customerId: "C300", batNbr: "000413", amount: usd(minor) },
  ...{ realised: "0", isPending: false },
  payer: { type: "PA", refNbr: "000012" },
  target: { type: "IN", refNbr: "000011" },
  ...more,
});

const TAX = { taxId: "NYTAX", amount: usd(480), taxable: usd(6_000) };

test("of an invoice its lines come back with their taxes, without SL's tax lines", async () => {
  const taxed = line(6_000, { taxes: [TAX] });
  const own = line(480, { sales: account("2200"), itemId: "", isTax: true });
  const shown = aDocument("IN", { amount: usd(6_480), lines: [taxed, own], taxes: [TAX] });

  const draft = await documentContent(aPair([shown]), aDocument("IN", { amount: usd(6_480) }));

  const { isTax: _, ...entered } = taxed;
  expect(draft).toMatchObject({
    ...{ kind: "invoice", customerId: "C300", total: usd(6_480), receivable: account("1200") },
    ...{ documentDate: "2026-03-10", period: "202603", lines: [entered] },
  });
});

test("of a payment its account comes back, and what it has paid with that one's", async () => {
  const other = applied(900, { payer: { type: "PA", refNbr: "000099" } });
  const pending = applied(900, { isPending: true });
  const rows = [applied(6_000), other, pending];

  const draft = await documentContent(aPair([], rows), aDocument("PA", { own: account("1095") }));

  expect(draft).toMatchObject({
    ...{ kind: "payment", type: "PA", amount: usd(6_000), cash: account("1095") },
    applications: [{ invoiceRefNbr: "000011", amount: usd(6_000), receivable: account("1210") }],
  });
});

test("money of an order comes back with the order's number", async () => {
  const shown = aDocument("PP", { balance: usd(6_000), salesOrder: "O000123" });

  const draft = await documentContent(aPair([]), shown);

  expect(draft).toMatchObject({ type: "PP", salesOrder: "O000123", applications: [] });
});

const WHOLE = aDocument("CM", { lines: [line(6_000)] });
const SHORT = aDocument("CM", { lines: [line(5_900)] });
const UNTAXED = aDocument("CM", { lines: [line(6_000)], taxes: [TAX] });

test.each<[string, DocumentReading, ReturnType<typeof aPair>, string]>([
  ["lines that do not add up", WHOLE, aPair([SHORT]), "those that it shows make 59.00 USD"],
  ["taxes that no line has", WHOLE, aPair([UNTAXED]), "the taxes of its lines"],
  ["a second document in its batch", WHOLE, aPair([WHOLE, WHOLE]), "the only document"],
  ["no view of applications", aDocument("PA"), aPair([], "no view"), "xslw_Applications"],
  ["fewer applications", aDocument("PA"), aPair([], [applied(500)]), "5.00 USD of 60.00 USD"],
  ["no rate", aDocument("IN", { currency: "EUR" }), aPair([]), "the rate of exchange"],
])("%s is refused with the reason", async (_name, found, pair, reason) => {
  await expect(documentContent(pair, found)).rejects.toMatchObject({
    code: "reverse.unsupported",
    message: expect.stringContaining(reason) as unknown,
  });
});

const entry = (side: "debit" | "credit", minor: number, date: string) => ({
  ...{ account: account("1095"), side, amount: usd(minor), date },
  ...{ stripeId: "txn_1", reference: "", description: "Fee" },
});

function aJournal(minor: number): BatchReading {
  return {
    ...{ batNbr: "000101", key: "K", state: "posted", isReleased: true, period: "202603 " },
    ...{ currency: "USD", documents: [], applied: [] },
    journal: {
      ...{ stripeId: "po_1", isPostedInDetail: true },
      lines: [entry("debit", 500, "2026-03-12"), entry("credit", minor, "2026-03-10")],
    },
  };
}

test("of a journal every line comes back, and the journal has the last of their days", async () => {
  const draft = await journalContent(aPair([]), aJournal(500));

  expect(draft).toMatchObject({
    ...{ kind: "journal", stripeId: "po_1", documentDate: "2026-03-12", period: "202603" },
    lines: aJournal(500).journal?.lines,
  });
});

test("of a journal the line on the account of the bank is told as such", async () => {
  const pair = {
    ...aPair([]),
    settings: someSettings({ "accounts.bank": { USD: "1010/000000000000" } }),
  };
  const lines = [
    { ...entry("debit", 500, "2026-03-12"), account: account("1010") },
    entry("credit", 500, "2026-03-12"),
  ];

  const draft = await journalContent(pair, {
    ...aJournal(500),
    journal: { stripeId: "po_1", isPostedInDetail: true, lines },
  });

  expect(draft.lines.map(({ role }) => role)).toEqual(["bank", undefined]);
});

test("a journal whose sides differ in SL is refused", async () => {
  await expect(journalContent(aPair([]), aJournal(499))).rejects.toThrow("sides differ by 0.01");
});

test("of what is in another currency SL's rate comes back, with its type and day", async () => {
  const columns = {
    ...{ CuryRate: "1.0831", CuryMultDiv: "M", CuryRateType: "SPOT", CuryEffDate: "2026-03-10" },
  };
  const eur = { amount: money(6_000, "EUR"), balance: money(6_000, "EUR"), currency: "EUR" };

  const draft = await documentContent(aPair([], [], columns), aDocument("PA", eur));

  expect(draft.rate).toEqual({
    ...{ value: "1.0831", multDiv: "M", base: "USD", type: "SPOT", date: "2026-03-10" },
  });
});

import { toDecimal } from "../../../base/money.ts";
import type { ProbeFinding } from "../../port.ts";
import { readCustomer } from "../customers.ts";
import { asRow, asRows, type WireRow } from "../envelope.ts";
import { queryView, VIEW } from "../views.ts";
import { fromWire, isSameId } from "../wire-values.ts";
import { CannotAsk, no, noBy, type Question, tried, yes } from "./asking.ts";
import { cell, nameOf, type ProbeBench } from "./bench.ts";
import { heldDocument } from "./held.ts";

type Signal = AbortSignal | undefined;

/** No site has this rate by itself, nor this tax on a unit of a hundred. */
const RATE = 1.23456;
const NET = 100;
const TAX = 37;

/** Questions about amounts that SL may compute anew: asked with invoices on hold. */
export function valueQuestions(bench: ProbeBench): Question[] {
  const writes = "held documents";
  return [
    {
      name: "supplied-tax",
      does: "saves an invoice on hold with a tax that no rate gives",
      writes,
      yes: "tax can be booked with SL's tax ids, as Stripe has it",
      no: "tax is booked as a line of its own",
      cure: "Keep tax: line.",
      ask: (signal) => askTax(bench, signal),
    },
    {
      name: "foreign-currency",
      does: "saves an invoice on hold in a currency that is not the customer's",
      writes,
      yes: "customers are booked in the currency in which they pay",
      no: "only customers of that currency are booked in it",
      cure: "Give customers that pay in other currencies a customer record of that currency.",
      ask: async (signal) => {
        const end = await foreignInvoice(bench, signal);
        return "refused" in end ? noBy(end.refused) : yes(`${nameOf(end.done)} was saved`);
      },
    },
    {
      name: "supplied-rate",
      does: "saves an invoice on hold with a rate that SL does not have",
      writes,
      yes: "Stripe's own rate values the document",
      no: "SL's rate values the document, and the difference is booked apart",
      cure: "Set accounts.bridge, or book-in: settlement, where Stripe converts what is paid.",
      ask: (signal) => askRate(bench, signal),
    },
  ];
}

async function askTax(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const taxId = await someTax(bench, signal);
  const [net, tax] = [toDecimal(bench.unit(NET)), toDecimal(bench.unit(TAX))];
  const change = (screen: WireRow): WireRow => ({
    ...screen,
    myARDoc: {
      ...asRow(screen.myARDoc),
      TaxId00: taxId,
      CuryTaxTot00: tax,
      TaxTot00: tax,
      CuryTxblTot00: net,
      TxblTot00: net,
    },
    myARTran: asRows(screen.myARTran).map((line) => ({
      ...line,
      CuryTranAmt: net,
      TranAmt: net,
      CuryUnitPrice: net,
      UnitPrice: net,
      TaxId00: taxId,
      TaxCalced: "Y",
      CuryTaxAmt00: tax,
      TaxAmt00: tax,
      CuryTxblAmt00: net,
      TxblAmt00: net,
    })),
  });
  // A plain invoice passes, so a refusal speaks of the tax.
  await heldDocument(bench, "IN", signal);
  const end = await tried(() => bench.hold("IN", { minor: NET + TAX, change }, signal));
  if ("refused" in end) return noBy(end.refused);
  const row = asRow((await bench.read(end.done, signal)).myARDoc);
  const amountOf = (name: string) => fromWire(cell(row, name) || "0", bench.settings.currency);
  const [total, kept] = [amountOf("CuryOrigDocAmt"), amountOf("CuryTaxTot00")];
  const found = `tax ${toDecimal(kept)}, total ${toDecimal(total)} on ${nameOf(end.done)}`;
  const isKept = kept.minor === BigInt(TAX) && total.minor === BigInt(NET + TAX);
  return isKept ? yes(found) : no(`${found}; sent was tax ${tax}`);
}

async function someTax(bench: ProbeBench, signal: Signal): Promise<string> {
  const args = { currentPageNumber: "1", pageSize: "100", parms: [] };
  const options = { kind: "read", signal } as const;
  const rows = asRows(await bench.site.client.call("common", "getSalesTaxes", args, options));
  const tax = rows.find((row) => cell(row, "TaxId") !== "" && Number(cell(row, "TaxRate")) > 0);
  if (tax === undefined) throw new CannotAsk("it needs a sales tax, of which SL lists none");
  return cell(tax, "TaxId");
}

function foreignInvoice(bench: ProbeBench, signal: Signal) {
  return bench.once("foreign IN", async () => {
    const { foreignCurrency, customerId } = bench.settings;
    if (foreignCurrency === "") throw new CannotAsk("it needs --foreign-currency");
    await assertCurrencies(bench, signal);
    // A plain invoice passes, so a refusal speaks of the currency.
    await heldDocument(bench, "IN", signal);
    const customer = await readCustomer(bench.site, customerId, signal);
    if (customer !== undefined && isSameId(customer.currency, foreignCurrency)) {
      throw new CannotAsk(`customer ${customerId} trades in ${foreignCurrency} itself`);
    }
    const rated = { CuryId: foreignCurrency, CuryRate: String(RATE), CuryMultDiv: "M" };
    const base = toDecimal(bench.unit(Math.round(NET * RATE)));
    const change = (screen: WireRow): WireRow => ({
      ...screen,
      myBatch: { ...asRow(screen.myBatch), ...rated, CrTot: base, CtrlTot: base },
      myARDoc: { ...asRow(screen.myARDoc), ...rated, OrigDocAmt: base, DocBal: base },
      myARTran: asRows(screen.myARTran).map((line) => ({ ...line, ...rated, TranAmt: base })),
    });
    return tried(() => bench.hold("IN", { minor: NET, change }, signal));
  });
}

async function askRate(bench: ProbeBench, signal: Signal): Promise<ProbeFinding> {
  const end = await foreignInvoice(bench, signal);
  if ("refused" in end) throw new CannotAsk(`it needs a foreign document: ${end.refused}`);
  const row = asRow((await bench.read(end.done, signal)).myARDoc);
  const rate = Number(cell(row, "CuryRate"));
  const isKept = Math.abs(rate - RATE) < 1e-6;
  const found = `rate ${rate} on ${nameOf(end.done)}`;
  return isKept ? yes(found) : no(`${found}; sent was ${RATE}`);
}

/** Where the set-up view is there it tells whether SL keeps currencies at all. */
async function assertCurrencies(bench: ProbeBench, signal: Signal): Promise<void> {
  const query = { filters: [], page: 1, rows: 1 };
  const setup = await tried(() => queryView(bench.site, VIEW.setup, query, signal));
  const isKnown = "done" in setup && setup.done[0] !== undefined;
  if (isKnown && Number(cell(setup.done[0], "MCActive")) === 0) {
    throw new CannotAsk("multi-currency is not active in SL (GLSetup.MCActive)");
  }
}

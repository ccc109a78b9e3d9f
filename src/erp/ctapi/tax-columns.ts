import type { Money } from "../../base/money.ts";
import { worthOf } from "../../base/rate.ts";
import type { DocumentRate, InvoiceDraft, InvoiceLineDraft, LineTax, MemoDraft } from "../port.ts";
import { taxTotals } from "../taxes.ts";
import type { ArDocColumn, ArTranColumn } from "./contract-columns.ts";
import type { WireRow } from "./envelope.ts";
import { fromWire, textOf, toWire } from "./wire-values.ts";

/** SL keeps up to four taxes on a line and on its document. */
const SLOTS = ["00", "01", "02", "03"] as const;

type Slot = (typeof SLOTS)[number];

/** Whether a document has taxes of SL's own ids; without any, its columns stay as SL has them. */
export function isTaxed(draft: InvoiceDraft | MemoDraft): boolean {
  return draft.lines.some(({ taxes = [] }) => taxes.length > 0);
}

/** The tax totals of a document by id. */
export function documentTaxes(
  draft: InvoiceDraft | MemoDraft,
): Readonly<Partial<Record<ArDocColumn, string>>> {
  const { lines, rate } = draft;
  return inSlots(taxTotals(lines), ({ taxId, amount, taxable }, slot) => ({
    [`TaxId${slot}`]: taxId,
    [`CuryTaxTot${slot}`]: toWire(amount),
    [`TaxTot${slot}`]: worth(amount, rate),
    [`CuryTxblTot${slot}`]: toWire(taxable),
    [`TxblTot${slot}`]: worth(taxable, rate),
  }));
}

/** The taxes of a line. With `TaxCalced` SL keeps the amounts; every line says so, or none. */
export function lineTaxes(
  { taxes = [] }: InvoiceLineDraft,
  rate: DocumentRate | undefined,
): Readonly<Partial<Record<ArTranColumn, string>>> {
  return {
    TaxCalced: "Y",
    ...inSlots(taxes, ({ taxId, amount, taxable }, slot) => ({
      [`TaxId${slot}`]: taxId,
      [`CuryTaxAmt${slot}`]: toWire(amount),
      [`TaxAmt${slot}`]: worth(amount, rate),
      [`CuryTxblAmt${slot}`]: toWire(taxable),
      [`TxblAmt${slot}`]: worth(taxable, rate),
    })),
  };
}

function worth(amount: Money, rate: DocumentRate | undefined): string {
  return toWire(rate === undefined ? amount : worthOf(amount, rate));
}

function inSlots(
  taxes: readonly LineTax[],
  columns: (tax: LineTax, slot: Slot) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...SLOTS.flatMap((slot, index) => {
      const tax = taxes[index];
      return tax === undefined ? [] : [columns(tax, slot)];
    }),
  ) as Readonly<Record<string, string>>;
}

/** The taxes of a document's row, or of a line's, as SL holds them. */
export function readTaxes(
  row: WireRow,
  currency: string,
  kind: "Tot" | "Amt",
): Readonly<{ taxes?: readonly LineTax[] }> {
  const taxes = SLOTS.flatMap((slot): LineTax[] => {
    const taxId = textOf(row, `TaxId${slot}`).trim();
    if (taxId === "") return [];
    const amount = (column: `CuryTax${"Tot" | "Amt"}${Slot}` | `CuryTxbl${"Tot" | "Amt"}${Slot}`) =>
      fromWire(textOf(row, column) || "0", currency);
    return [
      {
        taxId,
        amount: amount(`CuryTax${kind}${slot}`),
        taxable: amount(`CuryTxbl${kind}${slot}`),
      },
    ];
  });
  return taxes.length === 0 ? {} : { taxes };
}

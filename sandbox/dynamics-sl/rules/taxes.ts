import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, rateOf, roundTo, sumOf, toBase } from "./amounts.ts";

/** SL keeps up to four taxes on a line and on its document. */
const TAX_SLOTS = ["00", "01", "02", "03"] as const;

/** What taxes make of a document. */
export type TaxTotals = Readonly<{
  /** `TaxId00..`, `CuryTaxTot00..`, `CuryTxblTot00..` and base twins of the document. */
  columns: Row;
  /** Lines plus tax, where SL computed the tax itself. */
  documentTotal: number | undefined;
}>;
/** Lines with their taxes and what these make of the document. */
export type TaxedLines = Readonly<{ lines: readonly Row[]; totals: TaxTotals }>;

/**
 * Keeps the tax that was sent with `TaxCalced` Y, or computes each line's tax from SalesTax.
 *
 * A tax id that SalesTax does not know stays as it is: release refuses it (12348).
 */
export function taxedLines(world: World, header: Row, lines: readonly Row[]): TaxedLines {
  const isTaxed = lines.some((line) => TAX_SLOTS.some((slot) => text(line, `TaxId${slot}`) !== ""));
  if (!isTaxed) return { lines, totals: { columns: {}, documentTotal: undefined } };
  const isKept =
    world.switches.taxCalcedHonoured && lines.every((line) => text(line, "TaxCalced") === "Y");
  if (isKept) return { lines, totals: { columns: {}, documentTotal: undefined } };
  const computed = lines.map((line) => computedLine(world, line));
  const columns = documentTotals(world, header, computed);
  const decimals = decimalsOf(world, text(header, "CuryId"));
  const net = computed.map((line) => num(line, "CuryTranAmt"));
  const tax = TAX_SLOTS.map((slot) => num(columns, `CuryTaxTot${slot}`));
  return {
    lines: computed,
    totals: { columns, documentTotal: sumOf([...net, ...tax], decimals) },
  };
}

function computedLine(world: World, line: Row): Row {
  const decimals = decimalsOf(world, text(line, "CuryId"));
  const columns: Record<string, string | number> = { TaxCalced: "Y" };
  for (const slot of TAX_SLOTS) {
    const tax = world.store.get("SalesTax", "T", text(line, `TaxId${slot}`));
    const taxable = tax === undefined ? 0 : num(line, "CuryTranAmt");
    const amount = roundTo((taxable * num(tax, "TaxRate")) / 100, decimals);
    columns[`CuryTaxAmt${slot}`] = amount;
    columns[`CuryTxblAmt${slot}`] = taxable;
    columns[`TaxAmt${slot}`] = toBase(world, amount, rateOf(line));
    columns[`TxblAmt${slot}`] = toBase(world, taxable, rateOf(line));
  }
  return { ...line, ...columns };
}

/** Sums the lines' taxes by tax id, in the order they are first seen, into the document's slots. */
function documentTotals(world: World, header: Row, lines: readonly Row[]): Row {
  const decimals = decimalsOf(world, text(header, "CuryId"));
  const byTax = new Map<string, { tax: number[]; taxable: number[] }>();
  for (const line of lines) {
    for (const slot of TAX_SLOTS) {
      const id = text(line, `TaxId${slot}`);
      if (id === "") continue;
      const sums = byTax.get(id) ?? { tax: [], taxable: [] };
      sums.tax.push(num(line, `CuryTaxAmt${slot}`));
      sums.taxable.push(num(line, `CuryTxblAmt${slot}`));
      byTax.set(id, sums);
    }
  }
  const columns: Record<string, string | number> = {};
  for (const [index, [id, sums]] of [...byTax].slice(0, TAX_SLOTS.length).entries()) {
    const slot = TAX_SLOTS[index] ?? "00";
    const tax = sumOf(sums.tax, decimals);
    const taxable = sumOf(sums.taxable, decimals);
    columns[`TaxId${slot}`] = id;
    columns[`CuryTaxTot${slot}`] = tax;
    columns[`CuryTxblTot${slot}`] = taxable;
    columns[`TaxTot${slot}`] = toBase(world, tax, rateOf(header));
    columns[`TxblTot${slot}`] = toBase(world, taxable, rateOf(header));
  }
  return columns;
}

/** The tax of a document by id: what release books on each tax's account. */
export function taxesOf(document: Row): readonly Readonly<{ taxId: string; slot: string }>[] {
  return TAX_SLOTS.filter((slot) => text(document, `TaxId${slot}`) !== "").map((slot) => ({
    taxId: text(document, `TaxId${slot}`),
    slot,
  }));
}

import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, rateOf, roundTo, sumOf, toBase } from "../amounts.ts";

const TAX_SLOTS = ["00", "01", "02", "03"] as const;

/** What a total is made from: of an order what was ordered, of a shipper what is shipped. */
export type TotalParts = Readonly<{
  /** Header columns `CuryID`, rate and `TaxID00..03`. */
  header: Row;
  /** Net amount of each line and whether it is taxed. */
  lines: readonly Readonly<{ amount: number; isTaxed: boolean }>[];
  charges: readonly Readonly<{ amount: number; isTaxed: boolean }>[];
  freight: number;
  /** Discount on the whole order, as an amount. */
  discount: number;
}>;

/** The sums of an order or shipper, in its currency. */
export type Totals = Readonly<{
  merchandise: number;
  charges: number;
  tax: number;
  taxable: number;
  total: number;
  /** A row for each tax, without the key of its owner. */
  taxes: readonly Row[];
}>;

/** Adds up an order or shipper; each tax is rounded once on what it taxes. */
export function totalsOf(world: World, parts: TotalParts): Totals {
  const { header, freight, discount } = parts;
  const decimals = decimalsOf(world, text(header, "CuryID"));
  const sum = (values: readonly number[]): number => sumOf(values, decimals);
  const merchandise = sum(parts.lines.map(({ amount }) => amount));
  const charges = sum(parts.charges.map(({ amount }) => amount));
  const taxes = taxRows(world, parts, decimals);
  const tax = sum(taxes.map((row) => num(row, "CuryTotTax")));
  return {
    merchandise,
    charges,
    tax,
    taxable: Math.max(0, ...taxes.map((row) => num(row, "CuryTotTxbl"))),
    total: sum([merchandise, -discount, charges, freight, tax]),
    taxes,
  };
}

function taxRows(world: World, parts: TotalParts, decimals: number): readonly Row[] {
  const { header, lines, charges, freight, discount } = parts;
  const taxed = (list: TotalParts["lines"]): number =>
    sumOf(
      list.filter(({ isTaxed }) => isTaxed).map(({ amount }) => amount),
      decimals,
    );
  const merchandise = sumOf(
    lines.map(({ amount }) => amount),
    decimals,
  );
  // A discount on the whole order lowers what is taxed by its share.
  const share = merchandise === 0 ? 0 : (discount * taxed(lines)) / merchandise;
  const goods = roundTo(taxed(lines) - share, decimals);
  return TAX_SLOTS.map((slot) => text(header, `TaxID${slot}`))
    .filter((taxId) => taxId !== "")
    .map((taxId) => {
      const tax = world.store.get("SalesTax", "T", taxId);
      const rate = num(tax, "TaxRate");
      const ofFreight = num(tax, "InclFrt") === 1 ? freight : 0;
      const part = (amount: number): number => roundTo((amount * rate) / 100, decimals);
      const taxable = sumOf([goods, taxed(charges), ofFreight], decimals);
      const columns = {
        CuryMerchTxbl: goods,
        CuryMerchTax: part(goods),
        CuryMiscTxbl: taxed(charges),
        CuryMiscTax: part(taxed(charges)),
        CuryFrtTxbl: ofFreight,
        CuryFrtTax: part(ofFreight),
        CuryTotTxbl: taxable,
        CuryTotTax: part(taxable),
      };
      return { ...columns, ...inBase(world, header, columns), TaxID: taxId, TaxRate: rate };
    });
}

/** The base twins of `Cury…` columns: the same names without the prefix. */
export function inBase(world: World, header: Row, columns: Row): Row {
  const rate = rateOf(header);
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [
      name.replace(/^Cury/, ""),
      toBase(world, Number(value), rate),
    ]),
  );
}

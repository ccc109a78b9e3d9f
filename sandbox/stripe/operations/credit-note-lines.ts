import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import type { Params } from "../http/params.ts";
import { fraction, timesRounded } from "../money/rounding.ts";
import { newId } from "../random.ts";
import type { InvoiceLineRow, InvoiceRow } from "../store/billing-rows.ts";
import type { TaxAmount } from "../store/catalog-rows.ts";
import type { CreditNoteLineRow } from "../store/credit-rows.ts";
import type { World } from "../world.ts";
import { taxRatesIn } from "./invoice-lines.ts";
import { sumOf, taxLine } from "./line-math.ts";

/** The lines that a caller asks for; without any, one for `amount` as a whole. */
export function creditLinesIn(
  world: World,
  params: Params,
  { invoice, note }: { invoice: InvoiceRow; note: string },
): CreditNoteLineRow[] {
  const bare = { created: world.nowSeconds(), credit_note: note };
  const given = params.nestedList("lines");
  if (given.length > 0) {
    return given.map((line) => {
      const type = line.oneOf("type", ["custom_line_item", "invoice_line_item"]);
      if (type === undefined) throw parameterMissing(line.path("type"));
      const isOwn = type === "custom_line_item";
      const parts = isOwn ? ownLine(world, line) : invoiceLine(world, line, invoice);
      return { ...parts, ...bare, id: newId("credit_note_line"), type };
    });
  }
  const amount = params.integer("amount");
  if (amount === undefined) return [];
  const whole = { ...EMPTY, amount, quantity: 1, unit_amount_decimal: String(amount) };
  return [{ ...whole, ...bare, id: newId("credit_note_line"), type: "custom_line_item" }];
}

/** What a line comes to: less its discounts, with the tax that is not within it. */
export function creditLineTotal(line: CreditNoteLineRow): number {
  const discounts = sumOf(line.discount_amounts, (part) => part.amount);
  return line.amount - discounts + sumOf(line.taxes, (tax) => (tax.inclusive ? 0 : tax.amount));
}

type LineParts = Omit<CreditNoteLineRow, "created" | "credit_note" | "id" | "type">;

const EMPTY: LineParts = {
  amount: 0,
  description: null,
  invoice_line_item: null,
  quantity: null,
  unit_amount_decimal: null,
  discount_amounts: [],
  taxes: [],
  tax_rates: [],
  metadata: {},
};

function ownLine(world: World, params: Params): LineParts {
  const quantity = params.integer("quantity") ?? 1;
  const unit = params.text("unit_amount_decimal") ?? params.text("unit_amount");
  const amount = params.integer("amount") ?? priced(unit, quantity, params);
  const rates = taxRatesIn(world, params);
  return {
    ...EMPTY,
    amount,
    description: params.text("description") ?? null,
    quantity,
    unit_amount_decimal: unit ?? String(amount),
    taxes: taxesIn(world, params) ?? ratedTaxes(world, amount, rates),
    tax_rates: rates,
    metadata: params.metadata(),
  };
}

function priced(unit: string | undefined, quantity: number, params: Params): number {
  if (unit === undefined) throw parameterMissing(params.path("unit_amount"));
  return timesRounded(quantity, fraction(unit));
}

/** A part of an invoice's line, by amount or quantity: discounts and tax in the same part. */
function invoiceLine(world: World, params: Params, invoice: InvoiceRow): LineParts {
  const id = params.required("invoice_line_item");
  const line = world.tables.invoice_line.get(id);
  if (line === undefined || line.invoice !== invoice.id) {
    throw resourceMissing("line_item", id, params.path("invoice_line_item"));
  }
  const quantity = params.integer("quantity");
  const amount = params.integer("amount") ?? quantityPart(line, quantity ?? line.quantity);
  if (Math.abs(amount) > Math.abs(line.amount)) {
    const message = `The credited amount ${amount} is above the line's ${line.amount}.`;
    throw invalidRequest(message, undefined, params.path("amount"));
  }
  const share = (whole: number) => part(whole, amount, line.amount);
  const taxes = line.taxes.map((tax) => {
    return { ...tax, amount: share(tax.amount), taxable_amount: share(tax.taxable_amount) };
  });
  return {
    ...EMPTY,
    amount,
    description: params.text("description") ?? line.description,
    invoice_line_item: line.id,
    quantity: quantity ?? (amount === line.amount ? line.quantity : null),
    unit_amount_decimal: quantity === undefined ? null : line.unit_amount_decimal,
    discount_amounts: line.discount_amounts.map((one) => ({ ...one, amount: share(one.amount) })),
    taxes: taxesIn(world, params) ?? taxes,
    metadata: params.metadata(),
  };
}

function quantityPart(line: InvoiceLineRow, quantity: number): number {
  if (line.quantity === quantity || line.quantity === 0) return line.amount;
  return part(line.amount, quantity, line.quantity);
}

function part(whole: number, numerator: number, denominator: number): number {
  if (denominator === 0) return whole;
  const sign = denominator < 0 ? -1 : 1;
  return timesRounded(whole, {
    top: BigInt(numerator * sign),
    bottom: BigInt(Math.abs(denominator)),
  });
}

/** `tax_amounts[]`: tax that the caller worked out, by rates that are there. */
function taxesIn(world: World, params: Params): TaxAmount[] | undefined {
  if (!params.has("tax_amounts")) return undefined;
  return params.nestedList("tax_amounts").map((given) => {
    const id = given.required("tax_rate");
    const rate = world.tables.tax_rate.get(id);
    if (rate === undefined) throw resourceMissing("tax_rate", id, given.path("tax_rate"));
    return {
      amount: given.integer("amount") ?? 0,
      inclusive: rate.inclusive,
      tax_rate: rate.id,
      taxable_amount: given.integer("taxable_amount") ?? 0,
    };
  });
}

function ratedTaxes(world: World, amount: number, ids: readonly string[]): TaxAmount[] {
  return taxLine(
    amount,
    ids.flatMap((id) => world.tables.tax_rate.get(id) ?? []),
  );
}

import { add } from "../base/money.ts";
import type { InvoiceLineDraft, LineTax } from "./port.ts";

/** Taxes summed by their ids, in the order in which the lines first name them. */
export function taxTotals(lines: readonly Pick<InvoiceLineDraft, "taxes">[]): readonly LineTax[] {
  const byId = new Map<string, LineTax>();
  for (const tax of lines.flatMap(({ taxes = [] }) => taxes)) {
    const so = byId.get(tax.taxId);
    byId.set(
      tax.taxId,
      so === undefined
        ? tax
        : {
            taxId: tax.taxId,
            amount: add(so.amount, tax.amount),
            taxable: add(so.taxable, tax.taxable),
          },
    );
  }
  return [...byId.values()];
}

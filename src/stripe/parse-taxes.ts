import { type Money, subtract } from "../base/money.ts";
import type { SaleTax, TaxExempt } from "../canonical/sale.ts";
import type { ToMoney } from "./units.ts";
import { idOf, integerOf, listOf, objectOf, textOf, type Wire } from "./wire.ts";

/** The tax rates that lines name by their ids, as far as they were read. */
export type RateLookup = (rateId: string) => Wire | undefined;

/** What taxes are read with; `currency` is the document's. */
export type TaxReader = Readonly<{ currency: string; toMoney: ToMoney; rateOf: RateLookup }>;

/**
 * The taxes of an invoice line, or of a whole invoice: from basil on `taxes` and `total_taxes` with
 * `tax_behavior`, before that `tax_amounts` and `total_tax_amounts` with `inclusive`.
 */
export function invoiceTaxes(
  owner: Wire,
  fields: readonly [present: string, older: string],
  reader: TaxReader,
): readonly SaleTax[] {
  const [now, before] = fields.map((field) => listOf(owner, field));
  return [...(now ?? []), ...((now ?? []).length > 0 ? [] : (before ?? []))].map((tax) => {
    const details = objectOf(tax, "tax_rate_details") ?? tax;
    const rateId = idOf(details, "tax_rate") ?? "";
    return {
      ...commonOf(tax, reader),
      isInclusive: textOf(tax, "tax_behavior") === "inclusive" || tax.inclusive === true,
      rateId,
      ...placeOf(objectOf(details, "tax_rate") ?? reader.rateOf(rateId)),
    };
  });
}

/** The taxes of a line item of a Checkout session, or of its shipping: their rates are expanded. */
export function checkoutTaxes(owner: Wire | undefined, reader: TaxReader): readonly SaleTax[] {
  return listOf(owner, "taxes").map((tax) => {
    const rate = objectOf(tax, "rate");
    return {
      ...commonOf(tax, reader),
      isInclusive: rate?.inclusive === true,
      rateId: textOf(rate, "id"),
      ...placeOf(rate),
    };
  });
}

const TAX_LISTS = ["taxes", "tax_amounts", "total_taxes", "total_tax_amounts"] as const;

/** The ids of the tax rates that lines of an invoice, or the invoice itself, name. */
export function rateIdsOf(owners: readonly Wire[]): readonly string[] {
  const ids = owners.flatMap((owner) =>
    TAX_LISTS.flatMap((field) => listOf(owner, field)).flatMap(
      (tax) => idOf(objectOf(tax, "tax_rate_details") ?? tax, "tax_rate") ?? [],
    ),
  );
  return [...new Set(ids)];
}

/** What of an invoice's taxes is on no line is the tax on its shipping. */
export function restOfTaxes(
  whole: readonly SaleTax[],
  onLines: readonly SaleTax[],
): readonly SaleTax[] {
  return whole
    .map((tax) => {
      const same = onLines.filter((one) => one.rateId === tax.rateId);
      const less = (of: (tax: SaleTax) => Money | undefined) =>
        same.reduce<Money | undefined>((rest, one) => {
          const part = of(one);
          return rest === undefined || part === undefined ? undefined : subtract(rest, part);
        }, of(tax));
      return { ...tax, amount: less((one) => one.amount) ?? tax.amount, taxable: less(taxableOf) };
    })
    .filter((tax) => tax.amount.minor !== 0n);
}

/** Stripe's word in `field` for whether the buyer is exempt. */
export function taxExemptOf(owner: Wire | undefined, field: string): TaxExempt {
  const word = textOf(owner, field);
  return word === "exempt" || word === "reverse" ? word : "none";
}

function taxableOf(tax: SaleTax): Money | undefined {
  return tax.taxable;
}

function commonOf(tax: Wire, { currency, toMoney }: TaxReader) {
  const taxable = tax.taxable_amount;
  return {
    amount: toMoney(integerOf(tax, "amount"), currency),
    taxable: typeof taxable === "number" ? toMoney(taxable, currency) : undefined,
    reason: textOf(tax, "taxability_reason"),
  };
}

/** `US-NY` or `DE`, as the tax rate has it, and its per cent. */
function placeOf(rate: Wire | undefined): Readonly<{ place: string; percentage: string }> {
  const parts = [textOf(rate, "country"), textOf(rate, "state")].filter((part) => part !== "");
  const percentage = rate?.percentage;
  return {
    place: parts.join("-").toUpperCase(),
    percentage: typeof percentage === "number" ? String(percentage) : "",
  };
}

import { HubError } from "../base/errors.ts";
import { add, type Money, money, sum, toDecimal, zero } from "../base/money.ts";
import type { SaleDocument, SaleTax } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { LineTax } from "../erp/port.ts";

/** SL keeps four taxes on a document. */
const TAXES_MAX = 4;

/** A line on its way into the document, as far as its taxes go. */
type Taxed = Readonly<{ amount: Money; taxes: readonly LineTax[] }>;

/**
 * Stripe's taxes on one thing under SL's tax ids: `taxes:` of the pair by the tax rate, else by
 * place and per cent (`US-NY/8.875`), else by place (`US-NY`), else by country, else `default`. A
 * tax of nothing is first looked for by its reason (`reverse_charge`) and never by `default`; where
 * nothing names it, it is left out. Several of Stripe's taxes may be one of SL's: New York's state,
 * county and city.
 *
 * @throws HubError `mapping.tax_unmapped`; `mapping.tax_split` where Stripe's taxes do not add up
 */
export function slTaxes(
  owed: Readonly<{ what: string; tax: Money; taxes: readonly SaleTax[]; net: Money }>,
  settings: PairSettings,
): readonly LineTax[] {
  const { what, tax, net } = owed;
  const taxes = owed.taxes.length > 0 ? owed.taxes : unnamed(tax);
  const added = sum(
    taxes.map((one) => one.amount),
    tax.currency,
  );
  if (added.minor !== tax.minor) {
    throw new HubError(
      "mapping.tax_split",
      `The taxes of ${what} add up to ${toDecimal(added)}, Stripe has ${toDecimal(tax)}`,
      { facts: { what, taxes: toDecimal(added), tax: toDecimal(tax) } },
    );
  }
  const merged = new Map<string, LineTax>();
  for (const one of taxes) {
    const taxId = taxIdOf(one, settings);
    if (taxId === undefined && one.amount.minor === 0n) continue;
    if (taxId === undefined) throw unmapped(what, one);
    const so = merged.get(taxId);
    const taxable = one.taxable ?? net;
    merged.set(taxId, {
      taxId,
      amount: so === undefined ? one.amount : add(so.amount, one.amount),
      // State, county and city tax the same goods, not three times as many.
      taxable: so === undefined ? taxable : larger(so.taxable, taxable),
    });
  }
  return [...merged.values()];
}

/** The one that is further from nothing: of a credit both are below it. */
function larger(a: Money, b: Money): Money {
  const sizeOf = ({ minor }: Money) => (minor < 0n ? -minor : minor);
  return sizeOf(a) > sizeOf(b) ? a : b;
}

/** Tax that no rate of Stripe explains can still be somebody's: `default` says whose. */
function unnamed(tax: Money): readonly SaleTax[] {
  if (tax.minor === 0n) return [];
  const nobody = { rateId: "", place: "", percentage: "", reason: "", isInclusive: false };
  return [{ ...nobody, amount: tax, taxable: undefined }];
}

function taxIdOf(tax: SaleTax, settings: PairSettings): string | undefined {
  const { rateId, place, percentage, reason } = tax;
  const country = place.split("-")[0] ?? "";
  const isNothing = tax.amount.minor === 0n;
  const names = [
    rateId,
    ...(isNothing ? [reason] : []),
    `${place}/${percentage}`,
    `${country}/${percentage}`,
    place,
    country,
    ...(isNothing ? [] : ["default"]),
  ];
  const name = names.find((one) => one !== "" && Object.hasOwn(settings.taxes, one));
  return name === undefined ? undefined : settings.taxes[name];
}

function unmapped(what: string, { rateId, place, percentage, amount }: SaleTax): HubError {
  const rate = rateId === "" ? "a tax without a rate" : `tax rate ${rateId}`;
  const of = place === "" ? "" : ` (${place}, ${percentage} %)`;
  return new HubError(
    "mapping.tax_unmapped",
    `${toDecimal(amount)} of tax on ${what} is by ${rate}${of}, which has no SL tax id`,
    { facts: { what, rate: rateId, place, percentage } },
  );
}

/**
 * Takes the taxes of lines that are credits off the same taxes of the others, the largest first,
 * as SL's lines of one document have one side.
 *
 * @throws HubError `mapping.tax_split` where the others do not have as much
 */
export function absorbTaxes<P extends Taxed>(
  parts: readonly P[],
  credits: readonly LineTax[],
): readonly P[] {
  let left = [...parts];
  for (const credit of credits) {
    const rest = takeOff(left, credit, "amount", -credit.amount.minor);
    left = takeOff(rest, credit, "taxable", -credit.taxable.minor);
  }
  return left;
}

function takeOff<P extends Taxed>(
  parts: readonly P[],
  { taxId }: LineTax,
  column: "amount" | "taxable",
  minor: bigint,
): P[] {
  const of = ({ taxes }: P) => taxes.find((tax) => tax.taxId === taxId)?.[column].minor ?? 0n;
  const changed = [...parts];
  let left = minor;
  const ranked = [...parts.entries()].sort(([, a], [, b]) => (of(a) < of(b) ? 1 : -1));
  for (const [at, part] of ranked) {
    const has = of(part);
    if (has <= 0n || left <= 0n) continue;
    const share = left - has < 0n ? left : has;
    left -= share;
    const taxes = part.taxes.map((tax) =>
      tax.taxId === taxId
        ? { ...tax, [column]: money(tax[column].minor - share, tax[column].currency) }
        : tax,
    );
    changed[at] = { ...part, taxes };
  }
  if (left === 0n) return changed;
  throw new HubError("mapping.tax_split", `SL tax ${taxId} would fall below zero`, {
    facts: { taxId },
  });
}

/** What the taxes of these lines add to the document's total. */
export function taxOf(parts: readonly Taxed[], currency: string): Money {
  return parts
    .flatMap(({ taxes }) => taxes)
    .reduce((so, tax) => add(so, tax.amount), zero(currency));
}

/**
 * Asserts that SL can keep the document's taxes.
 *
 * @throws HubError `mapping.tax_split` for more different ones than SL has room for, and for one
 *   below zero
 */
export function checkTaxes(parts: readonly Taxed[], document: SaleDocument): void {
  const taxes = parts.flatMap((part) => part.taxes);
  const ids = [...new Set(taxes.map((tax) => tax.taxId))];
  const facts = { document: document.identity, taxes: ids.join(", ") };
  if (ids.length > TAXES_MAX) {
    const message =
      `${document.identity} has ${ids.length} taxes (${facts.taxes}), ` +
      `SL keeps ${TAXES_MAX} on a document`;
    throw new HubError("mapping.tax_split", message, {
      facts,
      cure: "Map several of Stripe's rates to one SL tax id, then resume.",
    });
  }
  if (taxes.some(({ amount }) => amount.minor < 0n)) {
    throw new HubError("mapping.tax_split", `A tax of ${document.identity} is below zero`, {
      facts,
    });
  }
}

const REMARKS: Readonly<Record<string, string>> = {
  reverse_charge: "Reverse charge: the customer owes the tax.",
  customer_exempt: "The customer is exempt from tax.",
  product_exempt: "Products of it are exempt from tax.",
  product_exempt_holiday: "Products of it are exempt from tax during a holiday.",
  zero_rated: "Products of it are taxed at zero.",
  not_collecting: "No tax is collected there: no registration.",
  not_supported: "Stripe computes no tax there.",
};

/** Why a sale bears less tax than others, in sentences for its note; Stripe's words decide. */
export function taxRemarks(document: SaleDocument): readonly string[] {
  const { lines, shippingTaxes, taxExempt } = document;
  const ofCustomer =
    taxExempt === "reverse"
      ? [REMARKS.reverse_charge]
      : taxExempt === "exempt"
        ? [REMARKS.customer_exempt]
        : [];
  const reasons = [...lines.flatMap(({ taxes }) => taxes), ...shippingTaxes]
    .filter(({ amount }) => amount.minor === 0n)
    .map(({ reason }) => REMARKS[reason]);
  return [...new Set([...ofCustomer, ...reasons].filter((text) => text !== undefined))];
}

import type { Buyer } from "../canonical/sale.ts";
import type { PairSettings, UpdatedField } from "../config/index.ts";
import type { CustomerChange, CustomerTexts } from "../erp/port.ts";
import { customerTexts } from "./customer.ts";

/** What both sides say of a customer, in SL's texts. */
export type BothSides = Readonly<{ sl: CustomerTexts; stripe: CustomerTexts }>;

/** A field that both sides have changed since they were last seen. */
export type CustomerConflict = Readonly<{
  field: UpdatedField;
  inSl: string;
  atStripe: string;
  before: string;
}>;

/** What is to be written to SL, what a person has to decide, and what is alike or left. */
export type CustomerPlan = Readonly<{
  change: CustomerChange;
  conflicts: readonly CustomerConflict[];
  /** Fields that need nothing: both sides are alike, or Stripe has not changed. */
  settled: readonly UpdatedField[];
}>;

const TEXTS: Readonly<Record<UpdatedField, readonly (keyof CustomerTexts)[]>> = {
  name: ["name"],
  address: ["addressLine1", "addressLine2", "city", "state", "zip", "country"],
  email: ["email"],
  phone: ["phone"],
};

/**
 * Compares what Stripe says of a customer now with what SL says now, and both with what they said
 * when the hub last saw to it. A field is written where Stripe alone has changed, left where SL
 * alone has, and a conflict where both have and differ. What is empty at Stripe erases nothing.
 *
 * @param base undefined where nothing is known of before: then every difference is a conflict
 */
export function planCustomerChange(
  now: BothSides,
  base: BothSides | undefined,
  fields: readonly UpdatedField[],
): CustomerPlan {
  const change: Partial<Record<keyof CustomerTexts, string>> = {};
  const conflicts: CustomerConflict[] = [];
  const settled: UpdatedField[] = [];
  for (const field of fields) {
    const isAlike = isSame(now.sl, now.stripe, field);
    const isOldAtStripe = base !== undefined && isSame(now.stripe, base.stripe, field);
    if (isAlike || isOldAtStripe || shown(now.stripe, field) === "") settled.push(field);
    else if (base !== undefined && isSame(now.sl, base.sl, field)) {
      for (const text of TEXTS[field]) change[text] = now.stripe[text];
    } else {
      conflicts.push({
        field,
        inSl: shown(now.sl, field),
        atStripe: shown(now.stripe, field),
        before: base === undefined ? "" : shown(base.sl, field),
      });
    }
  }
  return { change, conflicts, settled };
}

/**
 * What counts as said from now on: the fields of `seen` as both sides say them, all others as
 * before.
 */
export function nextBase(
  now: BothSides,
  base: BothSides | undefined,
  seen: readonly UpdatedField[],
): BothSides {
  if (base === undefined) return now;
  const texts = seen.flatMap((field) => TEXTS[field]);
  const taken = (from: CustomerTexts) =>
    Object.fromEntries(texts.map((text) => [text, from[text]])) as Partial<CustomerTexts>;
  return {
    sl: { ...base.sl, ...taken(now.sl) },
    stripe: { ...base.stripe, ...taken(now.stripe) },
  };
}

/** What Stripe says of a buyer, in SL's texts. */
export function textsAtStripe(buyer: Buyer, settings: PairSettings): CustomerTexts {
  return customerTexts(buyer, settings.customer.stateCountries).texts;
}

function isSame(a: CustomerTexts, b: CustomerTexts, field: UpdatedField): boolean {
  return TEXTS[field].every((text) => a[text].trim() === b[text].trim());
}

/** A field in one line, as a person reads it. */
function shown(texts: CustomerTexts, field: UpdatedField): string {
  return TEXTS[field]
    .map((text) => texts[text].trim())
    .filter((part) => part !== "")
    .join(", ");
}

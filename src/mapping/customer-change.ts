import type { Buyer } from "../canonical/sale.ts";
import type { PairSettings, UpdatedField } from "../config/index.ts";
import type { CustomerTexts } from "../erp/port.ts";
import { customerTexts, taxNumberOf, withoutBlanks } from "./customer.ts";

/** What of a customer may follow Stripe, with the tax number of the column that is set for it. */
export type FollowedTexts = CustomerTexts & Readonly<{ taxNumber: string }>;

/** What both sides say of a customer, in SL's texts. */
export type BothSides = Readonly<{ sl: FollowedTexts; stripe: FollowedTexts }>;

/** What both said before. A memory from before tax numbers followed knows nothing of them. */
export type SaidBefore = Readonly<{
  sl: Remembered;
  stripe: Remembered;
}>;
type Remembered = CustomerTexts & Readonly<{ taxNumber?: string | undefined }>;

/** A field that both sides have changed since they were last seen. */
export type CustomerConflict = Readonly<{
  field: UpdatedField;
  inSl: string;
  atStripe: string;
  before: string;
}>;

/** What is to be written to SL, what a person has to decide, and what is alike or left. */
export type CustomerPlan = Readonly<{
  change: Readonly<Partial<FollowedTexts>>;
  conflicts: readonly CustomerConflict[];
  /** Fields in which both sides are alike now, or will be once the change is written. */
  agreed: readonly UpdatedField[];
}>;

const TEXTS: Readonly<Record<UpdatedField, readonly (keyof FollowedTexts)[]>> = {
  name: ["name"],
  address: ["addressLine1", "addressLine2", "city", "state", "zip", "country"],
  email: ["email"],
  phone: ["phone"],
  "tax-id": ["taxNumber"],
};

/**
 * Compares what Stripe says of a customer now with what SL says now, and both with what they said
 * when the hub last saw to it. A field is written where Stripe alone has changed, left where SL
 * alone has, and a conflict where both have and differ. What is empty at Stripe erases nothing but
 * a tax number of the hub's own that Stripe has no more.
 *
 * @param now with `isTaxNumberOurs` where the number in SL is one that the hub wrote there and the
 *   Stripe customer has no tax id any more that says it
 * @param base undefined where nothing is known of before: then every difference is a conflict
 */
export function planCustomerChange(
  now: BothSides & Readonly<{ isTaxNumberOurs?: boolean }>,
  base: SaidBefore | undefined,
  fields: readonly UpdatedField[],
): CustomerPlan {
  const change: Partial<Record<keyof FollowedTexts, string>> = {};
  const conflicts: CustomerConflict[] = [];
  const agreed: UpdatedField[] = [];
  for (const field of fields) {
    const isOldAtStripe = base !== undefined && isSame(now.stripe, base.stripe, field);
    if (isSame(now.sl, now.stripe, field)) agreed.push(field);
    else if (isOldAtStripe) continue;
    else if (shown(now.stripe, field) === "" && !isErased(now, field)) continue;
    else if (base !== undefined && isSame(now.sl, base.sl, field)) {
      agreed.push(field);
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
  return { change, conflicts, agreed };
}

/**
 * What counts as said from now on: of `agreed` fields what both sides say. Of `decided` ones, which
 * a person left as they are in SL, only what Stripe says: SL's value stays one that a person has
 * typed, so that the next change at Stripe is a conflict again. All else is as before.
 */
export function nextBase(
  now: BothSides,
  base: SaidBefore | undefined,
  seen: Readonly<{ agreed: readonly UpdatedField[]; decided: readonly UpdatedField[] }>,
): SaidBefore {
  if (base === undefined) return now;
  const taken = (from: FollowedTexts, fields: readonly UpdatedField[]) =>
    Object.fromEntries(
      fields.flatMap((field) => TEXTS[field]).map((text) => [text, from[text]]),
    ) as Partial<FollowedTexts>;
  return {
    sl: { ...base.sl, ...taken(now.sl, seen.agreed) },
    stripe: { ...base.stripe, ...taken(now.stripe, [...seen.agreed, ...seen.decided]) },
  };
}

/** What Stripe says of a buyer, in SL's texts. */
export function textsAtStripe(buyer: Buyer, settings: PairSettings): FollowedTexts {
  const { stateCountries, taxId } = settings.customer;
  const { texts } = customerTexts(buyer, stateCountries);
  return { ...texts, taxNumber: taxNumberOf(buyer.taxIds, taxId) };
}

/** Whether any tax id of a buyer, wanted or not, says this number. */
export function hasTaxNumber({ taxIds }: Buyer, number: string): boolean {
  return taxIds.some(({ value }) => withoutBlanks(value) === number);
}

function isErased(now: Readonly<{ isTaxNumberOurs?: boolean }>, field: UpdatedField): boolean {
  return field === "tax-id" && now.isTaxNumberOurs === true;
}

function isSame(a: FollowedTexts, b: Remembered, field: UpdatedField): boolean {
  return TEXTS[field].every((text) => a[text].trim() === b[text]?.trim());
}

/** A field in one line, as a person reads it. */
function shown(texts: Remembered, field: UpdatedField): string {
  return TEXTS[field]
    .map((text) => texts[text]?.trim() ?? "")
    .filter((part) => part !== "")
    .join(", ");
}

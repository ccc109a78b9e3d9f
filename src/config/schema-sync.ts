import { z } from "zod";
import { isCurrency } from "../base/currency.ts";
import { matching, oneOf, section, text, wholeNumber } from "./section.ts";

/** One value or a list of them; the hub always sees a list. */
function oneOrMany<T extends z.ZodType>(member: T) {
  return z
    .union([member, z.array(member).min(1, "must name at least one value")])
    .transform((value) => (Array.isArray(value) ? value : [value]) as readonly z.output<T>[]);
}

const country = () => matching(/^[A-Z]{2}$/, "must be an ISO country code in upper case");
const currency = () =>
  matching(/^[A-Z]{3}$/, "must be an ISO currency code in upper case").refine(
    isCurrency,
    "is no currency of Stripe's",
  );
const AMOUNT_RULE = 'must be an amount as text, such as "10.00"';
const amount = () => matching(/^\d{1,15}(\.\d{1,3})?$/, AMOUNT_RULE);
const metadataKey = () =>
  matching(/^[^[\]]{1,40}$/, "must be a metadata key of 1 to 40 characters without brackets");
const metadataValues = () => z.record(metadataKey(), oneOrMany(text(500)));

const EMPTY_RULE = "must name at least one condition";

function isNotEmpty(when: object): boolean {
  return Object.values(when).some((condition) => condition !== undefined);
}

/** Whom a class of customers is for; every condition that is named must hold. */
export const whoSchema = section({
  country: oneOrMany(country()).optional(),
  currency: oneOrMany(currency()).optional(),
  metadata: metadataValues().optional(),
  "customer-metadata": metadataValues().optional(),
}).refine(isNotEmpty, EMPTY_RULE);

/** Which sales a filter is for; every condition that is named must hold. */
const whenSchema = section({
  country: oneOrMany(country()).optional(),
  currency: oneOrMany(currency()).optional(),
  metadata: metadataValues().optional(),
  "customer-metadata": metadataValues().optional(),
  "amount-from": amount().optional(),
  "amount-below": amount().optional(),
  method: oneOrMany(text(60)).optional(),
  description: oneOrMany(text(200)).optional(),
}).refine(isNotEmpty, EMPTY_RULE);

const filterSchema = section({
  name: text(60).optional(),
  when: whenSchema,
  do: oneOf(["book", "skip", "hold"]),
});

/** A day in minutes: a shop that adds its metadata later than that is better served by `hold`. */
const MIN_AGE_MAX = 1_440;

/** What of Stripe's sales is booked at all. */
export const syncSchema = section({
  book: oneOf(["all", "allowed"]).default("all"),
  "min-age": wholeNumber(0, MIN_AGE_MAX).default(0),
  filters: z.array(filterSchema, "must be a list of {when, do}").default([]),
});

/** Conditions as a class or a filter names them. */
export type When = Partial<z.output<typeof whenSchema>>;

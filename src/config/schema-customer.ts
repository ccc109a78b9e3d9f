import { z } from "zod";
import { whoSchema } from "./schema-sync.ts";
import { matching, oneOf, section, text } from "./section.ts";

/** What of a customer may follow Stripe. */
const UPDATED_FIELDS = ["name", "address", "email", "phone", "tax-id"] as const;

const UPDATES_RULE = `must be none, or a list of ${UPDATED_FIELDS.join(", ")}`;

/** `none` or a list; the hub always sees a list. */
const updates = () =>
  z
    .union([z.literal("none"), z.array(z.enum(UPDATED_FIELDS, UPDATES_RULE))], UPDATES_RULE)
    .transform((value) => (value === "none" ? [] : [...new Set(value)]))
    .prefault("none");

const classRule = section({
  when: whoSchema,
  class: text(6),
  terms: text(2).optional(),
  named: text(15).optional(),
});

/** Who the SL customer of a buyer is, and what is kept of the buyer. */
export const customerSchema = section({
  policy: oneOf(["create", "one-customer", "match-or-park"]).default("create"),
  id: oneOf(["hub"], ["sl"]).default("hub"),
  named: text(15).optional(),
  fallback: text(15).optional(),
  class: text(6).optional(),
  classes: z.array(classRule, "must be a list of {when, class, terms, named}").default([]),
  prefix: matching(/^[A-Z0-9]{0,5}$/, "must be 0 to 5 letters and digits in upper case").default(
    "ST",
  ),
  terms: text(2).optional(),
  "state-countries": z
    .array(matching(/^[A-Z]{2}$/, "must be ISO country codes of two letters"))
    .default(["US", "CA"]),
  "ship-to": oneOf(["note", "sl"]).default("note"),
  "tax-id": section({
    to: oneOf(["TaxRegNbr", "TaxExemptNbr"]),
    types: z.array(text(30), "must be a list of Stripe's types of tax ids").default([]),
  }).optional(),
  updates: updates(),
  "updates-of": oneOf(["made", "linked"]).default("made"),
});

/** A field of a customer that may follow Stripe. */
export type UpdatedField = (typeof UPDATED_FIELDS)[number];

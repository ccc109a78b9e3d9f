import { z } from "zod";
import { matching, oneOf, section, text } from "./section.ts";

/** Who the SL customer of a buyer is, and what is kept of the buyer. */
export const customerSchema = section({
  policy: oneOf(["create", "one-customer", "match-or-park"]).default("create"),
  id: oneOf(["hub"], ["sl"]).default("hub"),
  named: text(15).optional(),
  fallback: text(15).optional(),
  class: text(6).optional(),
  prefix: matching(/^[A-Z0-9]{0,5}$/, "must be 0 to 5 letters and digits in upper case").default(
    "ST",
  ),
  terms: text(2).optional(),
  "state-countries": z
    .array(matching(/^[A-Z]{2}$/, "must be ISO country codes of two letters"))
    .default(["US", "CA"]),
});

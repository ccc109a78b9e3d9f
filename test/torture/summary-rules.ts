/** The SL customer of all shoppers, and the one of those of another shop. */
const SHARED = "WEBSHOP";
const OUTLET = "C301";
/** What an order of that shop has in its metadata. */
export const OF_OUTLET = { Shop: "outlet" } as const;
/** What an order has there that is sold once a day's documents are begun. */
export const OF_LATE = { Late: "yes" } as const;

/** A pair file whose sales of a day are booked as one. */
export function asSummedUp(
  pairFile: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    ...pairFile,
    summary: "daily",
    // No run reads the balance rows of which journals are made.
    "journal-delay": 48,
    customer: {
      ...(pairFile.customer as object),
      policy: "one-customer",
      named: SHARED,
      classes: [{ when: { metadata: OF_OUTLET }, class: "RETAIL", named: OUTLET }],
    },
  };
}

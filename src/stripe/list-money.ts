import { chargeState } from "./parse-charge.ts";
import type { StripeApi } from "./stripe-api.ts";
import { idOf, instantOf, objectOf, textOf, type Wire } from "./wire.ts";

/**
 * A charge keeps the date of its authorisation or submission. Captures come up to 31 days later,
 * bank debits succeed up to three weeks later; so the list begins that much earlier, and what was
 * certainly done before `since` is left out again.
 */
const LOOK_BACK_MS = 32 * 24 * 3600 * 1000;

/**
 * Lane keys of the charges that became money since `since`, oldest first, each once. Stripe lists
 * newest first, so the ids of the whole span are held in memory: 100 bytes a charge.
 */
export async function* listMoneyInSince(
  api: StripeApi,
  since: Date,
  signal?: AbortSignal,
): AsyncIterable<string> {
  const from = Math.floor((since.getTime() - LOOK_BACK_MS) / 1000);
  const pages = api.each(
    "charges.list",
    (paging) =>
      api.sdk.charges.list({
        ...paging,
        created: { gte: from },
        expand: ["data.balance_transaction"],
      }),
    signal,
  );
  const newestFirst: string[] = [];
  for await (const charge of pages) {
    if (chargeState(charge) === "captured" && maybeSince(charge, since)) {
      newestFirst.push(rootOf(charge));
    }
  }
  yield* new Set(newestFirst.reverse());
}

function rootOf(charge: Wire): string {
  return idOf(charge, "invoice") ?? idOf(charge, "payment_intent") ?? textOf(charge, "id");
}

/** When a debit succeeded is written nowhere; its row is from the day it was submitted. */
function maybeSince(charge: Wire, since: Date): boolean {
  const bookedAt =
    instantOf(objectOf(charge, "balance_transaction"), "created") ?? instantOf(charge, "created");
  if (bookedAt === undefined || bookedAt >= since) return true;
  const type = textOf(objectOf(charge, "payment_method_details"), "type");
  return type !== "card" && type !== "card_present";
}

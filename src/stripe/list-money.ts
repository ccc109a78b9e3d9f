import type { MadeQuery } from "../canonical/port.ts";
import { chargeState } from "./parse-charge.ts";
import type { StripeApi } from "./stripe-api.ts";
import { idOf, instantOf, integerOf, listOf, objectOf, textOf, type Wire } from "./wire.ts";

const DAY_MS = 24 * 3600 * 1000;
/**
 * A charge keeps the date of its authorisation or submission. Captures come up to 31 days later,
 * bank debits succeed up to three weeks later; so the list begins that much earlier, and what was
 * certainly done before `since` is left out again.
 */
const CHARGE_LOOK_BACK_MS = 32 * DAY_MS;
/**
 * Stripe finds invoices by the day they were made, not by the day they were paid. Half a year
 * covers long terms and their dunning; each further month would cost a call for every hundred
 * invoices of it. An invoice that is older when somebody marks it as paid is not found.
 */
const INVOICE_LOOK_BACK_MS = 184 * DAY_MS;

/** A lane key with the instant that puts it in order. */
type Found = Readonly<{ key: string; at: number }>;

/**
 * Lane keys of what was paid since `since`, oldest first, each once: charges that became money, and
 * invoices that were paid without a charge. Stripe lists newest first, so the ids of the whole span
 * are held in memory: 100 bytes each.
 */
export async function* listMoneyInSince(
  api: StripeApi,
  since: Date,
  signal?: AbortSignal,
): AsyncIterable<string> {
  const found = [
    ...(await chargesSince(api, since, signal)),
    ...(await unchargedInvoicesSince(api, since, signal)),
  ];
  yield* new Set(found.sort((a, b) => a.at - b.at).map(({ key }) => key));
}

async function chargesSince(api: StripeApi, since: Date, signal?: AbortSignal): Promise<Found[]> {
  const created = { gte: secondsBefore(since, CHARGE_LOOK_BACK_MS) };
  const expand = ["data.balance_transaction"];
  const pages = api.each(
    "charges.list",
    (paging) => api.sdk.charges.list({ ...paging, created, expand }),
    signal,
  );
  const found: Found[] = [];
  for await (const charge of pages) {
    if (chargeState(charge) === "captured" && maybeSince(charge, since)) {
      found.push({ key: rootOf(charge), at: instantOf(charge, "created")?.getTime() ?? 0 });
    }
  }
  return found.reverse();
}

/** See `StripePort.listInvoicesPaidApart`. */
export async function* listInvoicesPaidApart(
  api: StripeApi,
  { madeFrom, madeBefore }: MadeQuery,
  signal?: AbortSignal,
): AsyncIterable<Readonly<{ laneKey: string; at: Date }>> {
  for (const { key, at } of await unchargedInvoicesSince(api, madeFrom, signal)) {
    if (at < madeBefore.getTime()) yield { laneKey: key, at: new Date(at) };
  }
}

async function unchargedInvoicesSince(
  api: StripeApi,
  since: Date,
  signal?: AbortSignal,
): Promise<Found[]> {
  const created = { gte: secondsBefore(since, INVOICE_LOOK_BACK_MS) };
  const expand = ["data.payments"];
  const pages = api.each(
    "invoices.list",
    (paging) => api.sdk.invoices.list({ ...paging, status: "paid", created, expand }),
    signal,
  );
  const found: Found[] = [];
  for await (const invoice of pages) {
    const paidAt = instantOf(objectOf(invoice, "status_transitions"), "paid_at");
    if (isForNothing(invoice) || isCharged(invoice)) continue;
    if (paidAt !== undefined && paidAt < since) continue;
    found.push({ key: textOf(invoice, "id"), at: paidAt?.getTime() ?? 0 });
  }
  return found.reverse();
}

function secondsBefore(since: Date, lookBackMs: number): number {
  return Math.floor((since.getTime() - lookBackMs) / 1000);
}

/** The lane of a charge: the one root of its money. */
export function rootOf(charge: Wire): string {
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

/** Such an invoice counts as paid the moment it is finalised, and nothing is booked for it. */
function isForNothing(invoice: Wire): boolean {
  return integerOf(invoice, "total") <= 0;
}

/** One that a charge has paid is found by that charge. A payment record is no charge. */
function isCharged(invoice: Wire): boolean {
  return listOf(invoice, "payments").some((one) => {
    const payment = objectOf(one, "payment");
    const isPaid = textOf(one, "status") === "paid";
    return isPaid && (idOf(payment, "payment_intent") ?? idOf(payment, "charge")) !== undefined;
  });
}

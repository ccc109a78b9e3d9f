import { HubError } from "../../base/errors.ts";
import { fingerprint } from "../../base/json.ts";
import type { Metadata, Sale } from "../../canonical/sale.ts";
import type { CustomerReading } from "../../erp/port.ts";
import {
  columnReads,
  type MetadataChange,
  metadataChange,
  plannedMetadata,
  type WrittenDocument,
} from "../../writeback/index.ts";
import type { RunContext } from "../context.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { closeUnsent, send } from "../write/send.ts";

/** Metadata that one Stripe object should hold. */
type Plan = Readonly<{ objectId: string; planned: Metadata }>;

/** What was booked for a sale. */
export type BookedSale = Readonly<{
  customer: Pick<CustomerReading, "customerId">;
  /** Whether the customer is this person's own, so that the next order is to find it. */
  isOwnCustomer: boolean;
  /** The sales order, in the mode that has one. */
  orderNumber?: string;
  /** Oldest first; of an order that has not shipped none. */
  invoices: readonly WrittenDocument[];
  payments: readonly DocumentReceipt[];
  /** Whether all payments are told, not the newest alone: where they share one charge. */
  tellsAllPayments?: boolean;
}>;

/**
 * Tells Stripe SL's numbers, in the metadata of the object that people look at: the invoice, the
 * PaymentIntent or the charge, and of the customer. Read, compare, write only what differs; a
 * repeat writes nothing, so an unknown outcome is simply done again.
 *
 * @returns the ids of the objects that were written to
 */
export async function writeBack(
  context: RunContext,
  sale: Sale,
  booked: BookedSale,
): Promise<readonly string[]> {
  const plans = await plansOf(context, sale, booked);
  await context.door.store.load(plans.map((plan) => plan.objectId));
  const written: string[] = [];
  for (const plan of plans) {
    if (await writeMetadata(context, plan)) written.push(plan.objectId);
  }
  return written;
}

async function plansOf(context: RunContext, sale: Sale, booked: BookedSale): Promise<Plan[]> {
  const { settings } = context.pair;
  const { customerId } = booked.customer;
  const { orderNumber, invoices, payments } = booked;
  const numbers = payments.map(({ refNbr }) => refNbr);
  const paymentNumbers = booked.tellsAllPayments === true ? numbers : undefined;
  const receipts = {
    ...{ customerId, orderNumber, invoices, paymentNumbers },
    payment: payments.at(-1),
  };
  const documents = { ...receipts, columns: await readMapped(context, receipts) };
  const plans = [
    { objectId: sale.document.identity, planned: plannedMetadata(documents, settings) },
  ];
  const { stripeCustomerId } = sale.buyer;
  if (stripeCustomerId !== undefined && booked.isOwnCustomer) {
    const planned = { [settings.metadata.customerId]: customerId };
    plans.push({ objectId: stripeCustomerId, planned });
  }
  return plans;
}

/** What SL holds in the mapped columns, by their names in the settings; nothing is no value. */
async function readMapped(
  context: RunContext,
  receipts: Parameters<typeof columnReads>[0],
): Promise<Readonly<Record<string, string>>> {
  const { pair, steps, signal } = context;
  const { baseCurrency } = pair.settings.sl;
  const values: Record<string, string> = {};
  for (const { record, columns, names } of columnReads(receipts, pair.settings)) {
    const found = await pair.erp.readColumns(record, { columns, baseCurrency }, signal);
    if (found === undefined) {
      steps.note("writeback", `SL does not show the record of ${names.join(", ")}: left out`);
      continue;
    }
    for (const [at, name] of names.entries()) values[name] = found[columns[at] ?? ""] ?? "";
  }
  return values;
}

/**
 * Brings the metadata of one Stripe object to what is planned.
 *
 * @returns whether anything differed, and was written
 */
export async function writeMetadata(context: RunContext, plan: Plan): Promise<boolean> {
  const { door, pair, steps, signal } = context;
  const identity = { object: plan.objectId, purpose: "writeback" as const, part: "" };
  const before = door.store.find(identity);
  if (before?.stage === "done") {
    if (before.draftHash === fingerprint(plan)) return false;
    await door.store.advance(before, { stage: "abandoned" });
  }
  const make = () => ({ draft: plan, notes: [] });
  // What Stripe holds is read next: where that fails, nothing is known that is worth saving.
  let intent = await door.store.ensure<Plan, unknown>(identity, make, "with its send");
  if (intent.stage === "filling") {
    await closeUnsent(door, intent, "planned");
    // More may have been booked since it was sent: what is written is what is planned by now.
    intent = await door.store.ensure<Plan, unknown>(identity, make);
  }
  const present = await pair.stripe.readMetadata(plan.objectId, signal);
  const { changes, notes } = changeOf(intent.draft, present);
  for (const note of notes) steps.note("writeback", note, { object: plan.objectId });
  if (Object.keys(changes).length === 0) {
    await door.store.advance(intent, { stage: "done", receipt: { written: [] } });
    return false;
  }
  await send(door, intent, {
    step: "write",
    during: "filling",
    onFailure: "planned",
    call: (inner) => pair.stripe.writeMetadata(plan.objectId, changes, inner),
    onAnswer: () => ({ stage: "done", receipt: { written: Object.keys(changes) } }),
  });
  steps.note("writeback", `SL's numbers written to ${plan.objectId}`, { object: plan.objectId });
  return true;
}

/** What is to be written; nothing to an object that Stripe has no longer. */
function changeOf({ objectId, planned }: Plan, present: Metadata | undefined): MetadataChange {
  if (present !== undefined) return metadataChange(present, planned);
  return { changes: {}, notes: [`${objectId} was deleted at Stripe: nothing is written to it.`] };
}

/** Refusals that say that this object takes no metadata, or this key may not write them. */
const NOT_TAKEN = new Set(["stripe.refused", "stripe.auth"]);

/**
 * Writes numbers to an object that the pair's key may have no right to write: such a key serves for
 * all else, so its refusal is noted and nothing more.
 */
export async function writeIfAllowed(context: RunContext, plan: Plan): Promise<void> {
  try {
    await writeMetadata(context, plan);
  } catch (thrown) {
    const isRefusal = thrown instanceof HubError && NOT_TAKEN.has(thrown.code);
    if (!isRefusal || thrown.facts.status === 401) throw thrown;
    const words = `SL's numbers are not on ${plan.objectId}: ${thrown.message}`;
    context.steps.note("writeback", words, { object: plan.objectId });
  }
}

import { fingerprint } from "../base/json.ts";
import type { Metadata, Sale } from "../canonical/sale.ts";
import type { CustomerReading } from "../erp/port.ts";
import { changedMetadata, plannedMetadata } from "../writeback/index.ts";
import type { RunContext } from "./context.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import { closeUnsent, send } from "./send.ts";

type Written = Readonly<{ objectId: string; changes: Metadata }>;

/** What was booked for a sale. */
export type BookedSale = Readonly<{
  customer: CustomerReading;
  invoice: DocumentReceipt;
  payments: readonly DocumentReceipt[];
}>;

/**
 * Tells Stripe SL's numbers, in the metadata of the object that people look at: the invoice, the
 * PaymentIntent or the charge, and of the customer. Read, compare, write only what differs; a
 * repeat writes nothing, so an unknown outcome is simply done again.
 */
export async function writeBack(
  context: RunContext,
  sale: Sale,
  booked: BookedSale,
): Promise<void> {
  const plans = await plannedMetadata({
    sale,
    booked,
    settings: context.pair.settings,
    readReleased: (receipt) =>
      context.pair.erp.readReleased(
        receipt.type,
        receipt.customerId,
        receipt.refNbr,
        context.signal,
      ),
  });
  await context.door.store.load(plans.map((plan) => plan.objectId));
  for (const plan of plans) await writeOne(context, plan);
}

async function writeOne(context: RunContext, plan: Written): Promise<void> {
  const { door, pair, steps, signal } = context;
  const identity = { object: plan.objectId, purpose: "writeback" as const, part: "" };
  const before = door.store.find(identity);
  if (before?.stage === "done") {
    if (before.draftHash === fingerprint(plan)) return;
    await door.store.advance(before, { stage: "abandoned" });
  }
  let intent: Intent<Written> = await door.store.ensure(identity, () => plan);
  if (intent.stage === "filling") intent = await closeUnsent(door, intent, "planned");
  const present = await pair.stripe.readMetadata(plan.objectId, signal);
  const changes = changedMetadata(present, intent.draft.changes);
  if (Object.keys(changes).length === 0) {
    await door.store.advance(intent, { stage: "done", receipt: { unchanged: true } });
    return;
  }
  await send(door, intent, {
    step: "write",
    during: "filling",
    onFailure: "planned",
    call: (inner) => pair.stripe.writeMetadata(plan.objectId, changes, inner),
    onAnswer: () => ({ stage: "done", receipt: { written: Object.keys(changes) } }),
  });
  steps.note("writeback", `SL's numbers written to ${plan.objectId}`, { object: plan.objectId });
}

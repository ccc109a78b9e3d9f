import { toHubError } from "../../base/errors.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerAddressDraft, CustomerReading } from "../../erp/port.ts";
import { DEFAULT_SHIP_TO, mapShipTo } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { type Intent, newestAttempt } from "../write/intent.ts";
import { LOOK_AFTER_LAG_MS, mayLag } from "../write/open-outcome.ts";
import { closeUnsent, send } from "../write/send.ts";

type ShipToIntent = Intent<CustomerAddressDraft, Readonly<{ shipToId: string }>>;

/**
 * The id of the sale's ship-to address at its SL customer, which is added when SL does not have it:
 * `DEFAULT` where the goods go to the customer's own address, or nowhere. The id comes from the
 * address and SL refuses one that it has, so that the same address is never added twice.
 */
export async function ensureShipTo(
  context: RunContext,
  sale: Sale,
  customer: CustomerReading,
): Promise<string> {
  const { door, pair, signal, steps } = context;
  const draft = mapShipTo(sale, customer, pair.settings);
  if (draft === undefined) return DEFAULT_SHIP_TO;
  const { shipToId, customerId } = draft;
  // Of the customer, not of the sale: another sale to the same address finds it done.
  const fact = { object: customerId, purpose: "ship-to", part: shipToId } as const;
  await door.store.load([customerId]);
  const before = door.store.find(fact) as ShipToIntent | undefined;
  // Where SL may have been put back, what was done once has to be seen.
  if (before?.stage === "done" && !door.mustLookUp) return shipToId;
  if ((await pair.erp.readShipTo(customerId, shipToId, signal)) !== undefined) {
    if (before !== undefined && before.stage !== "done") await closeFound(context, before);
    return shipToId;
  }
  if (before?.stage === "done") await door.store.advance(before, { stage: "abandoned" });
  const intent: ShipToIntent = await door.store.ensure<
    CustomerAddressDraft,
    Readonly<{ shipToId: string }>
  >(fact, () => ({
    draft,
    notes: [],
  }));
  if (intent.stage === "filling") await settle(context, intent);
  else await create(context, intent);
  steps.note("ship-to", `ship-to address ${shipToId} added to customer ${customerId}`, {
    shipToId,
  });
  return shipToId;
}

async function create(context: RunContext, intent: ShipToIntent): Promise<void> {
  const { door } = context;
  const receipt = { shipToId: intent.draft.shipToId };
  try {
    await send(door, intent, {
      step: "create",
      during: "filling",
      onFailure: "planned",
      call: (signal) => door.erp.createShipTo(intent.draft, signal),
      onAnswer: () => ({ stage: "done", receipt }),
    });
  } catch (thrown) {
    // Another lane was faster: the same address stands there, which is all that was wanted.
    if (toHubError(thrown).facts.taken !== true) throw thrown;
    const refused = door.store.find(intent.identity) as ShipToIntent | undefined;
    if (refused !== undefined) await closeFound(context, refused);
  }
}

/** SL shows it: whatever was sent, and perhaps not answered, has come to its end. */
async function closeFound({ door }: RunContext, intent: ShipToIntent): Promise<void> {
  const attempt = newestAttempt(intent, "create");
  const isOpen = attempt !== undefined && !attempt.isAnswered;
  await door.store.advance(intent, {
    stage: "done",
    receipt: { shipToId: intent.draft.shipToId },
    ...(isOpen ? { answer: { nr: attempt.nr, outcome: "found" } } : {}),
  });
}

/** The address was not there a moment ago: what was sent without an answer may still come. */
async function settle(context: RunContext, intent: ShipToIntent): Promise<void> {
  const { door } = context;
  const attempt = newestAttempt(intent, "create");
  if (mayLag(door, attempt)) {
    throw new Waiting(`ship-to ${intent.draft.shipToId} to show up in SL`, LOOK_AFTER_LAG_MS);
  }
  await create(context, await closeUnsent(door, intent, "planned"));
}

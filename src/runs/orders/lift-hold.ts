import type { Door } from "../write/door.ts";
import type { Intent } from "../write/intent.ts";
import { closeUnsent, send } from "../write/send.ts";

type HoldDraft = Readonly<{ orderNumber: string }>;
export type HoldIntent = Intent<HoldDraft, object>;

/** The part of an order's intents that takes the hold off, beside the order itself. */
export const HOLD_OFF = "hold-off";

/**
 * Takes the administrative hold off an order, so that it ships. Doing so twice changes nothing, so
 * an unknown outcome is read, and else sent again. Once it is off, a person may hold the order
 * again: that is nobody's business here.
 */
export async function liftHold(door: Door, first: HoldIntent): Promise<HoldIntent> {
  const { orderNumber } = first.draft;
  let intent = first;
  if (intent.stage === "filling") {
    const order = await door.erp.orders.read(orderNumber, door.signal);
    intent = await closeUnsent(door, intent, "planned");
    if (order?.isOnHold === false) {
      return door.store.advance(intent, { stage: "done", receipt: {} });
    }
  }
  if (intent.stage === "done") return intent;
  return send(door, intent, {
    step: "lift",
    during: "filling",
    onFailure: "planned",
    call: (signal) => door.erp.orders.liftHold(orderNumber, signal),
    onAnswer: () => ({ stage: "done", receipt: {} }),
  });
}

import { HubError } from "../../base/errors.ts";
import { DISPUTE_PURPOSES, type Purpose, REFUND_PURPOSES } from "../../base/ids.ts";
import type { DocumentReading } from "../../erp/port.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "./door.ts";
import { type DocumentReceipt, type Intent, newestAttempt } from "./intent.ts";
import { LOOK_AFTER_LAG_MS, mayLag } from "./open-outcome.ts";

type Named = Readonly<{ type: string; customerId: string; refNbr: string }>;

/** What the hub releases as documents of their own. */
const OWN: readonly Purpose[] = [
  "invoice",
  "summary",
  "payment",
  "return",
  "reverse",
  "rounding",
  // Where a dispute is no journal, it is memos of the customer.
  ...DISPUTE_PURPOSES,
  ...REFUND_PURPOSES,
];

/**
 * A released document as SL shows it now. SL's reads may lag its writes, so one that this hub has
 * released a moment ago is waited for: a missing balance is never taken for nothing.
 *
 * @throws Waiting; HubError `erp.not_found` where SL does not show it and no lag explains that
 */
export async function readBooked(door: Door, document: Named): Promise<DocumentReading> {
  const { type, customerId, refNbr } = document;
  const found = await door.erp.readReleased(type, customerId, refNbr, door.signal);
  if (found !== undefined) return found;
  const name = `${type} ${refNbr} of customer ${customerId}`;
  if (hasJustReleased(door, document)) {
    throw new Waiting(`SL to show ${name}`, LOOK_AFTER_LAG_MS);
  }
  throw new HubError("erp.not_found", `SL shows no released ${name}`, {
    facts: { type, refNbr, customerId },
  });
}

function hasJustReleased(door: Door, document: Named): boolean {
  const { store } = door;
  const own = OWN.flatMap((purpose) =>
    store.objectsOf(purpose).flatMap((object) => store.parts(object, purpose)),
  );
  return own.some((intent) => {
    const release = newestAttempt(intent, "release");
    return isReceiptOf(intent, document) && mayLag(door, release);
  });
}

function isReceiptOf({ receipt }: Intent, { type, customerId, refNbr }: Named): boolean {
  const booked = receipt as Partial<DocumentReceipt> | undefined;
  return booked?.type === type && booked.customerId === customerId && booked.refNbr === refNbr;
}

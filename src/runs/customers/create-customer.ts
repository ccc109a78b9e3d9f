import { toHubError } from "../../base/errors.ts";
import type { CustomerDraft, CustomerReading } from "../../erp/port.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "../write/door.ts";
import { type Intent, newestAttempt } from "../write/intent.ts";
import type { ReceiptRows } from "../write/intent-move.ts";
import { assertNotInVainForLong, LOOK_AFTER_LAG_MS, mayLag } from "../write/open-outcome.ts";
import { closeUnsent, openAgeMs, send } from "../write/send.ts";

export type CustomerReceipt = Readonly<{ customerId: string }>;
export type CustomerIntent = Intent<CustomerDraft, CustomerReceipt>;

/**
 * Creates the customer under the id that its key gives. SL refuses an id that it has, so a repeat
 * cannot make a second one, and an unknown outcome needs no horizon: read, else send again.
 *
 * Ends `done`, or `abandoned` when somebody else's customer has that very id: then the next
 * generation has another.
 */
export async function createCustomer(door: Door, first: CustomerIntent): Promise<CustomerIntent> {
  let intent = first;
  while (intent.stage !== "done" && intent.stage !== "abandoned") {
    intent = intent.stage === "planned" ? await create(door, intent) : await settle(door, intent);
  }
  return intent;
}

/**
 * Whether a create without an answer is still the way to the buyer's customer: SL shows it, or
 * others wait for it. They do no longer once its horizon is over (`findOwn`), and may have made the
 * same person since: then it ends as one that never left, and whoever is there comes first.
 */
export async function isStillTheWay(door: Door, intent: CustomerIntent): Promise<boolean> {
  if (openAgeMs(door, newestAttempt(intent, "create")) < door.horizonMs) return true;
  return (await settle(door, intent)).stage === "done";
}

async function create(door: Door, intent: CustomerIntent): Promise<CustomerIntent> {
  const rows = rowsOf(intent);
  const receipt = { customerId: intent.draft.customerId };
  try {
    return await send(door, intent, {
      step: "create",
      during: "filling",
      onFailure: "filling",
      call: (signal) => door.erp.createCustomer(intent.draft, signal),
      onAnswer: () => ({ stage: "done", receipt, rows }),
    });
  } catch (thrown) {
    const error = toHubError(thrown);
    if (error.code !== "erp.refused") throw thrown;
    const refused = door.store.find(intent.identity) as CustomerIntent;
    if (error.facts.taken === true) return settle(door, refused);
    // Nothing was made: a mended draft is free to take its place.
    await door.store.advance(refused, { stage: "planned" });
    throw error;
  }
}

async function settle(door: Door, intent: CustomerIntent): Promise<CustomerIntent> {
  const { customerId } = intent.draft;
  const reading = await door.erp.readCustomer(customerId, door.signal);
  const attempt = newestAttempt(intent, "create");
  if (reading === undefined) {
    if (attempt?.isAnswered === true && mayLag(door, attempt)) {
      throw new Waiting(`customer ${customerId} to show up in SL`, LOOK_AFTER_LAG_MS);
    }
    const absent = await closeUnsent(door, intent, "planned");
    assertNotInVainForLong(door, absent);
    return absent;
  }
  if (!isOurs(reading, intent)) return door.store.advance(intent, { stage: "abandoned" });
  const isOpen = attempt !== undefined && !attempt.isAnswered;
  return door.store.advance(intent, {
    stage: "done",
    receipt: { customerId },
    rows: rowsOf(intent),
    ...(isOpen ? { answer: { nr: attempt.nr, outcome: "found" } } : {}),
  });
}

function rowsOf({ identity, draft }: CustomerIntent): ReceiptRows {
  const slKey = draft.customerId;
  return {
    ...{ slTable: "Customer", slKey, owners: [] },
    links: [{ stripeId: identity.object, kind: "customer", part: "", slKey, batNbr: "" }],
  };
}

function isOurs(reading: CustomerReading, intent: CustomerIntent): boolean {
  return reading.key === intent.key;
}

import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { listSubscribers, type Subscriber } from "../subscribers/index.ts";
import type { Finding, Look } from "./check.ts";

/** Who is told of domain events, and whether that comes through; nothing where there is nobody. */
export async function subscriberLooks(pool: Pool): Promise<Look[]> {
  const subscribers = await listSubscribers(pool);
  return subscribers.map((subscriber) => ({
    name: `subscriber-${subscriber.id}`,
    look: async () => findingOf(subscriber),
  }));
}

function findingOf(subscriber: Subscriber): Finding {
  const { id, disabledReason, lastError = "", failingSince, failing, delivered } = subscriber;
  if (disabledReason !== undefined) {
    const cure = `Mend the receiver, then \`slipway subscribers enable ${id}\`: nothing was lost.`;
    return { warning: `told nothing: ${disabledReason}`, cure };
  }
  const cure = `See \`slipway subscribers show ${id}\`; the hub tries again by itself.`;
  if (failingSince !== undefined) {
    return { warning: `takes nothing since ${failingSince.toISOString()}: ${lastError}`, cure };
  }
  if (failing > 0) {
    return { warning: `${counted(failing, "event")} not taken, last: ${lastError}`, cure };
  }
  return `${counted(Number(delivered), "event")} told`;
}

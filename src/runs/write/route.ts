import { HubError, toHubError } from "../../base/errors.ts";
import type { BatchHead, Capabilities, ErpScreen } from "../../erp/port.ts";
import type { Door } from "./door.ts";

/** How a document comes to stand in SL on hold: in a reserved empty batch, or by a single ADD. */
export type Route = "reserve" | "add";

/** The screens as people name them. */
export const SCREEN_NAME = {
  invoice: "Invoice and Memo (08.010)",
  payment: "Payment Application (08.030)",
  journal: "Journal Transactions (01.010)",
} as const;

/**
 * The route for a screen, by what is known of the site. A site that nobody asked is tried with an
 * empty batch, which is harmless: at worst it refuses.
 *
 * @throws HubError `config.no_safe_write` where neither route could be proved to book once,
 *   `config.key_not_kept` where nothing could
 */
export async function routeOf(door: Door, screen: ErpScreen): Promise<Route> {
  const { capabilities } = door.erp;
  if (capabilities["keep-keys"] === "no") {
    const message = "SL does not keep the fields by which the hub finds what it wrote";
    throw new HubError("config.key_not_kept", message, { facts: { screen } });
  }
  if (takesReserved(capabilities, screen)) return "reserve";
  if (await canFindByKey(door)) return "add";
  // The views may have been installed since this process looked for them.
  await door.erp.check(door.signal);
  if (door.erp.capabilities["find-by-key"] === "yes") return "add";
  throw new HubError(
    "config.no_safe_write",
    `SL fills no empty batch in ${SCREEN_NAME[screen]}, and no view finds a batch by its key`,
    { facts: { screen } },
  );
}

/** Whether an empty batch can be reserved and filled, as far as anybody knows. */
export function takesReserved(capabilities: Capabilities, screen: ErpScreen): boolean {
  return capabilities[`reserve-${screen}`] !== "no" && capabilities.append !== "no";
}

/** Whether batches can be looked up by key; a site that was never asked answers here. */
export async function canFindByKey(door: Pick<Door, "erp" | "signal">): Promise<boolean> {
  const isUnknown = door.erp.capabilities["find-by-key"] === "probe";
  if (isUnknown) await door.erp.check(door.signal);
  return door.erp.capabilities["find-by-key"] === "yes";
}

/** Reserves; a refusal of a site that was never probed says that it may be asked. */
export async function tryReserve(door: Door, head: BatchHead, signal: AbortSignal) {
  try {
    return await door.erp.reserve(head, signal);
  } catch (thrown) {
    const refusal = toHubError(thrown);
    const isKnown = door.erp.capabilities[`reserve-${head.screen}`] !== "probe";
    if (refusal.code !== "erp.refused" || isKnown) throw thrown;
    throw new HubError("erp.refused", refusal.message, {
      facts: refusal.facts,
      cause: refusal,
      cure:
        "Read SL's message and mend its cause. If this site takes no empty batches, run " +
        "`slipway doctor --probe`: the hub then takes the other route. Then resume.",
    });
  }
}

import { type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { BATCH_STATUS } from "./batches.ts";

/**
 * Posts a released batch (U becomes P, its GL transactions Posted P). A batch whose period is
 * later than the current ledger period waits in U, as SL's posting refuses it (6035).
 */
export function postBatch(world: World, batch: Row): Row {
  const isDue = text(batch, "PerPost") <= text(world.ledgerSetup, "PerNbr");
  if (text(batch, "Status") !== BATCH_STATUS.unposted || !isDue) return batch;
  const lines = world.store.find("GLTran", "byBatch", text(batch, "Module"), text(batch, "BatNbr"));
  for (const line of lines) world.store.patch("GLTran", line, { Posted: "P" });
  return world.store.patch("Batch", batch, {
    Status: BATCH_STATUS.posted,
    ...world.audit("01520", batch),
  });
}

/** Posts every batch that is due; the number posted. */
export function postAll(world: World): number {
  const due = world.store
    .find("Batch", "byStatus", BATCH_STATUS.unposted)
    .map((batch) => postBatch(world, batch));
  return due.filter((batch) => text(batch, "Status") === BATCH_STATUS.posted).length;
}

import type { Sale } from "../../canonical/sale.ts";
import { syncControl } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { WaitingForNextRun } from "../waiting.ts";
import { letGo } from "./collected-store.ts";

/**
 * Takes a sale out of the summary of its day that says `hold` or `skip` by now: as long as no
 * document of the day is fixed with it, it is as free as one that was never collected.
 *
 * @throws WaitingForNextRun once it is out, which finds nothing of it; HubError `mapping.sync_word`
 */
export async function leaveSummary(context: RunContext, sale: Sale): Promise<void> {
  const { door, pair, pool, lane } = context;
  const object = sale.document.identity;
  const invoice = door.store.find({ object, purpose: "invoice", part: "" });
  if (invoice?.stage !== "collected") return;
  const control = syncControl(sale, sale.payments, pair.settings);
  if (control === undefined || control.word === "force") return;
  if (!(await letGo(pool, lane))) return;
  throw new WaitingForNextRun(`the next run, since ${control.objectId} says "${control.word}"`, 0);
}

import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import { runCharge, type SaleResult } from "./charge-run.ts";
import type { RunContext } from "./context.ts";
import { runExistingInvoices } from "./existing-invoice.ts";
import { isFrozen } from "./intent.ts";
import { obeySync } from "./sync-word.ts";

/**
 * Books a sale in the mode of its pair. Returns what was booked, or why nothing was, in words.
 */
export async function bookSale(context: RunContext, sale: Sale): Promise<SaleResult> {
  const { steps, door } = context;
  const charges = sale.payments.map((payment) => payment.chargeId);
  const intents = sale.payments.flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
  await door.store.load([...new Set([sale.document.identity, ...charges, ...intents])]);
  steps.note("charge", `charge ${charges.join(", ")} read from Stripe`);
  const left = obeySync(context, sale);
  if (left !== undefined) return { outcome: "not_applicable", ...left };
  switch (modeOf(context, sale)) {
    case "invoice":
      return runCharge(context, sale);
    case "existing-invoice":
      return runExistingInvoices(context, sale);
    case "sales-order":
      throw new HubError("config.invalid", "Mode sales-order books nothing yet", {
        facts: { setting: "mode" },
      });
  }
}

/**
 * The pair's mode, except for a sale that was begun in another one before the setting was changed:
 * it is finished as it was begun, or its money would be booked twice.
 */
function modeOf({ door, pair }: RunContext, sale: Sale): PairSettings["mode"] {
  const hasBegun = (object: string, purpose: "invoice" | "share-out") =>
    door.store.parts(object, purpose).some(isFrozen);
  const isShared = sale.payments.some(
    ({ chargeId }) =>
      hasBegun(chargeId, "share-out") ||
      door.store
        .parts(chargeId, "payment")
        .some((one) => one.identity.part !== "" && isFrozen(one)),
  );
  if (isShared) return "existing-invoice";
  return hasBegun(sale.document.identity, "invoice") ? "invoice" : pair.settings.mode;
}

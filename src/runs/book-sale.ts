import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import { runCharge, type SaleResult } from "./charge-run.ts";
import type { RunContext } from "./context.ts";
import { runExistingInvoices } from "./existing-invoice.ts";
import { isFrozen } from "./intent.ts";
import { runOrder } from "./order-run.ts";
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
      return runOrder(context, sale);
  }
}

/**
 * The pair's mode, except for a sale that was begun in another one before the setting was changed:
 * it is finished as it was begun, or its money would be booked twice. An invoice that stands in SL
 * is not to ship as well, and an order not to be invoiced by hand.
 */
function modeOf({ door, pair }: RunContext, sale: Sale): PairSettings["mode"] {
  const hasBegun = (object: string, purpose: "invoice" | "order" | "share-out") =>
    door.store.parts(object, purpose).some(isFrozen);
  const isShared = sale.payments.some(
    ({ chargeId }) =>
      hasBegun(chargeId, "share-out") ||
      door.store
        .parts(chargeId, "payment")
        .some((one) => one.identity.part !== "" && isFrozen(one)),
  );
  if (isShared) return "existing-invoice";
  const { identity } = sale.document;
  if (hasBegun(identity, "invoice")) return "invoice";
  return hasBegun(identity, "order") ? "sales-order" : pair.settings.mode;
}

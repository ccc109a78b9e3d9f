import type { Sale } from "../canonical/sale.ts";
import { runCharge, type SaleResult } from "./charge-run.ts";
import type { RunContext } from "./context.ts";
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
    case "sales-order":
      return runOrder(context, sale);
  }
}

/**
 * A sale goes on in the mode that it was begun in, whatever the settings say by now: an invoice
 * that stands in SL is not to ship as well, and an order not to be invoiced by hand.
 */
function modeOf({ door, pair }: RunContext, sale: Sale): RunContext["pair"]["settings"]["mode"] {
  const object = sale.document.identity;
  const isBegun = (purpose: "invoice" | "order") => {
    const intent = door.store.find({ object, purpose, part: "" });
    return intent !== undefined && intent.stage !== "planned" && intent.stage !== "abandoned";
  };
  if (isBegun("invoice")) return "invoice";
  return isBegun("order") ? "sales-order" : pair.settings.mode;
}

import { HubError } from "../base/errors.ts";
import type { Sale } from "../canonical/sale.ts";
import { runCharge, type SaleResult } from "./charge-run.ts";
import type { RunContext } from "./context.ts";
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
  switch (context.pair.settings.mode) {
    case "invoice":
      return runCharge(context, sale);
    case "sales-order":
      throw new HubError("config.invalid", "Mode sales-order books nothing yet", {
        facts: { setting: "mode" },
      });
  }
}

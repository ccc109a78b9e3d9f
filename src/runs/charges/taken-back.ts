import type { Sale, SalePayment } from "../../canonical/sale.ts";
import { withPayments } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { inBookedCurrency } from "./book-in.ts";

/**
 * The sale of this lane with those of its payments alone that were booked and that their banks took
 * back since; undefined where there are none. The lane's intents must be loaded.
 */
export async function readTakenBack(context: RunContext): Promise<Sale | undefined> {
  const { door, pair, lane, signal } = context;
  const booked = bookedCharges(context);
  const sale = booked.length > 0 ? await pair.stripe.readTakenBack(lane.key, signal) : undefined;
  const payments = sale?.payments.filter(({ chargeId }) => booked.includes(chargeId)) ?? [];
  if (sale === undefined || payments.length === 0) return undefined;
  const begun = door.store.find({ object: sale.document.identity, purpose: "invoice", part: "" });
  return inBookedCurrency(pair, { ...sale, payments }, begun);
}

/**
 * The sale with payments too that are no longer its own, since their banks took them back: what
 * goes back of them by refunds moves the balance all the same.
 */
export async function withTakenBack(context: RunContext, sale: Sale): Promise<Sale> {
  const own = sale.payments.map(({ chargeId }) => chargeId);
  const back: SalePayment[] = [];
  for (const chargeId of bookedCharges(context).filter((id) => !own.includes(id))) {
    const reading = await context.pair.stripe.readReturn(chargeId, context.signal);
    if (reading !== undefined) back.push(reading.payment);
  }
  return back.length === 0 ? sale : withPayments(sale, back);
}

function bookedCharges({ door: { store } }: RunContext): readonly string[] {
  const charges = store.objectsOf("payment");
  return charges.filter((id) => store.parts(id, "payment").some(({ stage }) => stage === "done"));
}

import type { LaneReading } from "../canonical/sale.ts";
import { mergeMetadata, metadataSource, parseBuyer, parseShipTo } from "./parse-buyer.ts";
import { capturedAmount } from "./parse-charge.ts";
import { bareDocument } from "./parse-checkout.ts";
import { readMoney } from "./read-money.ts";
import type { Reads } from "./reads.ts";
import { idOf, objectOf } from "./wire.ts";

/** A charge stands for itself only when neither an invoice nor a PaymentIntent stands behind it. */
export async function readCharge(reads: Reads, id: string): Promise<LaneReading> {
  const charge = await reads.charge(id);
  const root = idOf(charge, "invoice") ?? idOf(charge, "payment_intent");
  if (root !== undefined) return { kind: "elsewhere", laneKey: root };
  const money = await readMoney(reads, charge);
  if (money.kind !== "payment") return money;
  const customer = objectOf(charge, "customer");
  const sources = { customer, owner: charge, invoice: undefined, session: undefined, charge };
  const captured = { identity: id, amount: capturedAmount(charge, reads.toMoney) };
  return {
    kind: "sale",
    sale: {
      document: bareDocument(captured),
      buyer: parseBuyer(sources),
      shipTo: parseShipTo(sources),
      payments: [money.payment],
      ...mergeMetadata(metadataSource(charge), metadataSource(customer)),
      paymentIntentId: undefined,
      invoiceId: undefined,
      livemode: charge.livemode === true,
    },
  };
}

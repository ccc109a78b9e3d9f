import type { LaneReading } from "../canonical/sale.ts";
import { mergeMetadata, parseBuyer, sourcesOf } from "./parse-buyer.ts";
import { capturedMinor } from "./parse-charge.ts";
import { bareDocument } from "./parse-checkout.ts";
import { readMoney } from "./read-money.ts";
import type { Reads } from "./reads.ts";
import { currencyOf, idOf, metadataOf, objectOf } from "./wire.ts";

/** A charge stands for itself only when neither an invoice nor a PaymentIntent stands behind it. */
export async function readCharge(reads: Reads, id: string): Promise<LaneReading> {
  const charge = await reads.charge(id);
  const root = idOf(charge, "invoice") ?? idOf(charge, "payment_intent");
  if (root !== undefined) return { kind: "elsewhere", laneKey: root };
  const money = await readMoney(reads, charge);
  if (money.kind !== "payment") return money;
  const buyer = parseBuyer({
    customer: objectOf(charge, "customer"),
    owner: charge,
    invoice: undefined,
    session: undefined,
    charge,
  });
  const captured = { identity: id, minor: capturedMinor(charge), currency: currencyOf(charge) };
  return {
    kind: "sale",
    sale: {
      document: bareDocument(captured),
      buyer,
      payments: [money.payment],
      metadata: mergeMetadata(metadataOf(charge), buyer.metadata),
      sources: sourcesOf(objectOf(charge, "customer")),
      paymentIntentId: undefined,
      invoiceId: undefined,
      livemode: charge.livemode === true,
    },
  };
}

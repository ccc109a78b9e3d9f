import type { PairSettings } from "../../config/index.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import type { StoredIntent } from "./reversal.ts";

/**
 * What of these documents is not booked again once they are taken back, in words. That a payment
 * which its bank took back was a success is known from its own receipt alone: once that is taken
 * back, the payment was never booked, and neither it nor its memo comes again.
 */
export function notAgain(
  originals: readonly StoredIntent[],
  { invoice }: Pick<PairSettings, "invoice">,
): readonly string[] {
  const payments = originals.filter(({ purpose }) => purpose === "payment");
  const memos = originals.filter(
    ({ purpose, object }) =>
      purpose === "return" && payments.some((payment) => payment.object === object),
  );
  const returned = new Set(memos.map(({ object }) => object));
  const words = [...returned].map((object) => {
    const own = [...payments, ...memos].filter((one) => one.object === object);
    return `${own.map(nameOf).join(", ")} of ${object}: its bank took the money back`;
  });
  const isUnpaid = returned.size > 0 && payments.every(({ object }) => returned.has(object));
  if (!isUnpaid) return words;
  // An invoice of Stripe that nobody has paid is booked all the same where the pair says so.
  const isBookedUnpaid = (object: string) =>
    invoice.when === "finalized" && object.startsWith("in_");
  const unpaid = originals
    .filter(({ purpose, object }) => purpose === "invoice" && !isBookedUnpaid(object))
    .map((one) => `${nameOf(one)} of ${one.object}: nothing else has paid it`);
  return [...words, ...unpaid];
}

function nameOf({ receipt, batNbr }: StoredIntent): string {
  const { type = "", refNbr = batNbr }: Partial<DocumentReceipt> = receipt ?? {};
  return `${type} ${refNbr}`;
}

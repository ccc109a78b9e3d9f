import type { Sale } from "../../canonical/sale.ts";
import type { PairSettings } from "../../config/index.ts";
import type { KeyedDocument, PaymentDraft } from "../../erp/port.ts";
import { shortStripeId } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isMissedInRebuilt } from "../summary/collect-sale.ts";
import { newestReleased, releasedBefore } from "../write/adopt.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import { canFindByKey } from "../write/route.ts";

type Mode = PairSettings["mode"];

/**
 * The mode that a hub has booked a sale in that lost its database since; undefined where nothing
 * tells that it has. The setting may name another one by now, in which all of the sale would be
 * booked a second time.
 */
export async function modeBeforeLoss(context: RunContext, sale: Sale): Promise<Mode | undefined> {
  const { door, pair } = context;
  const object = sale.document.identity;
  if (door.store.parts(object, "invoice").length > 0) return undefined;
  const paid = await moneyBefore(context, sale);
  if (paid === undefined && pair.settings.mode === "invoice") return undefined;
  if (paid?.isShare === true) return "existing-invoice";
  const invoice = { pair: pair.id, object, purpose: "invoice", part: "" } as const;
  if ((await releasedBefore(door, invoice)) !== undefined) return "invoice";
  if (paid === undefined) return (await isMissedInRebuilt(context, sale)) ? "invoice" : undefined;
  const { salesOrder } = await readBooked(door, paid.receipt);
  return salesOrder === undefined ? undefined : "sales-order";
}

type Paid = Readonly<{
  receipt: Pick<DocumentReceipt, "type" | "customerId" | "refNbr">;
  /** Whether it is what one customer has of a charge that pays invoices of SL's own. */
  isShare: boolean;
}>;

/** Money of the sale that a rebuild took over, or that SL holds and the hub does not know. */
async function moneyBefore(context: RunContext, { payments }: Sale): Promise<Paid | undefined> {
  const { door } = context;
  for (const { chargeId } of payments) {
    const known = door.store.parts(chargeId, "payment");
    const adopted = known.find(({ draft, receipt }) => {
      return receipt !== undefined && (draft as Partial<PaymentDraft>).kind === undefined;
    });
    if (adopted !== undefined) {
      const isShare = adopted.identity.part !== "";
      return { receipt: adopted.receipt as DocumentReceipt, isShare };
    }
    if (known.length > 0 || !door.mustLookUp || !(await canFindByKey(door))) continue;
    const found = await paymentInSl(context, chargeId);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function paymentInSl({ door, pair }: RunContext, object: string): Promise<Paid | undefined> {
  const standing = await door.erp.findOfStripeId(shortStripeId(object), door.signal);
  const isOf = (one: KeyedDocument, part: string) =>
    newestReleased([one], { pair: pair.id, object, purpose: "payment", part }) !== undefined;
  const own = standing.find((one) => isOf(one, ""));
  if (own !== undefined) return { receipt: own, isShare: false };
  const share = standing.find((one) => isOf(one, one.customerId.trim()));
  return share && { receipt: share, isShare: true };
}

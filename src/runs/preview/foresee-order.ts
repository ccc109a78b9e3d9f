import { intentKey } from "../../base/ids.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, OrderDraft, PaymentDraft } from "../../erp/port.ts";
import { itemIdsToRead, mapOrder, mapPayment, orderDifference } from "../../mapping/index.ts";
import { periodFor, readInventory } from "../charges/sale-readings.ts";
import type { PairRuntime } from "../pair-runtime.ts";

type Foreseen = Readonly<{
  purpose: "order" | "payment";
  object: string;
  draft: OrderDraft | PaymentDraft;
  notes: readonly string[];
}>;

/** Stands for the number that SL has not given yet. */
const NEW_ORDER = "(new)";

/**
 * The order of a sale and its money as a run would book them, with SL's totals of this moment;
 * nothing is written.
 *
 * @throws HubError as `mapOrder` and `orderDifference`
 */
export async function foreseeOrder(
  pair: PairRuntime,
  sale: Sale,
  into: Readonly<{
    customer: CustomerReading;
    /** SL calculates for customers that it has alone. */
    isNewCustomer: boolean;
    keep: (document: Foreseen) => void;
  }>,
): Promise<void> {
  const { settings, reference, erp } = pair;
  const { customer, isNewCustomer, keep } = into;
  const object = sale.document.identity;
  const keyOf = (of: string, purpose: Foreseen["purpose"]) =>
    intentKey({ pair: pair.id, object: of, purpose, part: "", generation: 0 });
  const readings = {
    settings,
    customer,
    key: keyOf(object, "order"),
    inventory: await readInventory({ pair }, itemIdsToRead(sale, settings)),
    slDecimals: await reference.decimals(sale.document.total.currency),
  };
  const { draft } = mapOrder(sale, { ...readings, rounding: undefined });
  const totals = isNewCustomer ? undefined : await erp.orders.calculate(draft);
  const rounding = totals === undefined ? undefined : orderDifference(draft, totals, settings);
  const order = mapOrder(sale, { ...readings, rounding });
  const unknown = ["SL's own total is compared once it has the customer."];
  const ofOrder = totals === undefined ? [...order.notes, ...unknown] : order.notes;
  keep({ purpose: "order", object, draft: order.draft, notes: ofOrder });
  const isPrepaid = settings.order.money === "pp" && erp.capabilities.prepayment !== "no";
  for (const payment of sale.payments) {
    const { period, notes } = await periodFor({ pair }, sale, payment);
    const mapped = mapPayment(sale, payment, {
      settings,
      customer,
      period,
      key: keyOf(payment.chargeId, "payment"),
      invoice: undefined,
      slDecimals: await reference.decimals(payment.amount.currency),
      numberTry: 0,
      order: { number: NEW_ORDER, type: isPrepaid ? "PP" : "PA" },
    });
    const all = [...notes, ...mapped.notes];
    keep({ purpose: "payment", object: payment.chargeId, draft: mapped.draft, notes: all });
  }
}

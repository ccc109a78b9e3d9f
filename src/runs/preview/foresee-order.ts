import { intentKey, type Purpose } from "../../base/ids.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { CustomerReading, JournalDraft, OrderDraft, PaymentDraft } from "../../erp/port.ts";
import {
  itemIdsToRead,
  mapOrder,
  mapPayment,
  openOnly,
  orderDifference,
} from "../../mapping/index.ts";
import { crossingOfPayment, moneyOfPayment } from "../charges/payment-way.ts";
import { periodFor, readInventory } from "../charges/sale-readings.ts";
import { moneyTypeOf } from "../orders/money-type.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { ratedOrder, valuerOf } from "../write/value.ts";
import { foreseeToClearing } from "./foresee-to-clearing.ts";

type Foreseen = Readonly<{
  purpose: Purpose;
  object: string;
  draft: OrderDraft | PaymentDraft | JournalDraft;
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
  const { draft } = await ratedOrder(pair, mapOrder(sale, { ...readings, rounding: undefined }));
  const totals = isNewCustomer ? undefined : await erp.orders.calculate(draft);
  const rounding = totals === undefined ? undefined : orderDifference(draft, totals, settings);
  const order = await ratedOrder(pair, mapOrder(sale, { ...readings, rounding }));
  const unknown = ["SL's own total is compared once it has the customer."];
  const ofOrder = totals === undefined ? [...order.notes, ...unknown] : order.notes;
  keep({ purpose: "order", object, draft: order.draft, notes: ofOrder });
  const type = await moneyTypeOf(pair, customer);
  for (const payment of sale.payments) {
    const { period, notes } = openOnly(await periodFor({ pair }, sale, payment));
    const { isBridged, worth } = await crossingOfPayment(pair, sale, payment);
    const mapped = mapPayment(sale, payment, {
      ...{ settings, customer, period, isBridged },
      key: keyOf(payment.chargeId, "payment"),
      invoice: undefined,
      slDecimals: await reference.decimals(payment.amount.currency),
      numberTry: 0,
      order: { number: NEW_ORDER, type },
    });
    const told = { draft: mapped.draft, notes: [...notes, ...mapped.notes] };
    const paid = await valuerOf(pair)(told, worth);
    keep({ purpose: "payment", object: payment.chargeId, ...paid });
    if (!isBridged) continue;
    const booked = { worth: paid.draft.rate?.worth ?? paid.draft.amount, period };
    const money = moneyOfPayment(pair, sale, payment);
    for (const journal of await foreseeToClearing(pair, money, booked)) keep(journal);
  }
}

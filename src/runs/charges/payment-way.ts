import { present } from "../../base/assert.ts";
import { allocate } from "../../base/money.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import {
  bookingZone,
  type CrossingMoney,
  documentDate,
  factDate,
  rowsOfPayment,
  type Share,
  settledOf,
} from "../../mapping/index.ts";
import { type Crossing, crossingOf } from "../bridge/crossing.ts";
import { takeToClearing } from "../bridge/to-clearing.ts";
import type { RunContext } from "../context.ts";
import type { Intent } from "../write/intent.ts";
import type { Valuing, Worth } from "../write/value.ts";

/** How the payment of a charge is valued, and whether it reaches clearing over the bridge. */
export function crossingOfPayment(
  pair: Valuing,
  sale: Sale,
  payment: SalePayment,
  known?: Intent,
): Promise<Crossing> {
  const date = factDate(sale, payment, pair.settings);
  return crossingOf(pair, { amount: payment.amount, settled: settledOf(payment), date, known });
}

/** What a charge is worth where Stripe settled it in another currency, shared out as it is. */
export function worthsOf(
  { worth }: Pick<Crossing, "worth">,
  shares: readonly Pick<Share, "amount">[],
): readonly Worth[] {
  if (worth === undefined || !("settled" in worth) || shares.length === 0) return [];
  const weights = shares.map(({ amount }) => amount.minor);
  return allocate(worth.settled, weights).map((part) => ({ settled: part }));
}

/** The money of a charge as its journal between clearing and the bridge is made from it. */
export function moneyOfPayment(
  { settings }: Pick<Valuing, "settings">,
  { livemode }: Pick<Sale, "livemode">,
  payment: SalePayment,
): CrossingMoney & Readonly<{ rowIds: readonly string[] }> {
  const { chargeId, paymentIntentId, amount } = payment;
  const rows = rowsOfPayment(payment);
  const first = rows.find(({ category }) => category === "charge");
  const { id: rowId, created } = present(first, `The balance row of ${chargeId}`);
  return {
    ...{ object: chargeId, rowId, direction: "in", livemode },
    rowIds: rows.map(({ id }) => id),
    charged: amount,
    settled: settledOf(payment),
    linkTo: paymentIntentId ?? chargeId,
    date: documentDate(created, bookingZone(settings)),
  };
}

/** Takes what a charge has put on the bridge to clearing, once all of its payments stand. */
export async function bridgePayment(
  context: RunContext,
  sale: Sale,
  payment: SalePayment,
): Promise<void> {
  if (settledOf(payment).currency === payment.amount.currency) return;
  const documents = context.door.store.parts(payment.chargeId, "payment");
  await takeToClearing(context, { ...moneyOfPayment(context.pair, sale, payment), documents });
}

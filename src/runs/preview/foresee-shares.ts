import { intentKey, type Purpose } from "../../base/ids.ts";
import { add, zero } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { DocumentDraft } from "../../erp/port.ts";
import { mapPayment, openOnly, shareOut } from "../../mapping/index.ts";
import { type Finding, type FoundInvoice, findNamedInvoices } from "../charges/find-invoices.ts";
import { crossingOfPayment, moneyOfPayment, worthsOf } from "../charges/payment-way.ts";
import { periodFor } from "../charges/sale-readings.ts";
import { countShares, leftFor } from "../charges/share-out.ts";
import { customerOfShare } from "../charges/share-payment.ts";
import { valuerOf } from "../write/value.ts";
import { foreseeToClearing } from "./foresee-to-clearing.ts";

/** A document as it would be booked. */
type Foreseen = Readonly<{
  purpose: Purpose;
  object: string;
  draft: DocumentDraft;
  notes: readonly string[];
}>;

/**
 * The payments that a sale would become in mode `existing-invoice`, by what its invoices have open
 * at the moment, as if none of them were booked; nothing is written.
 */
export async function foreseeShares(
  asking: Pick<Finding, "pool" | "pair"> & Readonly<{ signal?: AbortSignal | undefined }>,
  sale: Sale,
  keep: (document: Foreseen) => void,
): Promise<void> {
  const { pair, pool, signal = new AbortController().signal } = asking;
  const keyFor: Finding["door"]["store"]["keyFor"] = (identity) =>
    intentKey({ ...identity, pair: pair.id, generation: 0 });
  const found = await findNamedInvoices(
    { pool, pair, door: { erp: pair.erp, signal, store: { keyFor } } },
    sale,
  );
  const taken = { all: new Map<string, bigint>(), shown: new Map<string, bigint>() };
  for (const payment of sale.payments) {
    const { period, notes } = openOnly(await periodFor({ pair }, sale, payment));
    const { shares } = shareOut(payment.amount, leftFor(found, taken));
    countShares(taken, shares);
    const crossing = await crossingOfPayment(pair, sale, payment);
    const worths = worthsOf(crossing, shares);
    const { isBridged } = crossing;
    let worth = zero(pair.settings.sl.baseCurrency);
    for (const [at, share] of shares.entries()) {
      const object = payment.chargeId;
      const identity = { object, purpose: "payment", part: share.customerId } as const;
      const applications = share.lines.flatMap(({ refNbr, amount }) => {
        const { receivable } = foundIn(found, share.customerId, refNbr) ?? {};
        return receivable === undefined ? [] : [{ invoiceRefNbr: refNbr, amount, receivable }];
      });
      const mapped = mapPayment(sale, payment, {
        ...{ settings: pair.settings, isBridged },
        key: keyFor(identity),
        customer: await customerOfShare({ pair }, share),
        period,
        invoice: undefined,
        share: { amount: share.amount, applications },
        slDecimals: await pair.reference.decimals(share.amount.currency),
        numberTry: 0,
      });
      const told = { draft: mapped.draft, notes: [...notes, ...mapped.notes] };
      const valued = await valuerOf(pair)(told, worths[at]);
      const { rate, amount } = valued.draft;
      keep({ purpose: "payment", object, ...valued });
      if (isBridged) worth = add(worth, rate?.worth ?? amount);
    }
    if (!isBridged) continue;
    const money = moneyOfPayment(pair, sale, payment);
    for (const journal of await foreseeToClearing(pair, money, { worth, period })) keep(journal);
  }
}

function foundIn(found: readonly FoundInvoice[], customerId: string, refNbr: string) {
  return found.find((one) => one.customerId === customerId && one.refNbr === refNbr);
}

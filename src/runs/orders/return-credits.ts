import type { ReturnsWanted } from "../../erp/port.ts";
import { readOrderInvoices, type SlReader } from "./order-invoices.ts";
import type { LedgerDocument } from "./order-ledger.ts";

/** A released credit memo that SL has made of a return order. */
export type ReturnCredit = Readonly<{
  document: LedgerDocument;
  returnOrder: string;
  /** The order whose goods came back. */
  original: string;
  /** False for one that is over other orders too. */
  isAlone: boolean;
}>;

/** The released credit memos of the returns of orders, oldest return first. */
export async function readReturnCredits(
  reader: SlReader,
  wanted: ReturnsWanted,
): Promise<readonly ReturnCredit[]> {
  const { erp, signal } = reader.door;
  const found: ReturnCredit[] = [];
  for (const { orderNumber, original } of await erp.orders.findReturns(wanted, signal)) {
    const shipments = await erp.orders.readShipments(orderNumber, signal);
    const { credits } = await readOrderInvoices(reader, shipments, []);
    for (const document of credits) {
      const own = shipments.filter(({ shipperId }) => document.shippers.includes(shipperId));
      const total = own.map((one) => one.total.minor).reduce((all, one) => all + one, 0n);
      const isAlone = total === 0n || total === document.amount.minor;
      found.push({ document, returnOrder: orderNumber, original, isAlone });
    }
  }
  return found;
}

import type { TableName } from "../store/store.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import {
  formatInvoice,
  formatInvoiceItem,
  formatInvoiceLine,
  formatInvoicePayment,
} from "./billing.ts";
import {
  formatCoupon,
  formatCustomer,
  formatDiscount,
  formatPrice,
  formatProduct,
  formatTaxRate,
  formatTestClock,
} from "./catalog.ts";
import { formatCheckoutSession } from "./checkout.ts";
import { formatCreditNote, formatCustomerBalance } from "./credit-notes.ts";
import { formatDispute } from "./disputes.ts";
import {
  formatBalanceTransaction,
  formatCharge,
  formatPaymentIntent,
  formatRefund,
} from "./money.ts";
import { formatPaymentMethod } from "./payment-method.ts";
import { formatPayout, formatTopup } from "./payouts.ts";
import { formatReportRun } from "./reports.ts";

const TABLE_BY_PREFIX: readonly (readonly [string, TableName])[] = [
  ["ch_", "charge"],
  ["py_", "charge"],
  ["re_", "refund"],
  ["pi_", "payment_intent"],
  ["txn_", "balance_transaction"],
  ["du_", "dispute"],
  ["po_", "payout"],
  ["tu_", "topup"],
  ["cus_", "customer"],
  ["in_", "invoice"],
  ["cn_", "credit_note"],
  ["pm_", "payment_method"],
];

/** The table that an id's prefix speaks of. */
export function tableOfId(id: string): TableName | undefined {
  return TABLE_BY_PREFIX.find(([prefix]) => id.startsWith(prefix))?.[1];
}

/** The wire shape of one row by its table and id; undefined when there is none. */
export function present(world: World, table: TableName, id: string): Wire | undefined {
  const tables = world.tables;
  switch (table) {
    case "charge":
      return shown(world, tables.charge.get(id), formatCharge);
    case "refund":
      return shown(world, tables.refund.get(id), formatRefund);
    case "payment_intent":
      return shown(world, tables.payment_intent.get(id), formatPaymentIntent);
    case "balance_transaction":
      return shown(world, tables.balance_transaction.get(id), formatBalanceTransaction);
    case "dispute":
      return shown(world, tables.dispute.get(id), formatDispute);
    case "payout":
      return shown(world, tables.payout.get(id), formatPayout);
    case "topup":
      return shown(world, tables.topup.get(id), formatTopup);
    case "customer":
      return shown(world, tables.customer.get(id), formatCustomer);
    case "product":
      return shown(world, tables.product.get(id), formatProduct);
    case "price":
      return shown(world, tables.price.get(id), formatPrice);
    case "coupon":
      return shown(world, tables.coupon.get(id), formatCoupon);
    case "discount":
      return shown(world, tables.discount.get(id), formatDiscount);
    case "tax_rate":
      return shown(world, tables.tax_rate.get(id), formatTaxRate);
    case "test_clock":
      return shown(world, tables.test_clock.get(id), formatTestClock);
    case "invoice":
      return shown(world, tables.invoice.get(id), formatInvoice);
    case "credit_note":
      return shown(world, tables.credit_note.get(id), (_, row) => formatCreditNote(world, row));
    case "customer_balance_transaction":
      return shown(world, tables.customer_balance_transaction.get(id), formatCustomerBalance);
    case "invoiceitem":
      return shown(world, tables.invoiceitem.get(id), formatInvoiceItem);
    case "invoice_line":
      return shown(world, tables.invoice_line.get(id), (_, row) => formatInvoiceLine(row));
    case "invoice_payment":
      return shown(world, tables.invoice_payment.get(id), formatInvoicePayment);
    case "report_run":
      return shown(world, tables.report_run.get(id), formatReportRun);
    case "checkout_session":
      return shown(world, tables.checkout_session.get(id), formatCheckoutSession);
    case "payment_method":
      return shown(world, tables.payment_method.get(id), (_, row) => formatPaymentMethod(row));
    case "settings":
    case "checkout_line":
    case "credit_note_line":
    case "event":
    case "webhook_endpoint":
    case "delivery":
    case "idempotency":
      return undefined;
  }
}

function shown<R>(
  world: World,
  row: R | undefined,
  format: (world: World, row: R) => Wire,
): Wire | undefined {
  return row === undefined ? undefined : format(world, row);
}

/** The metadata keys that the hub itself reads or writes, by their settings under `metadata`. */
export const METADATA_KEYS = {
  "customer-id": "DynamicsSL_CustomerID",
  "order-number": "DynamicsSL_OrderNbr",
  "invoice-number": "DynamicsSL_InvoiceNbr",
  "payment-number": "DynamicsSL_PaymentNbr",
  "batch-number": "DynamicsSL_BatchNbr",
  "credit-number": "DynamicsSL_CreditNbr",
  "order-id": "order_id",
  item: "InvtID",
  invoices: "DynamicsSL_InvoiceNbr",
  sync: "slipway_sync",
  refund: "slipway_refund",
  "refund-lines": "slipway_refund_lines",
  "refund-reason": "slipway_refund_reason",
  "debit-memo": "DynamicsSL_DebitMemoNbr",
  "credit-memo": "DynamicsSL_CreditMemoNbr",
} as const;

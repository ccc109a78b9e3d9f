import { type Money, money, sum } from "../../base/money.ts";
import {
  type BatchHead,
  type CustomerDraft,
  type DocumentDraft,
  type InvoiceDraft,
  type JournalDraft,
  type JournalLine,
  type MemoDraft,
  type PaymentDraft,
  screenOf,
} from "../port.ts";

// The accounts of these drafts are the sandbox company's.
const SUBACCOUNT = "000000000000";

export const usd = (minor: number): Money => money(minor, "USD");
const account = (number: string) => ({ account: number, subaccount: SUBACCOUNT });

/** A key of the right form that differs by its number. */
export function keyOf(nr: number): string {
  const digits = [...String(nr)].map((digit) => "ABCDEFGHIJ".charAt(Number(digit))).join("");
  return digits.padStart(26, "X");
}

/** An invoice over two lines, 60.00 and 40.00. */
export function anInvoice(nr: number, changes: Partial<InvoiceDraft> = {}): InvoiceDraft {
  const lines = changes.lines ?? [aLine(6_000, "CONSULT", "4020"), aLine(4_000, "", "4050")];
  return {
    kind: "invoice",
    key: keyOf(nr),
    stripeId: `in_${nr}`,
    customerId: "C300",
    documentDate: "2026-03-10",
    period: "202603",
    currency: "USD",
    description: "Order 1001",
    note: `in_${nr} https://dashboard.stripe.com/invoices/in_${nr}`,
    userFields: {},
    total: sum(
      lines.map(({ amount }) => amount),
      "USD",
    ),
    receivable: account("1200"),
    lines,
    terms: "01",
    dueDate: "2026-03-10",
    orderNumber: "1001",
    ...changes,
  };
}

/** A memo of 100.00: money that went back as DM on clearing, or its cause as CM on returns. */
export function aMemo(
  nr: number,
  type: MemoDraft["type"],
  changes: Partial<MemoDraft> = {},
): MemoDraft {
  const { kind: _, ...invoice } = anInvoice(nr, {
    lines: [aLine(10_000, "", type === "DM" ? "1095" : "4090")],
  });
  const dates = type === "CM" ? { terms: "", dueDate: "" } : {};
  return { ...invoice, kind: "memo", type, original: "", orderNumber: "", ...dates, ...changes };
}

export function aLine(minor: number, itemId: string, sales: string) {
  const units = `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
  return {
    amount: usd(minor),
    sales: account(sales),
    itemId,
    quantity: "1",
    unitPrice: units,
    description: "One of them",
  };
}

/** A payment of 100.00 that is applied to the given invoices. */
export function aPayment(
  nr: number,
  applied: readonly (readonly [refNbr: string, minor: number])[],
  changes: Partial<PaymentDraft> = {},
): PaymentDraft {
  return {
    kind: "payment",
    type: "PA",
    salesOrder: "",
    key: keyOf(nr),
    stripeId: `ch_${nr}`,
    customerId: "C300",
    documentDate: "2026-03-11",
    period: "202603",
    currency: "USD",
    description: "Card payment",
    note: `ch_${nr}`,
    userFields: {},
    refNbr: `P${String(nr).padStart(9, "0")}`,
    amount: usd(10_000),
    cash: account("1095"),
    applications: applied.map(([invoiceRefNbr, minor]) => ({
      invoiceRefNbr,
      amount: usd(minor),
      receivable: account("1200"),
    })),
    ...changes,
  };
}

/** A journal of 3.50 that takes a fee off clearing, of two parts. */
export function aJournal(nr: number, changes: Partial<JournalDraft> = {}): JournalDraft {
  return {
    kind: "journal",
    key: keyOf(nr),
    stripeId: `day:2026-03-${nr}`,
    documentDate: "2026-03-11",
    period: "202603",
    currency: "USD",
    description: "Stripe fees",
    note: `Fees of 2026-03-11, ${nr}`,
    userFields: { User5: "DAILY" },
    lines: [
      anEntry("debit", 300, "6100"),
      anEntry("debit", 50, "6102"),
      anEntry("credit", 350, "1095"),
    ],
    ...changes,
  };
}

export function anEntry(side: "debit" | "credit", minor: number, number: string): JournalLine {
  return {
    account: account(number),
    side,
    amount: usd(minor),
    date: "2026-03-10",
    description: "One of them",
    reference: "20260310",
    stripeId: "txn_1",
  };
}

export function aCustomer(nr: number, changes: Partial<CustomerDraft> = {}): CustomerDraft {
  return {
    key: keyOf(nr),
    stripeId: `cus_${nr}`,
    customerId: `S${String(nr).padStart(9, "0")}`,
    name: "Ada Lovelace",
    addressLine1: "1 Main St",
    addressLine2: "",
    city: "New York",
    state: "NY",
    zip: "10001",
    country: "US",
    email: `ada_${nr}@example.com`,
    phone: "",
    attention: "",
    classId: "RETAIL",
    terms: "",
    currency: "USD",
    note: `cus_${nr}`,
    userFields: {},
    taxNumbers: {},
    ...changes,
  };
}

/** What the empty batch of a draft carries. */
export function headOf(draft: DocumentDraft): BatchHead {
  return {
    screen: screenOf(draft),
    key: draft.key,
    stripeId: draft.stripeId,
    period: draft.period,
    currency: draft.currency,
    rateDate: draft.documentDate,
  };
}

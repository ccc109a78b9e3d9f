import { parseDocument } from "yaml";
import { present } from "../../base/assert.ts";
import { money } from "../../base/money.ts";
import type { Refund } from "../../canonical/refund.ts";
import type {
  BalanceRow,
  Buyer,
  Sale,
  SaleLine,
  SalePayment,
  SaleTax,
} from "../../canonical/sale.ts";
import { checkSettings, type PairSettings } from "../../config/index.ts";
import type { CustomerReading, InventoryReading, InvoiceLineDraft } from "../../erp/port.ts";
import type { InvoiceContext } from "../invoice.ts";

const SETTINGS = `
pairs:
  acme-us:
    stripe: { secret-key: env:SECRET, webhook-secrets: [env:SECRET] }
    sl:
      url: http://127.0.0.1:1/ctDynamicsSL
      user: slipway
      password: env:SECRET
      site-id: DEFAULT
      company-id: "0060"
      base-currency: USD
    time-zone: America/New_York
    accounts:
      clearing: { USD: 1095/000000000000 }
      ar: 1200/000000000000
      sales: 4000/000000000000
      shipping: 4100/000000000000
      tax: 2200/000000000000
      rounding: 8990/000000000000
      returns:
        dispute: 4194/000000000000
        requested: 4190/000000000000
        duplicate: 4191/000000000000
        damaged: 4192/000000000000
        credit-note: 4193/000000000000
        before-start: 4195/000000000000
      bad-debt: 6200/000000000000
      dispute-receivable: 1250/000000000000
      dispute-loss: 6120/000000000000
      bad-debt-recovered: 4900/000000000000
      fx-gain: 6910/000000000000
      fx-loss: 6920/000000000000
      fee: { dispute: 6110/000000000000, tax: 6103/000000000000 }
    refund-reasons: { damaged: { text: Damaged goods, fields: { User5: DMG } } }
    customer: { class: RETAIL }
    terms: { paid: "01" }
    item: { default: CONSULT }
    items: { prod_A: CONSULT }
`;

/** Settings of a pair as a file gives them, with settings of the pair put over the usual ones. */
export function someSettings(extra: Readonly<Record<string, unknown>> = {}): PairSettings {
  const document = parseDocument(SETTINGS);
  for (const [key, value] of Object.entries(extra)) {
    document.setIn(["pairs", "acme-us", ...key.split(".")], document.createNode(value));
  }
  const checked = checkSettings(document, {
    env: { SECRET: "sk_test_x" },
    key: () => new Uint8Array(32),
  });
  const problems = checked.problems.map(({ path, rule }) => `${path} ${rule}`).join("; ");
  return present(checked.settings?.pairs.get("acme-us"), `A valid pair (${problems})`);
}

export const usd = (minor: number | bigint) => money(minor, "USD");

export function aRow(change: Partial<BalanceRow> = {}): BalanceRow {
  return {
    id: "txn_1",
    category: "charge",
    gross: usd(10825),
    fee: usd(344),
    created: new Date("2026-03-10T15:00:00Z"),
    ...change,
  };
}

export function aPayment(change: Partial<SalePayment> = {}): SalePayment {
  return {
    chargeId: "ch_1",
    paymentIntentId: "pi_1",
    amount: usd(10825),
    rows: [aRow()],
    returned: undefined,
    createdAt: new Date("2026-03-10T15:00:00Z"),
    method: "visa 4242",
    methodType: "card",
    description: "",
    refunded: usd(0),
    isDisputed: false,
    metadata: {},
    ...change,
  };
}

/** A refund of G17, unless changed: its row is over its amount. */
export function aRefund(change: Partial<Refund> = {}): Refund {
  const amount = change.amount ?? usd(10825);
  const created = new Date("2026-03-15T15:00:00Z");
  const gross = usd(-amount.minor);
  return {
    refundId: "re_1",
    chargeId: "ch_1",
    paymentIntentId: "pi_1",
    amount,
    status: "succeeded",
    reason: "requested_by_customer",
    row: aRow({ id: "txn_2", category: "refund", gross, fee: usd(0), created }),
    failure: undefined,
    createdAt: created,
    metadata: {},
    livemode: false,
    ...change,
  };
}

export function aLine(change: Partial<SaleLine> = {}): SaleLine {
  return {
    lineId: "il_1",
    description: "Consulting",
    productId: "prod_A",
    priceId: undefined,
    productMetadata: {},
    priceMetadata: {},
    lineMetadata: {},
    quantity: "1",
    gross: usd(10000),
    discount: usd(0),
    tax: usd(0),
    taxes: [],
    ...change,
  };
}

/** A New York tax on 100.00, by a rate that was read. */
export function aTax(change: Partial<SaleTax> = {}): SaleTax {
  return {
    amount: usd(888),
    taxable: usd(10000),
    isInclusive: false,
    reason: "standard_rated",
    rateId: "txr_1",
    place: "US-NY",
    percentage: "8.875",
    ...change,
  };
}

export function aBuyer(change: Partial<Buyer> = {}): Buyer {
  return {
    stripeCustomerId: "cus_1",
    name: "Ada Lovelace",
    email: "ada@example.com",
    phone: "",
    address: { line1: "", line2: "", city: "", state: "", postalCode: "", country: "" },
    taxIds: [],
    metadata: {},
    ...change,
  };
}

/** G1's sale unless changed: 100.00 and 8.25 tax. `document` changes are put over its document. */
export function aSale(
  change: Partial<Omit<Sale, "document">> & { document?: Partial<Sale["document"]> } = {},
): Sale {
  const { document, ...rest } = change;
  return {
    document: {
      identity: "pi_1",
      source: "checkout",
      lines: [aLine({ tax: usd(825) })],
      documentDiscount: usd(0),
      shipping: usd(0),
      shippingTax: usd(0),
      shippingTaxes: [],
      taxExempt: "none",
      total: usd(10825),
      effectiveAt: undefined,
      number: "",
      withoutCharge: { customerBalance: usd(0), outOfBand: usd(0), creditNotes: usd(0) },
      ...document,
    },
    buyer: aBuyer(),
    shipTo: undefined,
    payments: [aPayment()],
    metadata: {},
    metadataSources: [],
    paymentIntentId: "pi_1",
    invoiceId: undefined,
    livemode: false,
    ...rest,
  };
}

export function aCustomer(change: Partial<CustomerReading> = {}): CustomerReading {
  return {
    customerId: "C300",
    key: "",
    stripeId: "",
    name: "Ada Lovelace",
    addressLine1: "",
    addressLine2: "",
    city: "",
    state: "",
    zip: "",
    country: "",
    email: "ada@example.com",
    phone: "",
    status: "active",
    currency: "USD",
    classId: "RETAIL",
    terms: "01",
    autoApply: false,
    hasPrepay: true,
    taxNumbers: { TaxRegNbr: "", TaxExemptNbr: "" },
    receivable: { account: "1200", subaccount: "000000000000" },
    ...change,
  };
}

export function anItem(change: Partial<InventoryReading> = {}): InventoryReading {
  return {
    itemId: "CONSULT",
    description: "Consulting",
    isStock: false,
    isActive: true,
    sales: { account: "4000", subaccount: "000000000000" },
    ...change,
  };
}

/** A look-up over the given items; SL compares ids without regard to case. */
export function stockOf(...items: InventoryReading[]) {
  return (itemId: string) => items.find((one) => one.itemId.toUpperCase() === itemId.toUpperCase());
}

/** Lines as the golden examples write them: `Cr sales 100.00` becomes `4000 10000`. */
export function entriesOf(lines: readonly InvoiceLineDraft[]): string[] {
  return lines.map((line) => `${line.sales.account} ${line.amount.minor}`);
}

/** What an invoice is mapped with: one item, terms of 30 days, amounts of two decimals. */
export function anInvoiceContext(change: Partial<InvoiceContext> = {}): InvoiceContext {
  return {
    settings: change.settings ?? someSettings(),
    key: "K".repeat(26),
    customer: aCustomer(),
    period: "202603",
    terms: { termsId: "01", dueDays: 30, isInstalment: false },
    inventory: stockOf(anItem()),
    slDecimals: 2,
    ...change,
  };
}

/** What memos of invoice 000123 are mapped with. */
export function aMemoContext(period: string) {
  return {
    settings: someSettings(),
    key: "M".repeat(26),
    customer: aCustomer(),
    period,
    slDecimals: 2,
    terms: "01",
    original: "000123",
  };
}

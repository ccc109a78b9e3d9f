import type { Money } from "../base/money.ts";

/** Stripe metadata as read: at most 50 keys, text only. */
export type Metadata = Readonly<Record<string, string>>;

/** An object of a sale with its own metadata. */
export type MetadataSource = Readonly<{ objectId: string; metadata: Metadata }>;

/** A postal address as Stripe keeps it; absent parts are empty. */
export type Address = Readonly<{
  line1: string;
  line2: string;
  city: string;
  state: string;
  postalCode: string;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
}>;

/** A tax id of a buyer as Stripe keeps it: `eu_vat`, `DE123456789`. */
export type TaxId = Readonly<{ type: string; value: string }>;

/** Where the goods go, and to whom. */
export type ShipTo = Readonly<{ name: string; phone: string; address: Address }>;

/** Who paid: from the Stripe customer, else from the billing details of the charge. */
export type Buyer = Readonly<{
  /** `cus_…`, or undefined for a guest. */
  stripeCustomerId: string | undefined;
  name: string;
  email: string;
  phone: string;
  address: Address;
  /** Those of the Stripe customer, else those that the sale's own document collected. */
  taxIds: readonly TaxId[];
  /** Metadata of the Stripe customer. */
  metadata: Metadata;
}>;

/** A tax on a line or on shipping, as Stripe computed it. */
export type SaleTax = Readonly<{
  amount: Money;
  /** What it was computed on; undefined where that version of Stripe does not say. */
  taxable: Money | undefined;
  isInclusive: boolean;
  /** Stripe's word for why it is so, such as `standard_rated` or `reverse_charge`; or empty. */
  reason: string;
  /** `txr_…`, or empty. */
  rateId: string;
  /** Country and state of the rate, `US-NY` or `DE`; empty where the rate was not read. */
  place: string;
  /** Per cent as decimal text, such as `8.875`; empty where the rate was not read. */
  percentage: string;
}>;

/** Whether the buyer pays tax: not when exempt, and not to the merchant under reverse charge. */
export type TaxExempt = "none" | "exempt" | "reverse";

/**
 * One sold line. `gross` − `discount` is what it adds to the total before tax; that is negative
 * for a credit on an invoice (a proration), and nothing else is.
 */
export type SaleLine = Readonly<{
  /** `il_…` or `li_…`. */
  lineId: string;
  description: string;
  productId: string | undefined;
  priceId: string | undefined;
  productMetadata: Metadata;
  priceMetadata: Metadata;
  lineMetadata: Metadata;
  /** Decimal text, not negative. */
  quantity: string;
  /** `quantity` × unit price before discount and tax. */
  gross: Money;
  discount: Money;
  /** Tax on the line that comes on top; inclusive tax is already taken out of `gross`. */
  tax: Money;
  /** The same tax by its rates; empty where Stripe does not say. */
  taxes: readonly SaleTax[];
}>;

/**
 * What was sold: the Stripe invoice, the Checkout session's lines, or nothing but an amount.
 * Σ gross − Σ discount − documentDiscount + shipping + Σ tax + shippingTax should be `total`; a
 * difference is the rounding residue that mapping judges.
 */
export type SaleDocument = Readonly<{
  /** Invoice identity: `in_…`, else `pi_…`, else `ch_…`. */
  identity: string;
  source: "invoice" | "checkout" | "bare";
  lines: readonly SaleLine[];
  /** Discount on the whole document that is not on its lines. */
  documentDiscount: Money;
  shipping: Money;
  shippingTax: Money;
  /** The tax on shipping by its rates, as far as Stripe says. */
  shippingTaxes: readonly SaleTax[];
  taxExempt: TaxExempt;
  total: Money;
  /** How the Stripe invoice stands; absent where what was sold is paid, or no invoice. */
  standing?: "open" | "void" | "uncollectible";
  /** When an invoice was voided or given up. */
  endedAt?: Date;
  /** When the Stripe invoice took effect; undefined where there is none. */
  effectiveAt: Date | undefined;
  /** The invoice number people see at Stripe, or empty. */
  number: string;
  /** What credit notes took back after it was paid; absent where there is no invoice. */
  creditedLater?: Money;
  /** The parts of `total` that no charge pays. */
  withoutCharge: WithoutCharge;
}>;

/** What settled a Stripe invoice beside its charges; all nothing where there is no invoice. */
export type WithoutCharge = Readonly<{
  /** Taken from the customer's credit balance at Stripe. */
  customerBalance: Money;
  /** Marked as paid elsewhere: a cheque, a bank transfer, a payment record. */
  outOfBand: Money;
  /** Credit notes issued before it was paid. */
  creditNotes: Money;
}>;

/** A balance transaction, as far as one charge needs it. Amounts are in the settlement currency. */
export type BalanceRow = Readonly<{
  id: string;
  category: string;
  gross: Money;
  fee: Money;
  created: Date;
}>;

/** One charge that succeeded and was captured; its anchor is the charge id. */
export type SalePayment = Readonly<{
  chargeId: string;
  paymentIntentId: string | undefined;
  /** `amount_captured` in the charge's currency. */
  amount: Money;
  /** The charge's own row, then its partial-capture reversals. */
  rows: readonly BalanceRow[];
  /** The row by which a bank took all of it back after success; undefined where none did. */
  returned: BalanceRow | undefined;
  createdAt: Date;
  /** Its bank has not settled it yet; only `readPending` shows such ones. */
  isPending?: true;
  /**
   * When it succeeded, of one whose balance row was booked in transit before: the run tells. Its
   * payment then stands against what is in process, and the row is the journal's.
   */
  succeededAt?: Date;
  /** The account and subaccount that its journal in transit has hit, as far as the hub knows. */
  inProcess?: Readonly<{ account: string; subaccount: string }>;
  /** Brand and last four digits where it was a card: `visa 4242`. */
  method: string;
  /** Stripe's type of the payment method: `card`, `us_bank_account`. */
  methodType: string;
  /** The charge's own description, or empty. */
  description: string;
  /** What went back of it so far as Stripe counts it, released authorisations included. */
  refunded: Money;
  /** What of the authorisation was never captured; absent where all of it was. */
  released?: Money;
  /** Stripe says that it was disputed, whatever became of it. */
  isDisputed: boolean;
  metadata: Metadata;
}>;

/**
 * What a person has decided for one sale, before every rule of the mapping. `target` says what of
 * the sale is meant: for `item` a line, price or product (empty: a charge without lines), for
 * `metadata` the key; it is empty for `customer` and `text`.
 */
export type Override = Readonly<{
  field: "item" | "customer" | "text" | "metadata";
  target: string;
  value: string;
  by: string;
  reason: string;
}>;

/** A sale with the money that came in for it: all that the charge path books. */
export type Sale = Readonly<{
  document: SaleDocument;
  buyer: Buyer;
  /** Undefined where nothing was to be shipped. */
  shipTo: ShipTo | undefined;
  payments: readonly SalePayment[];
  /** Merged for look-ups: charge over PaymentIntent over invoice or session over customer. */
  metadata: Metadata;
  /** The objects whose metadata are merged, strongest first. */
  metadataSources: readonly MetadataSource[];
  paymentIntentId: string | undefined;
  invoiceId: string | undefined;
  livemode: boolean;
  /**
   * The sale as it was charged, where it is booked at what was settled for it in another currency:
   * then its lines stand there alone.
   */
  presentment?: Sale;
  /** Absent where nobody has decided anything. */
  overrides?: readonly Override[];
}>;

/** What reading a lane's root object at Stripe says. */
export type LaneReading =
  /** This money hangs on another root (an invoice, a PaymentIntent), which gets the events. */
  | Readonly<{ kind: "elsewhere"; laneKey: string }>
  /** Nothing to book and nothing awaited; `reason` in words. */
  | Readonly<{
      kind: "nothing";
      reason: string;
      /** Set where a rule of the pair leaves it alone, so that it is listed as held back. */
      leftBy?: "zero";
      /** Charges that a bank took back, before success or after it. */
      takenBack?: readonly string[];
    }>
  /** Nothing to book yet: an event will come (a capture), or `lookAgainMs` says when to look. */
  | Readonly<{ kind: "waiting"; reason: string; lookAgainMs: number | undefined }>
  | Readonly<{ kind: "sale"; sale: Sale }>;

import type { Money } from "../base/money.ts";
import type { Rate } from "../base/rate.ts";

/** A GL account with its subaccount: SL knows neither alone. */
export type GlAccount = Readonly<{ account: string; subaccount: string }>;

/** SL's user fields that mapping may fill: 1-2 text 30, 3-4 number, 5-6 text 10, 7-8 date. */
export const USER_FIELDS = [
  "User1",
  "User2",
  "User3",
  "User4",
  "User5",
  "User6",
  "User7",
  "User8",
] as const;
/** The name of one of them. */
export type UserFieldName = (typeof USER_FIELDS)[number];
/** Values for user fields, by their kind: text, a decimal as text, or a date `YYYY-MM-DD`. */
export type UserFields = Readonly<Partial<Record<UserFieldName, string>>>;

/** How a document in another currency than the ledger's own is valued. */
export type DocumentRate = Rate &
  Readonly<{
    /** SL's rate type, at most 6 characters. */
    type: string;
    /** Calendar date `YYYY-MM-DD` of the rate. */
    date: string;
    /**
     * What the whole document is worth: its total, its amount, or what its debits add up to. SL
     * must show it before the batch is released. Absent of applications, which book no amount.
     */
    worth?: Money;
  }>;

/** What every draft has: its key, and where in the books its batch stands. */
type KeyedBase = Readonly<{
  /** The intent key, 26 characters: by it alone the document is found again. */
  key: string;
  /** The readable Stripe id, at most 30 characters. */
  stripeId: string;
  /** Calendar date `YYYY-MM-DD` in the company's time zone. */
  documentDate: string;
  /** Fiscal period `YYYYPP` that the document hits. */
  period: string;
  currency: string;
  /** Absent of documents in the ledger's base currency. */
  rate?: DocumentRate;
}>;

/** What every draft of receivables has besides: whose it is. */
type BatchBase = KeyedBase & Readonly<{ customerId: string }>;

type Texts = Readonly<{
  /** At most 30 characters. */
  description: string;
  /** Full ids and a link; no width limit. */
  note: string;
  userFields: UserFields;
}>;

type DraftBase = BatchBase & Texts;

/** A tax that SL keeps by its own id, on what part of a line. */
export type LineTax = Readonly<{ taxId: string; amount: Money; taxable: Money }>;

/** One line of an invoice or memo to write: `quantity` × `unitPrice` rounds to `amount`. */
export type InvoiceLineDraft = Readonly<{
  amount: Money;
  sales: GlAccount;
  /** SL inventory id, or empty for a line that only names an account. */
  itemId: string;
  /** Decimal text, such as `3` or `1.5`. */
  quantity: string;
  /** Price of one unit as decimal text in the document's currency. */
  unitPrice: string;
  /** At most 30 characters. */
  description: string;
  /** Taxes by SL's ids, on top of `amount`; a document has four different ones at most. */
  taxes?: readonly LineTax[];
  /** In a memo: which line of the document that it is about it takes back, counted from 0. */
  credits?: number;
  /** What it must be worth in base currency: that of the line which it takes back. */
  worth?: Money;
  /** In a memo: money on its way to clearing, which a journal behind the memo takes there. */
  role?: "wash";
}>;

/** What stands in Invoice and Memo (08.010): the lines with their taxes add up to `total`. */
type LinesDraft = DraftBase &
  Readonly<{
    total: Money;
    receivable: GlAccount;
    lines: readonly InvoiceLineDraft[];
    /** Empty where SL knows none, as for credit memos. */
    terms: string;
    dueDate: string;
    /** The merchant's order number, at most 25 characters. */
    orderNumber: string;
  }>;

/** An AR invoice (`IN`): Dr receivable, Cr each line. */
export type InvoiceDraft = LinesDraft & Readonly<{ kind: "invoice" }>;

/**
 * A memo: a debit memo (`DM`) debits the receivable and credits each line as an invoice does, a
 * credit memo (`CM`) does the opposite. Amounts are positive for both. The account of a line is
 * whatever the memo is about: clearing for money that went back, a returns account for its cause.
 */
export type MemoDraft = LinesDraft &
  Readonly<{
    kind: "memo";
    type: "CM" | "DM";
    /** RefNbr of the document that the memo is about (`OrigDocNbr`), or empty. */
    original: string;
    /**
     * Of the money of a refund that failed: whether what it had taken back is to stand again too. A
     * draft from before it was kept lacks it. The hub alone keeps it.
     */
    isCauseUndone?: boolean;
  }>;

/**
 * An AR payment (`PA`): Dr `cash` (the clearing account), Cr receivable of what it pays. A
 * prepayment (`PP`) credits the customer's prepay account until it is applied.
 */
export type PaymentDraft = DraftBase &
  Readonly<{
    kind: "payment";
    type: "PA" | "PP";
    /** Number of the sales order that it is for, or empty. */
    salesOrder: string;
    /** Chosen by us from the key, 10 characters. */
    refNbr: string;
    amount: Money;
    cash: GlAccount;
    applications: readonly Readonly<{
      invoiceRefNbr: string;
      /** Absent: an invoice (`IN`). */
      type?: TargetType;
      amount: Money;
      receivable: GlAccount;
    }>[];
  }>;

/** A released document whose balance is applied: a payment, a prepayment or a credit memo. */
export type PayerType = "PA" | "PP" | "CM";
/** What a balance can be applied to: an invoice or a debit memo. */
export type TargetType = "IN" | "DM";

/** A part of a paying document's balance for one open document. */
export type ApplicationLine = Readonly<{
  type: TargetType;
  refNbr: string;
  amount: Money;
  receivable: GlAccount;
}>;

/**
 * The application of a document that is released already, in a batch that holds no document of its
 * own. The paying document keeps its own key; the batch alone carries this one's.
 */
export type ApplicationDraft = BatchBase &
  Readonly<{
    kind: "application";
    payer: Readonly<{ type: PayerType; refNbr: string }>;
    /** None: what was asked for was found done by somebody else. */
    applications: readonly ApplicationLine[];
    /** By a single call that applies and releases, where 08.030 takes no released document. */
    isAtOnce: boolean;
    /** What both had open when it was planned, and what of the one was on the other already. */
    before: Readonly<{ payer: Money; target: Money; between: Money }>;
  }>;

/** The side of an entry that an amount stands on. */
export type EntrySide = "debit" | "credit";

/** One line of a journal: a positive amount on one side of one account. */
export type JournalLine = Readonly<{
  account: GlAccount;
  side: EntrySide;
  amount: Money;
  /** Calendar date `YYYY-MM-DD`: the day of the balance row that it books. */
  date: string;
  /** That day, where Cash Manager takes the line on a later one alone; the hub alone keeps it. */
  trueDate?: string;
  /** At most 30 characters. */
  description: string;
  /** A number of somebody else (`ExtRefNbr`), at most 15 characters, or empty. */
  reference: string;
  /** The Stripe id that the line is about, mostly a balance row's; at most 30 characters. */
  stripeId: string;
  /** What the account stands for, as the settings name it; the hub alone keeps it. */
  role?: string;
  /** What it must be worth in base currency: that of the line which it takes back. */
  worth?: Money;
}>;

/**
 * A journal of the general ledger (01.010): at least two lines, whose debits and credits are equal.
 * It belongs to no customer; the batch carries the key, and so does each line.
 */
export type JournalDraft = KeyedBase &
  Texts &
  Readonly<{ kind: "journal"; lines: readonly JournalLine[] }>;

/** A draft that becomes a document of receivables of its own. */
export type EntryDraft = InvoiceDraft | MemoDraft | PaymentDraft;
/** What is written into a held batch of receivables. */
export type ReceivablesDraft = EntryDraft | ApplicationDraft;
/** What is written into a held batch and takes effect with its release. */
export type DocumentDraft = ReceivablesDraft | JournalDraft;

/** The screen of SL that a draft is written in. */
export function screenOf(draft: ReceivablesDraft): "invoice" | "payment";
export function screenOf(draft: DocumentDraft): "invoice" | "payment" | "journal";
export function screenOf(draft: DocumentDraft): "invoice" | "payment" | "journal" {
  if (draft.kind === "journal") return "journal";
  const isPayment = draft.kind === "payment" || draft.kind === "application";
  return isPayment ? "payment" : "invoice";
}

/** What of a customer may follow its owner, cut to SL's widths. */
export type CustomerTexts = Readonly<{
  name: string;
  addressLine1: string;
  addressLine2: string;
  city: string;
  state: string;
  zip: string;
  country: string;
  email: string;
  phone: string;
}>;

/** SL's columns for a customer's registration with a tax office. */
export type TaxNumberField = "TaxRegNbr" | "TaxExemptNbr";

/** A customer to create. Texts are already cut to SL's widths; the full ones stand in `note`. */
export type CustomerDraft = CustomerTexts &
  Readonly<{
    key: string;
    stripeId: string;
    customerId: string;
    attention: string;
    classId: string;
    /** Empty: the class's. */
    terms: string;
    currency: string;
    note: string;
    userFields: UserFields;
    taxNumbers: Readonly<Partial<Record<TaxNumberField, string>>>;
  }>;

/** New texts for a customer that SL has; an empty tax number takes the old one away. */
export type CustomerChange = Readonly<Partial<CustomerTexts & Record<TaxNumberField, string>>>;

/** An address to which a customer's goods go, beside the customer's own. */
export type CustomerAddressDraft = Readonly<{
  customerId: string;
  /** At most 10 characters, made from the address: the same one has the same id. */
  shipToId: string;
  /** At most 30 characters. */
  description: string;
  /** The readable Stripe id of the sale that first had it. */
  stripeId: string;
}> &
  Omit<CustomerTexts, "email">;

/** An address as SL holds it. */
export type CustomerAddressReading = Omit<CustomerAddressDraft, "description" | "stripeId">;

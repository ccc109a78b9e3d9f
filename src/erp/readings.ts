import type { Money } from "../base/money.ts";
import type {
  CustomerTexts,
  DocumentRate,
  EntrySide,
  GlAccount,
  LineTax,
  TargetType,
  TaxNumberField,
  UserFields,
} from "./drafts.ts";

/** The screens of receivables. */
export type ReceivablesScreen = "invoice" | "payment";
/** The screen that keeps a document; SL numbers batches per module and edits them per screen. */
export type ErpScreen = ReceivablesScreen | "journal";

/** What an empty batch must carry from its first moment. */
export type BatchHead = Readonly<{
  screen: ErpScreen;
  key: string;
  stripeId: string;
  period: string;
  currency: string;
  /** Calendar date of the rate, `YYYY-MM-DD`. */
  rateDate: string;
  /** Absent in the ledger's base currency. */
  rate?: DocumentRate;
}>;

/** `released` until GL posting, `posted` after it, `completed` where nothing was to be posted. */
export type BatchState =
  | "held"
  | "balanced"
  | "suspended"
  | "released"
  | "posted"
  | "completed"
  | "voided"
  | "in-between";

/** A line of an invoice or memo as SL holds it, for the comparison with the draft. */
export type LineReading = Readonly<{
  amount: Money;
  sales: GlAccount;
  itemId: string;
  /** Taxes by SL's ids; absent where the line has none. */
  taxes?: readonly LineTax[];
  /** In base currency, as far as a batch of another one tells. */
  worth?: Money;
}>;
/** The same with what is not compared: a draft can be made of it again. */
export type WholeLineReading = LineReading &
  Readonly<{
    /** Decimal texts. */
    quantity: string;
    unitPrice: string;
    description: string;
    /** True of a line that release has added for a tax of the document. */
    isTax: boolean;
  }>;
/** What a payment settles of an invoice, in the document's currency. */
export type ApplicationReading = Readonly<{
  invoiceRefNbr: string;
  amount: Money;
  /** Absent: an invoice (`IN`). */
  type?: TargetType;
}>;

/** A document as SL holds it; texts trimmed, amounts rounded to the currency's decimals. */
export type DocumentReading = Readonly<{
  /** SL's two letters: IN, PA, CM, DM, PP. */
  type: string;
  key: string;
  stripeId: string;
  customerId: string;
  refNbr: string;
  batNbr: string;
  currency: string;
  amount: Money;
  /** What is still open. */
  balance: Money;
  /** What `amount` is worth in base currency, as far as a batch of another one tells. */
  worth?: Money;
  /** The receivable account of an invoice, the cash account of a payment. */
  own: GlAccount;
  documentDate: string;
  period: string;
  isReleased: boolean;
  lines: readonly WholeLineReading[];
  /** RefNbr of the document that a memo is about; absent where it names none. */
  original?: string;
  /** The sales order that it stands for; absent where it names none. */
  salesOrder?: string;
  /** Tax totals by SL's ids; absent where the document has none. */
  taxes?: readonly LineTax[];
  /** Pending applications; SL deletes these lines at release. */
  applications: readonly ApplicationReading[];
  /** The unreleased batch that applies the document at the moment, or empty. */
  applyingBatNbr: string;
}>;

/** A released document of another batch that this batch applies, with its pending lines. */
export type AppliedReading = Readonly<{
  type: string;
  customerId: string;
  refNbr: string;
  lines: readonly Readonly<{ type: string; refNbr: string; amount: Money }>[];
}>;

/** A document of a customer by its number, which other types may have as well. */
export type DocumentNumber = Readonly<{ type: string; refNbr: string }>;

/** One application as SL keeps it: done, or pending in a batch that is not released. */
export type ApplicationRow = Readonly<{
  customerId: string;
  payer: DocumentNumber;
  target: DocumentNumber;
  batNbr: string;
  amount: Money;
  /**
   * What SL has booked as exchange by it, a decimal in base currency: what it gained and what it
   * lost have different signs. Nothing of a pending one.
   */
  realised: string;
  isPending: boolean;
}>;

/** The accounts of a currency where SL books what applications gain and lose by its rates. */
export type ExchangeAccounts = Readonly<{ gain: GlAccount; loss: GlAccount }>;

/** A field of ours that somebody else fills, with the first such document of receivables. */
export type FieldUse = Readonly<{ field: string; count: number; batNbr: string; value: string }>;

/** What Cash Manager keeps: its active accounts, and whether it hears of the general ledger. */
export type CashAccounts = Readonly<{
  /** "Update Cash Accounts used in GL Transactions", for the company as a whole. */
  isFedByLedger: boolean;
  /** With "Accept Updates from GL Transactions" of each. */
  accounts: readonly Readonly<GlAccount & { takesLedger: boolean }>[];
}>;

/** A line of a journal as SL holds it: an amount on one side, or nothing on either. */
export type JournalLineReading = Readonly<{
  account: GlAccount;
  side: EntrySide;
  amount: Money;
  date: string;
  stripeId: string;
  reference: string;
  description: string;
  /** In base currency; absent of a batch in that currency. */
  worth?: Money;
}>;

/** What a batch of the ledger holds: its lines, and whether the ledger keeps each of them. */
export type JournalReading = Readonly<{
  /** The readable Stripe id of the batch. */
  stripeId: string;
  isPostedInDetail: boolean;
  /** What its debits are worth in base currency; absent of a batch in that currency. */
  worth?: Money;
  lines: readonly JournalLineReading[];
}>;

/**
 * A batch as SL holds it, with every document in it; ours hold one at most. `applied` are documents
 * of other batches that it applies, as long as it is not released. A batch of the ledger holds the
 * lines of a journal and nothing else.
 */
export type BatchReading = Readonly<{
  batNbr: string;
  key: string;
  state: BatchState;
  isReleased: boolean;
  period: string;
  currency: string;
  documents: readonly DocumentReading[];
  applied: readonly AppliedReading[];
  /** Absent in a batch of receivables. */
  journal?: JournalReading;
}>;

/** Where a document of a key stands, read by view: also unreleased ones. */
export type KeyedDocument = Readonly<{
  key: string;
  stripeId: string;
  screen: ErpScreen;
  /** SL's two letters; GJ for a journal, which has no customer and no number but its batch's. */
  type: string;
  customerId: string;
  refNbr: string;
  batNbr: string;
  /** `YYYYPP`. */
  period: string;
  /** Empty for a journal: each of its lines has a date. */
  documentDate: string;
  isReleased: boolean;
}>;

/** An invoice as the view shows it by its number. */
export type NumberedInvoice = Readonly<{
  customerId: string;
  refNbr: string;
  batNbr: string;
  currency: string;
  amount: Money;
  isReleased: boolean;
}>;

/** A batch that carries a key of ours, as the view shows it: also unreleased and empty ones. */
export type KeyedBatch = Readonly<{
  key: string;
  stripeId: string;
  screen: ErpScreen;
  batNbr: string;
  state: BatchState;
  isReleased: boolean;
}>;

/** A batch of a key, and whether it holds a document of that key: an empty one books nothing. */
export type StandingBatch = KeyedBatch & Readonly<{ holdsDocument: boolean }>;

/** Batches of one module by number, both counted in. */
export type BatchSpan = Readonly<{ from: string; to: string }>;

/** A document of receivables as the view shows it: any field of it may have been changed. */
export type StandingDocument = KeyedDocument &
  Readonly<{
    state: BatchState;
    currency: string;
    amount: Money;
    balance: Money;
    /** The receivable account of an invoice or memo, the cash account of a payment. */
    own: GlAccount;
    /** RP or NS where a person has reversed a payment; else empty. */
    reversal: string;
    /** The unreleased batch that applies it at the moment, or empty. */
    applyingBatNbr: string;
    /** Numbers without zeros at their end, dates `YYYY-MM-DD`; what is empty is left out. */
    userFields: UserFields;
  }>;

/** A batch of the ledger as the view shows it. */
export type StandingJournal = Readonly<{
  key: string;
  stripeId: string;
  batNbr: string;
  state: BatchState;
  isReleased: boolean;
  currency: string;
  period: string;
  userFields: UserFields;
}>;

/** A page of records of ours; it may hold none and still not be the last one. */
export type KeyedPage<T> = Readonly<{ rows: readonly T[]; isLast: boolean }>;

/** SL's status letters A, I, H and O. What each lets the hub book is decided by the run. */
export type CustomerStatus = "active" | "inactive" | "hold" | "one-time";

/** A customer as SL holds it, with what documents take over from it; texts trimmed. */
export type CustomerReading = CustomerTexts &
  Readonly<{
    customerId: string;
    key: string;
    stripeId: string;
    status: CustomerStatus;
    currency: string;
    classId: string;
    terms: string;
    autoApply: boolean;
    /** Has an account of its own for prepayments (`PrePayAcct`). */
    hasPrepay: boolean;
    receivable: GlAccount;
    taxNumbers: Readonly<Record<TaxNumberField, string>>;
  }>;

/** A record whose columns are read by SL's own names. */
export type ColumnRecord =
  | Readonly<{ table: "ARDoc"; screen: ReceivablesScreen; batNbr: string; refNbr: string }>
  | Readonly<{ table: "Batch"; screen: ErpScreen; batNbr: string }>
  | Readonly<{ table: "Customer"; customerId: string }>;

/** Which columns are wanted of it. `baseCurrency` is the one that amounts without `Cury` are in. */
export type ColumnsWanted = Readonly<{ columns: readonly string[]; baseCurrency: string }>;

/** The fiscal calendar and what is open, as `booking-rules` needs them to choose `period`. */
export type FiscalCalendar = Readonly<{
  /** Number of periods in a year. */
  periods: number;
  /** Month and day (`MMDD`) on which each period ends. */
  periodEnds: readonly string[];
  /** The year is named after its beginning (true) or its end. */
  namedAfterStart: boolean;
  /** The oldest period that is open for AR and for GL, `YYYYPP`. */
  firstOpenReceivables: string;
  firstOpenLedger: string;
}>;

/** What SL writes off by itself of what is left open, by its set-up of receivables. */
export type SmallBalances = Readonly<{
  isAutomatic: boolean;
  /** The most, a decimal in base currency; `0` where nothing is small enough. */
  limit: string;
}>;

/** Which exchange rate is asked for: the newest of that type that is not after the day. */
export type RateQuery = Readonly<{ currency: string; base: string; type: string; date: string }>;

/** Terms as SL keeps them, for the due date of an invoice. */
export type TermsReading = Readonly<{
  termsId: string;
  /** Days from the document date to the due date. */
  dueDays: number;
  isInstalment: boolean;
}>;

/** An item as SL keeps it, with the sales account that a line takes over from it. */
export type InventoryReading = Readonly<{
  itemId: string;
  description: string;
  isStock: boolean;
  isActive: boolean;
  sales: GlAccount;
}>;

/** Which lines of the ledger: of an account, from and up to a day `YYYY-MM-DD`, both counted in. */
export type LedgerQuery = GlAccount & Readonly<{ from?: string; until?: string }>;

/** What an account holds, in one currency; `balance` is debit less credit. */
export type LedgerBalance = Readonly<{
  currency: string;
  debit: Money;
  credit: Money;
  balance: Money;
  /** The same lines in base currency: what is left at a zero balance is revaluation. */
  base: Money;
  /** How many lines were counted, and how many of other currencies were not. */
  lines: number;
  otherLines: number;
  /** By fiscal period `YYYYPP`, oldest first. */
  periods: readonly Readonly<{ period: string; debit: Money; credit: Money }>[];
}>;

/** What every line of the ledger tells, released or not; its own currency and base beside it. */
type EntryReading = Readonly<{
  /** SL's module: AR for receivables, GL for journals, others for what other programs booked. */
  module: string;
  batNbr: string;
  lineNumber: string;
  /** SL's two letters of the document: IN, PA, CM, DM; GL for a journal. */
  type: string;
  refNbr: string;
  customerId: string;
  account: GlAccount;
  date: string;
  period: string;
  debit: Money;
  credit: Money;
  baseDebit: Money;
  baseCredit: Money;
  /** The intent key of its document or journal, or empty: then it is nothing of ours. */
  key: string;
  /** The Stripe id of the line, else of its document; empty where it is nothing of ours. */
  stripeId: string;
}>;

/** A released line of the ledger. */
export type LedgerLine = EntryReading &
  Readonly<{ isPosted: boolean; description: string; reference: string; enteredBy: string }>;

/** A line that a batch on hold, balanced or suspended would book. */
export type UnreleasedLine = EntryReading & Readonly<{ state: BatchState }>;

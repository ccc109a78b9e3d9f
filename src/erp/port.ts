import type { Money } from "../base/money.ts";
import type {
  Capabilities,
  Capability,
  CapabilityAnswer,
  CapabilitySource,
} from "./capabilities.ts";
import type { ColumnTable } from "./columns.ts";
import type {
  ApplicationDraft,
  CustomerDraft,
  DocumentDraft,
  GlAccount,
  LineTax,
} from "./drafts.ts";
import type { LookupConnector } from "./lookups.ts";
import type { OrderConnector } from "./orders.ts";

export {
  CAPABILITIES,
  type Capabilities,
  type Capability,
  type CapabilityAnswer,
  type CapabilitySource,
} from "./capabilities.ts";
export {
  type ApplicationDraft,
  type ApplicationLine,
  type CustomerDraft,
  type DocumentDraft,
  type EntryDraft,
  type GlAccount,
  type InvoiceDraft,
  type InvoiceLineDraft,
  type LineTax,
  type MemoDraft,
  type PayerType,
  type PaymentDraft,
  screenOf,
  type TargetType,
  type UserFieldName,
  type UserFields,
} from "./drafts.ts";

export type {
  OrderChargeDraft,
  OrderConnector,
  OrderDraft,
  OrderLineDraft,
  OrderReading,
  OrderTotals,
  ShipmentReading,
  ShipToDraft,
} from "./orders.ts";

/** The screen that keeps a document; SL numbers batches per module and edits them per screen. */
export type ErpScreen = "invoice" | "payment";

/** What an empty batch must carry from its first moment. */
export type BatchHead = Readonly<{
  screen: ErpScreen;
  key: string;
  stripeId: string;
  period: string;
  currency: string;
  /** Calendar date of the rate, `YYYY-MM-DD`. */
  rateDate: string;
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
}>;
/** What a payment settles of an invoice, in the document's currency. */
export type ApplicationReading = Readonly<{ invoiceRefNbr: string; amount: Money }>;

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
  /** The receivable account of an invoice, the cash account of a payment. */
  own: GlAccount;
  documentDate: string;
  period: string;
  isReleased: boolean;
  lines: readonly LineReading[];
  /** RefNbr of the document that a memo is about; absent where it names none. */
  original?: string;
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

/** One application as SL keeps it: done, or pending in a batch that is not released. */
export type ApplicationRow = Readonly<{
  customerId: string;
  payer: Readonly<{ type: string; refNbr: string }>;
  target: Readonly<{ type: string; refNbr: string }>;
  batNbr: string;
  amount: Money;
  isPending: boolean;
}>;

/**
 * A batch as SL holds it, with every document in it; ours hold one at most. `applied` are documents
 * of other batches that it applies, as long as it is not released.
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
}>;

/** Where a document of a key stands, read by view: also unreleased ones. */
export type KeyedDocument = Readonly<{
  key: string;
  stripeId: string;
  screen: ErpScreen;
  type: string;
  customerId: string;
  refNbr: string;
  batNbr: string;
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

/** An unreleased batch of ours in any module: journals are written by probes alone so far. */
export type LeftBatch = Omit<KeyedBatch, "screen"> & Readonly<{ screen: ErpScreen | "journal" }>;

/** A batch of a key, and whether it holds a document of that key: an empty one books nothing. */
export type StandingBatch = KeyedBatch & Readonly<{ holdsDocument: boolean }>;

/** A page of records of ours; it may hold none and still not be the last one. */
export type KeyedPage<T> = Readonly<{ rows: readonly T[]; isLast: boolean }>;

/** SL's status letters A, I, H and O. What each lets the hub book is decided by the run. */
export type CustomerStatus = "active" | "inactive" | "hold" | "one-time";

/** A customer as SL holds it, with what documents take over from it; texts trimmed. */
export type CustomerReading = Readonly<{
  customerId: string;
  key: string;
  stripeId: string;
  name: string;
  email: string;
  status: CustomerStatus;
  currency: string;
  classId: string;
  terms: string;
  autoApply: boolean;
  receivable: GlAccount;
}>;

/** A record whose columns are read by SL's own names. */
export type ColumnRecord =
  | Readonly<{ table: "ARDoc"; screen: ErpScreen; batNbr: string; refNbr: string }>
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

/** What probes are made with; each writes under keys of its own. */
export type ProbeSettings = Readonly<{
  period: string;
  currency: string;
  documentDate: string;
  terms: string;
  receivable: GlAccount;
  sales: GlAccount;
  cash: GlAccount;
  /** A fresh key that is told from those of intents, also by whoever compares hub and SL. */
  newKey(): string;
  /** Whom the test documents are for; empty where none may be written. */
  customerId: string;
  /** A customer with AutoApply on, or empty. */
  autoApplyCustomerId: string;
  /** A currency of the site other than its base, or empty. */
  foreignCurrency: string;
}>;

/** What a probe leaves in SL. */
export type ProbeWrites = "nothing" | "empty batches" | "held documents" | "released documents";

/** `cannot` is no answer, nor is a refusal that speaks of something else: the reason says why. */
export type ProbeFinding = Readonly<{
  answer: Exclude<CapabilityAnswer, "probe"> | "cannot";
  detail: string;
}>;

/** One question to a site, with what its answers mean. */
export type SiteProbe = Readonly<{
  name: Capability | "server-limit";
  /** What is done, for who only wants to know. */
  does: string;
  writes: ProbeWrites;
  /** Why no site can be asked, where that is known before any is. */
  unasked?: string;
  yes: string;
  no: string;
  cure: string;
  /** @throws HubError where the site did not answer at all */
  run(signal?: AbortSignal): Promise<ProbeFinding>;
}>;

/** Probes that share their test documents, in the order in which they are to be asked. */
export type ProbeSession = Readonly<{
  probes: readonly SiteProbe[];
  /** Reverses what was released, and names everything that stays in SL. */
  cleanUp(signal?: AbortSignal): Promise<readonly string[]>;
}>;

/** What the site is: told by `doctor` and by the pair's test. */
export type ErpHealth = Readonly<{ companyId: string; baseCurrency: string; version: string }>;

/**
 * An ERP that documents are written to. Every method makes one call or a few reads, one after the
 * other, and none retries: so whoever waits for each method is never in more than one call.
 *
 * How calls end, as HubError codes that `runs/effect.ts` decides on:
 * - `erp.unavailable`: certainly not executed (no connection), or a read without an answer
 * - `erp.busy`: answered and rolled back (deadlock victim, locked): the same call may be sent again
 * - `erp.outcome_open`: a write was sent and no answer of SL came (time-out, connection lost, an
 *   answer that is not SL's): it may have taken effect, or may still
 * - `erp.refused`: answered, not executed; `facts.message`, `facts.messageNbr`
 * - `erp.auth`: the credentials or the site were refused before any work
 * - `erp.contract`: the server lacks an operation or an element
 */
export type ErpConnector = Readonly<{
  name: string;
  /** Which company of which site, in words: what a probe found out holds for that one alone. */
  site: string;
  capabilities: Capabilities;
  sourceOf(capability: Capability): CapabilitySource;
  openProbes(settings: ProbeSettings): ProbeSession;
  /** Takes over what probes found out; what the connector asks at each start it knows better. */
  learn(answers: Partial<Capabilities>): void;
  check(signal?: AbortSignal): Promise<ErpHealth>;
  /** Sales orders; only with capability `orders`. */
  readonly orders: OrderConnector;
  /** Questions that are answered at once. */
  readonly lookups: LookupConnector;

  /** Saves an empty held batch; its number belongs to whoever got this answer. */
  reserve(head: BatchHead, signal?: AbortSignal): Promise<Readonly<{ batNbr: string }>>;
  /** Writes the document into the held batch `batNbr`; refused once the batch is not held. */
  fill(batNbr: string, draft: DocumentDraft, signal?: AbortSignal): Promise<void>;
  /**
   * Saves batch and document in one call, on hold: for a site that refuses empty batches. Without
   * an answer only `findBatches` tells what became of it.
   */
  add(draft: DocumentDraft, signal?: AbortSignal): Promise<Readonly<{ batNbr: string }>>;
  /** The batch with all it holds, or undefined where SL has no such batch. */
  readBatch(
    screen: ErpScreen,
    batNbr: string,
    signal?: AbortSignal,
  ): Promise<BatchReading | undefined>;
  /** How far SL is with the batch, in one call: for a batch whose content was just compared. */
  readState(
    screen: ErpScreen,
    batNbr: string,
    signal?: AbortSignal,
  ): Promise<Pick<BatchReading, "key" | "state" | "isReleased"> | undefined>;
  /** Releases the whole batch. A second release is a success (SL's message 12008). */
  release(screen: ErpScreen, batNbr: string, signal?: AbortSignal): Promise<void>;
  /**
   * Applies a released payment to an invoice and releases that, in one call: for a site that takes
   * no application in 08.030. Numbers alone name both, so they must be the customer's only ones.
   */
  applyAtOnce(draft: ApplicationDraft, signal?: AbortSignal): Promise<void>;
  /** Every application of a customer, pending ones too; only with `find-applications`. */
  listApplications(customerId: string, signal?: AbortSignal): Promise<readonly ApplicationRow[]>;
  /** The released documents of a customer under a number, of every type; without views. */
  listReleased(
    customerId: string,
    refNbr: string,
    signal?: AbortSignal,
  ): Promise<readonly DocumentReading[]>;
  /** Every document and batch of this key, also unreleased; only with `find-by-key`. */
  findByKey(key: string, signal?: AbortSignal): Promise<readonly KeyedDocument[]>;
  /**
   * The released document that carries the draft's key, found without views among those of the
   * draft's customer, and of its date or number. Undefined says nothing of unreleased ones.
   */
  findReleased(draft: DocumentDraft, signal?: AbortSignal): Promise<KeyedDocument | undefined>;
  /** Every batch of this key, whatever it holds and however it stands; only with `find-by-key`. */
  findBatches(key: string, signal?: AbortSignal): Promise<readonly StandingBatch[]>;
  /**
   * A page of all unreleased batches of receivables and of the ledger with a key of ours or of a
   * probe; only with `find-by-key`.
   */
  listUnreleased(page: number, signal?: AbortSignal): Promise<KeyedPage<LeftBatch>>;
  /** The newest documents that carry a key of ours, newest batch first; only with `find-by-key`. */
  newestKeyed(count: number, signal?: AbortSignal): Promise<readonly KeyedDocument[]>;
  /** A page of all documents that carry a key of ours, in batch order; for `rebuild`. */
  listKeyed(page: number, signal?: AbortSignal): Promise<KeyedPage<KeyedDocument>>;

  /** Creates the customer under the id we chose; a taken id is `erp.refused` with `facts.taken`. */
  createCustomer(draft: CustomerDraft, signal?: AbortSignal): Promise<void>;
  readCustomer(customerId: string, signal?: AbortSignal): Promise<CustomerReading | undefined>;
  findCustomersByEmail(email: string, signal?: AbortSignal): Promise<readonly CustomerReading[]>;
  listKeyedCustomers(page: number, signal?: AbortSignal): Promise<KeyedPage<CustomerReading>>;
  /**
   * The wanted columns of a record as text, or undefined where SL has no such record. Text without
   * the blanks around it, amounts with the decimals of their currency, other numbers without float
   * noise, dates `YYYY-MM-DD`; what is empty in SL is empty.
   *
   * @throws HubError `erp.contract` where the site's own contract lacks one of the columns
   */
  readColumns(
    record: ColumnRecord,
    wanted: ColumnsWanted,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>> | undefined>;
  /** The columns of `wanted` that the site's own contract does not show for the table. */
  missingColumns(table: ColumnTable, wanted: readonly string[]): Promise<readonly string[]>;
  /** One released document, with what is still open of it. */
  readReleased(
    type: string,
    customerId: string,
    refNbr: string,
    signal?: AbortSignal,
  ): Promise<DocumentReading | undefined>;

  readCalendar(signal?: AbortSignal): Promise<FiscalCalendar>;
  readTerms(termsId: string, signal?: AbortSignal): Promise<TermsReading | undefined>;
  /** @throws HubError `erp.contract` where the site has no such operation */
  hasCustomerClass(classId: string, signal?: AbortSignal): Promise<boolean>;
  readInventory(itemId: string, signal?: AbortSignal): Promise<InventoryReading | undefined>;
  /** Decimals SL keeps for a currency, or undefined where it does not know it. */
  readCurrencyDecimals(currency: string, signal?: AbortSignal): Promise<number | undefined>;
  /** The accounts of `wanted` that SL does not have active for the company. */
  missingAccounts(
    wanted: readonly GlAccount[],
    signal?: AbortSignal,
  ): Promise<readonly GlAccount[]>;
}>;

import type { Rate } from "../base/rate.ts";
import type { Capabilities, Capability, CapabilitySource } from "./capabilities.ts";
import type { ColumnTable } from "./columns.ts";
import type {
  ApplicationDraft,
  CustomerAddressDraft,
  CustomerAddressReading,
  CustomerChange,
  CustomerDraft,
  DocumentDraft,
  GlAccount,
} from "./drafts.ts";
import type { LookupConnector } from "./lookups.ts";
import type { OrderConnector } from "./orders.ts";
import type { ProbeSession, ProbeSettings } from "./probes.ts";
import type {
  ApplicationRow,
  BatchHead,
  BatchReading,
  BatchSpan,
  CashAccounts,
  ColumnRecord,
  ColumnsWanted,
  CustomerReading,
  DocumentNumber,
  DocumentReading,
  ErpScreen,
  ExchangeAccounts,
  FieldUse,
  FiscalCalendar,
  InventoryReading,
  KeyedBatch,
  KeyedDocument,
  KeyedPage,
  LedgerBalance,
  LedgerLine,
  LedgerQuery,
  NumberedInvoice,
  RateQuery,
  SmallBalances,
  StandingBatch,
  StandingDocument,
  StandingJournal,
  TermsReading,
  UnreleasedLine,
} from "./readings.ts";

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
  type CustomerAddressDraft,
  type CustomerAddressReading,
  type CustomerChange,
  type CustomerDraft,
  type CustomerTexts,
  type DocumentDraft,
  type DocumentRate,
  type EntryDraft,
  type EntrySide,
  type GlAccount,
  type InvoiceDraft,
  type InvoiceLineDraft,
  type JournalDraft,
  type JournalLine,
  type LineTax,
  type MemoDraft,
  type PayerType,
  type PaymentDraft,
  type ReceivablesDraft,
  screenOf,
  type TargetType,
  type TaxNumberField,
  USER_FIELDS,
  type UserFieldName,
  type UserFields,
} from "./drafts.ts";

export type {
  OrderChargeDraft,
  OrderConnector,
  OrderDraft,
  OrderReading,
  OrderTotals,
  ReturnsWanted,
  ShipmentReading,
  ShipToDraft,
} from "./orders.ts";

export type { ProbeFinding, ProbeSession, ProbeSettings, SiteProbe } from "./probes.ts";
export type {
  ApplicationReading,
  ApplicationRow,
  AppliedReading,
  BatchHead,
  BatchReading,
  BatchSpan,
  BatchState,
  CashAccounts,
  ColumnRecord,
  ColumnsWanted,
  CustomerReading,
  CustomerStatus,
  DocumentNumber,
  DocumentReading,
  ErpScreen,
  ExchangeAccounts,
  FieldUse,
  FiscalCalendar,
  InventoryReading,
  JournalLineReading,
  KeyedBatch,
  KeyedDocument,
  KeyedPage,
  LedgerBalance,
  LedgerLine,
  LedgerQuery,
  LineReading,
  NumberedInvoice,
  RateQuery,
  ReceivablesScreen,
  SmallBalances,
  StandingBatch,
  StandingDocument,
  StandingJournal,
  TermsReading,
  UnreleasedLine,
  WholeLineReading,
} from "./readings.ts";

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
 * - `erp.refused`: answered, not executed; `facts.message`, `facts.messageNbr`, `facts.isNotFound`
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
  /**
   * Every application of a customer in which one of these documents pays or is paid, pending ones
   * too; only with `find-applications`. Its cost does not grow with the customer's other ones.
   */
  listApplications(
    customerId: string,
    documents: readonly DocumentNumber[],
    signal?: AbortSignal,
  ): Promise<readonly ApplicationRow[]>;
  /** Credit memos, payments and prepayments of a customer that have something open and free. */
  listOpenCredits(customerId: string, signal?: AbortSignal): Promise<readonly DocumentReading[]>;
  /** The released documents of a customer under a number, of every type; without views. */
  listReleased(
    customerId: string,
    refNbr: string,
    signal?: AbortSignal,
  ): Promise<readonly DocumentReading[]>;
  /**
   * Invoices of this number, of every customer, unreleased ones too; only with `find-by-key`. A
   * number alone may be several customers'.
   */
  findInvoices(refNbr: string, signal?: AbortSignal): Promise<readonly NumberedInvoice[]>;
  /** Every document and batch of this key, also unreleased; only with `find-by-key`. */
  findByKey(key: string, signal?: AbortSignal): Promise<readonly KeyedDocument[]>;
  /**
   * Documents and journals under this Stripe id, voided ones left out: ours, and a person's or
   * another program's, which carry no key of a hub; only with `find-by-key`.
   */
  findOfStripeId(stripeId: string, signal?: AbortSignal): Promise<readonly KeyedDocument[]>;
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
  listUnreleased(page: number, signal?: AbortSignal): Promise<KeyedPage<KeyedBatch>>;
  /**
   * The newest documents that carry a key of ours, newest batch first, then as many journals; only
   * with `find-by-key`.
   */
  newestKeyed(count: number, signal?: AbortSignal): Promise<readonly KeyedDocument[]>;
  /**
   * Which of the two fields of ours recent documents of others have something in; only with
   * `find-by-key`.
   */
  listFieldUse(signal?: AbortSignal): Promise<readonly FieldUse[]>;
  /** A page of all documents and journals with a key of ours, in batch order; for `rebuild`. */
  listKeyed(page: number, signal?: AbortSignal): Promise<KeyedPage<KeyedDocument>>;

  /**
   * What was released on an account up to the end of a day `YYYY-MM-DD`, by the day of each line;
   * only with `gl-balance`. In the ledger's base currency every line counts by its base amounts,
   * whatever its own currency is; in another one only the lines of that currency do.
   */
  ledgerBalance(
    account: GlAccount,
    currency: string,
    until: string,
    signal?: AbortSignal,
  ): Promise<LedgerBalance>;
  /** A page of the released lines of an account, from 1; only with `gl-detail`. */
  listLedgerLines(
    of: LedgerQuery,
    page: number,
    signal?: AbortSignal,
  ): Promise<KeyedPage<LedgerLine>>;
  /** A page of what batches on hold, balanced or suspended would book there; with `gl-detail`. */
  listUnreleasedLines(
    account: GlAccount,
    page: number,
    signal?: AbortSignal,
  ): Promise<KeyedPage<UnreleasedLine>>;

  /**
   * A page of the documents of a span of batches as they stand, unreleased ones too; with `ofOurs`
   * those alone that have something in the field of the key. Only with `find-by-key`.
   */
  listDocuments(
    of: BatchSpan & Readonly<{ ofOurs: boolean }>,
    page: number,
    signal?: AbortSignal,
  ): Promise<KeyedPage<StandingDocument>>;
  /** The same of batches of the ledger; one that is empty or voided is among them. */
  listJournals(
    of: BatchSpan & Readonly<{ ofOurs: boolean }>,
    page: number,
    signal?: AbortSignal,
  ): Promise<KeyedPage<StandingJournal>>;
  /** A page of the released lines of a span of batches of a module; only with `gl-detail`. */
  listBatchLines(
    of: BatchSpan & Readonly<{ module: "AR" | "GL"; ofOurs: boolean }>,
    page: number,
    signal?: AbortSignal,
  ): Promise<KeyedPage<LedgerLine>>;

  /** Creates the customer under the id we chose; a taken id is `erp.refused` with `facts.taken`. */
  createCustomer(draft: CustomerDraft, signal?: AbortSignal): Promise<void>;
  readCustomer(customerId: string, signal?: AbortSignal): Promise<CustomerReading | undefined>;
  findCustomersByEmail(email: string, signal?: AbortSignal): Promise<readonly CustomerReading[]>;
  /** Customers of exactly this name, whatever its letter case: for a person to choose from. */
  findCustomersByName(name: string, signal?: AbortSignal): Promise<readonly CustomerReading[]>;
  /**
   * Writes these texts over those that the customer has, and the bill-to's twin of each that was
   * the same; all else stays as it is. A repeat changes nothing.
   */
  updateCustomer(customerId: string, change: CustomerChange, signal?: AbortSignal): Promise<void>;
  readShipTo(
    customerId: string,
    shipToId: string,
    signal?: AbortSignal,
  ): Promise<CustomerAddressReading | undefined>;
  /** Adds the address under its chosen id; a taken id is `erp.refused` with `facts.taken`. */
  createShipTo(draft: CustomerAddressDraft, signal?: AbortSignal): Promise<void>;
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
  readSmallBalances(signal?: AbortSignal): Promise<SmallBalances>;
  /** The period `YYYYPP` that receivables are in, as SL's screens offer it. */
  readCurrentPeriod(signal?: AbortSignal): Promise<string>;
  readTerms(termsId: string, signal?: AbortSignal): Promise<TermsReading | undefined>;
  /** @throws HubError `erp.contract` where the site has no such operation */
  hasCustomerClass(classId: string, signal?: AbortSignal): Promise<boolean>;
  /**
   * The tax ids of `wanted` that SL does not have.
   *
   * @throws HubError `erp.contract` where the site has no such operation
   */
  missingTaxes(wanted: readonly string[], signal?: AbortSignal): Promise<readonly string[]>;
  readInventory(itemId: string, signal?: AbortSignal): Promise<InventoryReading | undefined>;
  /**
   * SL's rate from a currency to the base, or undefined where it has none; only with
   * `exchange-rates`. With `M` base = amount × rate, with `D` base = amount ÷ rate.
   */
  readRate(query: RateQuery, signal?: AbortSignal): Promise<Rate | undefined>;
  /** Whether SL keeps several currencies (`MCActive`); undefined where nothing tells. */
  isMultiCurrency(signal?: AbortSignal): Promise<boolean | undefined>;
  /** Decimals SL keeps for a currency, or undefined where it does not know it. */
  readCurrencyDecimals(currency: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Where SL books what applications realise, or undefined of a currency it does not know. */
  readExchangeAccounts(
    currency: string,
    signal?: AbortSignal,
  ): Promise<ExchangeAccounts | undefined>;
  /**
   * The currencies that accounts are kept in, by account in upper case; those without one, which
   * hold the company's base currency, are left out.
   *
   * @throws HubError `erp.contract` where the site has no such operation
   */
  accountCurrencies(signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Whether customers without an account for prepayments get that of receivables. */
  hasPrepayAccount(signal?: AbortSignal): Promise<boolean>;
  /** What Cash Manager keeps of the company; undefined where no view shows it. */
  readCashAccounts(signal?: AbortSignal): Promise<CashAccounts | undefined>;
  /** The accounts of `wanted` that SL does not have active for the company. */
  missingAccounts(
    wanted: readonly GlAccount[],
    signal?: AbortSignal,
  ): Promise<readonly GlAccount[]>;
}>;

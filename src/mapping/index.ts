export { fitAddress, type SlAddress, singleLine } from "./address.ts";
export { checkCurrency } from "./amounts.ts";
export { datedForCash } from "./cash-dates.ts";
export {
  type Conversion,
  checkConversion,
  conversionOf,
  hasBridge,
  mapConversion,
} from "./conversion.ts";
export {
  type Creditable,
  type Credited,
  creditableInvoice,
  creditableSale,
  creditableUnknown,
  creditedByLines,
  isBeyondSale,
  isTold,
} from "./creditable.ts";
export {
  type CustomerContext,
  customerObject,
  customerTexts,
  guestObject,
  mapCustomer,
  normaliseEmail,
  sharedCustomer,
} from "./customer.ts";
export {
  type BothSides,
  type CustomerConflict,
  type FollowedTexts,
  hasTaxNumber,
  nextBase,
  planCustomerChange,
  type SaidBefore,
  textsAtStripe,
} from "./customer-change.ts";
export {
  addDays,
  bookingZone,
  documentDate,
  dueDate,
} from "./dates.ts";
export {
  type DayJournalContext,
  type DayPurpose,
  type JournalPart,
  mapDayJournal,
} from "./day-journal.ts";
export { disputeCharged } from "./dispute-charged.ts";
export {
  type DisputeJournalContext,
  disputeIds,
  disputeText,
  mapDisputeJournal,
} from "./dispute-journal.ts";
export {
  asBegun,
  asBooked,
  type BookedLine,
  closePostings,
  disputeAccount,
  feePostings,
  movePostings,
  remainderRole,
  standingLines,
} from "./dispute-postings.ts";
export {
  type DisputeMove,
  type DisputeStage,
  type DisputeState,
  disputeState,
  isAwaited,
  isOverCharged,
} from "./dispute-state.ts";
export { checkExchangeAccounts } from "./exchange-account.ts";
export { mapExchangeBack } from "./exchange-back.ts";
export { inSettlement, refundsInSettlement, withPayments } from "./in-settlement.ts";
export { type InvoiceContext, mapInvoice, receivableOf } from "./invoice.ts";
export { type ItemLookup, itemFault, itemIdsToRead, itemTargetsOf } from "./items.ts";
export { partsByLines, type RefundPart } from "./lines-by-customer.ts";
export type { Mapped } from "./mapped.ts";
export { mapRoundingMemo, ROUNDING_MAX, type RoundingMemoContext } from "./memo.ts";
export {
  type DisputeCauseContext,
  type DisputeTaken,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
} from "./memo-dispute.ts";
export { ENDINGS, type EndedContext, type Ending, mapEnded } from "./memo-ended.ts";
export {
  type MemoContext,
  mapCauseBack,
  mapCreditNote,
  mapCreditNoteVoid,
  mapRefundBack,
  mapRefundCash,
  mapRefundCause,
  mapRefundSurplus,
  mapRefundUnknown,
} from "./memo-refund.ts";
export { mapReturn, type ReturnContext } from "./memo-return.ts";
export {
  type BookedCurrency,
  checkNamedCustomer,
  customerFault,
  type NamedCustomer,
} from "./named-customer.ts";
export { type NamedInvoice, parseNamedInvoices } from "./named-invoices.ts";
export { dashboardLink, dashboardSearch, MAPPING_VERSION } from "./note.ts";
export {
  isOpenedInSeveral,
  mapOpening,
  OPENING_OBJECT,
  type OpeningContext,
  type OpeningEntry,
  openingOfBalance,
  openingOfDispute,
  openingOfPayout,
} from "./opening.ts";
export { mapOrder, type OrderContext, orderDifference } from "./order.ts";
export { decidedFor, overrideWords, withOverrides } from "./overrides.ts";
export {
  factDate,
  type InvoiceToPay,
  mapPayment,
  type OwnedRow,
  ownedRows,
  type PaymentContext,
} from "./payment.ts";
export { type LegContext, mapLeg } from "./payout-journal.ts";
export {
  arrivalDate,
  type BookedLegs,
  hadArrived,
  type Leg,
  type LegPurpose,
  planLegs,
} from "./payout-legs.ts";
export { mapPending, mapPendingBack, type PendingContext } from "./pending.ts";
export {
  calendarOfSettings,
  choosePeriod,
  keptPeriod,
  openOnly,
  type PeriodChoice,
  periodOf,
} from "./period.ts";
export { SURPLUS, surplusOf } from "./refund-exchange.ts";
export { isPaymentOnly, isReturnOrder } from "./refund-word.ts";
export {
  inReturnOrder,
  instantOfNote,
  instantOfRefund,
  isBackBefore,
  type ReturnStep,
} from "./return-order.ts";
export {
  atShownWorth,
  type ClosingApplication,
  closingApplications,
  type DayInPeriod,
  datedAgain,
  mapReversal,
  type ReversalContext,
  type Reversed,
  type ReversedPair,
  type ReversibleDraft,
  reversingType,
  type ShownWorth,
} from "./reversal.ts";
export { mapReversalWash } from "./reversal-wash.ts";
export { PREFUNDING_BALANCE, type RowOwner } from "./row-categories.ts";
export { namedAccount, type Posting, postingsOf, type RowPart, rowParts } from "./row-parts.ts";
export { clearingFor, clearingOf, rowsOfPayment, settledOf } from "./settled.ts";
export { type OpenInvoice, type Share, type SharedOut, shareOut } from "./share-out.ts";
export {
  type Holding,
  noteOfPart,
  partsOfRefund,
  shareNote,
  shareRefund,
} from "./share-refund.ts";
export { DEFAULT_SHIP_TO, mapShipTo } from "./ship-to.ts";
export { isBeforeStart } from "./start.ts";
export {
  bridgeOf,
  type CrossingMoney,
  mapStopoverRest,
  mapToClearing,
  type Stopover,
  stopoverAt,
  stopoverRestPart,
} from "./stopover.ts";
export {
  accountsOf,
  type Collected,
  type CollectedInvoice,
  type CollectedMemo,
  type CollectedPayment,
  collectedOf,
  isCollected,
  isForSummary,
  mapSummaryInvoice,
  mapSummaryMemo,
  mapSummaryPayment,
  mayBeSummedUp,
} from "./summary.ts";
export { namedCustomerId, type SyncControl, syncControl } from "./sync.ts";
export { type RuleControl, ruleControl } from "./sync-rules.ts";
export { type FittedText, fitText, shortStripeId } from "./text.ts";

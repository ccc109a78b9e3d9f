export { singleLine } from "./address.ts";
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
  customerObject,
  customerTexts,
  guestObject,
  mapCustomer,
  normaliseEmail,
  sharedCustomer,
} from "./customer.ts";
export {
  type CustomerConflict,
  type FollowedTexts,
  hasTaxNumber,
  nextBase,
  planCustomerChange,
  type SaidBefore,
  textsAtStripe,
} from "./customer-change.ts";
export { addDays, bookingZone, documentDate } from "./dates.ts";
export { type DayPurpose, type JournalPart, mapDayJournal } from "./day-journal.ts";
export { disputeCharged } from "./dispute-charged.ts";
export { mapDisputeJournal } from "./dispute-journal.ts";
export {
  asBegun,
  asBooked,
  type BookedLine,
  closePostings,
  feePostings,
  movePostings,
  remainderRole,
  standingLines,
} from "./dispute-postings.ts";
export {
  type DisputeMove,
  type DisputeState,
  disputeState,
  isAwaited,
  isOverCharged,
} from "./dispute-state.ts";
export { checkExchangeAccounts } from "./exchange-account.ts";
export { mapExchangeBack } from "./exchange-back.ts";
export { inSettlement, refundsInSettlement, withPayments } from "./in-settlement.ts";
export { mapInvoice, receivableOf } from "./invoice.ts";
export { type ItemLookup, itemFault, itemIdsToRead, itemTargetsOf } from "./items.ts";
export { partsByLines, type RefundPart } from "./lines-by-customer.ts";
export type { Mapped } from "./mapped.ts";
export { mapRoundingMemo, ROUNDING_MAX } from "./memo.ts";
export {
  type DisputeTaken,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
} from "./memo-dispute.ts";
export { ENDINGS, type Ending, mapEnded } from "./memo-ended.ts";
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
export { mapReturn } from "./memo-return.ts";
export { checkNamedCustomer, customerFault, type NamedCustomer } from "./named-customer.ts";
export { type NamedInvoice, parseNamedInvoices } from "./named-invoices.ts";
export { dashboardSearch, MAPPING_VERSION } from "./note.ts";
export {
  isOpenedInSeveral,
  mapOpening,
  OPENING_OBJECT,
  type OpeningEntry,
  openingOfBalance,
  openingOfDispute,
  openingOfPayout,
} from "./opening.ts";
export { mapOrder, type OrderContext, orderDifference } from "./order.ts";
export { decidedFor, overrideWords, withOverrides } from "./overrides.ts";
export { factDate, type InvoiceToPay, mapPayment, ownedRows } from "./payment.ts";
export { mapLeg } from "./payout-journal.ts";
export {
  arrivalDate,
  type BookedLegs,
  hadArrived,
  type Leg,
  type LegPurpose,
  planLegs,
} from "./payout-legs.ts";
export { mapPending, mapPendingBack } from "./pending.ts";
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
  type ReversedPair,
  type ReversibleDraft,
  reversingType,
  type ShownWorth,
} from "./reversal.ts";
export { mapReversalWash } from "./reversal-wash.ts";
export { PREFUNDING_BALANCE, type RowOwner } from "./row-categories.ts";
export { namedAccount, type Posting, postingsOf, rowParts } from "./row-parts.ts";
export { clearingOf, rowsOfPayment, settledOf } from "./settled.ts";
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
export { namedCustomerId, syncControl } from "./sync.ts";
export { ruleControl } from "./sync-rules.ts";
export { shortStripeId } from "./text.ts";

import type { Store } from "./tables/store.ts";
import { text } from "./tables/store.ts";

/**
 * How this site behaves where real sites differ (the probes of the hub's set-up) and where a test
 * wants the border rougher. All are set over `/_sandbox/switches` and outlive a restart.
 */
const DEFAULT_SWITCHES = {
  /** `editBatch("ADD")` makes an empty batch in 08.010 and 01.010. */
  emptyBatchByEditBatch: true,
  /** `editScreen("ADD")` without a document makes an empty batch. */
  emptyBatchByEditScreen: true,
  /** Empty batches are taken in 08.010, in 08.030, in 01.010, by whichever operation. */
  emptyInvoiceBatches: true,
  emptyPaymentBatches: true,
  emptyJournalBatches: true,
  /** The views of the hub are in the Quick Query catalogue. */
  viewsInstalled: true,
  /** UPDATE writes a document into a batch that was saved before, while it is on hold. */
  heldBatchesTakeDocuments: true,
  /** UPDATE into a released batch is refused; otherwise its document is saved unreleased. */
  releasedBatchesClosed: true,
  /** 08.030 saves a new payment together with its application lines. */
  paymentsApplyAtEntry: true,
  /** `searchInvoiceAndMemo` shows unreleased documents as well. */
  searchShowsUnreleased: true,
  /** `searchInvoiceAndMemo` filters by user fields in `parms`; otherwise it refuses them. */
  searchByUserFields: true,
  /** `getBatches` shows unreleased batches as well. */
  heldBatchesListed: true,
  /** A supplied `CuryRate` is kept; otherwise SL's rate of the document's date replaces it. */
  suppliedRateKept: true,
  /** Supplied tax amounts with `TaxCalced` Y are kept; otherwise SL computes them anew. */
  taxCalcedHonoured: true,
  /** A supplied `GLPostOpt` is kept; otherwise ARSetup's replaces it. */
  glPostOptKept: true,
  /** `User1` and `User2` of documents, batches and lines are kept. */
  userFieldsKept: true,
  /** Notes sent with a screen are kept. */
  notesKept: true,
  /** `VALIDATEONLY` is a known action. */
  validateOnly: true,
  /** `RELEASENOW` is a known action. */
  releaseNow: true,
  /** Prepayments (PP) can be entered in 08.030. */
  prepayments: true,
  /** `AutoApply` of the customer leaves prepayments alone. */
  prepaymentExemptFromAutoApply: true,
  /** 08.030 applies payments that are already released. */
  applyReleased: true,
  /** 08.030 applies credit memos to debit memos. */
  applyMemoToDebitMemo: true,
  /** A document may be in another currency than the customer's. */
  foreignCurrencyOfCustomer: true,
  /** Over-long text is refused; otherwise cut. */
  longTextRefused: true,
  /** Accounts and subaccounts are checked at entry (GLSetup.ValidateAcctSub). */
  accountsValidated: true,
  /** Documents for a customer on hold (Status H) are refused at entry. */
  holdRefused: false,
  /** Orders of customers on hold or over their limit are refused; otherwise saved on hold. */
  creditRefusesOrders: false,
  /** Every so many seconds all that is open and not on hold is shipped; 0 means never. */
  shipEverySeconds: 0,
  /** At shipping, lines not priced by hand (ManualPrice 0) take the item's present price. */
  repriceAtShipping: false,
  /** SL releases the invoices of shippers by itself; otherwise their batches wait in B. */
  orderInvoicesReleased: true,
  /** How long after the shipper's update that release comes, on the sandbox's clock. */
  orderInvoiceLagMs: 0,
  /** Released batches of an open ledger period are posted at once (U becomes P). */
  autoPost: false,
  /** Doubles leave the server one unit in the last place off, with 18 digits. */
  floatNoise: false,
  /** Text columns leave the server padded with blanks to their width. */
  padded: true,
  /** Elements outside the contract, out of order or missing though required are SOAP faults. */
  strictContract: true,
  /** Views and searches see rows only this long after their commit. */
  viewLagMs: 0,
  /** Reads by batch number see rows only this long after their commit. */
  batchLagMs: 0,
} as const;

/** The name of a switch. */
export type SwitchName = keyof typeof DEFAULT_SWITCHES;
/** All switches with their values. */
export type Switches = Readonly<{
  [Name in SwitchName]: (typeof DEFAULT_SWITCHES)[Name] extends number ? number : boolean;
}>;

/** The switches as stored, defaults where nothing is stored. */
export function readSwitches(store: Store): Switches {
  const entries = Object.entries(DEFAULT_SWITCHES).map(([name, fallback]) => {
    const stored = text(store.get("SandboxSwitch", name), "value");
    return [name, stored === "" ? fallback : (JSON.parse(stored) as number | boolean)];
  });
  return Object.fromEntries(entries) as Switches;
}

/** Stores new values; an unknown name or a value of the wrong kind is an error. */
export function writeSwitches(store: Store, values: Readonly<Record<string, unknown>>): void {
  store.commit(() => {
    for (const [name, value] of Object.entries(values)) {
      const fallback = (DEFAULT_SWITCHES as Readonly<Record<string, number | boolean>>)[name];
      if (fallback === undefined) throw new Error(`there is no switch ${name}`);
      if (typeof value !== typeof fallback) {
        throw new Error(`switch ${name} takes a ${typeof fallback}`);
      }
      store.put("SandboxSwitch", { name, value: JSON.stringify(value) });
    }
  });
  const { viewLagMs, batchLagMs } = readSwitches(store);
  store.keepHistory(Math.max(viewLagMs, batchLagMs));
}

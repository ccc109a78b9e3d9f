/** Every write of the hub to the outside, as the write protocol names them. */
export const WRITE_STEPS = [
  "customer.create",
  "invoice.reserve",
  "invoice.fill",
  "invoice.release",
  "payment.reserve",
  "payment.fill",
  "payment.release",
  "order.place",
  "order.lift",
  "apply.reserve",
  "apply.fill",
  "apply.release",
  "memo.reserve",
  "memo.fill",
  "memo.release",
  "journal.reserve",
  "journal.fill",
  "journal.release",
  "writeback.write",
] as const;
export type WriteStep = (typeof WRITE_STEPS)[number];

/** Those of every sale in mode `invoice`, in which the seeds walk through their cells. */
export const SALE_STEPS = [
  ...["customer.create", "invoice.reserve", "invoice.fill", "invoice.release"],
  ...["payment.reserve", "payment.fill", "payment.release", "writeback.write"],
] as readonly WriteStep[];
/** Those that only an order has, and those that it shares with every sale. */
export const ORDER_STEPS = [
  ...["order.place", "order.lift", "apply.reserve", "apply.fill", "apply.release"],
] as readonly WriteStep[];
export const MONEY_STEPS = [
  ...["customer.create", "payment.reserve", "payment.fill", "payment.release", "writeback.write"],
] as readonly WriteStep[];

/** Those of what comes after a sale: money given back, disputed, paid out, and fees. */
export const AFTERMATH_STEPS = [
  ...["memo.reserve", "memo.fill", "memo.release", "apply.reserve", "apply.fill"],
  ...["apply.release", "journal.reserve", "journal.fill", "journal.release", "writeback.write"],
] as readonly WriteStep[];

/** Where in a write it can go wrong; each with each step is a cell of the coverage table. */
export const CELLS = [
  /** The attempt is saved and the process is killed before the call leaves it. */
  "before send",
  /** The call took effect, its answer is lost. */
  "after commit",
  /** The answer is lost, and the call takes effect later. */
  "late commit",
  /** The answer came, and the process is killed before it has saved what the answer says. */
  "before receipt",
  /** The process is killed while the other side carries the call out. */
  "during release",
] as const;
export type Cell = (typeof CELLS)[number];

/** What a person does in SL's own screens to a batch of ours that has just been filled. */
export const HAND_MODES = [
  "hand-amount",
  "hand-account",
  "hand-customer",
  "hand-date",
  "hand-text",
  "hand-adds",
  "hand-voids",
  "hand-releases",
] as const;
export type HandMode = (typeof HAND_MODES)[number];

/** What is done to a write. The first five are the cells of the coverage table. */
export type WriteMode =
  | HandMode
  | "kill-before"
  | "lost-after"
  | "late"
  | "kill-after"
  | "kill-during"
  | "kill-claimed"
  | "lost-before"
  | "deadlock"
  | "http-500"
  | "refuse"
  | "half-save"
  | "stuck"
  | "freeze-before"
  | "freeze-after"
  | "freeze-claimed";

/** The cell that a mode of a fault counts for, where it counts for one. */
export const CELL_OF: Readonly<Partial<Record<WriteMode, Cell>>> = {
  "kill-before": "before send",
  "kill-claimed": "before send",
  "lost-after": "after commit",
  late: "late commit",
  "kill-after": "before receipt",
  "kill-during": "during release",
};

/** The mode that a run is given for a cell. */
export const MODE_OF: Readonly<Record<Cell, WriteMode>> = {
  "before send": "kill-before",
  "after commit": "lost-after",
  "late commit": "late",
  "before receipt": "kill-after",
  "during release": "kill-during",
};

/** A fault at the `nth` call of a step in the run, counted over all workers and tries. */
export type WriteFault = Readonly<{
  kind: "write";
  step: WriteStep;
  nth: number;
  mode: WriteMode;
  /** For `late` and `kill-during`: when the call takes effect, on SL's clock. */
  afterMs: number;
  /** For `kill-during`: whether the call takes effect at all. */
  commit: "first" | "later" | "never";
  /** For freezes: how often the world comes to rest before the worker goes on. */
  rests: number;
  /**
   * For `freeze-claimed`, and `freeze-before` of a fill: goes on as another worker is about to
   * release the same document.
   */
  thawsAtRelease: boolean;
  /** What befalls the next call of this step for the same document: where copies come from. */
  next: WriteFault | undefined;
}>;

/** A fault at the `nth` statement that runs send to the database. */
export type StatementFault = Readonly<{
  kind: "statement";
  nth: number;
  mode: "kill-before" | "kill-after" | "freeze-after";
  rests: number;
}>;

/** A read that fails. */
export type ReadFault = Readonly<{
  kind: "read";
  read: "batch" | "customer" | "email" | "stripe";
  nth: number;
  mode: "http" | "drop" | "limit";
}>;

export type Fault = WriteFault | StatementFault | ReadFault;

/** What a call of SL looks like to the sandbox's fault switches. */
export const SL_CALL: Readonly<
  Record<Exclude<WriteStep, "writeback.write">, Readonly<Record<string, string>>>
> = {
  "customer.create": {
    service: "customerMaintenance",
    operation: "editScreen",
    actionType: "ADD",
  },
  "invoice.reserve": { service: "invoiceAndMemo", operation: "editBatch", actionType: "ADD" },
  "invoice.fill": { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" },
  "invoice.release": {
    service: "invoiceAndMemo",
    operation: "editScreen",
    actionType: "RELEASENOW",
  },
  // Memos have the invoices' screen.
  "memo.reserve": { service: "invoiceAndMemo", operation: "editBatch", actionType: "ADD" },
  "memo.fill": { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" },
  "memo.release": { service: "invoiceAndMemo", operation: "editScreen", actionType: "RELEASENOW" },
  "journal.reserve": { service: "journalTransactions", operation: "editBatch", actionType: "ADD" },
  "journal.fill": {
    service: "journalTransactions",
    operation: "editScreen",
    actionType: "UPDATE",
  },
  "journal.release": {
    service: "journalTransactions",
    operation: "editScreen",
    actionType: "RELEASENOW",
  },
  "payment.reserve": { service: "paymentApplication", operation: "editScreen", actionType: "ADD" },
  "payment.fill": { service: "paymentApplication", operation: "editScreen", actionType: "UPDATE" },
  "payment.release": {
    service: "paymentApplication",
    operation: "editScreen",
    actionType: "RELEASENOW",
  },
  "order.place": { service: "orders", operation: "placeOrder" },
  "order.lift": { service: "orders", operation: "adminHoldFlag" },
  // An application has the payments' screen, and a batch of its own.
  "apply.reserve": { service: "paymentApplication", operation: "editScreen", actionType: "ADD" },
  "apply.fill": { service: "paymentApplication", operation: "editScreen", actionType: "UPDATE" },
  "apply.release": {
    service: "paymentApplication",
    operation: "editScreen",
    actionType: "RELEASENOW",
  },
};

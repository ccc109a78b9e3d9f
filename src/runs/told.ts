import { type Money, toDecimal } from "../base/money.ts";
import type { ApplicationDraft, DocumentDraft } from "../erp/port.ts";
import type { Told } from "../hub-events/index.ts";
import type { DocumentReceipt, Intent, Stage } from "./intent.ts";

/** What of a move tells the world something. */
type Move = Readonly<{
  stage: Stage;
  receipt?: unknown;
  rows?: Readonly<{ links?: readonly Readonly<{ stripeId: string; slKey: string }>[] }>;
}>;

/** What a move of an intent tells the world: nothing before it is done, and then once. */
export function toldOf(intent: Intent, move: Move): readonly Told[] {
  if (move.stage !== "done" || intent.savedStage === "done") return [];
  switch (intent.identity.purpose) {
    case "customer":
      return customerLinked(move);
    case "writeback":
      return metadataWritten(intent, move);
    default:
      return isDocument(move.receipt) ? documentBooked(intent, move.receipt) : [];
  }
}

function customerLinked(move: Move): readonly Told[] {
  return (move.rows?.links ?? []).map(({ stripeId, slKey }) => ({
    type: "customer.linked",
    key: stripeId,
    data: { object: stripeId, customerId: slKey, how: "created" },
  }));
}

function metadataWritten({ identity }: Intent, move: Move): readonly Told[] {
  const { written = [] } = (move.receipt ?? {}) as { written?: readonly string[] };
  if (written.length === 0) return [];
  return [
    { type: "metadata.written", data: { object: identity.object, keys: [...written].sort() } },
  ];
}

function documentBooked(intent: Intent, receipt: DocumentReceipt): readonly Told[] {
  const { object, purpose, part, generation } = intent.identity;
  const draft = intent.draft as Partial<DocumentDraft>;
  const { type, refNbr, batNbr, customerId, period, documentDate } = receipt;
  const amount = amountOf(draft);
  // The application of a document that stands already is no document: its batch is all there is.
  if (draft.kind === "application") return appliedLater(intent, draft, receipt);
  const booked: Told = {
    type: "document.booked",
    data: {
      object,
      purpose,
      part,
      generation,
      intentKey: intent.key,
      amount: amount === undefined ? null : toDecimal(amount),
      currency: amount?.currency ?? null,
      document: { type, refNbr, batNbr, customerId, period, documentDate },
    },
  };
  const applied = appliedBy(draft);
  if (amount === undefined || applied.length === 0) return [booked];
  const payment = { refNbr, batNbr, customerId };
  const { currency } = amount;
  return [
    booked,
    { type: "payment.applied", data: { object, payment, currency, applications: applied } },
  ];
}

function appliedLater(
  { identity }: Intent,
  { applications = [], currency = "" }: Partial<ApplicationDraft>,
  { refNbr, batNbr, customerId }: DocumentReceipt,
): readonly Told[] {
  if (applications.length === 0) return [];
  const lines = applications.map((line) => ({
    invoiceRefNbr: line.refNbr,
    amount: toDecimal(line.amount),
  }));
  const payment = { refNbr, batNbr, customerId };
  const { object } = identity;
  return [{ type: "payment.applied", data: { object, payment, currency, applications: lines } }];
}

function amountOf(draft: Partial<DocumentDraft>): Money | undefined {
  if (draft.kind === "payment") return draft.amount;
  return draft.kind === "invoice" || draft.kind === "memo" ? draft.total : undefined;
}

function appliedBy(draft: Partial<DocumentDraft>): { invoiceRefNbr: string; amount: string }[] {
  const applications = draft.kind === "payment" ? (draft.applications ?? []) : [];
  return applications.map(({ invoiceRefNbr, amount }) => ({
    invoiceRefNbr,
    amount: toDecimal(amount),
  }));
}

function isDocument(receipt: unknown): receipt is DocumentReceipt {
  return typeof receipt === "object" && receipt !== null && "refNbr" in receipt;
}

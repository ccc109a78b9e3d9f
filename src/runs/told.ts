import { type Money, toDecimal } from "../base/money.ts";
import { sideTotal } from "../erp/journal.ts";
import type { DocumentDraft, JournalDraft, OrderDraft } from "../erp/port.ts";
import type { Told } from "../hub-events/index.ts";
import type { DocumentReceipt, Intent, Stage } from "./write/intent.ts";

/** What the hub holds for an order that stands in SL. */
type OrderReceipt = Readonly<{ orderNumber: string; customerId: string }>;

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
    case "order":
      return orderPlaced(intent, move);
    case "apply":
      // It is no document of its own.
      return isDocument(move.receipt) ? paymentApplied(intent, move.receipt) : [];
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

function orderPlaced({ identity, draft }: Intent, { receipt }: Move): readonly Told[] {
  const { orderNumber, customerId } = receipt as Partial<OrderReceipt>;
  const { total } = draft as Partial<OrderDraft>;
  if (orderNumber === undefined || customerId === undefined || total === undefined) return [];
  const { currency } = total;
  const numbers = { orderNumber, customerId, total: toDecimal(total), currency };
  return [{ type: "order.placed", data: { object: identity.object, ...numbers } }];
}

function documentBooked(intent: Intent, receipt: DocumentReceipt): readonly Told[] {
  const { object, purpose, part, generation } = intent.identity;
  const draft = intent.draft as Partial<DocumentDraft>;
  const { type, refNbr, batNbr, customerId, period, documentDate } = receipt;
  const amount = amountOf(draft);
  return [
    {
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
    },
    ...paymentApplied(intent, receipt),
  ];
}

/** With the release of a payment, or later by an application of its own. */
function paymentApplied(intent: Intent, receipt: DocumentReceipt): readonly Told[] {
  const applied = appliedBy(intent.draft as Partial<DocumentDraft>);
  const [first] = applied;
  if (first === undefined) return [];
  const { type, refNbr, batNbr, customerId } = receipt;
  const applications = applied.map((one) => ({ ...one, amount: toDecimal(one.amount) }));
  return [
    {
      type: "payment.applied",
      data: {
        object: intent.identity.object,
        payment: { type, refNbr, batNbr, customerId },
        currency: first.amount.currency,
        applications,
      },
    },
  ];
}

function amountOf(draft: Partial<DocumentDraft>): Money | undefined {
  if (draft.kind === "payment") return draft.amount;
  if (draft.kind === "journal" && draft.lines !== undefined) {
    return sideTotal(draft as JournalDraft, "debit");
  }
  return draft.kind === "invoice" || draft.kind === "memo" ? draft.total : undefined;
}

function appliedBy(
  draft: Partial<DocumentDraft>,
): readonly Readonly<{ type: string; refNbr: string; amount: Money }>[] {
  if (draft.kind === "application") return draft.applications ?? [];
  if (draft.kind !== "payment") return [];
  return (draft.applications ?? []).map(({ type = "IN", invoiceRefNbr, amount }) => ({
    type,
    refNbr: invoiceRefNbr,
    amount,
  }));
}

function isDocument(receipt: unknown): receipt is DocumentReceipt {
  return typeof receipt === "object" && receipt !== null && "refNbr" in receipt;
}

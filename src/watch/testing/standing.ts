import { type Money, money, negate, sum, zero } from "../../base/money.ts";
import type {
  DocumentDraft,
  EntryDraft,
  GlAccount,
  InvoiceLineDraft,
  JournalDraft,
  LedgerLine,
  StandingDocument,
  StandingJournal,
} from "../../erp/port.ts";
import type { Booked, Shown } from "../compare.ts";

/** An account of the company by its number. */
export const accountOf = (number: string): GlAccount => ({ account: number, subaccount: "000" });

const BATCH = "000123";
const base = {
  ...{ key: "IT4PQTTDTWAMU52GWG2TNZ6DAP", stripeId: "pi_1", documentDate: "2026-03-31" },
  ...{ period: "202603", currency: "USD", customerId: "C1", description: "", note: "" },
};
const texts = { terms: "", dueDate: "", orderNumber: "", userFields: { User5: "WEB" } };

function lineOf(amount: Money, at: number): InvoiceLineDraft {
  const blank = { itemId: "", quantity: "1", unitPrice: "0", description: "" };
  return { amount, sales: accountOf(`40${String(at % 3).padStart(2, "0")}`), ...blank };
}

/** A draft of each kind over these amounts, which are positive. */
export function draftOf(kind: "IN" | "CM" | "DM" | "PA" | "GJ", minors: readonly bigint[]) {
  const amounts = minors.map((minor) => money(minor, "USD"));
  const total = sum(amounts, "USD");
  if (kind === "GJ") return journalOf(amounts, total);
  if (kind === "PA") return paymentOf(amounts, total);
  const lines = amounts.map(lineOf);
  const common = { ...base, ...texts, total, receivable: accountOf("1200"), lines };
  return kind === "IN"
    ? ({ ...common, kind: "invoice" } as const)
    : ({ ...common, kind: "memo", type: kind, original: "" } as const);
}

function paymentOf(amounts: readonly Money[], total: Money): DocumentDraft {
  const [unapplied = zero("USD"), ...applied] = amounts;
  const applications = applied.map((amount, index) => {
    return { invoiceRefNbr: `00000${index}`, amount, receivable: accountOf("1200") };
  });
  const rest = applied.length === 0 ? zero("USD") : unapplied;
  const own = { type: "PA", salesOrder: "", refNbr: "KY3E3RUCE5", userFields: {} } as const;
  const all = rest.minor === 0n ? [{ ...applicationOf(total) }] : applications;
  return {
    ...base,
    ...own,
    kind: "payment",
    amount: total,
    cash: accountOf("1095"),
    applications: all,
  };
}

function applicationOf(amount: Money) {
  return { invoiceRefNbr: "000009", amount, receivable: accountOf("1200") };
}

function journalOf(amounts: readonly Money[], total: Money): JournalDraft {
  const line = { date: "2026-03-31", description: "", reference: "", stripeId: "txn_1" };
  const costs = amounts.map((amount, at) => {
    return { ...line, account: accountOf(`61${String(at % 4).padStart(2, "0")}`), amount };
  });
  return {
    ...base,
    kind: "journal",
    userFields: {},
    lines: [
      ...costs.map((cost) => ({ ...cost, side: "debit" as const })),
      { ...line, account: accountOf("1095"), side: "credit", amount: total },
    ],
  };
}

type Entry = readonly [account: GlAccount, amount: Money, day: string];

/** What SL's release makes of a draft: positive amounts are debits. */
function released(draft: DocumentDraft): readonly Entry[] {
  const day = base.documentDate;
  switch (draft.kind) {
    case "application":
      return [];
    case "journal":
      return draft.lines.map((line) => {
        const isDebit = line.side === "debit";
        return [line.account, isDebit ? line.amount : negate(line.amount), line.date];
      });
    case "payment":
      // Applied or not, all of it is credited to the customer's receivable.
      return [
        [draft.cash, draft.amount, day],
        [accountOf("1200"), negate(draft.amount), day],
      ];
    default: {
      const isCredit = draft.kind === "memo" && draft.type === "CM";
      const turned = (amount: Money) => (isCredit ? negate(amount) : amount);
      return [
        ...draft.lines.map(({ sales, amount }): Entry => [sales, turned(negate(amount)), day]),
        [draft.receivable, turned(draft.total), day],
      ];
    }
  }
}

function ledgerLine([at, amount, date]: Entry, number: number, type: string): LedgerLine {
  const isDebit = amount.minor > 0n;
  const [debit, credit] = isDebit ? [amount, zero("USD")] : [zero("USD"), negate(amount)];
  return {
    ...{ module: type === "GJ" ? "GL" : "AR", batNbr: BATCH, lineNumber: String(number), type },
    ...{ refNbr: type === "GJ" ? "" : "000045", customerId: "C1", account: at, date },
    ...{ period: base.period, debit, credit, baseDebit: debit, baseCredit: credit },
    ...{ key: base.key, stripeId: base.stripeId, isPosted: true },
    ...{ description: "", reference: "", enteredBy: "SLIPWAY" },
  };
}

/** What the hub booked, and what SL shows of it as long as nobody changes anything. */
export function standing(draft: DocumentDraft): Readonly<{ booked: Booked; shown: Shown }> {
  const type = typeOf(draft);
  const refNbr = type === "GJ" ? BATCH : "000045";
  const receipt = { type, customerId: type === "GJ" ? "" : "C1", refNbr, batNbr: BATCH };
  const applied =
    draft.kind === "payment"
      ? sum(
          draft.applications.map(({ amount }) => amount),
          "USD",
        )
      : zero("USD");
  const booked: Booked = {
    key: base.key,
    draft,
    receipt: { ...receipt, period: base.period, documentDate: base.documentDate },
    applied,
    isLeftOpen: false,
  };
  const lines = released(draft).map((entry, at) => ledgerLine(entry, at, type));
  if (draft.kind === "journal") {
    return { booked, shown: { documents: [], journals: [journalRow(draft)], lines } };
  }
  const document = documentRow(draft as EntryDraft, { type, applied });
  return { booked, shown: { documents: [document], journals: [], lines } };
}

function typeOf(draft: DocumentDraft): string {
  if (draft.kind === "journal") return "GJ";
  if (draft.kind === "invoice") return "IN";
  return draft.kind === "application" ? "" : draft.type;
}

function journalRow({ key, stripeId, period, currency }: JournalDraft): StandingJournal {
  const state = { state: "posted", isReleased: true, userFields: {} } as const;
  return { key, stripeId, batNbr: BATCH, currency, period, ...state };
}

function documentRow(
  draft: EntryDraft,
  { type, applied }: Readonly<{ type: string; applied: Money }>,
): StandingDocument {
  const isPayment = draft.kind === "payment";
  const amount = isPayment ? draft.amount : draft.total;
  return {
    ...{ key: draft.key, stripeId: draft.stripeId, type, customerId: "C1", refNbr: "000045" },
    ...{ screen: isPayment ? "payment" : "invoice", batNbr: BATCH, isReleased: true },
    ...{ state: "posted", currency: "USD", amount, reversal: "", applyingBatNbr: "" },
    balance: money(amount.minor - applied.minor, "USD"),
    own: isPayment ? draft.cash : draft.receivable,
    ...{ documentDate: draft.documentDate, period: draft.period },
    userFields: { ...draft.userFields, User1: draft.stripeId },
  };
}

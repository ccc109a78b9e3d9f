import { z } from "zod";
import { type Money, money, toDecimal } from "../base/money.ts";
import type { EntryLine } from "./contract.ts";

// Drafts as they stand in the database (`base/json.ts` writes amounts with their digits as text).
const storedMoney = z
  .object({ minor: z.union([z.string().regex(/^-?\d+$/), z.int()]), currency: z.string() })
  .transform(({ minor, currency }) => money(BigInt(minor), currency));
const storedAccount = z.object({ account: z.string(), subaccount: z.string() });
const storedTax = z.object({ taxId: z.string(), amount: storedMoney });
const lines = {
  total: storedMoney,
  receivable: storedAccount,
  lines: z.array(
    z.object({
      amount: storedMoney,
      sales: storedAccount,
      description: z.string().default(""),
      taxes: z.array(storedTax).default([]),
    }),
  ),
};
const StoredInvoice = z.object({ kind: z.literal("invoice"), ...lines });
const StoredMemo = z.object({ kind: z.literal("memo"), type: z.enum(["CM", "DM"]), ...lines });
const StoredPayment = z.object({
  kind: z.literal("payment"),
  type: z.enum(["PA", "PP"]).default("PA"),
  amount: storedMoney,
  cash: storedAccount,
  applications: z.array(
    z.object({ invoiceRefNbr: z.string(), amount: storedMoney, receivable: storedAccount }),
  ),
});
const StoredJournal = z.object({
  kind: z.literal("journal"),
  lines: z.array(
    z.object({
      account: storedAccount,
      side: z.enum(["debit", "credit"]),
      amount: storedMoney,
      description: z.string().default(""),
    }),
  ),
});
const StoredDraft = z.discriminatedUnion("kind", [
  StoredInvoice,
  StoredMemo,
  StoredPayment,
  StoredJournal,
]);

type Side = Readonly<{ account: string; subaccount: string }>;

/**
 * The entry that a document makes in SL, from its saved draft: an invoice or debit memo debits the
 * receivable and credits each line, a credit memo the other way round; a payment debits the
 * clearing account and credits what it is applied to; a journal is its own lines.
 * Customers, write-backs and documents taken over from SL have no such draft and no lines.
 *
 * @param document how the lines name it, such as `IN 001234`
 */
export function entriesOfDraft(draft: unknown, document: string): EntryLine[] {
  const stored = StoredDraft.safeParse(draft);
  if (!stored.success) return [];
  if (stored.data.kind === "journal") return journalEntries(stored.data, document);
  return stored.data.kind === "payment"
    ? paymentEntries(stored.data, document)
    : lineEntries(stored.data, document);
}

type StoredLines = z.output<typeof StoredInvoice> | z.output<typeof StoredMemo>;

/** SL books a tax of its own on the account of that tax, which the draft does not know. */
function lineEntries(draft: StoredLines, document: string): EntryLine[] {
  const isCredit = draft.kind === "memo" && draft.type === "CM";
  const [own, other] = isCredit ? [credit, debit] : [debit, credit];
  const taxes = draft.lines.flatMap((line) => line.taxes);
  return [
    own(document, draft.receivable, { amount: draft.total, text: "receivable" }),
    ...draft.lines
      .filter((line) => line.amount.minor !== 0n)
      .map(({ amount, sales, description }) =>
        other(document, sales, { amount, text: description || "sales" }),
      ),
    ...taxes.map(({ taxId, amount }) =>
      other(document, { account: "", subaccount: "" }, { amount, text: `SL tax ${taxId}` }),
    ),
  ];
}

function paymentEntries(draft: z.output<typeof StoredPayment>, document: string): EntryLine[] {
  const lines = draft.applications.map(({ amount, receivable, invoiceRefNbr }) =>
    credit(document, receivable, { amount, text: `applied to ${invoiceRefNbr}` }),
  );
  const applied = draft.applications.reduce((minor, { amount }) => minor + amount.minor, 0n);
  const rest = money(draft.amount.minor - applied, draft.amount.currency);
  const receivable = draft.applications[0]?.receivable ?? { account: "", subaccount: "" };
  const text = draft.type === "PP" ? "prepayment" : "not applied";
  const unapplied = rest.minor === 0n ? [] : [credit(document, receivable, { amount: rest, text })];
  return [
    debit(document, draft.cash, { amount: draft.amount, text: "clearing" }),
    ...lines,
    ...unapplied,
  ];
}

function journalEntries({ lines }: z.output<typeof StoredJournal>, document: string): EntryLine[] {
  return lines.map(({ account, side, amount, description }) =>
    (side === "debit" ? debit : credit)(document, account, { amount, text: description }),
  );
}

type Posted = Readonly<{ amount: Money; text: string }>;

function debit(document: string, side: Side, posted: Posted): EntryLine {
  return entry(document, side, posted);
}

function credit(document: string, side: Side, { amount, text }: Posted): EntryLine {
  return entry(document, side, { amount: money(-amount.minor, amount.currency), text });
}

/** Books have no negative amounts: what would be one stands on the other side. */
function entry(document: string, side: Side, { amount, text }: Posted): EntryLine {
  const { account, subaccount } = side;
  const { minor, currency } = amount;
  const size = toDecimal(money(minor < 0n ? -minor : minor, currency));
  const amounts = minor < 0n ? { credit: size } : { debit: size };
  return { document, account, subaccount, text, currency, ...amounts };
}

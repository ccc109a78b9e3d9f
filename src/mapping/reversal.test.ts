import fc from "fast-check";
import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import type {
  GlAccount,
  InvoiceDraft,
  InvoiceLineDraft,
  JournalDraft,
  MemoDraft,
  PaymentDraft,
} from "../erp/port.ts";
import {
  closingApplications,
  datedAgain,
  mapReversal,
  type ReversalContext,
  type ReversedPair,
  type ReversibleDraft,
} from "./reversal.ts";

const account = (name: string): GlAccount => ({ account: name, subaccount: "000" });
const AR = account("1200");
const CURRENCY = "USD";

const context = (type: string): ReversalContext => ({
  key: "REVERSALKEYREVERSALKEYREVE",
  date: "2026-04-02",
  period: "202604",
  original: { type, refNbr: "000200", batNbr: "000123" },
  words: "Reversed by maria: a test",
  terms: "01",
  receivable: AR,
});

/** What a draft debits (positive) and credits each account with, told by booking rules alone. */
function postings(draft: ReversibleDraft): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  const post = ({ account: name, subaccount }: GlAccount, minor: bigint) => {
    const at = `${name}/${subaccount}`;
    sums.set(at, (sums.get(at) ?? 0n) + minor);
  };
  if (draft.kind === "journal") {
    for (const { account: of, side, amount } of draft.lines) {
      post(of, side === "debit" ? amount.minor : -amount.minor);
    }
    return sums;
  }
  if (draft.kind === "payment") {
    post(draft.cash, draft.amount.minor);
    post(draft.applications[0]?.receivable ?? AR, -draft.amount.minor);
    return sums;
  }
  const sign = draft.kind === "memo" && draft.type === "CM" ? -1n : 1n;
  post(draft.receivable, sign * draft.total.minor);
  for (const { sales, amount, taxes = [] } of draft.lines) {
    post(sales, -sign * amount.minor);
    for (const tax of taxes) post(account(`tax ${tax.taxId}`), -sign * tax.amount.minor);
  }
  return sums;
}

const minor = fc.bigInt({ min: 1n, max: 999_999_999n });
const accounts = fc.constantFrom("1095", "4000", "4010", "4100", "2200").map(account);
const base = {
  key: "ORIGINALKEYORIGINALKEYORIG",
  stripeId: "pi_1",
  documentDate: "2026-03-10",
  period: "202603",
  currency: CURRENCY,
  customerId: "C300",
  description: "Stripe pi_1",
  note: "Stripe payment intent pi_1\nhttps://dashboard.stripe.com/payments/pi_1",
  userFields: { User3: "1" },
};

const line = fc
  .record({ minor, sales: accounts, tax: fc.option(minor, { nil: undefined }) })
  .map(({ minor: amount, sales, tax }): InvoiceLineDraft => {
    const of = money(amount, CURRENCY);
    const taxes = tax === undefined ? [] : [{ taxId: "NY", amount: money(tax, CURRENCY) }];
    return {
      ...{ amount: of, sales, itemId: "", quantity: "1", unitPrice: "1", description: "Shirt" },
      ...(taxes.length === 0 ? {} : { taxes: taxes.map((one) => ({ ...one, taxable: of })) }),
    };
  });
const totalOf = (lines: readonly InvoiceLineDraft[]) =>
  lines.reduce(
    (all, { amount, taxes = [] }) =>
      all + amount.minor + taxes.reduce((sum, tax) => sum + tax.amount.minor, 0n),
    0n,
  );
const withLines = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => ({
  ...base,
  ...{ total: money(totalOf(lines), CURRENCY), receivable: AR, lines },
  ...{ terms: "01", dueDate: "2026-03-10", orderNumber: "" },
}));
const invoices = withLines.map((draft): InvoiceDraft => ({ ...draft, kind: "invoice" }));
const memos = fc
  .tuple(withLines, fc.constantFrom("CM" as const, "DM" as const))
  .map(([draft, type]): MemoDraft => ({ ...draft, kind: "memo", type, original: "000100" }));
const payments = fc.tuple(minor, accounts, fc.boolean()).map(
  ([amount, cash, isApplied]): PaymentDraft => ({
    ...base,
    ...{ kind: "payment", type: "PA", salesOrder: "", refNbr: "KY3E3RUCE5", cash },
    amount: money(amount, CURRENCY),
    applications: isApplied
      ? [{ invoiceRefNbr: "000200", amount: money(1n, CURRENCY), receivable: account("1210") }]
      : [],
  }),
);
const journals = fc.array(fc.tuple(minor, accounts, accounts), { minLength: 1 }).map(
  (entries): JournalDraft => ({
    ...base,
    kind: "journal",
    lines: entries.flatMap(([amount, debit, credit]) =>
      (["debit", "credit"] as const).map((side) => ({
        ...{ account: side === "debit" ? debit : credit, side, amount: money(amount, CURRENCY) },
        ...{ date: "2026-03-10", description: "Stripe fees", reference: "", stripeId: "txn_1" },
      })),
    ),
  }),
);

const TYPES = { invoice: "IN", payment: "PA", journal: "GJ" } as const;
const typeOf = (draft: ReversibleDraft) => (draft.kind === "memo" ? draft.type : TYPES[draft.kind]);

test("any document and its reversal sum to zero on every account", () => {
  const drafts = fc.oneof(invoices, memos, payments, journals);

  fc.assert(
    fc.property(drafts, (draft: ReversibleDraft) => {
      const { draft: reversing } = mapReversal(draft, context(typeOf(draft)));

      const sums = new Map(postings(draft));
      for (const [at, amount] of postings(reversing)) sums.set(at, (sums.get(at) ?? 0n) + amount);
      expect([...sums].filter(([, sum]) => sum !== 0n)).toEqual([]);
      expect(reversing).toMatchObject({ documentDate: "2026-04-02", period: "202604" });
      expect(reversing.note).toContain(draft.key);
    }),
  );
});

test("a reversal taken back gives the original's entries again", () => {
  fc.assert(
    fc.property(fc.oneof(memos, journals), (draft: MemoDraft | JournalDraft) => {
      const once = mapReversal(draft, context(typeOf(draft))).draft;
      const twice = mapReversal(once, context(typeOf(once))).draft;

      expect(postings(twice)).toEqual(postings(draft));
    }),
  );
});

test("each kind goes back by the document that the rules name", () => {
  const [invoice] = fc.sample(invoices, { numRuns: 1, seed: 1 });
  const [payment] = fc.sample(payments, { numRuns: 1, seed: 1 });
  const [journal] = fc.sample(journals, { numRuns: 1, seed: 1 });
  const typed = (draft: ReversibleDraft | undefined) => {
    const of = draft as ReversibleDraft;
    const { draft: back } = mapReversal(of, context(typeOf(of)));
    return [back.kind === "memo" ? back.type : back.kind, back.description];
  };

  expect([typed(invoice), typed(payment), typed(journal)]).toEqual([
    ["CM", "Reverses IN 000200"],
    ["DM", "Reverses PA 000200"],
    ["journal", "Reverses journal 000123"],
  ]);
});

type Doc = Readonly<{ type: "IN" | "PA" | "CM" | "DM"; minor: bigint }>;
const isCredit = ({ type }: Doc) => type === "PA" || type === "CM";

/** Documents of one customer that were applied among themselves, as far as chance has it. */
const ledgers = fc
  .tuple(
    fc.array(
      fc.record({ type: fc.constantFrom("IN", "PA", "CM", "DM"), minor }) as fc.Arbitrary<Doc>,
      { minLength: 1, maxLength: 6 },
    ),
    fc.array(fc.tuple(fc.nat(5), fc.nat(5), minor), { maxLength: 8 }),
  )
  .map(([documents, applied]) => {
    const open = documents.map((one) => one.minor);
    for (const [from, to, amount] of applied) {
      const [payer, target] = [documents[from], documents[to]];
      if (payer === undefined || target === undefined) continue;
      if (!isCredit(payer) || isCredit(target)) continue;
      const most = [amount, open[from] ?? 0n, open[to] ?? 0n].reduce((a, b) => (a < b ? a : b));
      open[from] = (open[from] ?? 0n) - most;
      open[to] = (open[to] ?? 0n) - most;
    }
    return documents.map(
      (one, at): ReversedPair => ({
        customerId: "C300",
        original: { type: one.type, refNbr: `O${at}` },
        total: money(one.minor, CURRENCY),
        open: money(open[at] ?? 0n, CURRENCY),
        reversing: { type: isCredit(one) ? "DM" : "CM", refNbr: `R${at}` },
      }),
    );
  });

test("documents applied among themselves and their reversals close each other", () => {
  fc.assert(
    fc.property(ledgers, (pairs) => {
      const left = new Map(
        pairs.flatMap(({ original, reversing, open, total }) => [
          [original.refNbr, open.minor] as const,
          [reversing.refNbr, total.minor] as const,
        ]),
      );
      for (const { payer, target, amount } of closingApplications(pairs)) {
        expect(["PA", "CM"]).toContain(payer.type);
        expect(["IN", "DM"]).toContain(target.type);
        for (const { refNbr } of [payer, target]) {
          left.set(refNbr, (left.get(refNbr) ?? 0n) - amount.minor);
        }
      }

      expect([...left].filter(([, open]) => open !== 0n)).toEqual([]);
    }),
  );
});

test("what is booked again is dated on the day of its reversal, and no line before it", () => {
  const [journal] = fc.sample(journals, { numRuns: 1, seed: 2 });
  const again = { date: "2026-04-02", period: "202604" };

  const dated = datedAgain(journal as JournalDraft, again);
  const later = datedAgain({ ...dated, documentDate: "2026-05-01" }, again);

  expect(dated).toMatchObject({ documentDate: "2026-04-02", period: "202604" });
  expect(new Set((dated as JournalDraft).lines.map(({ date }) => date))).toEqual(
    new Set(["2026-04-02"]),
  );
  expect(later.documentDate).toBe("2026-05-01");
});

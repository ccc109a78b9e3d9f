import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromJson, toJson } from "../base/json.ts";
import { money, toDecimal } from "../base/money.ts";
import { type Rate, worthOf } from "../base/rate.ts";
import type {
  GlAccount,
  InvoiceDraft,
  InvoiceLineDraft,
  JournalDraft,
  MemoDraft,
  PaymentDraft,
} from "../erp/port.ts";
import {
  atShownWorth,
  closingApplications,
  datedAgain,
  mapReversal,
  type ReversalContext,
  type ReversedPair,
  type ReversibleDraft,
  type ShownWorth,
} from "./reversal.ts";
import { someSettings } from "./testing/builders.ts";
import { MONTHS } from "./testing/ledger-rows.ts";

const account = (name: string): GlAccount => ({ account: name, subaccount: "000" });
const AR = account("1200");
const CURRENCY = "USD";

const context = (type: string): ReversalContext => ({
  key: "REVERSALKEYREVERSALKEYREVE",
  date: "2026-04-02",
  period: "202604",
  calendar: MONTHS,
  original: { type, refNbr: "000200", batNbr: "000123" },
  words: "Reversed by maria: a test",
  terms: "01",
  receivable: AR,
  settings: someSettings(),
});

type Posting = Readonly<{ at: string; minor: bigint }>;

const nameOf = ({ account: name, subaccount }: GlAccount) => `${name}/${subaccount}`;

/** What a draft debits (positive) and credits, line by line, told by booking rules alone. */
function entriesOf(draft: ReversibleDraft): readonly Posting[] {
  if (draft.kind === "journal") {
    return draft.lines.map(({ account: of, side, amount }) => ({
      at: nameOf(of),
      minor: side === "debit" ? amount.minor : -amount.minor,
    }));
  }
  if (draft.kind === "payment") {
    return [
      { at: nameOf(draft.applications[0]?.receivable ?? AR), minor: -draft.amount.minor },
      { at: nameOf(draft.cash), minor: draft.amount.minor },
    ];
  }
  const sign = draft.kind === "memo" && draft.type === "CM" ? -1n : 1n;
  const taxes = draft.lines.flatMap((line) => line.taxes ?? []);
  return [
    { at: nameOf(draft.receivable), minor: sign * draft.total.minor },
    ...draft.lines.map(({ sales, amount }) => ({ at: nameOf(sales), minor: -sign * amount.minor })),
    ...taxes.map((tax) => ({ at: `tax ${tax.taxId}`, minor: -sign * tax.amount.minor })),
  ];
}

function postings(draft: ReversibleDraft): ReadonlyMap<string, bigint> {
  return added(entriesOf(draft));
}

function added(entries: readonly Posting[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { at, minor: amount } of entries) sums.set(at, (sums.get(at) ?? 0n) + amount);
  return sums;
}

/**
 * What SL makes of it in base currency: each line by the rate, and what is left of the document's
 * worth, or of a journal's balance, on the largest line.
 */
function worthsOf(draft: ReversibleDraft, rate: Rate): readonly Posting[] {
  const entries = entriesOf(draft);
  const valued = entries.map(({ at, minor: amount }) => ({
    at,
    minor: worthOf(money(amount, draft.currency), rate).minor,
  }));
  const off = valued.reduce((all, one) => all + one.minor, 0n);
  // The receivable of a document is worth what the document is.
  const from = draft.kind === "journal" ? 0 : 1;
  const size = (at: number) => absolute(valued[at]?.minor ?? 0n);
  let largest = from;
  for (let at = from; at < valued.length; at += 1) if (size(at) > size(largest)) largest = at;
  return valued.map((one, at) => (at === largest ? { ...one, minor: one.minor - off } : one));
}

function absolute(of: bigint): bigint {
  return of < 0n ? -of : of;
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

/** From yen to dinar, each as a quotient like that of a charge and what it was settled for. */
const rates = fc
  .record({ of: minor, by: fc.integer({ min: 1, max: 100_000 }), decimals: fc.nat(6) })
  .map(({ of, by, decimals }): Rate => {
    const value = `${toDecimal(money(of, "USD"))}/${(by / 10 ** decimals).toFixed(decimals)}`;
    return { value, multDiv: "M", base: "USD" };
  });
const CURRENCIES = fc.constantFrom("EUR", "JPY", "KWD");

/** The same draft over so many units of another currency, at a rate. */
function inCurrency(draft: ReversibleDraft, currency: string, rate: Rate): ReversibleDraft {
  const text = toJson(draft).replaceAll(`"${CURRENCY}"`, `"${currency}"`);
  const foreign = fromJson<ReversibleDraft>(text);
  return { ...foreign, rate: { ...rate, type: "SPOT", date: draft.documentDate } };
}

/** What SL shows of it then: whole and line by line. */
function shownOf(draft: ReversibleDraft, rate: Rate): ShownWorth {
  const usd = (amount: bigint) => money(absolute(amount), "USD");
  const worths = worthsOf(draft, rate).map(({ minor: amount }) => amount);
  if (draft.kind !== "journal") {
    const count = draft.kind === "payment" ? 0 : draft.lines.length;
    return { whole: usd(worths[0] ?? 0n), lines: worths.slice(1, 1 + count).map(usd) };
  }
  const debits = worths.filter((_, at) => draft.lines[at]?.side === "debit");
  return { whole: usd(debits.reduce((all, one) => all + one, 0n)), lines: worths.map(usd) };
}

test("at a rate, both sum to zero on every account in their currency and in base", () => {
  const drafts = fc.oneof(invoices, memos, payments, journals);

  fc.assert(
    fc.property(drafts, CURRENCIES, rates, (inBase, currency, rate) => {
      const draft = inCurrency(inBase, currency, rate);
      const shown = shownOf(draft, rate);

      const { draft: back } = mapReversal(atShownWorth(draft, shown), context(typeOf(draft)));

      const left = (entries: readonly Posting[]) =>
        [...added(entries)].filter(([, sum]) => sum !== 0n);
      const own = back.rate as Rate;
      expect(left([...entriesOf(draft), ...entriesOf(back)])).toEqual([]);
      expect(left([...worthsOf(draft, rate), ...worthsOf(back, own)])).toEqual([]);
      expect(back).toMatchObject({ currency, rate: { ...draft.rate, worth: shown.whole } });
      // What is asked of SL line by line is what it makes of the rate.
      expect(back.lines.map(({ worth }) => worth)).toEqual(shownOf(back, rate).lines);
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

test("what is in two currencies is closed in each alone", () => {
  const pair = (at: number, type: "IN" | "PA", currency: string): ReversedPair => ({
    customerId: "C300",
    original: { type, refNbr: `O${at}` },
    ...{ total: money(100n, currency), open: money(0n, currency) },
    reversing: { type: type === "PA" ? "DM" : "CM", refNbr: `R${at}` },
  });
  const pairs = [pair(1, "IN", "EUR"), pair(2, "PA", "USD"), pair(3, "PA", "EUR")];

  expect(closingApplications([...pairs, pair(4, "IN", "USD")])).toMatchObject([
    { payer: { refNbr: "R1" }, target: { refNbr: "R3" }, amount: money(100n, "EUR") },
    { payer: { refNbr: "R4" }, target: { refNbr: "R2" }, amount: money(100n, "USD") },
  ]);
});

test("what is booked again is dated on the day of its reversal, and no line before it", () => {
  const [journal] = fc.sample(journals, { numRuns: 1, seed: 2 });
  const again = { date: "2026-04-02", period: "202604", calendar: MONTHS };

  const dated = datedAgain(journal as JournalDraft, again);
  const later = datedAgain({ ...dated, documentDate: "2026-05-01" }, again);

  expect(dated).toMatchObject({ documentDate: "2026-04-02", period: "202604" });
  expect(new Set((dated as JournalDraft).lines.map(({ date }) => date))).toEqual(
    new Set(["2026-04-02"]),
  );
  expect(later.documentDate).toBe("2026-05-01");
});

describe("a day whose period is closed by then", () => {
  const at = { date: "2026-03-20", period: "202604", calendar: MONTHS };
  const [journal] = fc.sample(journals, { numRuns: 1, seed: 3 });
  const [line] = (journal as JournalDraft).lines;
  const arrival = {
    ...(journal as JournalDraft),
    lines: [
      { ...line, side: "debit", role: "bank", description: "Payout arrived of 2026-03-10" },
      { ...line, side: "credit", role: "transit", description: "Payout arrived of 2026-03-10" },
    ],
    userFields: { User7: "2026-03-10" },
  } as JournalDraft;
  const datesOf = (draft: unknown) => (draft as JournalDraft).lines.map(({ date }) => date);

  test("takes the bank's line of a reversal into the open one, and tells the true date", () => {
    const { draft } = mapReversal(arrival, { ...context("GJ"), ...at });

    expect(draft).toMatchObject({ documentDate: "2026-03-20", period: "202604" });
    expect(datesOf(draft)).toEqual(["2026-04-01", "2026-03-20"]);
    expect(draft.userFields).toEqual({ User7: "2026-03-20" });
    expect(draft.lines.map(({ description }) => description)).toEqual([
      "Reversed on 2026-03-20",
      "Payout arrived of 2026-03-10",
    ]);
  });

  test("takes the bank's line of what is booked again into the open one", () => {
    const dated = datedAgain({ ...arrival, period: "202604" }, at);

    expect(dated).toMatchObject({ documentDate: "2026-03-20", period: "202604" });
    expect(datesOf(dated)).toEqual(["2026-04-01", "2026-03-20"]);
    expect(dated).toMatchObject({ userFields: { User7: "2026-03-10" } });
  });

  test("leaves a bank's line alone that lies in the period of its own", () => {
    const { draft } = mapReversal(arrival, { ...context("GJ"), ...at, period: "202603" });

    expect(datesOf(draft)).toEqual(["2026-03-20", "2026-03-20"]);
    expect(draft.userFields).toEqual({});
  });
});

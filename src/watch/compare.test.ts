import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { LedgerLine, StandingDocument } from "../erp/port.ts";
import { type Booked, compareStanding, movedOn, type Shown } from "./compare.ts";
import { accountOf, draftOf, standing } from "./testing/standing.ts";

const minors = fc.array(fc.bigInt(1n, 10n ** 12n), { minLength: 2, maxLength: 8 });
const documents = fc
  .tuple(fc.constantFrom("IN", "CM", "DM", "PA", "GJ"), minors)
  .map(([kind, amounts]) => standing(draftOf(kind, amounts)));

type Found = Readonly<{ booked: Booked; shown: Shown }>;
type Edit = readonly [kind: string, what: string | RegExp, apply: (shown: Shown) => Shown];

const onDocument =
  (change: (document: StandingDocument) => StandingDocument) =>
  (shown: Shown): Shown => ({ ...shown, documents: shown.documents.map(change) });
const onJournal =
  (change: object) =>
  (shown: Shown): Shown => ({
    ...shown,
    journals: shown.journals.map((one) => ({ ...one, ...change })),
  });
const onLine =
  (change: (line: LedgerLine) => LedgerLine) =>
  (shown: Shown): Shown => ({
    ...shown,
    lines: shown.lines.map((line, at) => (at === 0 ? change(line) : line)),
  });
const cent = (amount: LedgerLine["debit"]) =>
  amount.minor === 0n ? amount : money(amount.minor + 1n, amount.currency);

const ON_LINES: readonly Edit[] = [
  ["edited", /^\d{4}\/000 on/, onLine((line) => ({ ...line, account: accountOf("9999") }))],
  [
    "edited",
    /^\d{4}\/001 on|^\d{4}\/000 on/,
    onLine((line) => ({ ...line, account: { ...line.account, subaccount: "001" } })),
  ],
  [
    "edited",
    /^\d{4}\/000 on/,
    onLine((line) => ({ ...line, debit: cent(line.debit), credit: cent(line.credit) })),
  ],
  ["edited", /^\d{4}\/000 on 2026-03-30/, onLine((line) => ({ ...line, date: "2026-03-30" }))],
  ["edited", "period of a line", onLine((line) => ({ ...line, period: "202604" }))],
  ["edited", /^\d{4}\/000 on/, (shown) => ({ ...shown, lines: shown.lines.slice(1) })],
];
const ON_DOCUMENTS: readonly Edit[] = [
  ["deleted", "document", (shown) => ({ ...shown, documents: [], lines: [] })],
  ["voided", "document", onDocument((one) => ({ ...one, type: "VT", state: "voided" }))],
  ["edited", "customer", onDocument((one) => ({ ...one, customerId: "C2" }))],
  ["edited", "date", onDocument((one) => ({ ...one, documentDate: "2026-03-30" }))],
  ["edited", "period", onDocument((one) => ({ ...one, period: "202604" }))],
  [
    "edited",
    "amount",
    onDocument((one) => ({ ...one, amount: money(one.amount.minor + 1n, "USD") })),
  ],
  ["edited", "currency", onDocument((one) => ({ ...one, currency: "EUR" }))],
  ["edited", "account", onDocument((one) => ({ ...one, own: accountOf("9999") }))],
  ["edited", "Stripe id", onDocument((one) => ({ ...one, stripeId: "pi_2" }))],
  ["edited", "key", onDocument((one) => ({ ...one, key: "" }))],
  ["edited", "state", onDocument((one) => ({ ...one, isReleased: false, state: "held" }))],
  ["reversed-otherwise", "reversal", onDocument((one) => ({ ...one, reversal: "RP" }))],
  [
    "unapplied",
    "open balance",
    onDocument((one) => ({ ...one, balance: money(one.balance.minor + 1n, "USD") })),
  ],
  [
    "doubled",
    "document of the same key",
    (shown) => ({
      ...shown,
      documents: [
        ...shown.documents,
        ...shown.documents.map((one) => ({ ...one, batNbr: "000124" })),
      ],
    }),
  ],
];
const ON_JOURNALS: readonly Edit[] = [
  ["deleted", "journal", (shown) => ({ ...shown, journals: [], lines: [] })],
  ["voided", "journal", onJournal({ state: "voided", isReleased: false })],
  ["edited", "period", onJournal({ period: "202604" })],
  ["edited", "currency", onJournal({ currency: "EUR" })],
  ["edited", "key", onJournal({ key: "" })],
  ["edited", "Stripe id", onJournal({ stripeId: "po_2" })],
];

const editsOf = ({ booked }: Found) =>
  booked.receipt.type === "GJ" ? [...ON_JOURNALS, ...ON_LINES] : [...ON_DOCUMENTS, ...ON_LINES];

test("a document that nobody has changed is not reported", () => {
  fc.assert(
    fc.property(documents, ({ booked, shown }) => {
      expect(compareStanding(booked, shown)).toBeUndefined();
    }),
  );
});

test("a document that a rebuild took over is not taken for edited", () => {
  fc.assert(
    fc.property(documents, ({ booked, shown }) => {
      const receipt = { ...booked.receipt, period: "", documentDate: "" };
      const foundAgain = { ...booked, receipt, draft: undefined, applied: undefined };

      expect(compareStanding(foundAgain, shown)).toBeUndefined();
    }),
  );
});

test("lines in another order, or parted in two, are the same document", () => {
  fc.assert(
    fc.property(documents, ({ booked, shown }) => {
      const [first, ...others] = shown.lines;
      const parts = first === undefined ? [] : partedInTwo(first);

      expect(compareStanding(booked, { ...shown, lines: [...others, ...parts] })).toBeUndefined();
    }),
  );
});

function partedInTwo(line: LedgerLine): readonly LedgerLine[] {
  const part = (amount: LedgerLine["debit"], minor: bigint) =>
    amount.minor === 0n ? amount : money(minor, amount.currency);
  const rest = (amount: LedgerLine["debit"]) => part(amount, amount.minor - 1n);
  return [
    { ...line, debit: part(line.debit, 1n), credit: part(line.credit, 1n) },
    { ...line, debit: rest(line.debit), credit: rest(line.credit) },
  ];
}

test("each kind of edit is reported as what it is, with what was and what is", () => {
  fc.assert(
    fc.property(documents, fc.nat(), ({ booked, shown }, nat) => {
      const edits = editsOf({ booked, shown });
      const [kind, what, apply] = edits[nat % edits.length] as Edit;

      const found = compareStanding(booked, apply(shown));

      const names = found?.differences.map((one) => one.what) ?? [];
      expect(found?.kind).toBe(kind);
      expect(
        names.some((name) => (typeof what === "string" ? name === what : what.test(name))),
      ).toBe(true);
      expect(found?.differences.every((one) => one.expected !== one.found)).toBe(true);
    }),
    { numRuns: 600 },
  );
});

test.each([
  ["0", undefined, true],
  ["0042", "42", true],
  ["-0.50", "-0.5", true],
  ["123456789012345.123456", "123456789012345", true],
  ["7", undefined, false],
  ["0.000001", "0.000002", false],
])("a number written as %j and shown as %j stands as booked: %j", (written, shown, isSame) => {
  const draft = draftOf("IN", [100n, 200n]);
  const world = standing({ ...draft, userFields: { User3: written } } as typeof draft);
  const userFields = shown === undefined ? {} : { User3: shown };

  const found = compareStanding(
    world.booked,
    onDocument((one) => ({ ...one, userFields }))(world.shown),
  );

  expect(found?.differences.map(({ what }) => what)).toEqual(isSame ? undefined : ["User3"]);
});

describe("what of it the proof shows", () => {
  const clearing = accountOf("1095");
  const payment = standing(draftOf("PA", [10_000n, 5_000n]));

  test("a payment that is gone takes its money off clearing", () => {
    const gone = { ...payment.shown, documents: [], lines: [] };

    const found = compareStanding(payment.booked, gone);

    expect(found && movedOn(found, clearing, "USD")).toEqual(money(-15_000, "USD"));
  });

  test("a cent less on clearing is a cent less", () => {
    const [line, ...others] = payment.shown.lines;
    const less = { ...line, debit: money(14_999, "USD") } as LedgerLine;

    const found = compareStanding(payment.booked, { ...payment.shown, lines: [less, ...others] });

    expect(found && movedOn(found, clearing, "USD")).toEqual(money(-1, "USD"));
  });

  test("another customer moves nothing on clearing", () => {
    const found = compareStanding(
      payment.booked,
      onDocument((one) => ({ ...one, customerId: "C2" }))(payment.shown),
    );

    expect(found && movedOn(found, clearing, "USD")).toEqual(money(0, "USD"));
  });
});

describe("balances", () => {
  const less = onDocument((one) => ({ ...one, balance: money(one.balance.minor - 1n, "USD") }));

  test("an open invoice that somebody pays is what it is there for", () => {
    const { booked, shown } = standing(draftOf("IN", [100n, 200n]));

    expect(compareStanding(booked, less(shown))).toBeUndefined();
  });

  test("unapplied money that the hub did not leave to people was applied otherwise", () => {
    const { booked, shown } = standing(draftOf("PA", [100n, 200n]));

    expect(compareStanding(booked, less(shown))?.kind).toBe("applied-otherwise");
    expect(compareStanding({ ...booked, isLeftOpen: true }, less(shown))).toBeUndefined();
  });

  test("a document in a batch that applies it is not looked at before that is released", () => {
    const { booked, shown } = standing(draftOf("PA", [100n, 200n]));
    const pending = onDocument((one) => ({ ...one, applyingBatNbr: "000200" }))(less(shown));

    expect(compareStanding(booked, pending)).toBeUndefined();
  });
});

test("taxes that SL books on accounts of its own are no edit, and hide none", () => {
  const { booked, shown } = standing(draftOf("IN", [10_000n, 5_000n]));
  const tax = money(800, "USD");
  const taxed = {
    ...booked,
    draft: { ...booked.draft, total: money(15_800, "USD") } as Booked["draft"],
  };
  const line = shown.lines.at(-1) as LedgerLine;
  const lines = [
    ...shown.lines.slice(0, -1),
    { ...line, debit: money(15_800, "USD") },
    { ...line, account: accountOf("2200"), debit: money(0, "USD"), credit: tax },
  ];
  const documents = shown.documents.map((one) => {
    return { ...one, amount: money(15_800, "USD"), balance: money(15_800, "USD") };
  });
  const moved = lines.map((one, at) => (at === 0 ? { ...one, account: accountOf("9999") } : one));

  expect(compareStanding(taxed, { ...shown, documents, lines })).toBeUndefined();
  expect(compareStanding(taxed, { ...shown, documents, lines: moved })?.differences).toHaveLength(
    2,
  );
});

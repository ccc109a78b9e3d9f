import { expect, test } from "vitest";
import { money, subtract, sum, zero } from "../base/money.ts";
import type { LedgerLine } from "../erp/port.ts";
import { readLedger } from "./read-ledger.ts";

const eur = (minor: number) => money(minor, "EUR");
const usd = (minor: number) => money(minor, "USD");

/** A line in EUR with its value in USD: positive amounts are debits. */
function aLine(batNbr: string, amount: number, base: number): LedgerLine {
  const side = (minor: number, isDebit: boolean) => (isDebit === minor > 0 ? Math.abs(minor) : 0);
  return {
    ...{ module: "GL", batNbr, lineNumber: "1", type: "GL", refNbr: "", customerId: "" },
    ...{ date: "2026-03-10", period: "202603", key: "", stripeId: "", isPosted: true },
    ...{ description: "", reference: "", enteredBy: "SLIPWAY" },
    account: { account: "1095", subaccount: "0" },
    ...{ debit: eur(side(amount, true)), credit: eur(side(amount, false)) },
    ...{ baseDebit: usd(side(base, true)), baseCredit: usd(side(base, false)) },
  };
}

/** What a batch on hold would book; it has no key of the hub. */
const aHeld = (batNbr: string) => ({ ...aLine(batNbr, 7, 8), state: "held" as const });

/** SL's own correction of the base value: it has no amount in the account's currency. */
const REVALUATION: LedgerLine = {
  ...aLine("R", 0, 97),
  ...{ debit: usd(97), credit: usd(0) },
};

function booksOf(lines: readonly LedgerLine[]) {
  const inEur = lines.filter(({ debit }) => debit.currency === "EUR");
  const total = (of: (line: LedgerLine) => ReturnType<typeof eur>, currency: string) =>
    sum(inEur.map(of), currency);
  const [debit, credit] = [total((l) => l.debit, "EUR"), total((l) => l.credit, "EUR")];
  const base = total((l) => subtract(l.baseDebit, l.baseCredit), "USD");
  const balance = { currency: "EUR", debit, credit, balance: subtract(debit, credit), base };
  return {
    ledgerBalance: async () => ({
      ...{ ...balance, lines: inEur.length, otherLines: lines.length - inEur.length },
      periods: [{ period: "202603", debit, credit }],
    }),
    listLedgerLines: async () => ({ rows: lines, isLast: true }),
    listUnreleasedLines: async () => ({ rows: [], isLast: true }),
  };
}

const wanted = {
  clearing: { account: "1096", subaccount: "000" },
  ...{ currency: "EUR", from: "2026-03-10", day: "2026-03-12", period: undefined },
  start: undefined,
};

test("G45 an account in euro is proved in euro, and its revaluation is listed apart", async () => {
  const lines = [
    aLine("1", 5_000, 5_500),
    aLine("2", -150, -165),
    aLine("3", -4_850, -5_432),
    REVALUATION,
  ];

  const ledger = await readLedger(booksOf(lines), wanted);

  expect(ledger.before).toEqual(zero("EUR"));
  expect(ledger.lines.map(({ amount }) => amount)).toEqual([eur(5_000), eur(-150), eur(-4_850)]);
  expect(ledger.base).toEqual(usd(-97));
  expect(ledger.revaluations).toEqual([{ batNbr: "R", base: usd(97) }]);
});

test("a release between two questions is asked for again", async () => {
  const [early, late] = [aLine("1", 100, 110), aLine("2", 50, 55)];
  const before = booksOf([early]);
  const after = booksOf([early, late]);
  let asked = 0;
  const moving = {
    ...after,
    ledgerBalance: () => (asked++ === 0 ? before : after).ledgerBalance(),
    listLedgerLines: () => (asked <= 1 ? before : after).listLedgerLines(),
  };

  const ledger = await readLedger(moving, wanted);

  expect(ledger.lines).toHaveLength(2);
  expect(ledger.before).toEqual(zero("EUR"));
});

test("what stood before the start is not counted, whatever period it was posted in", async () => {
  const aDated = (date: string, period: string, amount: number) => ({
    ...aLine("1", amount, amount),
    ...{ date, period },
  });
  const all = [
    aDated("2026-02-20", "202602", 500),
    // Somebody clears the old connection's balance in April, dated before the start.
    aDated("2026-02-28", "202604", -500),
    aDated("2026-03-01", "202603", 500),
  ];
  const dated = {
    ...booksOf(all),
    ledgerBalance: async (_account: unknown, _currency: string, until: string) => {
      const own = all.filter(({ date }) => date <= until);
      const balance = await booksOf(own).ledgerBalance();
      const periods = own.map(({ period, debit, credit }) => ({ period, debit, credit }));
      return { ...balance, periods };
    },
    listLedgerLines: booksOf(all.slice(2)).listLedgerLines,
  };
  const start = "2026-03-01";
  const beforeOf = async (period: string | undefined, day: string) =>
    (await readLedger(dated, { ...wanted, from: start, start, day, period })).before;

  expect(await beforeOf("202603", "2026-03-31")).toEqual(zero("EUR"));
  expect(await beforeOf("202604", "2026-04-30")).toEqual(zero("EUR"));
  expect(await beforeOf(undefined, "2026-03-31")).toEqual(zero("EUR"));
});

test("every page of an account's lines is read, and of its unreleased ones", async () => {
  const lines = [aLine("1", 100, 110), aLine("2", 50, 55), aLine("3", 25, 27)];
  const pageOf = <T>(rows: readonly T[], page: number) => {
    return { rows: rows.slice(page - 1, page), isLast: page === rows.length };
  };
  const held = ["A", "B"].map((batNbr) => ({ ...aHeld(batNbr), key: batNbr }));
  const paged = {
    ...booksOf(lines),
    listLedgerLines: async (_query: unknown, page: number) => pageOf(lines, page),
    listUnreleasedLines: async (_account: unknown, page: number) => pageOf(held, page),
  };

  const ledger = await readLedger(paged, wanted);

  expect(ledger.lines.map(({ batNbr }) => batNbr)).toEqual(["1", "2", "3"]);
  expect(ledger.unreleased.map(({ batNbr }) => batNbr)).toEqual(["A", "B"]);
  expect(ledger.before).toEqual(zero("EUR"));
});

test("what was dated before the days that are asked for counts by its own period", async () => {
  const [early, later] = [aLine("1", 100, 110), aLine("2", 40, 44)];
  const amounts = ({ debit, credit }: LedgerLine) => ({ debit, credit });
  const books = booksOf([early, later]);
  const dated = {
    ...books,
    ledgerBalance: async () => ({
      ...(await books.ledgerBalance()),
      periods: [
        { period: "202602", ...amounts(early) },
        { period: "202604", ...amounts(later) },
      ],
    }),
    listLedgerLines: async () => ({ rows: [], isLast: true }),
  };
  const beforeOf = async (period: string | undefined) =>
    (await readLedger(dated, { ...wanted, period })).before;

  expect(await beforeOf("202603")).toEqual(eur(100));
  expect(await beforeOf(undefined)).toEqual(eur(140));
});

test("lines of before the start are not asked for, nor batches of others listed", async () => {
  const asked: string[] = [];
  const books = {
    ...booksOf([]),
    listLedgerLines: async ({ from = "" }: { from?: string }) => {
      asked.push(from);
      return { rows: [], isLast: true };
    },
    listUnreleasedLines: async () => ({ rows: [aHeld("HAND")], isLast: true }),
  };

  const ledger = await readLedger(books, { ...wanted, from: "2026-02-01", start: "2026-03-01" });

  expect(asked).toEqual(["2026-03-01"]);
  expect(ledger.unreleased).toEqual([]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Money, money, toDecimal } from "../base/money.ts";
import type { JournalDraft, MemoDraft } from "../erp/port.ts";
import { mapRefundBack, mapRefundCash } from "./memo-refund.ts";
import { mapStopoverRest, mapToClearing, stopoverAt } from "./stopover.ts";
import { aCustomer, aRefund, aRow, someSettings, usd } from "./testing/builders.ts";

// 1095 is clearing of USD, 1096 of EUR, 1099 the wash account.

const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.bridge": "1290/000000000000",
  "accounts.wash": "1099/000000000000",
  "clearing.cash-account": "yes",
});
const eur = (minor: number) => money(minor, "EUR");

describe("money in the base currency that goes over the bridge", () => {
  const over = stopoverAt("bridge", settings);
  const context = { settings, key: "K", period: "202603", over };
  const moved = (direction: "in" | "out", settled: number) => ({
    ...{ object: "ch_1", rowId: "txn_1", direction, charged: eur(10_000), settled: usd(settled) },
    ...{ linkTo: "pi_1", livemode: false, date: "2026-03-10" },
  });
  const linesOf = ({ draft }: ReturnType<typeof mapToClearing>) =>
    draft.lines.map(({ side, role, amount }) => `${side} ${role} ${toDecimal(amount)}`);

  test.each([
    ["in", 10_831, ["debit clearing 108.31", "credit bridge 110.00", "debit fx-loss 1.69"]],
    ["in", 11_100, ["debit clearing 111.00", "credit bridge 110.00", "credit fx-gain 1.00"]],
    ["out", 10_831, ["credit clearing 108.31", "debit bridge 110.00", "credit fx-gain 1.69"]],
    ["out", 11_100, ["credit clearing 111.00", "debit bridge 110.00", "debit fx-loss 1.00"]],
    ["out", 11_000, ["credit clearing 110.00", "debit bridge 110.00"]],
  ] as const)("%s for %d takes off it what its document is worth", (direction, settled, lines) => {
    expect(linesOf(mapToClearing(moved(direction, settled), usd(11_000), context))).toEqual(lines);
  });

  test.each([
    [32, ["credit bridge 0.32", "debit fx-loss 0.32"]],
    [-32, ["debit bridge 0.32", "credit fx-gain 0.32"]],
  ])("leaves no rest of %d there", (left, lines) => {
    expect(linesOf(mapStopoverRest(moved("in", 1), usd(left), context))).toEqual(lines);
  });
});

describe("money that reaches clearing over the wash account", () => {
  const over = stopoverAt("wash", settings);
  const memoContext = {
    ...{ settings, key: "K", customer: aCustomer(), period: "202603", slDecimals: 2 },
    ...{ terms: "01", original: "000123", over },
  };

  /** The memo of what a refund moves or brings back, and the journal of what it put there. */
  function washed(amount: Money, direction: "in" | "out") {
    const gross = { ...amount, minor: direction === "in" ? amount.minor : -amount.minor };
    const row = aRow({ id: "txn_2", gross, fee: usd(0) });
    const map = direction === "in" ? mapRefundBack : mapRefundCash;
    const memo = map(aRefund({ amount, row }), row, memoContext).draft;
    const [line] = memo.lines;
    const of = {
      ...{ object: "re_1", rowId: "txn_2", direction, charged: amount },
      ...{ settled: line?.amount ?? amount, linkTo: "pi_1", livemode: false, date: "2026-03-25" },
    };
    const context = { settings, key: "J", period: "202603", over };
    return { memo, journal: mapToClearing(of, of.settled, context).draft };
  }

  /** What both put on an account, debits positive. */
  function putOn(account: string, memo: MemoDraft, journal: JournalDraft): bigint {
    const ofMemo = memo.lines.filter(({ sales }) => sales.account === account);
    const ofJournal = journal.lines.filter((line) => line.account.account === account);
    const sign = memo.type === "CM" ? 1n : -1n;
    return [
      ...ofMemo.map(({ amount }) => sign * amount.minor),
      ...ofJournal.map(({ side, amount }) => (side === "debit" ? amount.minor : -amount.minor)),
    ].reduce((so, one) => so + one, 0n);
  }

  test("G57 a refund's memo hits it, and the journal takes that to clearing", () => {
    const { memo, journal } = washed(usd(2_500), "out");

    expect(memo).toMatchObject({ type: "DM", total: usd(2_500) });
    expect(memo.lines.map(({ sales, role }) => [sales.account, role])).toEqual([["1099", "wash"]]);
    expect(
      journal.lines.map(({ role, side, account, amount }) => {
        return `${side} ${role} ${account.account} ${toDecimal(amount)}`;
      }),
    ).toEqual(["credit clearing 1095 25.00", "debit wash 1099 25.00"]);
    expect(journal).toMatchObject({ currency: "USD", documentDate: "2026-03-25" });
  });

  test("takes no money that clearing itself would not", () => {
    const context = { ...memoContext, settings: someSettings() };
    const row = aRow({ gross: money(-9_000, "CHF") });

    const mapping = () => mapRefundCash(aRefund({ amount: eur(100), row }), row, context);

    expect(mapping).toThrow(
      expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
    );
  });

  test("nothing is left there, and clearing has what the row moved", () => {
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 11n });
    const currencies = fc.constantFrom(["USD", "1095"] as const, ["EUR", "1096"] as const);
    const directions = fc.constantFrom("in" as const, "out" as const);
    fc.assert(
      fc.property(amounts, currencies, directions, (minor, [currency, clearing], direction) => {
        const { memo, journal } = washed({ minor, currency }, direction);

        expect(putOn("1099", memo, journal)).toBe(0n);
        expect(putOn(clearing, memo, journal)).toBe(direction === "in" ? minor : -minor);
      }),
    );
  });
});

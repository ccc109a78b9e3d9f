import { describe, expect, test } from "vitest";
import { type Money, money, toDecimal } from "../base/money.ts";
import { mapBridge, mapBridgeRest } from "./bridge.ts";
import { clearingFor, settledOf } from "./settled.ts";
import { aPayment, aRow, someSettings, usd } from "./testing/builders.ts";

const eur = (minor: number) => money(minor, "EUR");
const settings = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.bridge": "1290/000000000000",
});

const out = { code: "mapping.amount_out_of_range" };
const paidBy = (amount: Money, ...grosses: readonly Money[]) => {
  const rows = grosses.map((gross, at) => aRow({ id: `txn_${at}`, gross }));
  return settledOf(aPayment({ amount, rows }));
};

describe("what a charge has brought to the balance", () => {
  test("is what its own rows add up to, and no other row", () => {
    const rows = [
      aRow({ gross: usd(12_000) }),
      aRow({ category: "partial_capture_reversal", gross: usd(-4_000) }),
      aRow({ category: "refund", gross: usd(-1_000) }),
    ];

    expect(settledOf(aPayment({ amount: usd(8_000), rows }))).toEqual(usd(8_000));
    expect(paidBy(eur(10_000), usd(10_831))).toEqual(usd(10_831));
  });

  test.each<[string, Money, readonly Money[]]>([
    ["a cent less in one currency", usd(8_000), [usd(7_999)]],
    ["two currencies", eur(10_000), [usd(10_831), eur(10)]],
    ["nothing of another currency", eur(10_000), [usd(10_831), usd(-10_831)]],
    ["money taken in another currency", eur(10_000), [usd(-5)]],
  ])("is left to a person where it is %s", (_what, amount, grosses) => {
    expect(() => paidBy(amount, ...grosses)).toThrow(expect.objectContaining(out) as Error);
  });
});

test("a document hits clearing of what it was settled in, as far as it can carry that", () => {
  expect(clearingFor(eur(1), "EUR", settings).account).toBe("1096");
  expect(clearingFor(eur(1), "USD", settings).account).toBe("1095");
  expect(() => clearingFor(money(1, "GBP"), "EUR", settings)).toThrow(
    expect.objectContaining({ code: "mapping.currency_unsupported" }) as Error,
  );
});

describe("money in the base currency that goes over the bridge", () => {
  const context = { settings, key: "K", period: "202603" };
  const moved = (direction: "in" | "out", settled: number) => ({
    ...{ object: "ch_1", rowId: "txn_1", direction, charged: eur(10_000), settled: usd(settled) },
    ...{ linkTo: "pi_1", livemode: false, date: "2026-03-10" },
  });
  const linesOf = ({ draft }: ReturnType<typeof mapBridge>) =>
    draft.lines.map(({ side, role, amount }) => `${side} ${role} ${toDecimal(amount)}`);

  test.each([
    ["in", 10_831, ["debit clearing 108.31", "credit bridge 110.00", "debit fx-loss 1.69"]],
    ["in", 11_100, ["debit clearing 111.00", "credit bridge 110.00", "credit fx-gain 1.00"]],
    ["out", 10_831, ["credit clearing 108.31", "debit bridge 110.00", "credit fx-gain 1.69"]],
    ["out", 11_100, ["credit clearing 111.00", "debit bridge 110.00", "debit fx-loss 1.00"]],
    ["out", 11_000, ["credit clearing 110.00", "debit bridge 110.00"]],
  ] as const)("%s for %d takes off it what its document is worth", (direction, settled, lines) => {
    expect(linesOf(mapBridge(moved(direction, settled), usd(11_000), context))).toEqual(lines);
  });

  test.each([
    [32, ["credit bridge 0.32", "debit fx-loss 0.32"]],
    [-32, ["debit bridge 0.32", "credit fx-gain 0.32"]],
  ])("leaves no rest of %d there", (left, lines) => {
    expect(linesOf(mapBridgeRest(moved("in", 1), usd(left), context))).toEqual(lines);
  });
});

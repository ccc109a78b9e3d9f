import fc from "fast-check";
import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { type Cell, creditShares } from "./credit-shares.ts";
import { usd } from "./testing/builders.ts";

const amount = (max: number) => fc.bigInt({ min: 0n, max: BigInt(max) });

/** Lines with up to two taxes of their own, and a line of tax. */
const cells = fc
  .tuple(
    fc.array(fc.tuple(amount(50_000), amount(5_000), amount(500)), { minLength: 1, maxLength: 6 }),
    amount(9_000),
  )
  .map(([lines, tax]): Cell[] => {
    const cell = (at: number, id: string, booked: bigint) => ({
      at,
      tax: id,
      booked,
      credited: 0n,
    });
    return [
      ...lines.flatMap(([sold, state, city], at) => [
        cell(at, "", sold),
        cell(at, "STATE", state),
        cell(at, "CITY", city),
      ]),
      cell(lines.length, "line", tax),
    ];
  })
  .filter((found) => found.some(({ booked }) => booked > 0n));

const sum = (minors: readonly bigint[]) => minors.reduce((a, b) => a + b, 0n);

/** Parts of a whole, in any order; they add up to it. */
function partsOf(whole: bigint, weights: readonly number[]): bigint[] {
  const parts: bigint[] = [];
  let left = whole;
  for (const weight of weights) {
    const part = (left * BigInt(weight)) / 1_000n;
    parts.push(part);
    left -= part;
  }
  return [...parts, left].filter((part) => part > 0n);
}

test("any sequence of partial refunds up to the charge takes each part to the cent", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 8 });
  const meant = fc.option(fc.nat(5), { nil: undefined });

  fc.assert(
    fc.property(cells, weights, meant, (document, split, line) => {
      const chosen = new Map(line === undefined ? [] : [[line, 1n]]);
      let now = document;
      for (const part of partsOf(sum(document.map(({ booked }) => booked)), split)) {
        const shares = creditShares(now, usd(part), { chosen });
        expect(sum(shares)).toBe(part);
        now = now.map((cell, at) => ({ ...cell, credited: cell.credited + (shares[at] ?? 0n) }));
        expect(now.every((cell) => cell.credited <= cell.booked)).toBe(true);
      }
      expect(now.map(({ credited }) => credited)).toEqual(document.map(({ booked }) => booked));
    }),
    { numRuns: 300 },
  );
});

test("tax that is given wins, and never takes more than is left", () => {
  const cell = (tax: string, booked: bigint) => ({ at: 0, tax, booked, credited: 0n });
  const document = [cell("", 10_000n), { ...cell("line", 825n), at: 1 }];

  expect(creditShares(document, usd(5_000), { tax: usd(500) })).toEqual([4_500n, 500n]);
  expect(creditShares(document, usd(5_000), { tax: usd(900) })).toEqual([4_175n, 825n]);
  expect(creditShares(document, usd(5_000), { tax: usd(0) })).toEqual([5_000n, 0n]);
});

test("of a document of nothing nothing is credited", () => {
  const document = [{ at: 0, tax: "line", booked: 0n, credited: 0n }];

  expect(creditShares(document, usd(0))).toEqual([0n]);
});

test("kronur have no fraction in the tax or the goods of partial refunds", () => {
  const isk = (kronur: number) => money(kronur * 100, "ISK");
  const sold: Cell[] = [
    { at: 0, tax: "", booked: isk(5_000).minor, credited: 0n },
    { at: 1, tax: "", booked: isk(5_000).minor, credited: 0n },
    { at: 2, tax: "line", booked: isk(2_400).minor, credited: 0n },
  ];

  const first = creditShares(sold, isk(3_333));
  const after = sold.map((cell, at) => ({ ...cell, credited: first[at] ?? 0n }));
  const second = creditShares(after, isk(3_333), { tax: isk(645) });

  expect(first).toEqual([134_400n, 134_400n, 64_500n]);
  expect(second).toEqual([134_400n, 134_400n, 64_500n]);
});

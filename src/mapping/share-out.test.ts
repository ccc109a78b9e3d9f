import fc from "fast-check";
import { expect, test } from "vitest";
import { money, sum } from "../base/money.ts";
import { type OpenInvoice, shareOut } from "./share-out.ts";

const usd = (minor: number) => money(minor, "USD");

function invoice(refNbr: string, open: number, more: Partial<OpenInvoice> = {}): OpenInvoice {
  return { customerId: "C1", refNbr, asked: undefined, open: usd(open), ...more };
}

test("G9: two invoices of one customer, and the rest stays on the payment", () => {
  const shared = shareOut(usd(50_000), [invoice("A", 30_000), invoice("B", 15_000)]);

  expect(shared.shares).toEqual([
    {
      customerId: "C1",
      amount: usd(50_000),
      lines: [
        { refNbr: "A", amount: usd(30_000) },
        { refNbr: "B", amount: usd(15_000) },
      ],
    },
  ]);
  expect(shared.rest).toEqual(usd(5_000));
});

test("G10: invoices of two customers make a payment each that add up to the charge", () => {
  const of2 = { customerId: "C2" };

  const shared = shareOut(usd(10_000), [invoice("A", 4_000), invoice("B", 6_000, of2)]);

  expect(shared.shares.map(({ customerId, amount }) => [customerId, amount])).toEqual([
    ["C1", usd(4_000)],
    ["C2", usd(6_000)],
  ]);
  expect(shared.rest).toEqual(usd(0));
});

test("what is asked for bounds what an invoice gets, and what it has open bounds that", () => {
  const invoices = [invoice("A", 30_000, { asked: usd(1_000) }), invoice("B", 500)];

  const shared = shareOut(usd(2_000), invoices);

  expect(shared.shares[0]?.lines.map(({ amount }) => amount)).toEqual([usd(1_000), usd(500)]);
  expect(shared.rest).toEqual(usd(500));
});

test("a charge that falls short leaves the later invoices open", () => {
  const shared = shareOut(usd(3_000), [invoice("A", 2_000), invoice("B", 5_000)]);

  expect(shared.shares[0]?.lines.map(({ amount }) => amount)).toEqual([usd(2_000), usd(1_000)]);
});

test("a charge of which nothing can be applied stays whole on the last customer", () => {
  const shared = shareOut(usd(900), [invoice("A", 0), invoice("B", 0, { customerId: "C2" })]);

  expect(shared.shares).toEqual([{ customerId: "C2", amount: usd(900), lines: [] }]);
});

const anInvoice = fc.record({
  customerId: fc.constantFrom("C1", "C2", "C3"),
  refNbr: fc.string({ minLength: 1, maxLength: 10 }),
  asked: fc.option(fc.integer({ min: 1, max: 5_000 }).map(usd), { nil: undefined }),
  open: fc.integer({ min: -100, max: 5_000 }).map(usd),
});

test("shares add up to the charge and no invoice gets more than is asked or open", () => {
  const named = fc.uniqueArray(anInvoice, {
    minLength: 1,
    maxLength: 8,
    selector: ({ refNbr }) => refNbr,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }).map(usd), named, (total, invoices) => {
      const { shares, rest } = shareOut(total, invoices);

      const lines = shares.flatMap((share) => share.lines);
      const applied = sum(
        lines.map(({ amount }) => amount),
        "USD",
      );
      const all = sum(
        shares.map(({ amount }) => amount),
        "USD",
      );
      expect(all).toEqual(total);
      expect(applied.minor + rest.minor).toBe(total.minor);
      for (const { refNbr, amount } of lines) {
        const { open, asked } = invoices.find((one) => one.refNbr === refNbr) ?? {};
        expect(amount.minor).toBeGreaterThan(0n);
        expect(amount.minor <= (open?.minor ?? 0n)).toBe(true);
        expect(amount.minor <= (asked?.minor ?? amount.minor)).toBe(true);
      }
      // Money stays unapplied only where every invoice has what it can take.
      const takes = invoices.map(({ open, asked = open }) =>
        Math.max(0, Math.min(Number(asked.minor), Number(open.minor))),
      );
      const room = takes.reduce((a, b) => a + b, 0);
      expect(Number(applied.minor)).toBe(Math.min(room, Number(total.minor)));
    }),
  );
});

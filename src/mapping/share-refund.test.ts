import fc from "fast-check";
import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { CreditNote } from "../canonical/refund.ts";
import { noteOfPart, partsOfRefund, shareNote, shareRefund } from "./share-refund.ts";
import { aRefund, aRow } from "./testing/builders.ts";

const usd = (minor: number | bigint) => money(minor, "USD");
const held = (kept: number, free = 0) => ({ kept: BigInt(kept), free: BigInt(free) });

function aNote(change: Partial<CreditNote> = {}): CreditNote {
  return {
    ...{ creditNoteId: "cn_1", number: "", total: usd(5_000), tax: usd(333), lines: [] },
    ...{ beforePayment: usd(0), customerBalance: usd(0), outOfBand: usd(0), reason: "" },
    refunds: [{ refundId: "re_1", amount: usd(5_000) }],
    ...{ effectiveAt: new Date(0), createdAt: new Date(0), voidedAt: undefined },
    ...{ metadata: {}, livemode: false },
    ...change,
  };
}

test("money that is applied to nothing goes first, the rest by what was paid", () => {
  expect(shareRefund(usd(5_000), [held(4_000), held(8_000, 2_000)])).toEqual([
    usd(1_200),
    usd(3_800),
  ]);
});

test("more than all of them hold is nobody's", () => {
  expect(shareRefund(usd(12_001), [held(4_000), held(8_000, 2_000)])).toBeUndefined();
});

test("what is free of a customer is theirs only as far as they have kept it", () => {
  expect(shareRefund(usd(3_000), [held(1_000, 4_000), held(5_000)])).toEqual([
    usd(1_000),
    usd(2_000),
  ]);
});

test("less than nothing is nobody's", () => {
  expect(shareRefund(usd(-1), [held(4_000)])).toBeUndefined();
});

test("each part of a refund has its part of both rows, to the last cent", () => {
  const row = (minor: number) => aRow({ gross: usd(minor) });
  const refund = aRefund({ amount: usd(1_000), row: row(-1_083), failure: row(1_071) });
  const parts = [
    { customerId: "C300", amount: usd(333) },
    { customerId: "C301", amount: usd(667) },
  ];

  const shared = partsOfRefund(refund, parts, "slipway_refund_lines");

  expect(shared.map((one) => [one.amount, one.row?.gross, one.failure?.gross])).toEqual([
    [usd(333), usd(-361), usd(357)],
    [usd(667), usd(-722), usd(714)],
  ]);
});

test("a refund is shared out to the last cent, and nobody gets more than they hold", () => {
  const holdings = fc.array(
    fc.tuple(fc.nat(100_000), fc.nat(100)).map(([kept, percent]) => {
      return held(kept, Math.floor((kept * percent) / 100));
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(holdings, fc.nat(100), (all, percent) => {
      const whole = all.reduce((so, { kept }) => so + kept, 0n);
      const amount = (whole * BigInt(percent)) / 100n;
      const parts = shareRefund(usd(amount), all) ?? [];
      expect(parts.reduce((so, { minor }) => so + minor, 0n)).toBe(amount);
      for (const [at, { minor }] of parts.entries()) {
        expect(minor).toBeLessThanOrEqual(all[at]?.kept ?? -1n);
      }
    }),
  );
});

test("a credit note is each customer's by their refund, and its tax adds up", () => {
  const parts = [
    { customerId: "C301", amount: usd(3_000) },
    { customerId: "C300", amount: usd(2_000) },
  ];

  const shared = shareNote(aNote(), () => parts);

  expect(shared.map(({ customerId, note }) => [customerId, note.total, note.tax])).toEqual([
    ["C300", usd(2_000), usd(133)],
    ["C301", usd(3_000), usd(200)],
  ]);
  expect(shared[0]?.note.refunds).toEqual([{ refundId: "re_1", amount: usd(2_000) }]);
});

test("a credit note of other refunds says nothing of a refund, and stays as it is", () => {
  const note = aNote();
  const parts = [
    { customerId: "C300", amount: usd(700) },
    { customerId: "C301", amount: usd(300) },
  ];

  expect(noteOfPart(note, { refundId: "re_2", parts, customerId: "C301" })).toBe(note);
});

test("of two refunds each customer has what the note says of each, and no more", () => {
  const note = aNote({
    refunds: [
      { refundId: "re_1", amount: usd(1_000) },
      { refundId: "re_2", amount: usd(3_000) },
    ],
  });
  const parts = new Map([
    ["re_1", [{ customerId: "C300", amount: usd(9_000) }]],
    [
      "re_2",
      [
        { customerId: "C300", amount: usd(100) },
        { customerId: "C301", amount: usd(200) },
      ],
    ],
  ]);

  const shared = shareNote(note, (refundId) => parts.get(refundId) ?? []);

  expect(shared.map(({ note: { total, tax } }) => [total, tax])).toEqual([
    [usd(2_000), usd(133)],
    [usd(2_000), usd(133)],
  ]);
});

test("the tax of all parts of a note is its own, and none is above its part", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.nat(100), (all, percent) => {
      const whole = all.reduce((so, minor) => so + minor, 0);
      const note = aNote({
        ...{ total: usd(whole), tax: usd(Math.floor((whole * percent) / 100)) },
        refunds: [{ refundId: "re_1", amount: usd(whole) }],
      });
      const parts = all.map((minor, at) => ({ customerId: `C${at}`, amount: usd(minor) }));
      const shared = shareNote(note, () => parts);
      expect(shared.reduce((so, one) => so + one.note.tax.minor, 0n)).toBe(note.tax.minor);
      for (const one of shared) {
        expect(one.note.tax.minor).toBeLessThanOrEqual(one.note.total.minor);
        expect(one.note.tax.minor).toBeGreaterThanOrEqual(0n);
      }
    }),
  );
});

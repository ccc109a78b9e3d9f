import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { ApplicationRow } from "../erp/port.ts";
import type { ReturnCredit } from "../runs/index.ts";
import { type CreditedOrder, creditedTwice } from "./returns.ts";

const usd = (minor: number) => money(minor, "USD");

const MEMO = {
  ...{ type: "CM", customerId: "C300", refNbr: "000501", batNbr: "000502" },
  ...{ period: "202603", documentDate: "2026-03-15" },
};
const ORDER: CreditedOrder = {
  ...{ key: "K", laneKey: "pi_1", orderNumber: "O1", customerId: "C300", from: "2026-03-10" },
  memos: [{ refundId: "re_1", receipt: MEMO, amount: usd(7_500) }],
  taken: [],
};

function aCredit(change: { original?: string; open?: number } = {}): ReturnCredit {
  const { original = "O1", open = 7_500 } = change;
  const document = {
    ...{ type: "CM", refNbr: "IR5003", batNbr: "000510", amount: usd(7_500), open: usd(open) },
    ...{ period: "202602", documentDate: "2026-03-20", shippers: ["S1"] },
  };
  return { document, returnOrder: "RM1", original, isAlone: true };
}

function applied(type: string, minor: number, isPending = false): ApplicationRow {
  const payer = { type: "CM", refNbr: "IR5003" };
  const row = { customerId: "C300", batNbr: "000520", isPending };
  return { ...row, payer, target: { type, refNbr: "X" }, amount: usd(minor) };
}

test("a memo of the hub and one of a return are told, from the earlier period on", () => {
  const found = creditedTwice(ORDER, [aCredit()], []);

  expect(found?.tampering.kind).toBe("doubled");
  expect(found?.tampering.differences).toEqual([
    {
      what: "credit of order O1",
      expected: "CM 000501 over 75.00 USD for re_1",
      found: "also CM IR5003 over 75.00 USD of return RM1",
    },
  ]);
  expect(found?.booked).toMatchObject({ key: "K", object: "re_1", receipt: { period: "202602" } });
  expect(found?.effect).toEqual({ amount: usd(0), on: "nothing" });
});

test("a memo that a rebuild took over is told without its amount", () => {
  const memos = [{ refundId: "re_1", receipt: MEMO, amount: undefined }];

  const found = creditedTwice({ ...ORDER, memos }, [aCredit()], []);

  expect(found?.tampering.differences[0]?.expected).toBe("CM 000501 for re_1");
});

test.each([
  ["is one of another order", ORDER, [aCredit({ original: "O2" })], []],
  ["was applied by the hub", { ...ORDER, taken: ["IR5003"] }, [aCredit()], []],
  ["is applied to debit memos", ORDER, [aCredit()], [applied("DM", 5_000), applied("DM", 2_500)]],
  ["has nothing open where nobody lists more", ORDER, [aCredit({ open: 0 })], undefined],
] as const)("a return's credit memo that %s is none", (_what, order, credits, rows) => {
  expect(creditedTwice(order, credits, rows)).toBeUndefined();
});

test.each([
  ["was used for an invoice", [aCredit({ open: 0 })], [applied("IN", 7_500)]],
  ["is applied to a debit memo in part", [aCredit()], [applied("DM", 7_499)]],
  ["is to be applied, in a batch on hold", [aCredit()], [applied("DM", 7_500, true)]],
  ["has anything open where nobody lists more", [aCredit({ open: 1 })], undefined],
] as const)("a return's credit memo that %s is told", (_what, credits, rows) => {
  expect(creditedTwice(ORDER, credits, rows)).toBeDefined();
});

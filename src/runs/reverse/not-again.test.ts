import { expect, test } from "vitest";
import { someSettings } from "../../mapping/testing/builders.ts";
import { notAgain } from "./not-again.ts";
import type { StoredIntent } from "./reversal.ts";

function anOriginal(object: string, purpose: StoredIntent["purpose"], type: string): StoredIntent {
  const receipt = { type, refNbr: `${type}-${object}` };
  return {
    ...{ key: `${purpose} ${object}`, laneKey: "in_1", object, purpose, part: "", generation: 0 },
    ...{ stage: "done", draft: {}, receipt, batNbr: "000001", isReversed: false },
  };
}

const INVOICE = anOriginal("in_1", "invoice", "IN");
const PAYMENT = anOriginal("py_1", "payment", "PA");
const MEMO = anOriginal("py_1", "return", "DM");
const GONE = "PA PA-py_1, DM DM-py_1 of py_1: its bank took the money back";

test.each([
  ["a sale that nothing went back of", [PAYMENT, INVOICE], "paid", []],
  ["the memo alone", [MEMO], "paid", []],
  [
    "a sale whose only payment went back",
    [MEMO, PAYMENT, INVOICE],
    "paid",
    [GONE, "IN IN-in_1 of in_1: nothing else has paid it"],
  ],
  ["an invoice that is booked unpaid", [MEMO, PAYMENT, INVOICE], "finalized", [GONE]],
  [
    "a sale that was paid once more",
    [anOriginal("ch_2", "payment", "PA"), MEMO, PAYMENT, INVOICE],
    "paid",
    [GONE],
  ],
] as const)("of %s the plan names what stays away", (_name, originals, when, expected) => {
  expect(notAgain(originals, someSettings({ "invoice.when": when }))).toEqual(expected);
});

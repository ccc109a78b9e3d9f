import { expect, test } from "vitest";
import { aRefund, usd } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { sharesOfRefund } from "./refund-shares.ts";

/** A run of a charge of 50.00 each from C300 and C301; C301 has its memo of a refund of 60.00. */
function aRun(): RunContext {
  const payment = (part: string) => ({
    ...{ identity: { object: "ch_1", purpose: "payment", part }, stage: "done", attempts: [] },
    receipt: { type: "PA", customerId: part, refNbr: `P-${part}` },
  });
  const memo = {
    ...{ identity: { object: "re_1", purpose: "refund-cash", part: "C301" }, stage: "done" },
    ...{ attempts: [], draft: { total: usd(2_000) }, owned: [{ rowId: "txn_2", part: "gross" }] },
  };
  const store = {
    parts: () => [payment("C300"), payment("C301")],
    find: ({ purpose, part }: { purpose: string; part: string }) =>
      purpose === "refund-cash" && part === "C301" ? memo : undefined,
  };
  const erp = { readReleased: async () => ({ amount: usd(5_000), balance: usd(0) }) };
  const settings = { metadata: { refundLines: "slipway_refund_lines" } };
  return { door: { store, erp }, pair: { settings } } as unknown as RunContext;
}

test("the row of a shared refund stays with the memo that owns it", async () => {
  const refund = aRefund({ amount: usd(6_000) });

  const shares = await sharesOfRefund(aRun(), { refunds: [refund], notes: [] }, refund);

  const parts = shares.map(({ refund: { amount }, share: { customerId, ownsRow } }) => {
    return { customerId, ownsRow, minor: amount.minor };
  });
  expect(parts).toEqual([
    { customerId: "C300", ownsRow: false, minor: 4_000n },
    { customerId: "C301", ownsRow: true, minor: 2_000n },
  ]);
});

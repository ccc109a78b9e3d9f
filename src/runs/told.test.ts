import { expect, test } from "vitest";
import { money } from "../base/money.ts";
import { CATALOG } from "../hub-events/index.ts";
import { toldOf } from "./told.ts";
import type { Intent } from "./write/intent.ts";

const usd = (minor: number) => money(minor, "USD");
const RECEIPT = {
  type: "PP",
  customerId: "C300",
  refNbr: "KY3E3RUCE5",
  batNbr: "000124",
  period: "202611",
  documentDate: "2026-11-23",
};

function anIntent(purpose: Intent["identity"]["purpose"], draft: object, savedStage = "releasing") {
  return {
    identity: { pair: "acme-us", object: "ch_1", purpose, part: "", generation: 0 },
    key: "K".repeat(26),
    draft,
    savedStage,
  } as unknown as Intent;
}

test("an application of its own tells what was applied, and of no document", () => {
  const applications = [{ type: "DM", refNbr: "000300", amount: usd(2_500) }];
  const intent = anIntent("apply", { kind: "application", applications });

  const told = toldOf(intent, { stage: "done", receipt: RECEIPT });

  expect(told).toMatchObject([
    {
      type: "payment.applied",
      data: {
        payment: { type: "PP", refNbr: "KY3E3RUCE5" },
        applications: [{ type: "DM", refNbr: "000300", amount: "25.00" }],
      },
    },
  ]);
  expect(told[0] && CATALOG["payment.applied"].schema.strict().parse(told[0].data)).toBeDefined();
});

test("a payment tells which of what it was saved with is a memo, and no invoice", () => {
  const line = { amount: usd(4_500), receivable: { account: "1200", subaccount: "" } };
  const applications = [
    { ...line, invoiceRefNbr: "000300" },
    { ...line, invoiceRefNbr: "000301", type: "DM" },
  ];
  const intent = anIntent("payment", { kind: "payment", amount: usd(9_000), applications });

  const [, applied] = toldOf(intent, { stage: "done", receipt: RECEIPT });

  const told = [
    { type: "IN", refNbr: "000300", amount: "45.00" },
    { type: "DM", refNbr: "000301", amount: "45.00" },
  ];
  expect(applied).toMatchObject({ type: "payment.applied", data: { applications: told } });
});

test("a placed order tells its number and its total", () => {
  const intent = anIntent("order", { kind: "order", total: usd(10_825) }, "filling");

  const told = toldOf(intent, {
    stage: "done",
    receipt: { orderNumber: "O00123", customerId: "C300" },
  });

  const total = { total: "108.25", currency: "USD" };
  const data = { object: "ch_1", orderNumber: "O00123", customerId: "C300", ...total };
  expect(told).toEqual([{ type: "order.placed", data }]);
});

test.each([
  ["on its way", "filled", "filling"],
  ["saved as done before", "done", "done"],
] as const)("a document that is %s tells nothing", (_name, stage, savedStage) => {
  const intent = anIntent("invoice", { kind: "invoice", total: usd(100) }, savedStage);

  expect(toldOf(intent, { stage, receipt: RECEIPT })).toEqual([]);
});

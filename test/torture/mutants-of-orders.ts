import type { Mutant } from "./mutants-list.ts";

const ORDER_RUN = "src/runs/orders/order-run.ts";
const PLACE = "src/runs/orders/place-order.ts";
const FOLLOW = "src/runs/orders/follow-order.ts";
const MONEY = "src/runs/orders/order-money.ts";
const INVOICES = "src/runs/orders/order-invoices.ts";

/** Guards of mode `sales-order`. */
export const ORDER_MUTANTS: readonly Mutant[] = [
  {
    name: "shipment-applied-twice",
    breaks: "an invoice gets its part of an order's money once",
    patches: [
      {
        file: FOLLOW,
        find: "for (const purse of purses) {",
        replace: "for (const purse of [...purses, ...purses]) {",
      },
      { file: FOLLOW, find: "    own = subtract(own, amount);\n", replace: "" },
      {
        file: MONEY,
        find: "    part: target.refNbr,\n",
        replace: '    part: target.refNbr + String(door.store.parts(object, "apply").length),\n',
      },
      {
        file: "src/runs/apply/apply-plan.ts",
        find: "const left = wanted.minor - between.minor;",
        replace: "const left = between.minor < 0n ? 0n : wanted.minor;",
      },
    ],
  },
  {
    name: "others-part-paid",
    breaks: "of an invoice for several orders each pays its own part",
    patches: [
      {
        file: INVOICES,
        find: "const own = total.minor > 0n && total.minor < amount.minor ? total : amount;",
        replace: "const own = total.minor > 0n ? amount : total;",
      },
    ],
  },
  {
    name: "hold-before-money",
    breaks: "the hold of an order goes off after its money is released",
    patches: [
      {
        file: ORDER_RUN,
        find: "  const payments: DocumentReceipt[] = [];\n",
        replace: `  const payments: DocumentReceipt[] = [];
  await letGo(context, sale, { customer, isOwnCustomer: isOwn, order, payments });
`,
      },
    ],
  },
  {
    name: "order-again-at-once",
    breaks: "an order without an answer is looked up by its key before it is placed again",
    patches: [
      {
        file: PLACE,
        find: `  const found = await findOnly(door, intent, paidOn);
  if (found === undefined) return settle`,
        replace: `  if (isOpen(attempt)) {
    return settleAbsent(door, intent, { ...attempt, sentAtMs: -1e12 });
  }
  const found = await findOnly(door, intent, paidOn);
  if (found === undefined) return settle`,
      },
    ],
  },
  {
    name: "order-no-horizon",
    breaks: "an order without an answer may still be saved until the outcome horizon has passed",
    patches: [
      {
        file: PLACE,
        find: "if (isOpen(attempt) && openAgeMs(door, attempt) < door.horizonMs) {",
        replace: "if (isOpen(attempt) && openAgeMs(door, attempt) < 0) {",
      },
    ],
  },
  {
    name: "cancelled-order-again",
    breaks: "after a restore an order that a person has cancelled is not placed and shipped again",
    patches: [
      {
        file: PLACE,
        find: "const isOfBefore = door.mustLookUp || attempt === undefined;",
        replace: "const isOfBefore = door.mustLookUp && attempt !== undefined;",
      },
    ],
  },
  {
    name: "hold-lifted-again",
    breaks: "a hold that a person has put on an order again is left alone",
    patches: [
      {
        file: ORDER_RUN,
        find: `  if (door.store.find(identity)?.stage === "done") return;
`,
        replace: `  if (door.store.find(identity)?.stage === "done") {
    await door.erp.orders.liftHold(standing.order.orderNumber, door.signal);
    return;
  }
`,
      },
    ],
  },
  {
    name: "begun-application-left",
    breaks: "an application that was begun is finished before balances are read",
    patches: [
      { file: FOLLOW, find: "  await finishApplications(context, objects);\n", replace: "" },
    ],
  },
  {
    name: "closed-before-invoiced",
    breaks: "an order is over once its last invoice is released",
    patches: [
      {
        file: FOLLOW,
        find: "const isDone = order.isClosed && shipped.waitsFor.length === 0;",
        replace: "const isDone = order.isClosed;",
      },
    ],
  },
  {
    name: "cancelled-shipper-awaited",
    breaks: "a shipper that was cancelled will not be invoiced",
    patches: [
      {
        file: INVOICES,
        find: "shipments.filter(({ isCancelled }) => !isCancelled)",
        replace: "shipments.filter(({ total }) => total.minor >= 0n)",
      },
    ],
  },
  {
    name: "rest-rounded-away",
    breaks: "only a rest of a few minor units is rounding",
    patches: [
      {
        file: "src/mapping/memo.ts",
        find: "export const ROUNDING_MAX = RESIDUE_MAX_PER_DOCUMENT;",
        replace: "export const ROUNDING_MAX = 1_000_000n * RESIDUE_MAX_PER_DOCUMENT;",
      },
    ],
  },
];

/** Guards of refunds that wait for return orders. */
export const RETURN_MUTANTS: readonly Mutant[] = [
  {
    name: "memo-beside-return",
    breaks: "the hub makes no credit memo of its own beside that of a return order",
    patches: [
      {
        file: "src/runs/refunds/refund-cause.ts",
        find: "if (returned) return { ...nothing, ...returned };",
        replace: "if (returned && returned.isNew) return { ...nothing, ...returned };",
      },
    ],
  },
  {
    name: "return-not-owed",
    breaks: "the hub applies a return's credit memo only where it is exactly what is owed",
    patches: [
      {
        file: "src/runs/refunds/return-orders.ts",
        find: "one.isWhole && one.document.open.minor === left.minor",
        replace: "one.isWhole",
      },
    ],
  },
];

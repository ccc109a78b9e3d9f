import { describe, expect, test } from "vitest";
import { parseLedgerRow } from "./list-rows.ts";
import { inboundOf, parsePayout } from "./read-payout.ts";
import { toMoneyBy } from "./units.ts";

const toMoney = toMoneyBy({});

const WIRE = {
  id: "po_1",
  object: "payout",
  amount: 100_000,
  currency: "usd",
  created: 1_774_886_400,
  arrival_date: 1_775_001_600,
  status: "paid",
  automatic: true,
  method: "standard",
  reconciliation_status: "completed",
  trace_id: { status: "supported", value: "012345678901234" },
  failure_code: null,
  failure_message: null,
  metadata: { team: "books" },
  livemode: true,
};

function rowOf(source: string, amount = -100_000) {
  const row = { id: "txn_1", created: 1_774_886_400, amount, fee: 0, net: amount };
  return parseLedgerRow({ ...row, currency: "usd", source, type: "payout" }, toMoney);
}

function payoutOf(change: object, source = "po_1") {
  return parsePayout(
    "payout",
    { ...WIRE, ...change },
    {
      row: rowOf(source),
      undone: undefined,
      toMoney,
    },
  );
}

test("a payout is read with what its journals need", () => {
  expect(payoutOf({})).toMatchObject({
    id: "po_1",
    amount: { minor: 100_000n, currency: "USD" },
    state: "arrived",
    arrivesAt: new Date("2026-04-01T00:00:00Z"),
    row: { id: "txn_1" },
    isAutomatic: true,
    reconciliation: "completed",
    traceId: "012345678901234",
    failure: "",
    metadata: { team: "books" },
  });
});

test.each([
  ["payout", "pending", "under-way"],
  ["payout", "in_transit", "under-way"],
  ["payout", "failed", "undone"],
  ["payout", "canceled", "undone"],
  ["topup", "pending", "under-way"],
  ["topup", "succeeded", "arrived"],
  ["topup", "failed", "undone"],
  ["topup", "reversed", "undone"],
] as const)("a %s that is %s is %s", (kind, status, state) => {
  const id = kind === "payout" ? "po_1" : "tu_1";
  const none = { row: undefined, undone: undefined, toMoney };

  expect(parsePayout(kind, { ...WIRE, id, status }, none).state).toBe(state);
});

test("a failure is told in Stripe's words with its code", () => {
  const change = { failure_message: "The account is closed", failure_code: "account_closed" };

  expect(payoutOf(change).failure).toBe("The account is closed (account_closed)");
});

describe("a payout that cannot be trusted is refused", () => {
  test.each([
    ["a status of the future", { status: "pondering" }],
    ["an id of another kind", { id: "tu_1" }],
    ["no time", { created: null }],
    ["no amount", { amount: null }],
    ["no currency", { currency: null }],
  ])("for %s", (_why, change) => {
    expect(() => payoutOf(change)).toThrow(
      expect.objectContaining({ code: "stripe.shape" }) as Error,
    );
  });

  test("for a row that another object has made", () => {
    expect(() => payoutOf({}, "po_2")).toThrow("po_1 names txn_1 of po_2");
  });
});

const INBOUND = {
  ...{ id: "txn_1", created: 1_774_886_400, available_on: 1_775_001_600, status: "available" },
  ...{ amount: 50_000, fee: 0, net: 50_000, currency: "usd", type: "inbound_transfer" },
  ...{ reporting_category: "", source: "ibt_1" },
};
const BACK = {
  ...{ ...INBOUND, id: "txn_2", created: 1_775_100_000, type: "inbound_transfer_reversal" },
  ...{ amount: -50_000, net: -50_000 },
};
const inboundBy = (...wires: object[]) =>
  inboundOf(
    "ibt_1",
    wires.map((wire) => parseLedgerRow({ ...wire }, toMoney)),
    false,
  );

test.each([
  ["is available", [INBOUND], ["available", "arrived", undefined]],
  ["is pending", [{ ...INBOUND, status: "pending" }], ["pending", "under-way", undefined]],
  ["was taken back", [BACK, INBOUND], ["reversed", "undone", "txn_2"]],
  [
    "moved another balance too",
    [{ ...INBOUND, id: "txn_3", balance_type: "issuing" }, INBOUND],
    ["available", "arrived", undefined],
  ],
  [
    "something else names too",
    [{ ...INBOUND, id: "txn_3", type: "adjustment" }, INBOUND],
    ["available", "arrived", undefined],
  ],
])("an inbound transfer that %s is read from its rows", (_name, rows, read) => {
  const { status, state, undone, row, arrivesAt, amount } = inboundBy(...rows);

  expect([status, state, undone?.id]).toEqual(read);
  expect([row?.id, arrivesAt, amount]).toEqual([
    "txn_1",
    new Date("2026-04-01T00:00:00Z"),
    { minor: 50_000n, currency: "USD" },
  ]);
});

test.each([
  ["no row", [], "stripe.object_missing"],
  ["two rows that bring money", [INBOUND, { ...INBOUND, id: "txn_3" }], "stripe.shape"],
  ["two that take it back", [INBOUND, BACK, { ...BACK, id: "txn_3" }], "stripe.shape"],
  ["only one that takes it back", [BACK], "stripe.shape"],
  ["a status that is new", [{ ...INBOUND, status: "held" }], "stripe.shape"],
])("an inbound transfer of %s is not understood", (_name, rows, code) => {
  expect(() => inboundBy(...rows)).toThrow(expect.objectContaining({ code }));
});

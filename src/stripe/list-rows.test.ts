import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LedgerRow, RowsQuery } from "../canonical/balance.ts";
import { parseLedgerRow } from "./list-rows.ts";
import { openShop, type Shop } from "./testing/shop.ts";
import { toMoneyBy } from "./units.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

async function listed(query: RowsQuery): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for await (const page of shop.port.listRows(query)) rows.push(...page.rows);
  return rows;
}

const movement = (created: number) => ({
  amount: -500,
  currency: "usd",
  type: "stripe_fee",
  reporting_category: "fee",
  description: "Billing - Usage Fee",
  created,
});

test("rows come newest first over pages, with their fee's details", async () => {
  const from = new Date(Date.now() - 60_000);
  const at = Math.floor(Date.now() / 1_000) - 7_200;
  for (let nr = 0; nr < 101; nr += 1) {
    await shop.admin("balance_transactions", movement(at - nr));
  }
  const { latest_charge } = await shop.pay();

  const rows = await listed({ from: new Date((at - 200) * 1_000) });
  const [newest] = await listed({ from });

  expect(rows).toHaveLength(102);
  expect(rows[0]).toEqual(newest);
  expect(newest).toMatchObject({ category: "charge", sourceId: latest_charge, type: "charge" });
  expect(newest?.feeDetails).toEqual([
    {
      type: "stripe_fee",
      amount: newest?.fee,
      description: "Stripe processing fees",
      application: "",
    },
  ]);
});

test("a span leaves its upper end out", async () => {
  const at = Math.floor(Date.now() / 1_000) - 90_000;
  await shop.admin("balance_transactions", movement(at));
  const moment = new Date(at * 1_000);
  const second = new Date((at + 1) * 1_000);

  const without = await listed({ from: new Date(0), until: moment });
  const within = await listed({ from: moment, until: second });

  expect(without).toEqual([]);
  expect(within.map(({ gross }) => gross)).toEqual([{ minor: -500n, currency: "USD" }]);
});

test("a row in a currency outside Stripe's table is listed as Stripe counts it", async () => {
  const at = Math.floor(Date.now() / 1_000) - 180_000;
  await shop.admin("balance_transactions", { ...movement(at), currency: "zwg" });
  const span = { from: new Date(at * 1_000), until: new Date((at + 1) * 1_000) };

  const [row] = await listed(span);
  const held = await shop.port.readBalance();

  const amount = { minor: -500n, currency: "ZWG" };
  expect(row).toMatchObject({ gross: amount, net: amount, fee: { minor: 0n, currency: "ZWG" } });
  expect(held.find(({ currency }) => currency === "ZWG")).toBeDefined();
});

describe("a row that cannot be trusted", () => {
  const whole = {
    id: "txn_1",
    created: 1_772_000_000,
    amount: 10_000,
    fee: 320,
    net: 9_680,
    currency: "usd",
  };

  test.each([
    ["no time", { created: null }],
    ["no amount", { amount: "10000" }],
    ["a net that does not add up", { net: 9_681 }],
    ["another id", { id: "ch_1" }],
    ["a fee without a currency", { fee_details: [{ amount: 320, type: "stripe_fee" }] }],
  ])("is refused for %s", (_why, change) => {
    const read = () => parseLedgerRow({ ...whole, ...change }, toMoneyBy({}));

    expect(read).toThrow(expect.objectContaining({ code: "stripe.shape" }));
  });

  test("is read where nothing but its optional parts is missing", () => {
    const row = parseLedgerRow(whole, toMoneyBy({}));

    expect(row).toMatchObject({ balanceType: "payments", category: "", feeDetails: [] });
  });
});

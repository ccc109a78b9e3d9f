import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { BalanceReport } from "../canonical/report.ts";
import { openStripe } from "./open-stripe.ts";
import { openShop, type Shop } from "./testing/shop.ts";

const DAY_MS = 86_400_000;

let shop: Shop;
const servers: Server[] = [];

beforeAll(async () => {
  shop = await openShop();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
});
afterAll(() => shop.close());

test("a report is asked for, is made, and says the balance of the day's end", async () => {
  const until = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS);
  const from = new Date(until.getTime() - DAY_MS);
  const created = from.getTime() / 1_000 + 60;
  const row = { type: "stripe_fee", reporting_category: "fee", created };
  await shop.admin("balance_transactions", [
    { ...row, amount: -12_34, currency: "usd" },
    { ...row, amount: 500, currency: "jpy" },
    { ...row, amount: 700, currency: "zwg" },
  ]);

  const known = await shop.port.reportedSpan();
  const id = await shop.port.askBalanceReport({ from, until, zone: "America/New_York" });
  const early = await shop.port.readBalanceReport(id);
  await shop.admin("clock", { advanceMs: 2_000 });

  expect(known).toEqual({ from: new Date(1_700_000_001_000), until });
  expect(early).toEqual({ state: "pending" });
  expect(await shop.port.readBalanceReport(id)).toEqual({
    state: "succeeded",
    endings: [
      { currency: "USD", minor: -1_234n },
      { currency: "JPY", minor: 500n },
    ],
  });
});

test("a report is made for a zone that is written in letters of another case", async () => {
  const [from, until] = [new Date(1_769_000_000_000), new Date(1_769_086_400_000)];

  const id = await shop.port.askBalanceReport({ from, until, zone: "america/new_york" });

  expect(id).toMatch(/^frr_/);
});

test("automatic payouts that arrive at the day's end or later are under way", async () => {
  await shop.pay({ payment_method: "pm_card_bypassPending" });
  await shop.admin("payouts/now", {});
  await shop.admin("payouts", { amount: 100, currency: "usd" });
  const [manual, automatic] = (await shop.stripe.payouts.list()).data;
  const arrival = new Date((automatic?.arrival_date ?? 0) * 1_000);

  const before = await shop.port.listPayoutsUnderWay(arrival);
  const after = await shop.port.listPayoutsUnderWay(new Date(arrival.getTime() + 1_000));

  expect([manual?.automatic, automatic?.automatic]).toEqual([false, true]);
  const amount = { currency: "USD", minor: BigInt(-(automatic?.amount ?? 0)) };
  expect(before).toEqual([{ payoutId: automatic?.id, amount }]);
  expect(after).toEqual([]);
});

/** A port at a Stripe whose one report has a file of these bytes and status. */
async function portWith(body: string, status = 200, run: object = {}) {
  const server = createServer((request, response) => {
    const isFile = request.url?.startsWith("/v1/files/file_1/contents") === true;
    response.statusCode = isFile ? status : 200;
    const report = { id: "frr_1", status: "succeeded", result: { id: "file_1" }, ...run };
    response.end(isFile ? body : JSON.stringify(report));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secretKey = { reveal: () => "sk_test_1" };
  const stripe = { secretKey, apiBase, callLimit: 2, callTimeout: 20 };
  return openStripe({ stripe, currencyExponents: {} });
}

const read = async (...of: Parameters<typeof portWith>): Promise<BalanceReport> =>
  (await portWith(...of)).readBalanceReport("frr_1");

test("columns are found by their names, with quotes or without", async () => {
  const text = "net_amount,category,currency\r\n-3.5,ending_balance,kwd\r\n9.00,activity,usd\r\n";
  const quoted = '"currency","category","net_amount"\n"isk","ending_balance","12"\n';

  expect(await read(text)).toEqual({
    state: "succeeded",
    endings: [{ currency: "KWD", minor: -3_500n }],
  });
  expect(await read(quoted)).toMatchObject({ endings: [{ currency: "ISK", minor: 1_200n }] });
});

test("a report that Stripe could not make is told by its id", async () => {
  const failed = { status: "failed", result: null, error: "No data" };

  expect(await read("", 200, failed)).toEqual({
    state: "failed",
    why: "Stripe could not make report frr_1",
  });
});

test.each([
  ["another table", "a,b\n1,2\n", 200, "stripe.shape"],
  [
    "an amount of more decimals than the currency has",
    "category,currency,net_amount\nending_balance,usd,1.005\n",
    200,
    "money.precision",
  ],
  ["more than a mebibyte", "x".repeat(1024 * 1024 + 1), 200, "stripe.shape"],
  ["a key without the right", "", 403, "stripe.auth"],
  ["no such file", "", 404, "stripe.object_missing"],
  ["a limit", "", 429, "stripe.rate_limited"],
  ["trouble at Stripe", "", 503, "stripe.unavailable"],
])("a report with %s is refused", async (_what, body, status, code) => {
  await expect(read(body, status)).rejects.toMatchObject({ code });
});

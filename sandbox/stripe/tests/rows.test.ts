import { expect, it } from "vitest";
import { expanded, openWorkbench } from "./workbench.ts";

it("a reserve leaves the balance of payments and stands in its own", async () => {
  const { stripe, admin } = await openWorkbench();
  const funds = { amount: 50_000, currency: "usd", type: "topup", reporting_category: "topup" };
  await admin("/balance_transactions", funds);

  await admin("/reserves", { amount: 30_000, currency: "usd" });
  await admin("/reserves", { amount: 12_000, currency: "usd", release: true });

  const { data } = await stripe.balanceTransactions.list();
  expect(data.map((row) => [row.balance_type, row.type, row.amount])).toEqual([
    ["risk_reserved", "reserve_release", -12_000],
    ["payments", "reserve_release", 12_000],
    ["risk_reserved", "reserve_hold", 30_000],
    ["payments", "reserve_hold", -30_000],
    ["payments", "topup", 50_000],
  ]);
  expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(32_000);
});

it("a conversion is two rows of one source in two balances", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/settings", { settlementCurrencies: ["usd", "eur"] });

  await admin("/conversions", {
    from: { amount: 100_000, currency: "eur" },
    to: { amount: 108_500, currency: "usd" },
  });

  const { data } = await stripe.balanceTransactions.list();
  expect(data.map((row) => [row.currency, row.amount])).toEqual([
    ["usd", 108_500],
    ["eur", -100_000],
  ]);
  expect(new Set(data.map((row) => row.source)).size).toBe(1);
  const { available } = await stripe.balance.retrieve();
  expect(available.map((sum) => [sum.currency, sum.amount])).toEqual([
    ["usd", 108_500],
    ["eur", -100_000],
  ]);
});

it("several rows come at one moment, or none where one of them is no row", async () => {
  const { stripe, admin } = await openWorkbench();
  const row = { currency: "usd", type: "adjustment", reporting_category: "other_adjustment" };
  const good = { ...row, amount: 700, source: "adj_1", created: 1_700_000_000 };

  await expect(admin("/balance_transactions", [good, { ...row, amount: "7" }])).rejects.toThrow();
  expect((await stripe.balanceTransactions.list()).data).toEqual([]);
  const made = await admin("/balance_transactions", [good, { ...good, amount: -500 }]);

  const { data } = await stripe.balanceTransactions.list();
  expect(data.map(({ amount, created }) => [amount, created])).toEqual([
    [-500, 1_700_000_000],
    [700, 1_700_000_000],
  ]);
  expect(made).toMatchObject({ rows: [{ id: data[1]?.id }, { id: data[0]?.id }] });
});

it("fees of Stripe's own and unknown categories are rows like others", async () => {
  const { stripe, admin } = await openWorkbench();

  await admin("/fees", { amount: 500, currency: "usd", description: "Radar (2026-03-01)" });
  const odd = { amount: -1234, type: "brand_new", reporting_category: "brand_new_category" };
  await admin("/balance_transactions", { ...odd, currency: "usd", source: "xyz_1" });

  await admin("/fees", { amount: 70, currency: "usd" });
  const ledger = await admin("/ledger");
  expect(ledger.usd).toMatchObject({
    payments: { rows: 3, net: -1804, categories: { fee: { rows: 2, amount: -570 } } },
  });
  expect(await admin("/ledger?until=1000")).toEqual({});
  const { data } = await stripe.balanceTransactions.list({
    expand: ["data.source"],
    type: "brand_new",
  });
  expect(data).toMatchObject([
    { net: -1234, reporting_category: "brand_new_category", source: "xyz_1" },
  ]);
  const fees = await stripe.balanceTransactions.list({ type: "stripe_fee" });
  expect(fees.data).toMatchObject([
    { net: -70, reporting_category: "fee", source: null },
    { net: -500, description: "Radar (2026-03-01)" },
  ]);
});

it("a charge can carry a fee of several types", async () => {
  const { stripe, admin } = await openWorkbench();

  const charge = await admin("/charges", {
    amount: 20_000,
    currency: "usd",
    fee_details: [
      { amount: 610, type: "stripe_fee" },
      { amount: 200, type: "application_fee" },
      { amount: 100, type: "tax", description: "VAT" },
    ],
  });

  const id = String(charge.id);
  const read = await stripe.charges.retrieve(id, { expand: ["balance_transaction"] });
  const row = expanded(read.balance_transaction);
  expect(row).toMatchObject({ amount: 20_000, fee: 910, net: 19_090 });
  expect(row.fee_details.map((part) => [part.type, part.amount])).toEqual([
    ["stripe_fee", 610],
    ["application_fee", 200],
    ["tax", 100],
  ]);
});

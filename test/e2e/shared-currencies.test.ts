import { afterAll, beforeAll, expect, test } from "vitest";
import { money } from "../../src/base/money.ts";
import { aLine, anInvoice } from "../../src/erp/testing/contract-drafts.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { booksIn, journalsIn, leftOnBridge, probed, proofIn } from "./currency-books.ts";
import { pay } from "./orders.ts";

// A charge in another currency that several customers of SL share; Stripe settles it in SL's own.

let world: World;
let clerk: Clerk;

beforeAll(async () => {
  world = await openWorld({ mode: "existing-invoice" });
  clerk = openClerk(world);
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await world.stripeAdmin("/settings", { settlementCurrencies: ["usd"] });
  await world.stripeAdmin("/rates", { eur: "1.0835" });
  await probed(world);
});

afterAll(async () => {
  clerk.close();
  await world.close();
});

/** An invoice in EUR as a clerk has it in SL. */
function anInvoiceInSl(minor: number, customerId: string): Promise<string> {
  const line = { ...aLine(minor, "", "4020"), amount: money(minor, "EUR") };
  const total = money(minor, "EUR");
  const worth = money(Math.round(minor * 1.1), "USD");
  const rate = {
    value: "1.1",
    multDiv: "M",
    base: "USD",
    type: "",
    date: "2026-11-02",
    worth,
  } as const;
  const draft = { ...anInvoice(0, { customerId }), currency: "EUR", total, lines: [line], rate };
  return clerk.enter(draft, false);
}

/** A charge that pays an invoice of C300 and one of C301, once its payments stand. */
async function aSharedCharge(
  ofFirst: number,
  ofSecond: number,
): Promise<Readonly<{ id: string; charge: string }>> {
  const named = [
    `C300/${await anInvoiceInSl(ofFirst, "C300")}`,
    `C301/${await anInvoiceInSl(ofSecond, "C301")}`,
  ];
  const metadata = { DynamicsSL_InvoiceNbr: named.join() };
  const { id, chargeIds } = await pay(world, ofFirst + ofSecond, { currency: "eur", metadata });
  await world.ended(id, ["booked"]);
  return { id, charge: chargeIds[0] ?? "" };
}

test("what a bank takes back of a shared charge is what it had brought, to the cent", async () => {
  const { id, charge } = await aSharedCharge(5_000, 5_000);

  await world.stripeAdmin(`/payment_intents/${id}/return`, {});
  await until("the memos of both", async () => (await booksIn(world, charge)).length === 4);
  await untilQuiet(world, id);

  const books = await booksIn(world, charge);
  expect(books.filter((one) => one.startsWith("DM"))).toEqual([
    "DM EUR Cr 1095 50=54.18 | Dr 1200 50=54.18",
    "DM EUR Cr 1095 50=54.17 | Dr 1210 50=54.17",
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

/** The documents of a refund in its two states: once it has gone, and what it adds by failing. */
async function goAndFail(
  sale: Readonly<{ id: string; charge: string }>,
  amount: number,
): Promise<Readonly<{ gone: string[]; back: string[]; journals: string[] }>> {
  const { id, charge } = sale;
  const refund = await world.stripe.refunds.create({ charge, amount });
  await until("the memos of both", async () => (await booksIn(world, refund.id)).length === 4);
  await untilQuiet(world, id);
  const gone = await booksIn(world, refund.id);
  await world.stripeAdmin(`/refunds/${refund.id}/move`, { status: "failed" });
  await until("the money back of both", async () => (await booksIn(world, refund.id)).length === 6);
  await untilQuiet(world, id);
  const back = (await booksIn(world, refund.id)).slice(gone.length);
  return { gone: gone.sort(), back: back.sort(), journals: await journalsIn(world, refund.id) };
}

test("a refund of a shared charge moves clearing as its rows do, there and back", async () => {
  const sale = await aSharedCharge(5_000, 5_000);
  await world.stripeAdmin("/rates", { eur: "1.0701" });

  const { gone, back } = await goAndFail(sale, 6_667);

  expect(gone).toEqual([
    "CM EUR Cr 1200 33.34=36.67 | Dr 4100 33.34=36.67",
    "CM EUR Cr 1210 33.33=36.66 | Dr 4100 33.33=36.66",
    "DM EUR Cr 1095 33.33=35.66 | Dr 1210 33.33=35.66",
    "DM EUR Cr 1095 33.34=35.68 | Dr 1200 33.34=35.68",
  ]);
  expect(back).toEqual([
    "CM EUR Cr 1200 33.34=35.68 | Dr 1095 33.34=35.68",
    "CM EUR Cr 1210 33.33=35.66 | Dr 1095 33.33=35.66",
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

test("the parts of a refund are worth what its row moved, also after a lost answer", async () => {
  const sale = await aSharedCharge(3_333, 6_667);
  await world.stripeAdmin("/rates", { eur: "1.0917" });
  const match = { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match, effect: { kind: "drop", commit: "first" }, skip: 1 });

  const { gone } = await goAndFail(sale, 4_999);

  expect(gone.filter((one) => one.startsWith("DM"))).toEqual([
    "DM EUR Cr 1095 16.66=18.19 | Dr 1200 16.66=18.19",
    "DM EUR Cr 1095 33.33=36.38 | Dr 1210 33.33=36.38",
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

test("one journal takes a shared refund over the wash account, another one back", async () => {
  await world.set("accounts.wash", "1099/000000000000");
  await world.set("clearing.cash-account", "yes");
  const sale = await aSharedCharge(5_000, 5_000);
  await world.stripeAdmin("/rates", { eur: "1.0701" });

  const { gone, back, journals } = await goAndFail(sale, 6_667);
  await world.set("clearing.cash-account", "no");
  await world.stripeAdmin("/rates", { eur: "1.0917" });

  expect(gone.filter((one) => one.startsWith("DM"))).toEqual([
    "DM EUR Cr 1099 33.33=35.66 | Dr 1210 33.33=35.66",
    "DM EUR Cr 1099 33.34=35.68 | Dr 1200 33.34=35.68",
  ]);
  expect(back).toEqual([
    "CM EUR Cr 1200 33.34=35.68 | Dr 1099 33.34=35.68",
    "CM EUR Cr 1210 33.33=35.66 | Dr 1099 33.33=35.66",
  ]);
  expect(journals).toEqual([
    "GJ USD Cr 1095 71.34=71.34 | Dr 1099 71.34=71.34",
    "GJ USD Cr 1099 71.34=71.34 | Dr 1095 71.34=71.34",
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

test("one journal takes a shared refund from the bridge, another one brings it back", async () => {
  await world.slAdmin("/switches", { suppliedRateKept: false });
  await world.sql("update site_probe set answer = 'no' where name = 'supplied-rate'");
  await world.set("accounts.bridge", "1290/000000000000");
  const sale = await aSharedCharge(4_000, 6_000);

  const { gone, back, journals } = await goAndFail(sale, 5_001);

  expect(gone.filter((one) => one.startsWith("DM"))).toEqual([
    "DM EUR Cr 1290 20=22 | Dr 1200 20=22",
    "DM EUR Cr 1290 30.01=33.01 | Dr 1210 30.01=33.01",
  ]);
  expect(back).toEqual([
    "CM EUR Cr 1200 20=22 | Dr 1290 20=22",
    "CM EUR Cr 1210 30.01=33.01 | Dr 1290 30.01=33.01",
  ]);
  expect(journals).toEqual([
    "GJ USD Cr 1095 54.6=54.6 | Cr 6910 0.41=0.41 | Dr 1290 55.01=55.01",
    "GJ USD Cr 1290 55.01=55.01 | Dr 1095 54.6=54.6 | Dr 6920 0.41=0.41",
  ]);
  expect(await leftOnBridge(world)).toEqual({});
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

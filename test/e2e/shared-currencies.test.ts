import { afterAll, beforeAll, expect, test } from "vitest";
import { money } from "../../src/base/money.ts";
import { aLine, anInvoice } from "../../src/erp/testing/contract-drafts.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { untilQuiet } from "./books.ts";
import { type Clerk, openClerk } from "./clerk.ts";
import { booksIn, probed, proofIn } from "./currency-books.ts";
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

test("what a bank takes back of a shared charge is what it had brought, to the cent", async () => {
  const named = [
    `C300/${await anInvoiceInSl(5_000, "C300")}`,
    `C301/${await anInvoiceInSl(5_000, "C301")}`,
  ];
  const metadata = { DynamicsSL_InvoiceNbr: named.join() };
  const order = await pay(world, 10_000, { currency: "eur", metadata });
  const [charge = ""] = order.chargeIds;
  await world.ended(order.id, ["booked"]);

  await world.stripeAdmin(`/payment_intents/${order.id}/return`, {});
  await until("the memos of both", async () => (await booksIn(world, charge)).length === 4);
  await untilQuiet(world, order.id);

  const books = await booksIn(world, charge);
  expect(books.filter((one) => one.startsWith("DM"))).toEqual([
    "DM EUR Cr 1095 50=54.18 | Dr 1200 50=54.18",
    "DM EUR Cr 1095 50=54.17 | Dr 1210 50=54.17",
  ]);
  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, difference: "0.00" });
});

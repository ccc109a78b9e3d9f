import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  expectParkedUnbooked,
  openlyParked,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { aCustomer, type Order } from "./orders.ts";
import { loseHub, rebuild } from "./restores.ts";
import { reversing } from "./reversing.ts";

let world: World;
let product: string;

beforeAll(async () => {
  world = await openWorld({
    taxes: { "US-NY": "NYTAX", DE: "VAT20", reverse_charge: "VAT20" },
    tax: "sl",
  });
  const metadata = { InvtID: "TSHIRT" };
  product = (await world.stripe.products.create({ name: "Shirt", metadata })).id;
});

afterAll(() => world.close());

/** A probe of the site, with the answer about taxes that a test company would have given. */
async function probed(): Promise<void> {
  await world.api("/api/doctor", { method: "POST", body: { probe: true } });
  await world.sql(
    `insert into site_probe (pair, name, site, answer, detail, server_version)
     select pair, 'supplied-tax', site, 'yes', '', '' from site_probe limit 1
     on conflict do nothing`,
  );
}

async function aRate(country: string, percentage: number, more: object = {}): Promise<string> {
  const rate = { display_name: "Tax", inclusive: false, country, percentage, ...more };
  return (await world.stripe.taxRates.create(rate)).id;
}

type Line = Readonly<{ unitAmount: number; quantity: number; rates: string[] }>;

async function sell(
  lines: readonly Line[],
  more: { customer?: Stripe.CustomerCreateParams; percentOff?: number } = {},
): Promise<Order> {
  const { stripe } = world;
  const { customer = {}, percentOff } = more;
  const coupon =
    percentOff === undefined
      ? undefined
      : await stripe.coupons.create({ percent_off: percentOff, duration: "once" });
  const invoice = await stripe.invoices.create({
    customer: (await aCustomer(world, customer)).id,
    ...(coupon === undefined ? {} : { discounts: [{ coupon: coupon.id }] }),
  });
  const id = invoice.id ?? "";
  await stripe.invoices.addLines(id, {
    lines: lines.map(({ unitAmount, quantity, rates }) => ({
      quantity,
      tax_rates: rates,
      price_data: { currency: "usd", unit_amount: unitAmount, product },
    })),
  });
  const paid = await stripe.invoices.pay(id, { payment_method: "pm_card_visa" });
  const [payment] = (
    await stripe.invoicePayments.list({ invoice: id, expand: ["data.payment.payment_intent"] })
  ).data;
  const intent = payment?.payment.payment_intent;
  const chargeId = typeof intent === "object" ? String(intent.latest_charge) : "";
  return { id, chargeIds: [chargeId], total: paid.total / 100 };
}

async function ledgerOf(invoice: Row): Promise<string[]> {
  const lines = await world.slRows("GLTran");
  return lines
    .filter((line) => trimmed(line.BatNbr) === trimmed(invoice.BatNbr))
    .map((line) => `${trimmed(line.Acct)} ${String(line.DrAmt)} ${String(line.CrAmt)}`)
    .sort();
}

test("a site that was not asked whether it keeps taxes parks before anything is made", async () => {
  const order = await sell([
    { unitAmount: 10_000, quantity: 1, rates: [await aRate("US", 4, { state: "NY" })] },
  ]);

  await expectParkedUnbooked(world, order, "config.tax_not_kept");
});

test("several rates, an inclusive one and a discount stand under SL's own ids", async () => {
  await probed();
  const [state, city] = [
    await aRate("US", 4, { state: "NY" }),
    await aRate("US", 4.875, { state: "NY", jurisdiction: "New York City" }),
  ];
  const vat = await aRate("DE", 20, { inclusive: true });

  const order = await sell(
    [
      { unitAmount: 3_333, quantity: 3, rates: [state, city] },
      { unitAmount: 12_000, quantity: 1, rates: [vat] },
    ],
    { percentOff: 10 },
  );

  const { invoice } = await expectBookedOnce(world, order);
  // 89.99 after its discount: 3.60 and 4.39; 108.00 with 18.00 inside.
  expect(invoice).toMatchObject({ CuryTaxTot00: 7.99, CuryTxblTot00: 89.99, CuryTaxTot01: 18 });
  expect([trimmed(invoice.TaxId00), trimmed(invoice.TaxId01)]).toEqual(["NYTAX", "VAT20"]);
  expect(await ledgerOf(invoice)).toEqual([
    "1210 205.98 0",
    "2200 0 7.99",
    "2210 0 18",
    "4010 0 89.99",
    "4010 0 90",
  ]);
});

test("reverse charge is booked without tax, with its reason in the note", async () => {
  const rates = [await aRate("DE", 20)];
  const customer = { tax_exempt: "reverse" } as const;

  const order = await sell([{ unitAmount: 5_000, quantity: 2, rates }], { customer });

  const { invoice } = await expectBookedOnce(world, order);
  expect(invoice).toMatchObject({ OrigDocAmt: 100, CuryTaxTot00: 0, CuryTxblTot00: 100 });
  const notes = await world.slRows("Snote");
  const note = notes.find((row) => row.nID === invoice.NoteId);
  expect(String(note?.sNoteText)).toContain("Reverse charge: the customer owes the tax.");
});

test("a rate that nothing maps parks and names itself", async () => {
  const rate = await aRate("FR", 5.5);

  const order = await sell([{ unitAmount: 10_000, quantity: 1, rates: [rate] }]);

  const row = await expectParkedUnbooked(world, order, "mapping.tax_unmapped");
  expect(String(row.reason)).toContain(`${rate} (FR, 5.5 %)`);
});

test("a site that computes tax anew is found out before the release", async () => {
  await world.slAdmin("/switches", { taxCalcedHonoured: false });
  const rates = [await aRate("US", 8, { state: "NY" })];

  const order = await sell([{ unitAmount: 10_000, quantity: 1, rates }]);

  await expectParkedUnbooked(world, order, "conflict.batch_content");
  const [row] = await openlyParked(world, order.id);
  expect(String(row?.cure)).toContain("SL's tax is not Stripe's");
  const held = await documentsOf(world, [order.id]);
  expect(held.map((document) => [document.OrigDocAmt, document.Rlsed])).toEqual([[108.88, 0]]);
  await world.slAdmin("/switches", { taxCalcedHonoured: true });
});

test("an invoice that was found again after a rebuild goes back with its taxes", async () => {
  const { reverse, texts, balancesOf } = reversing(() => world);
  const state = await aRate("US", 4, { state: "NY" });
  const order = await sell([{ unitAmount: 3_333, quantity: 3, rates: [state] }]);
  const { invoice } = await expectBookedOnce(world, order);
  const ids = [order.id, ...order.chargeIds];
  await loseHub(world);
  await probed();
  await rebuild(world);
  await until("a run to come by", async () => {
    const runs = await world.sql("select outcome, reason from run where lane_key = $1", [order.id]);
    if (runs.some(({ outcome }) => outcome === "booked")) return true;
    const pairs = await world.sql("select paused_code, circuit from pair_state");
    throw new Error(`Runs: ${JSON.stringify({ runs, pairs })}`);
  });
  await untilQuiet(world, order.id);

  const done = await reverse(order.id);
  await until("it to be reversed", async () => (await texts(ids)).length === 4);

  expect(done.code).toBe(0);
  const memo = (await documentsOf(world, ids)).find((row) => trimmed(row.DocType) === "CM");
  const { OrigDocAmt, TaxId00, CuryTaxTot00, CuryTxblTot00 } = invoice;
  expect(memo).toMatchObject({ OrigDocAmt, TaxId00, CuryTaxTot00, CuryTxblTot00 });
  expect(await balancesOf(ids)).toEqual({});
});

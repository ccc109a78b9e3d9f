import type Stripe from "stripe";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { anOpenInvoice, aPrice, checkOut, type Order, PAID_AT_ONCE, pay } from "./orders.ts";
import { addRows } from "./stripe-rows.ts";

const DAY_MS = 24 * 3_600_000;
/** Noon in New York of a day that is over, in seconds. */
const NOON = Math.floor((Date.now() - 3 * DAY_MS) / DAY_MS) * 86_400 + 17 * 3_600;
/** That day. */
export const OVER = new Date(NOON * 1_000).toISOString().slice(0, 10);
/** Settings under which a day that is over is booked as soon as its rows are read. */
export const AT_ONCE = {
  "journal-delay": 0,
  "stripe.events-since": new Date(Date.now() - 9 * DAY_MS).toISOString().slice(0, 10),
};

/** Today where the books are kept. */
export function today(): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date());
}

/** What was traded, by name: objects at Stripe whose documents a test looks for. */
export type Trade = Readonly<{
  plain: Order;
  taxed: Order;
  partly: Readonly<{ order: Order; refund: string }>;
  lost: string;
  won: string;
  paidOut: string;
  failedPayout: string;
  topup: string;
}>;

/** Sales, refunds, disputes, payouts and rows of every kind, as they happen at a shop in a day. */
export async function trade(world: World): Promise<Trade> {
  await rowsOfTheDay(world);
  const plain = await pay(world, 10_825);
  const taxed = await cart(world);
  const partly = await refunds(world, taxed);
  const { lost, won } = await disputes(world);
  await invoices(world);
  const [paidOut, failedPayout, topup] = await payouts(world);
  return { plain, taxed, partly, lost, won, paidOut, failedPayout, topup };
}

/** Fees of Stripe's own, a reserve, a transfer and something unknown, on the day that is over. */
async function rowsOfTheDay(world: World): Promise<void> {
  const made = [
    [-500, "fee", "stripe_fee", "Billing - Usage Fee"],
    [-120, "tax", "tax_fee", "Tax on fees"],
    [-1_234, "brand_new_category", "brand_new_type", "Something"],
    [-7_000, "transfer", "transfer", "To a partner"],
    [300, "platform_earning", "application_fee", "Earned"],
    [-30_000, "risk_reserved_funds", "reserve_transaction", "Held"],
  ] as const;
  const rows = made.map(([amount, reporting_category, type, description]) => {
    return { amount, currency: "usd", type, reporting_category, description, created: NOON };
  });
  await addRows(world, rows);
}

/** A cart with a discount, shipping and tax. */
async function cart(world: World): Promise<Order> {
  const coupon = await world.stripe.coupons.create({ percent_off: 10, duration: "once" });
  const line_items = [
    { price: await aPrice(world, 3_333), quantity: 3 },
    {
      price: await aPrice(world, 15_000, { name: "Hour", metadata: { InvtID: "CONSULT" } }),
      quantity: 1,
    },
  ];
  return checkOut(
    world,
    { line_items, discounts: [{ coupon: coupon.id }] },
    { line_taxes: [798, 1_199], shipping_amount: 495, shipping_tax: 44 },
  );
}

const giveBack = (world: World, order: Order, more: Omit<Stripe.RefundCreateParams, "charge">) =>
  world.stripe.refunds.create({ charge: order.chargeIds[0] ?? "", ...more });

/** Three that add up to a sale, one that fails and is given again, one of the money alone. */
async function refunds(world: World, taxed: Order): Promise<Trade["partly"]> {
  const whole = Math.round(taxed.total * 100);
  await world.ended(taxed.id, ["booked"]);
  const first = await giveBack(world, taxed, { amount: 3_333, reason: "duplicate" });
  await giveBack(world, taxed, { amount: 7_777 });
  await giveBack(world, taxed, { amount: whole - 11_110 });
  const failing = await pay(world, 10_000);
  const failed = await giveBack(world, failing, { reason: "requested_by_customer" });
  await world.stripeAdmin(`/refunds/${failed.id}/move`, { status: "failed" });
  const alone = await pay(world, 6_000);
  await giveBack(world, alone, { metadata: { slipway_refund: "payment-only" } });
  return { order: taxed, refund: first.id };
}

async function disputes(world: World): Promise<Pick<Trade, "lost" | "won">> {
  const dispute = async (order: Order, body: object = {}) => {
    const [charge = ""] = order.chargeIds;
    const made = await world.stripeAdmin<{ id: string }>(`/charges/${charge}/dispute`, body);
    return made.id;
  };
  const lost = await dispute(await pay(world, 9_000));
  await world.stripeAdmin(`/disputes/${lost}/close`, { outcome: "lost" });
  const won = await dispute(await guest(world, 7_000), { amount: 4_000 });
  await world.stripeAdmin(`/disputes/${won}/close`, { outcome: "won" });
  return { lost, won };
}

/** A payment of somebody whom Stripe has no customer of. */
async function guest(world: World, amount: number): Promise<Order> {
  const receipt_email = "guest@example.com";
  const paid = { ...PAID_AT_ONCE, amount, currency: "usd", receipt_email };
  const { id, latest_charge } = await world.stripe.paymentIntents.create(paid);
  return { id, chargeIds: [String(latest_charge)], total: amount / 100 };
}

/** An invoice with a credit note before its payment and one after it. */
async function invoices(world: World): Promise<void> {
  const invoice = await anOpenInvoice(world, 12_500);
  await world.stripe.creditNotes.create({ invoice, amount: 2_500 });
  await world.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
  await world.ended(invoice, ["booked"]);
  const late = { invoice, amount: 5_000, refund_amount: 3_500, credit_amount: 1_500 };
  await world.stripe.creditNotes.create(late);
}

async function payouts(world: World): Promise<[string, string, string]> {
  const made = async (amount: number, more: object = {}) => {
    const body = { amount, currency: "usd", ...more };
    return (await world.stripeAdmin<{ id: string }>("/payouts", body)).id;
  };
  const step = (id: string) => world.stripeAdmin(`/payouts/${id}/step`, {});
  const paid = await made(20_000);
  await step(paid);
  await step(paid);
  const failed = await made(5_000);
  await step(failed);
  await world.stripeAdmin(`/payouts/${failed}/fail`, {});
  await made(1_500, { method: "instant" });
  await made(-900);
  const topup = await world.stripe.topups.create({ amount: 30_000, currency: "usd" });
  await world.stripeAdmin(`/topups/${topup.id}/settle`, {});
  return [paid, failed, topup.id];
}

/** Waits until the rows are read, all that is due is booked, and nothing is under way. */
export async function untilAllIsBooked(world: World): Promise<void> {
  await until("every event to have its end", async () => {
    const [open] = await world.sql("select count(*)::int as n from event where end_state is null");
    return open?.n === 0;
  });
  await until("every row to be read", async () => {
    const rows = await world.stripeRows("balance_transaction");
    const [kept] = await world.sql("select count(*)::int as n from balance_row");
    if (kept?.n === rows.length) return true;
    // A round may have been through that day before its rows were made, or be on its way there.
    await world.sql("update event_walk set position = since, deep_at = null where kind = 'rows'");
    await world.api("/api/rows/sweep", { method: "POST", body: { pair: world.pair } });
    return false;
  });
  await until("all that is due to be booked", async () => {
    const [left] = await world.sql(
      `select
         (select count(*) from lane where owner is not null or due_at < now())
         + (select count(*) from intent where stage <> 'done')
         + (select count(*) from balance_row r where r.balance_type = 'payments'
             and r.created < to_timestamp($1) and not exists (select from row_owner o
               where o.pair = r.pair and o.row_id = r.row_id)) as n`,
      [NOON + 3_600],
    );
    return Number(left?.n) === 0;
  });
}

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCommand } from "../../src/cli/testing/run-command.ts";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  decide,
  documentsOf,
  expectBookedOnce,
  expectParkedUnbooked,
  openlyParked,
  resume,
  untilQuiet,
} from "./books.ts";
import { anOpenInvoice, type Order, pay, payPart } from "./orders.ts";
import { wake } from "./restores.ts";
import { letMinutesPass } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.stripeAdmin("/webhooks", { pause: false });
});

const UNMAPPED = "mapping.product_unmapped";

const BY_HAND = "booked by hand as IN 004711";

/** An invoice over 100.00 that cannot be booked, with a payment of 40.00 that has parked it. */
async function aParkedInvoice(): Promise<{ order: Order; parked: Row }> {
  const id = await anOpenInvoice(world, 10_000, {});
  const order = { id, chargeIds: [await payPart(world, id, 4_000)], total: 100 };
  return { order, parked: await expectParkedUnbooked(world, order, UNMAPPED) };
}

function tryToDismiss(parked: Row): Promise<unknown> {
  const body = { version: parked.version, by: "maria", reason: BY_HAND };
  return world.api(`/api/parked/${String(parked.id)}/dismiss`, { method: "POST", body });
}

function dismiss(parked: Row): Promise<readonly string[]> {
  return decide(world, parked, "dismiss", { reason: BY_HAND });
}

/** How the order's events have ended; a webhook about the same money may come after the others. */
async function endsOf(order: Order): Promise<unknown[]> {
  return until("every event to have ended", async () => {
    const rows = await world.sql(
      "select distinct end_state from event where lane_key = $1 order by 1",
      [order.id],
    );
    const ends = rows.map((row) => row.end_state);
    return ends.includes(null) ? undefined : ends;
  });
}

async function runsOf(order: Order): Promise<Row[]> {
  return (await world.api<{ rows: Row[] }>(`/api/runs?lane=${order.id}`)).rows;
}

/** Waits until money that no dismissal covers has parked the order. */
async function expectDismissed(order: Order): Promise<Row> {
  await until("unseen money to park", async () => {
    const [row] = await openlyParked(world, order.id);
    return row?.code === "conflict.dismissed";
  });
  await untilQuiet(world, order.id);
  const [row = {}] = await openlyParked(world, order.id);
  expect(row.code).toBe("conflict.dismissed");
  return row;
}

/** The products of an invoice get their SL item. */
async function mapProductsOf(invoice: string): Promise<void> {
  const lines = await world.stripe.invoices.listLineItems(invoice);
  for (const { pricing } of lines.data) {
    const product = String(pricing?.price_details?.product);
    await world.stripe.products.update(product, { metadata: { InvtID: "TSHIRT" } });
  }
}

/** Stripe tells the hub once more of a charge that it knows. */
async function touch(chargeId: string | undefined): Promise<void> {
  await world.stripe.charges.update(chargeId ?? "", { description: "touched" });
}

test("a payment that came before the dismissal and was not seen parks the order", async () => {
  const { order, parked } = await aParkedInvoice();
  await world.stripeAdmin("/webhooks", { pause: true });
  const unseen = await payPart(world, order.id, 6_000);

  await dismiss(parked);
  await world.stripeAdmin("/webhooks", { pause: false });
  const again = await expectDismissed(order);

  expect(again.facts).toMatchObject({ unseen: `${unseen} 60.00 USD` });
  expect(String(again.reason)).toContain("booked by hand as IN 004711");
  expect(await endsOf(order)).toEqual(["not_applicable", "parked"]);
  expect(await documentsOf(world, [order.id, ...order.chargeIds, unseen])).toEqual([]);
});

test("a dismissed order is left alone when Stripe speaks of the same money again", async () => {
  const { order, parked } = await aParkedInvoice();

  await dismiss(parked);
  await touch(order.chargeIds[0]);
  const run = await world.ended(order.id, ["not_applicable"]);

  expect(run.reason).toBe("Dismissed by maria: booked by hand as IN 004711");
  expect(parked.facts).toMatchObject({ money: `${order.chargeIds[0]} 40.00 USD` });
  expect(await endsOf(order)).toEqual(["not_applicable"]);
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("a second dismissal covers all the money that has come", async () => {
  const { order, parked } = await aParkedInvoice();
  await dismiss(parked);
  const second = await payPart(world, order.id, 6_000);

  await dismiss(await expectDismissed(order));
  await touch(second);

  await until("the touch to be looked at", async () => {
    const [newest] = await runsOf(order);
    return newest?.outcome === "not_applicable";
  });
  expect(await openlyParked(world, order.id)).toEqual([]);
});

test("unseen money keeps the order parked whatever Stripe says of it later", async () => {
  const { order, parked } = await aParkedInvoice();
  await dismiss(parked);
  const second = await payPart(world, order.id, 6_000);
  await expectDismissed(order);
  await mapProductsOf(order.id);
  const before = (await runsOf(order)).length;

  await touch(second);
  await until("the touch to be looked at", async () => (await runsOf(order)).length > before);

  await expectDismissed(order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds, second])).toEqual([]);
});

test("an order that was dismissed too early is booked in full after a resume", async () => {
  const { order, parked } = await aParkedInvoice();
  await dismiss(parked);
  const second = await payPart(world, order.id, 6_000);
  const again = await expectDismissed(order);
  await mapProductsOf(order.id);

  await decide(world, again, "resume");

  await world.ended(order.id, ["booked"]);
  const documents = await documentsOf(world, [order.id, ...order.chargeIds, second]);
  expect(documents.map((row) => [row.Rlsed, row.OrigDocAmt, row.DocBal])).toEqual([
    [1, 100, 0],
    [1, 40, 0],
    [1, 60, 0],
  ]);
});

test("money that comes while the order is parked is a new version", async () => {
  const { order, parked } = await aParkedInvoice();

  await payPart(world, order.id, 6_000);
  await until("the second payment to be seen", async () => {
    const [row] = await openlyParked(world, order.id);
    return row?.version !== parked.version;
  });

  await expect(tryToDismiss(parked)).rejects.toThrow(/409/);
});

test("a dismissal is taken back by a resume, and what is missing is booked", async () => {
  const { order, parked } = await aParkedInvoice();
  await dismiss(parked);
  await mapProductsOf(order.id);

  await decide(world, parked, "resume");

  await world.ended(order.id, ["booked"]);
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);
  expect(documents.map((row) => [row.Rlsed, row.OrigDocAmt, row.DocBal])).toEqual([
    [1, 100, 60],
    [1, 40, 0],
  ]);
});

test("a dismissal that a later case stands for is not taken back by itself", async () => {
  const { order, parked } = await aParkedInvoice();
  await dismiss(parked);
  await payPart(world, order.id, 6_000);
  const later = await expectDismissed(order);

  await expect(takeBack(parked)).rejects.toThrow(
    new RegExp(`Case ${String(later.id)}@${String(later.version)} of ${order.id} came after`),
  );
});

test("a sale whose refund was dismissed is booked again when a person says so", async () => {
  const order = await pay(world, 10_000);
  await expectBookedOnce(world, order);
  const metadata = { slipway_refund_lines: "none of its lines" };
  const [charge = ""] = order.chargeIds;
  await world.stripe.refunds.create({ charge, amount: 1_000, metadata });
  const parked = await until("the refund to park", async () => {
    return (await openlyParked(world, order.id))[0];
  });
  await untilQuiet(world, order.id);
  await dismiss(parked);
  await untilQuiet(world, order.id);

  const all = ["reverse", order.id, "--all", "--rebook", "--reason", "a test", "--yes"];
  await runCommand(all, { SLIPWAY_URL: world.hubUrl(), SLIPWAY_TOKEN: world.token });

  await until("the sale to be booked again", async () => {
    const documents = await documentsOf(world, [order.id]);
    return documents.filter(({ Rlsed, DocType }) => Rlsed === 1 && DocType === "IN").length === 2;
  });
  const again = await until("the refund to park again", async () => {
    return (await openlyParked(world, order.id))[0];
  });
  expect(again.code).toBe(parked.code);
});

test("a payment that was dismissed by itself is not booked with an invoice later", async () => {
  const { stripe } = world;
  const order = await pay(world, 4_000, { metadata: { DynamicsSL_CustomerID: "NOBODY" } });
  const parked = await expectParkedUnbooked(world, order, "mapping.customer_unknown");
  await dismiss(parked);
  const metadata = { DynamicsSL_CustomerID: "" };
  await stripe.paymentIntents.update(order.id, { metadata });
  await stripe.charges.update(order.chargeIds[0] ?? "", { metadata });
  const id = await anOpenInvoice(world, 4_000, { InvtID: "TSHIRT" });

  await stripe.invoices.attachPayment(id, { payment_intent: order.id });
  const again = await expectDismissed({ ...order, id });

  expect(again.reason).toBe(
    `${order.chargeIds[0]} was dismissed with ${order.id} by maria: ${BY_HAND}; now it pays ${id}`,
  );
  await decide(world, parked, "resume");
  await resume(world, { ...order, id });
  await expectBookedOnce(world, { ...order, id });
});

/** Waits until a parked order names this money, and nothing of it runs any more. */
async function parkedNaming(order: Order, money: RegExp): Promise<Row> {
  const named = await until(`${order.id} to name ${String(money)}`, async () => {
    const [row] = await openlyParked(world, order.id);
    return money.test(factOf(row, "money")) ? row : undefined;
  });
  await untilQuiet(world, order.id);
  const [row = named] = await openlyParked(world, order.id);
  return row;
}

const factOf = (row: Row | undefined, name: string) =>
  String((row?.facts as Row | undefined)?.[name]);

test("a refund that fails after its sale was dismissed parks the sale again", async () => {
  const { order } = await aParkedInvoice();
  const [charge = ""] = order.chargeIds;
  const { id } = await world.stripe.refunds.create({ charge, amount: 1_000 });
  const parked = await parkedNaming(order, new RegExp(`${id} -10.00 USD by txn_`));

  await dismiss(parked);
  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });
  const again = await expectDismissed(order);

  expect(factOf(again, "unseen")).toMatch(new RegExp(`^${id} 10.00 USD by txn_\\w+$`));
  expect(factOf(again, "money")).toContain(factOf(parked, "money"));
});

test("money of a dispute that comes back after its sale was dismissed parks it again", async () => {
  const { order } = await aParkedInvoice();
  const path = `/charges/${order.chargeIds[0]}/dispute`;
  const { id } = await world.stripeAdmin<{ id: string }>(path, {});
  const parked = await parkedNaming(order, new RegExp(`${id} -40.00 USD by txn_`));

  await dismiss(parked);
  await world.stripeAdmin(`/disputes/${id}/close`, { outcome: "won" });
  const again = await expectDismissed(order);

  expect(factOf(again, "unseen")).toMatch(new RegExp(`^${id} 40.00 USD by txn_\\w+$`));
});

/** An open invoice over 100.00 with a bank debit of a part of it that the bank has paid. */
async function aDebitedInvoice(minor: number) {
  const { stripe } = world;
  const id = await anOpenInvoice(world, 10_000, {});
  const { id: intent } = await stripe.paymentIntents.create({ amount: minor, currency: "usd" });
  await stripe.invoices.attachPayment(id, { payment_intent: intent });
  const payment_method = "pm_usBankAccount_success";
  const { latest_charge } = await stripe.paymentIntents.confirm(intent, { payment_method });
  await world.stripeAdmin(`/payment_intents/${intent}/settle`, { succeeds: true });
  return { id, intent, debit: String(latest_charge) };
}

test.each([
  ["as the one that paid it", 10_000, 0],
  ["as one of several", 4_000, 6_000],
])("a charge that its bank takes back parks its dismissed sale: %s", async (_, minor, rest) => {
  const { id, intent, debit } = await aDebitedInvoice(minor);
  const others = rest === 0 ? [] : [await payPart(world, id, rest)];
  const order = { id, chargeIds: [debit, ...others], total: 100 };
  await dismiss(await parkedNaming(order, new RegExp(order.chargeIds.join(".*"))));

  await world.stripeAdmin(`/payment_intents/${intent}/return`, {});
  const again = await expectDismissed(order);
  await dismiss(again);
  await wake(world, id);
  await untilQuiet(world, id);

  const words = `${debit} -${minor / 100}.00 USD by txn_\\w+`;
  expect(factOf(again, "unseen")).toMatch(new RegExp(`^${words}$`));
  expect(await openlyParked(world, id)).toEqual([]);
});

test("a run that cannot read what went back of its sale is tried again first", async () => {
  await world.stripeAdmin("/faults", {
    ...{ method: "GET", path: "/v1/disputes", action: "error", status: 500, times: 3 },
  });
  const id = await anOpenInvoice(world, 10_000, {});
  const order = { id, chargeIds: [await payPart(world, id, 4_000)], total: 100 };

  await letMinutesPass(world, order, async () => (await openlyParked(world, id)).length > 0);
  await world.stripeAdmin("/faults/clear", {});

  const parked = await expectParkedUnbooked(world, order, UNMAPPED);
  expect(factOf(parked, "money")).toBe(`${order.chargeIds[0]} 40.00 USD`);
  expect((await runsOf(order)).map(({ outcome }) => outcome)).toContain("retry");
});

test("a dismissal that an earlier version kept covers what had gone back by then", async () => {
  const { order } = await aParkedInvoice();
  const [charge = ""] = order.chargeIds;
  const { id } = await world.stripe.refunds.create({ charge, amount: 1_000 });
  await dismiss(await parkedNaming(order, new RegExp(id)));
  const sums = `${charge} 40.00 USD, ${charge} refunded 10.00`;
  await world.sql(
    `update parked set facts = facts || jsonb_build_object('money', $2::text)
     where lane_key = $1`,
    [order.id, sums],
  );

  await wake(world, order.id);
  await untilQuiet(world, order.id);
  const before = await openlyParked(world, order.id);
  // Stripe's rows have whole seconds.
  await world.stripeAdmin("/clock", { advanceMs: 1_000 });
  await world.stripeAdmin(`/refunds/${id}/move`, { status: "failed" });

  const again = await expectDismissed(order);
  expect(before).toEqual([]);
  expect(factOf(again, "unseen")).toMatch(new RegExp(`^${id} 10.00 USD by txn_\\w+$`));
});

/** Resumes a case as it stands, once. */
async function takeBack({ id }: Row): Promise<void> {
  const { version } = await world.api<Row>(`/api/parked/${String(id)}`);
  const body = { version, by: "maria" };
  await world.api(`/api/parked/${String(id)}/resume`, { method: "POST", body });
}

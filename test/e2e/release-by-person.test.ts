import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce, openlyParked } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { probeNow, skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld({ release: "person" });
});

afterAll(() => world.close());

type Waiting = Readonly<{
  laneKey: string;
  purpose: string;
  batNbr: string;
  batchState: string;
  screen: string;
  toDo: string;
  ageSeconds: number;
}>;

/** What waits for an accountant's release of this order, once a run has said so. */
async function untilWaiting(order: Order, purpose: string): Promise<Waiting> {
  return until(`the ${purpose} of ${order.id} to wait for its release`, async () => {
    await skipDelay(world, order);
    const { rows } = await world.api<{ rows: Waiting[] }>("/api/waiting");
    return rows.find((row) => row.laneKey === order.id && row.purpose === purpose);
  });
}

/** The looks that were asked for are over: nobody comes before the delay has passed. */
async function untilAsleep(order: Order): Promise<void> {
  await until(`${order.id} to sleep`, async () => {
    const lanes = await world.sql(
      "select 1 from lane where key = $1 and owner is null and due_at > now()",
      [order.id],
    );
    return lanes.length === 1;
  });
}

async function releaseInSl({ batNbr }: Pick<Waiting, "batNbr">): Promise<void> {
  await world.slAdmin(`/batches/AR/${batNbr}/release`, {});
}

async function eventsWithoutEnd(order: Order): Promise<Row[]> {
  return world.sql("select type from event where lane_key = $1 and end_state is null", [order.id]);
}

async function booked(order: Order): Promise<void> {
  await until(`${order.id} to be booked`, async () => {
    await skipDelay(world, order);
    const rows = await world.sql("select 1 from run where lane_key = $1 and outcome = 'booked'", [
      order.id,
    ]);
    return rows.length > 0;
  });
}

test("an accountant releases the invoice, then the payment, and the order is booked", async () => {
  const order = await pay(world, 4_200);
  const invoice = await untilWaiting(order, "invoice");
  const open = await eventsWithoutEnd(order);
  const before = await world.slRows("ARDoc");

  await releaseInSl(invoice);
  const payment = await untilWaiting(order, "payment");
  await releaseInSl(payment);
  await booked(order);

  expect(invoice).toMatchObject({
    batchState: "on hold (H)",
    screen: "Invoice and Memo (08.010)",
  });
  expect(payment).toMatchObject({ screen: "Payment Application (08.030)" });
  expect(open.length).toBeGreaterThan(0);
  // Nothing of the payment is in SL before the invoice counts.
  expect(before.filter((row) => String(row.User1).trim() === order.chargeIds[0])).toEqual([]);
  await expectBookedOnce(world, order);
  expect(await eventsWithoutEnd(order)).toEqual([]);
});

test("the trace tells what waits, how its batch stands, and what is to be done", async () => {
  const order = await pay(world, 4_300);
  const { batNbr, toDo } = await untilWaiting(order, "invoice");
  const screen = "Invoice and Memo (08.010)";
  const words = `waits for: batch ${batNbr}, on hold (H), to be released in ${screen}`;

  // The story tells of the wait once its run has ended.
  const documents = await until("the trace to tell of the wait", async () => {
    const traced = await world.api<{
      documents: { purpose: string; personWait: Row | null }[];
      story: { text: string }[];
    }>(`/api/trace/${order.id}`);
    return traced.story.some(({ text }) => text.includes(words)) ? traced.documents : undefined;
  });

  const invoice = documents.find(({ purpose }) => purpose === "invoice");
  expect(invoice?.personWait).toMatchObject({ batchState: "on hold (H)", toDo });
});

test("a batch that a person voids is written again and released once", async () => {
  const order = await pay(world, 4_400);
  const first = await untilWaiting(order, "invoice");

  await world.slAdmin(`/batches/AR/${first.batNbr}/void`, {});
  const second = await until("the next generation to wait", async () => {
    const waiting = await untilWaiting(order, "invoice");
    return waiting.batNbr === first.batNbr ? undefined : waiting;
  });
  await releaseInSl(second);
  await releaseInSl(await untilWaiting(order, "payment"));
  await booked(order);

  await expectBookedOnce(world, order);
});

test("a payment that was unapplied before its release is applied after it", async () => {
  const order = await pay(world, 4_500);
  await releaseInSl(await untilWaiting(order, "invoice"));
  const payment = await untilWaiting(order, "payment");
  // A run that looks while the clerk is at it would find half of what he does, and park.
  await untilAsleep(order);
  await unapplyInSl(payment.batNbr);

  await releaseInSl(payment);
  const application = await untilWaiting(order, "apply");
  await releaseInSl(application);
  await booked(order);

  await expectBookedOnce(world, order);
});

/** What a clerk does in 08.030 who clears the amounts to apply of a payment on hold. */
async function unapplyInSl(batNbr: string): Promise<void> {
  const lines = { table: "ARTran", where: { BatNbr: batNbr, DrCr: "U" }, remove: true };
  expect(await world.slAdmin("/rows", lines)).toEqual({ rows: 1 });
  const set = { ApplBatNbr: "", ApplBatSeq: 0, ApplAmt: 0, CuryApplAmt: 0 };
  await world.slAdmin("/rows", { table: "ARDoc", where: { BatNbr: batNbr }, set });
}

test("after an outage the first answer lets all go on, though it books nothing", async () => {
  await world.stopSl();
  const orders = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => pay(world, 4_500 + n)));
  await until("the circuit to open", async () => {
    for (const order of orders) await skipDelay(world, order);
    const rows = await world.sql("select 1 from pair_state where circuit = 'open'");
    return rows.length > 0;
  });

  await world.startSl();
  await probeNow(world);
  for (const order of orders) await untilWaiting(order, "invoice");

  expect(await world.sql("select circuit from pair_state")).toEqual([{ circuit: "closed" }]);
});

test("an invoice on hold whose money is of before a later start parks with a cure", async () => {
  const order = await pay(world, 4_600);
  const { batNbr } = await untilWaiting(order, "invoice");
  const path = `/api/pairs/${world.pair}`;
  const later = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);

  await world.api(path, { method: "PATCH", body: { path: "start", value: later } });
  const parked = await until("the invoice to park", async () => {
    await skipDelay(world, order);
    return (await openlyParked(world, order.id))[0];
  });

  expect(parked.code).toBe("conflict.draft_changed");
  expect(String(parked.reason)).toContain(`in batch ${batNbr} is begun`);
});

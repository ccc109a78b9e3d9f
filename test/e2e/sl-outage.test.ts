import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  expectParkedUnbooked,
  openlyParked,
  resume,
  trimmed,
} from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, letMinutesPass, probeNow, skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(async () => {
  await world.close();
});

beforeEach(async () => {
  await world.startSl();
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.slAdmin("/switches", { batchLagMs: 0, viewLagMs: 0, floatNoise: false });
});

const PROBES = 7;

type PairLanes = Readonly<{ circuit: string; parkedOpen: number }>;

async function pairLanes(): Promise<PairLanes | undefined> {
  return (await world.api<{ pairs: PairLanes[] }>("/api/lanes")).pairs[0];
}

/** Waits until the pair's circuit is open, then lets as many single probes fail as minutes hold. */
async function standOutage(orders: readonly Order[]): Promise<void> {
  await until("the circuit to open", async () => {
    for (const order of orders) await skipDelay(world, order);
    return (await pairLanes())?.circuit === "open";
  });
  for (let probe = 1; probe <= PROBES; probe += 1) {
    await until(`probe ${probe} to fail`, async () => {
      await probeNow(world);
      const rows = await world.sql("select probes from pair_state");
      return Number(rows[0]?.probes) >= probe;
    });
  }
}

async function recover(orders: readonly Order[]): Promise<void> {
  await until("the circuit to close", async () => {
    await probeNow(world);
    for (const order of orders) await skipDelay(world, order);
    return (await pairLanes())?.circuit === "closed";
  });
  for (const order of orders) {
    await letMinutesPass(world, order, () => hasEnded(world, order));
    await expectBookedOnce(world, order);
  }
}

async function someOrders(amountMinor: number): Promise<readonly Order[]> {
  return Promise.all([0, 1, 2, 3, 4, 5].map((more) => pay(world, amountMinor + more)));
}

/** The most tries that one of these orders has used up so far. */
async function triesOf(orders: readonly Order[]): Promise<number> {
  const keys = orders.map(({ id }) => id);
  const [lanes] = await world.sql("select max(tries) from lane where key = any ($1)", [keys]);
  return Number(lanes?.max);
}

test("an SL that nobody can reach for minutes parks nothing and burns no try", async () => {
  await world.stopSl();
  const orders = await someOrders(2_000);

  await standOutage(orders);
  const during = await pairLanes();
  const tries = await triesOf(orders);
  await world.startSl();
  await recover(orders);

  expect({ parked: during?.parkedOpen, tries }).toEqual({ parked: 0, tries: 0 });
});

test("an SL that answers 503 to everything for minutes parks nothing, burns no try", async () => {
  const effect = { kind: "http", status: 503 };
  await world.slAdmin("/faults", { match: {}, effect, times: null });
  const orders = await someOrders(2_100);

  await standOutage(orders);
  const during = await pairLanes();
  const tries = await triesOf(orders);
  await world.slAdmin("/faults", undefined, "DELETE");
  await recover(orders);

  expect({ parked: during?.parkedOpen, tries }).toEqual({ parked: 0, tries: 0 });
});

test("an SL that fails in the middle of an order loses no step of it", async () => {
  const effect = { kind: "http", status: 503 };
  await world.slAdmin("/faults", {
    match: { service: "paymentApplication" },
    effect,
    times: null,
  });
  const orders = await someOrders(2_200);

  await standOutage(orders);
  await world.slAdmin("/faults", undefined, "DELETE");
  await recover(orders);

  for (const { id, chargeIds } of orders) {
    expect(await documentsOf(world, [id, ...chargeIds])).toHaveLength(2);
  }
});

test("a record that SL never shows holds up its own order alone, until that parks", async () => {
  // SL is well, but its web application dies of each look at this customer.
  const effect = { kind: "http", status: 500 };
  await world.slAdmin("/faults", { match: { contains: "C300" }, effect, times: null });
  const bad = await pay(world, 2_210, { metadata: { DynamicsSL_CustomerID: "C300" } });
  await until("more tries than open a circuit", async () => {
    await skipDelay(world, bad);
    return (await triesOf([bad])) > 5;
  });

  const during = await pairLanes();
  await expectBookedOnce(world, await pay(world, 2_211));
  const parked = await until("the order to park", async () => {
    await skipDelay(world, bad);
    return (await openlyParked(world, bad.id))[0];
  });
  await world.slAdmin("/faults", undefined, "DELETE");
  await resume(world, bad);

  expect(during?.circuit).toBe("closed");
  expect(parked.code).toBe("erp.unavailable");
  await expectBookedOnce(world, bad);
});

test("wrong credentials pause the pair, and the order is booked once they are right", async () => {
  await world.slAdmin("/faults", { match: {}, effect: { kind: "auth" }, times: null });
  const order = await pay(world, 2_300);
  const paused = await until("the pair to pause", async () => {
    const { pairs } = await world.api<{ pairs: Row[] }>("/api/lanes");
    return pairs.find((row) => row.pausedCode === "erp.auth");
  });

  await world.slAdmin("/faults", undefined, "DELETE");
  await world.restartHub();

  await expectBookedOnce(world, order);
  expect(String(paused.pausedReason)).toContain("refused");
});

test("a slow SL books each of many orders once", async () => {
  const effect = { kind: "latency", ms: 150 };
  await world.slAdmin("/faults", { match: {}, effect, times: null });
  const orders = await someOrders(2_400);

  for (const order of orders) await expectBookedOnce(world, order);
});

/** Lets SL's clock go on, so that what lags behind it is seen. */
async function untilBooked(order: Order): Promise<void> {
  await until(
    "the order to be booked",
    async () => {
      await world.slAdmin("/clock", { action: "advance", ms: 250 });
      await skipDelay(world, order);
      return hasEnded(world, order);
    },
    60_000,
  );
}

test("look-ups that lag two seconds behind make no second document", async () => {
  await world.slAdmin("/switches", { batchLagMs: 2_000, viewLagMs: 2_000 });
  const order = await pay(world, 2_500);

  await untilBooked(order);

  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a lost answer and look-ups that lag together make no second document", async () => {
  await world.slAdmin("/switches", { batchLagMs: 2_000, viewLagMs: 2_000 });
  const fill = { service: "invoiceAndMemo", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match: fill, effect: { kind: "drop", commit: "first" } });
  const order = await pay(world, 2_600);

  await untilBooked(order);

  await expectBookedOnce(world, order);
  const fills = await world.sql(
    `select a.outcome from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and i.purpose = 'invoice' and a.step = 'fill'`,
    [order.id],
  );
  expect(fills).toEqual([{ outcome: "found" }]);
});

test("doubles that arrive one unit in the last place off are the same cents", async () => {
  await world.slAdmin("/switches", { floatNoise: true });

  const order = await pay(world, 99_999_999);

  await expectBookedOnce(world, order);
});

test("a batch that SL suspends is parked with its number and goes on after the cure", async () => {
  const release = { service: "invoiceAndMemo", actionType: "RELEASENOW" };
  await world.slAdmin("/faults", { match: release, effect: { kind: "latency", ms: 1_000 } });
  const order = await pay(world, 2_700);
  const open = await world.slAdmin<Row>("/periods");
  await until("the release to be under way", async () => {
    const [fault] = await world.slAdmin<Row[]>("/faults");
    return fault?.hits === 1;
  });
  await world.slAdmin("/periods", { receivables: nextYear() });

  const parked = await parkedWith(order);
  const [held] = await documentsOf(world, [order.id]);
  const batch = (await world.slRows("Batch")).find(
    (row) => trimmed(row.Module) === "AR" && trimmed(row.BatNbr) === trimmed(held?.BatNbr),
  );
  await world.slAdmin("/periods", { receivables: open.receivables });
  await resume(world, order);

  expect(trimmed(batch?.Status)).toBe("S");
  expect(parked.code).toBe("erp.batch_suspended");
  expect(`${String(parked.reason)} ${JSON.stringify(parked.facts)}`).toContain("closed");
  expect(String(parked.reason)).toContain(trimmed(held?.BatNbr));
  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a period that is closed under the hub's feet is decided anew after the resume", async () => {
  const { receivables } = await world.slAdmin<Row>("/periods");
  await expectBookedOnce(world, await pay(world, 2_800));
  await world.slAdmin("/periods", { receivables: nextYear() });
  const order = await pay(world, 2_801);

  await expectParkedUnbooked(world, order, "erp.refused");
  await resume(world, order);

  const { invoice, payments } = await expectBookedOnce(world, order);
  expect([invoice, ...payments].map((row) => trimmed(row.PerPost))).toEqual([
    nextYear(),
    nextYear(),
  ]);
  await world.slAdmin("/periods", { receivables });
});

test("closed-period: park waits, and books in the true period once it is open", async () => {
  await world.set("closed-period", "park");
  const { receivables } = await world.slAdmin<Row>("/periods");
  await world.slAdmin("/periods", { receivables: nextYear() });
  const order = await pay(world, 2_900);

  const parked = await expectParkedUnbooked(world, order, "mapping.period_closed");
  await world.slAdmin("/periods", { receivables });
  await resume(world, order);

  expect(String(parked.cure)).toContain("next-open");
  const { invoice } = await expectBookedOnce(world, order);
  expect(trimmed(invoice.PerPost)).not.toBe(nextYear());
});

/** The first period of next year: closing up to it closes today's. */
function nextYear(): string {
  return `${new Date().getUTCFullYear() + 1}01`;
}

function parkedWith(order: Order): Promise<Row> {
  return until(
    `${order.id} to be parked`,
    async () => (await openlyParked(world, order.id))[0],
    60_000,
  );
}

import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, expectBookedOnce, trimmed } from "./books.ts";
import { type Order, pay } from "./orders.ts";
import { hasEnded, letMinutesPass, skipDelay } from "./time-passes.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.stripeAdmin("/webhooks", { firstRetryMs: 100, retryFactor: 1 });
});

afterAll(async () => {
  await world.close();
});

afterEach(async () => {
  vi.useRealTimers();
  await world.sql("drop function if exists disk_full cascade");
  await world.slAdmin("/faults", undefined, "DELETE");
  await world.stripeAdmin("/webhooks", { signatureAgeMs: 0 });
});

const HOUR_MS = 3_600_000;

/** Every insert into the table fails as PostgreSQL fails on a full disk, until it is lifted. */
async function fillDiskFor(table: string): Promise<() => Promise<void>> {
  await world.sql(`create function disk_full() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`);
  await world.sql(
    `create trigger disk_full before insert on ${table} for each row execute function disk_full()`,
  );
  return async () => {
    await world.sql("drop function disk_full cascade");
  };
}

async function deliveriesOf(order: Order): Promise<Row[]> {
  const events = (await world.stripeRows("event")).filter((event) =>
    JSON.stringify(event.object).includes(order.id),
  );
  const deliveries = await Promise.all(
    events.map((event) =>
      world.stripeAdmin<{ deliveries: Row[] }>(`/deliveries?event=${String(event.id)}`),
    ),
  );
  return deliveries.flatMap((found) => found.deliveries);
}

async function hasFailedOften(order: Order): Promise<boolean> {
  const deliveries = await deliveriesOf(order);
  return deliveries.some((delivery) => Number(delivery.attempts) >= 3);
}

test("an event whose handling failed once is not a duplicate on Stripe's retry", async () => {
  const lift = await fillDiskFor("event");
  const order = await pay(world, 4_000);
  await until("Stripe to be refused three times", () => hasFailedOften(order));
  const stored = await world.sql("select 1 from event where lane_key = $1", [order.id]);
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);

  await lift();

  expect([stored, documents]).toEqual([[], []]);
  await expectBookedOnce(world, order);
});

test.each(["intent", "attempt", "receipt", "run", "link"])(
  "a disk that is full when a run writes its %s parks nothing and books once",
  async (table) => {
    const lift = await fillDiskFor(table);
    const order = await pay(world, 4_100);
    await until("the run to fail", async () => {
      const [lane] = await world.sql("select tries from lane where key = $1", [order.id]);
      return Number(lane?.tries) > 0;
    });
    const parked = await world.sql("select code, reason from parked where lane_key = $1", [
      order.id,
    ]);

    await lift();
    await letMinutesPass(world, order, () => hasEnded(world, order));

    expect(parked).toEqual([]);
    await expectBookedOnce(world, order);
  },
);

test("connections that the database ends in the middle of orders cost nothing", async () => {
  await world.slAdmin("/faults", { match: {}, effect: { kind: "latency", ms: 60 }, times: null });
  const orders = await Promise.all([0, 1, 2, 3].map((more) => pay(world, 4_200 + more)));

  for (let cut = 0; cut < 5; cut += 1) {
    await until("a run at work", async () => {
      const busy = await world.sql("select 1 from lane where owner is not null");
      const done = await Promise.all(orders.map((order) => hasEnded(world, order)));
      return busy.length > 0 || done.every((isDone) => isDone);
    });
    await world.sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
        and application_name like 'slipway%'`);
  }

  for (const order of orders) {
    await letMinutesPass(world, order, () => hasEnded(world, order));
    await expectBookedOnce(world, order);
    expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
  }
});

test("a database that ends the connection behind a release under way ends no hub", async () => {
  const release = { service: "invoiceAndMemo", actionType: "RELEASENOW" };
  await world.slAdmin("/faults", { match: release, effect: { kind: "latency", ms: 500 } });
  const order = await pay(world, 4_250);

  const ended = await until("the lock of the release turn", async () => {
    const rows = await world.sql(`select pg_terminate_backend(l.pid) from pg_locks l
      join pg_stat_activity a on a.pid = l.pid and a.datname = current_database()
      where l.locktype = 'advisory' and l.classid = 1397512788 and l.granted`);
    return rows.length === 1;
  });

  expect(ended).toBe(true);
  await expectBookedOnce(world, order);
});

test("webhooks that a clock an hour ahead turns away come again when it is right", async () => {
  await world.stripeAdmin("/webhooks", { signatureAgeMs: HOUR_MS });
  const order = await pay(world, 4_300);
  await until("Stripe to be refused three times", () => hasFailedOften(order));
  const stored = await world.sql("select 1 from event where lane_key = $1", [order.id]);

  await world.stripeAdmin("/webhooks", { signatureAgeMs: 0 });

  expect(stored).toEqual([]);
  await expectBookedOnce(world, order);
});

test.each([
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
] as const)(
  "a clock that steps an hour %s does not shorten an open outcome",
  async (_way, step) => {
    const fill = { service: "invoiceAndMemo", actionType: "UPDATE" };
    const effect = { kind: "drop", commit: "later", afterMs: 600_000 };
    await world.slAdmin("/faults", { match: fill, effect });
    const order = await pay(world, 4_400);
    await until("the outcome to be open", () => isOutcomeOpen(order));

    vi.setSystemTime(Date.now() + step);
    const runs = await runsOf(order);
    await until("the run to look again under the new time", async () => {
      await skipDelay(world, order);
      return (await runsOf(order)) > runs + 2;
    });
    const fills = await fillsOf(order);
    vi.useRealTimers();
    await world.slAdmin("/clock", { action: "advance", ms: 600_000 });
    await letMinutesPass(world, order, () => hasEnded(world, order));

    expect(fills).toHaveLength(1);
    await expectBookedOnce(world, order);
  },
);

/** What is stored shows another hour, as after a step of the database server's own clock. */
async function stepDatabaseClock(order: Order, hours: number): Promise<void> {
  const step = `${-hours} h`;
  await world.sql(
    `update attempt a set sent_at = sent_at + $2::interval, answered_at = answered_at + $2::interval
     from intent i where i.pair = a.pair and i.key = a.key and i.lane_key = $1`,
    [order.id, step],
  );
  await world.sql(
    `update lane set due_at = due_at + $2::interval, lease_until = lease_until + $2::interval,
       woken_at = woken_at + $2::interval, updated_at = updated_at + $2::interval
     where key = $1`,
    [order.id, step],
  );
}

async function openFill(effect: Readonly<Record<string, unknown>>): Promise<Order> {
  const fill = { service: "invoiceAndMemo", actionType: "UPDATE" };
  await world.slAdmin("/faults", { match: fill, effect });
  const order = await pay(world, 4_450);
  await until("the outcome to be open", () => isOutcomeOpen(order));
  return order;
}

test("a database clock set back an hour holds up no fill that SL has", async () => {
  const order = await openFill({ kind: "drop", commit: "later", afterMs: 200_000 });
  await world.slAdmin("/clock", { action: "advance", ms: 200_000 });
  await stepDatabaseClock(order, -1);

  await world.restartHub();

  // No help from the test: the hub itself finds that nothing is an hour away.
  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("a database clock set back an hour makes nobody wait longer than the horizon", async () => {
  const order = await openFill({ kind: "drop", commit: "never" });
  await stepDatabaseClock(order, -1);

  await world.restartHub();
  // From here on the send may be no older than this moment, so the horizon begins anew.
  const waits = await until("the run to look again", async () => {
    const [row] = await world.sql(
      `select extract(epoch from max(a.sent_at) - clock_timestamp())::float8 as ahead,
         extract(epoch from max(l.due_at) - clock_timestamp())::float8 as due
       from attempt a join intent i on i.pair = a.pair and i.key = a.key
       join lane l on l.pair = i.pair and l.key = i.lane_key
       where l.key = $1 and l.owner is null and l.due_at > clock_timestamp()`,
      [order.id],
    );
    return Number(row?.ahead) <= 0 && row;
  });
  const fills = await fillsOf(order);
  await letMinutesPass(world, order, () => hasEnded(world, order));

  expect(Number(waits.due)).toBeLessThan(330);
  expect(fills).toHaveLength(1);
  await expectBookedOnce(world, order);
});

// The horizon is reckoned by the clock of the database, so a step forward ends it too early and the
// fill is sent again. Release is the commit point: the late one finds the batch released.
test("a database clock set forward an hour sends a fill again and books it once", async () => {
  const order = await openFill({ kind: "drop", commit: "later", afterMs: 200_000 });
  await stepDatabaseClock(order, 1);

  await world.restartHub();
  await expectBookedOnce(world, order);
  const fills = await fillsOf(order);
  await world.slAdmin("/clock", { action: "advance", ms: 200_000 });

  expect(fills.map((row) => row.outcome)).toEqual(["absent", "ok"]);
  await expectBookedOnce(world, order);
  expect(await documentsOf(world, [order.id, ...order.chargeIds])).toHaveLength(2);
});

test("an order of the wrong hour is booked on the date of its money", async () => {
  const order = await pay(world, 4_500);
  const [row] = await world.stripe.balanceTransactions
    .list({ source: order.chargeIds[0] ?? "" })
    .then((page) => page.data);
  // Signatures are checked by the clock that is about to go wrong.
  await until("the events to arrive", async () => (await eventsOf(order)).length > 1);

  vi.setSystemTime(Date.now() + 400 * 24 * HOUR_MS);
  const { invoice, payments } = await expectBookedOnce(world, order);

  const date = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(
    new Date((row?.created ?? 0) * 1000),
  );
  const dates = [invoice, ...payments].map((document) => trimmed(document.DocDate).slice(0, 10));
  expect(dates).toEqual([date, date]);
});

async function isOutcomeOpen(order: Order): Promise<boolean> {
  const rows = await world.sql(
    `select 1 from lane where key = $1 and owner is null and due_at > now()
       and waits_for like '%had no answer%'`,
    [order.id],
  );
  return rows.length === 1;
}

async function eventsOf(order: Order): Promise<Row[]> {
  return world.sql("select type from event where lane_key = $1", [order.id]);
}

async function runsOf(order: Order): Promise<number> {
  return (await world.sql("select 1 from run where lane_key = $1", [order.id])).length;
}

async function fillsOf(order: Order): Promise<Row[]> {
  return world.sql(
    `select a.outcome from attempt a join intent i on i.pair = a.pair and i.key = a.key
     where i.lane_key = $1 and i.purpose = 'invoice' and a.step = 'fill' order by a.nr`,
    [order.id],
  );
}

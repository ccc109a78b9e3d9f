import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { type Order, pay } from "./orders.ts";

const DAY_MS = 24 * 3_600_000;

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.set("stripe.events-since", new Date(Date.now() - DAY_MS).toISOString().slice(0, 10));
});

afterAll(async () => {
  await world.close();
});

/** Stripe is asked now instead of in 15 seconds or in an hour. */
const askNow = (kind: "pull" | "gap") =>
  world.sql("update event_walk set due_at = now() where kind = $1 and owner is null", [kind]);

const gaps = () => world.api<{ walks: Row[]; rows: Row[] }>("/api/events/gaps");

/** How the events of these orders came, and how many rows there are of each event. */
function eventsOf(orders: readonly Order[]): Promise<Row[]> {
  return world.sql(
    `select stripe_event_id, count(*)::int as rows, min(via) as via from event
     where lane_key = any ($1) group by 1`,
    [orders.map(({ id }) => id)],
  );
}

test("an order whose webhooks were lost is found missing, and booked once", async () => {
  await world.stripeAdmin("/webhooks", { dropProbability: 1 });
  const order = await pay(world, 4_100);
  await world.stripeAdmin("/webhooks", { dropProbability: 0 });
  await world.stripeAdmin("/events/age", { seconds: 1_200 });

  await until("the lost events to be found", async () => {
    await askNow("gap");
    return (await gaps()).rows.length > 0;
  });
  await expectBookedOnce(world, order);

  const { rows, walks } = await gaps();
  expect(new Set(rows.map(({ via }) => via))).toEqual(new Set(["gap"]));
  expect(rows.map(({ type }) => type)).toContain("charge.succeeded");
  expect(walks).toMatchObject([{ pair: world.pair, kind: "gap", trouble: null, lost: null }]);
});

test("a webhook and the pull of one event make one row, and one document", async () => {
  await world.set("stripe.intake", "both");
  await world.stripeAdmin("/webhooks", { lateMs: 300, doubleProbability: 1 });

  const orders = await Promise.all([4_200, 4_201, 4_202].map((amount) => pay(world, amount)));
  await until("all events to have come", async () => {
    await askNow("pull");
    return (await eventsOf(orders)).length >= 2 * orders.length;
  });
  for (const order of orders) await expectBookedOnce(world, order);
  await world.stripeAdmin("/webhooks", { lateMs: 0, doubleProbability: 0 });

  const events = await eventsOf(orders);
  expect(new Set(events.map(({ rows }) => rows))).toEqual(new Set([1]));
});

test("a pair that pulls books without secrets, and its webhook route says so", async () => {
  await world.set("stripe.intake", "pull");
  await world.set("stripe.webhook-secrets", null);
  const refused = await fetch(`${world.hubUrl()}/webhooks/stripe/${world.pair}`, {
    method: "POST",
    body: "{}",
  });

  const order = await pay(world, 4_300);
  await until("the order's events to be pulled", async () => {
    await askNow("pull");
    return (await eventsOf([order])).length > 0;
  });

  await expectBookedOnce(world, order);
  expect(refused.status).toBe(404);
  expect(await refused.json()).toMatchObject({ error: { code: "intake.webhooks_off" } });
  expect(new Set((await eventsOf([order])).map(({ via }) => via))).toEqual(new Set(["pull"]));
});

test("a hub that starts again pulls what Stripe lists late too", async () => {
  await world.stripeAdmin("/settings", { eventsLateMs: 60_000, eventsLateShare: 0.5 });
  const orders = await Promise.all([4_400, 4_401, 4_402].map((amount) => pay(world, amount)));
  await world.stripeAdmin("/settings", { eventsLateMs: 0 });
  await world.restartHub();
  await until("a round before the late events are shown", async () => {
    await askNow("pull");
    const rows = await world.sql("select 1 from event_walk where kind = 'pull' and owner is null");
    return rows.length > 0;
  });

  await world.stripeAdmin("/clock", { advanceMs: 61_000 });
  await until("the late events to be pulled", async () => {
    await askNow("pull");
    const listed = await world.stripe.events.list({ type: "charge.succeeded", limit: 3 });
    const ids = listed.data.map(({ id }) => id);
    const rows = await world.sql("select 1 from event where stripe_event_id = any ($1)", [ids]);
    return rows.length === 3;
  });

  for (const order of orders) await expectBookedOnce(world, order);
});

test("a key that Stripe refuses pauses the pair, and one without the right does not", async () => {
  const events = { method: "GET", path: "/v1/events", action: "error", times: null };
  await world.stripeAdmin("/faults", { ...events, status: 403 });
  const trouble = await until("the trouble to be told", async () => {
    await askNow("pull");
    return (await gaps()).walks.find((walk) => walk.kind === "pull" && walk.trouble !== null);
  });
  const [free] = await world.sql("select paused_code from pair_state");

  await world.stripeAdmin("/faults/clear", {});
  await world.stripeAdmin("/faults", { path: "/v1/*", action: "error", status: 401, times: null });
  const paused = await until("the pair to be paused", async () => {
    await askNow("pull");
    const [row] = await world.sql("select paused_code from pair_state");
    return row?.paused_code;
  });
  await world.stripeAdmin("/faults/clear", {});

  expect(trouble.trouble).toMatchObject({ cure: expect.stringContaining("Events") as unknown });
  expect(free?.paused_code ?? null).toBeNull();
  expect(paused).toBe("stripe.auth");
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventsQuery, ListedEvent } from "../canonical/port.ts";
import { openShop, type Shop } from "./testing/shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const MINUTE_MS = 60_000;

async function listed(query: EventsQuery): Promise<ListedEvent[]> {
  const events: ListedEvent[] = [];
  for await (const page of shop.port.listEvents(query)) events.push(...page.events);
  return events;
}

test("events come newest first over pages, each with its whole body", async () => {
  const from = new Date(Date.now() - MINUTE_MS);
  for (let at = 0; at < 60; at += 1) await shop.pay({ amount: 100 + at });

  const events = await listed({ from });

  expect(events.length).toBeGreaterThan(100);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const [newest] = events;
  const stored = JSON.parse(newest?.body ?? "") as { id: string; data: { object: object } };
  const { lastResponse: _, ...asStripeHasIt } = await shop.stripe.events.retrieve(stored.id);
  expect(stored).toEqual({ ...asStripeHasIt });
});

test("a span and types narrow the list, the upper end left out", async () => {
  await shop.pay();
  const [event] = await listed({ from: new Date(0), types: ["charge.succeeded"] });
  const createdAt = event?.createdAt ?? new Date();

  const upTo = await listed({ from: new Date(0), until: createdAt });
  const types = new Set(
    (await listed({ from: createdAt, types: [event?.type ?? ""] })).map(typeOf),
  );

  expect(upTo.map(({ id }) => id)).not.toContain(event?.id);
  expect([...types]).toEqual(["charge.succeeded"]);
});

const typeOf = ({ type }: ListedEvent) => type;

test("an event that Stripe lists late is listed once its time has come", async () => {
  const from = new Date(Date.now() - MINUTE_MS);
  await shop.admin("settings", { eventsLateMs: MINUTE_MS });
  const { id } = await shop.stripe.customers.create({ name: "Late" });
  await shop.admin("settings", { eventsLateMs: 0 });
  const speaksOfIt = ({ body }: ListedEvent) => body.includes(id);

  const before = await listed({ from });
  await shop.admin("clock", { advanceMs: MINUTE_MS });
  const after = await listed({ from });

  expect([before.some(speaksOfIt), after.some(speaksOfIt)]).toEqual([false, true]);
});

test("a key that Stripe refuses is told as such", async () => {
  const pages = shop.portWithKey("sk_test_wrong").listEvents({ from: new Date() });

  await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "stripe.auth" });
});

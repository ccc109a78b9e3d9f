import { afterAll, beforeAll, expect, test } from "vitest";
import type { CloseAnswer, GoliveAnswer } from "../../src/api/contract.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { pay } from "./orders.ts";
import { letViewsCatchUp, loseHub, rebuild, wake } from "./restores.ts";

// What a rebuild took over from SL has no draft in the hub any more: SL's lines tell what it moved.

const DAY_MS = 86_400_000;
const dayAgo = (days: number) =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(
    Date.now() - days * DAY_MS,
  );

let world: World;

beforeAll(async () => {
  world = await openWorld({ start: dayAgo(2), "stripe.events-since": dayAgo(9) });
  await world.stripeAdmin("/settings", { feePercent: "0", feeFixed: 0 });
  await world.stripeAdmin("/clock", { shiftMs: -4 * DAY_MS });
  await pay(world, 12_500);
  await world.stripeAdmin("/clock", { advanceMs: 4 * DAY_MS });
});

afterAll(() => world.close());

/** What the balance held at the start. */
async function openBooks(): Promise<void> {
  const path = `/api/pairs/${world.pair}/golive`;
  const { seen } = await world.api<GoliveAnswer>(path);
  await world.api(path, { method: "POST", body: { seen } });
  await until("the opening entry to be booked", async () => {
    return (await world.api<GoliveAnswer>(path)).entries.every(({ state }) => state === "booked");
  });
}

const isProven = async () => (await proofIn(world, "USD")).isProven;

/** What a close of the month of a day would say. */
async function closeOf(day: string): Promise<CloseAnswer> {
  const period = day.slice(0, 7).replace("-", "");
  const body = { period, by: "maria", dryRun: true };
  return world.api<CloseAnswer>(`/api/pairs/${world.pair}/close`, { method: "POST", body });
}

/** The checklist's word of what is on its way to the bank in the month of a day. */
async function transitIn(day: string): Promise<unknown> {
  return (await closeOf(day)).items.find(({ name }) => name === "transit USD");
}

const journals = (id: string, count: number) =>
  until(`${count} journals of ${id}`, async () => {
    const batches = await world.slRows("Batch");
    return batches.filter((row) => trimmed(row.User1) === id && row.Rlsed === 1).length === count;
  });

test("days and payouts of a hub that lost its database are proved and explained", async () => {
  await openBooks();
  const order = await pay(world, 40_000);
  await world.ended(order.id, ["booked"]);
  const arrival = new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10);
  const arrival_date = Date.parse(arrival) / 1_000;
  const body = { amount: 40_000, currency: "usd", arrival_date };
  const { id } = await world.stripeAdmin<{ id: string }>("/payouts", body);
  await journals(id, 1);
  expect(await isProven()).toBe(true);

  await loseHub(world);
  await rebuild(world);
  for (const lane of [order.id, id]) await wake(world, lane);
  await until("the rows to have their owners again", async () => {
    return (await world.sql("select 1 from row_owner")).length === 2;
  });

  expect(await proofIn(world, "USD")).toMatchObject({ isProven: true, findings: [] });
  expect(await transitIn(arrival)).toMatchObject({ state: "listed", ids: [id] });

  for (const _step of ["sent", "arrived"]) await world.stripeAdmin(`/payouts/${id}/step`, {});
  await journals(id, 2);
  expect(await isProven()).toBe(true);
  expect(await transitIn(arrival)).toMatchObject({ state: "ok", ids: [] });
});

test("a rebuild dates what an earlier version took over without a date", async () => {
  const found = () => world.sql("select receipt from intent where draft = '{}' order by key");
  const before = await found();
  await world.sql(
    `update intent set receipt = receipt || '{"period": "", "documentDate": ""}'
     where draft = '{}' and bat_nbr is not null`,
  );

  await rebuild(world);

  expect(await found()).toEqual(before);
  const undated = await world.sql("select 1 from intent where receipt ->> 'period' = ''");
  expect(undated).toEqual([]);
});

test("a close holds what a rebuild took over against SL, and hashes it", async () => {
  const order = await pay(world, 10_000);
  await world.ended(order.id, ["booked"]);
  const before = await closeOf(dayAgo(0));
  await loseHub(world);
  await rebuild(world);
  await letViewsCatchUp(world);
  const [invoice] = (await world.slRows("ARDoc")).filter(
    (row) => trimmed(row.User1) === order.id && trimmed(row.DocType) === "IN",
  );

  const clean = await closeOf(dayAgo(0));
  const { CustId, DocType, RefNbr, BatNbr } = invoice ?? {};
  const where = { CustId, DocType, RefNbr, BatNbr };
  await world.slAdmin("/rows", { table: "ARDoc", where, set: {}, remove: true });
  const changed = await closeOf(dayAgo(0));

  expect(clean.documents.count).toBe(before.documents.count);
  const watch = ({ items }: CloseAnswer) => items.find(({ name }) => name === "watch");
  expect(watch(clean)).toMatchObject({ state: "ok" });
  expect(watch(changed)).toMatchObject({ state: "open" });
  expect(watch(changed)?.ids.join()).toContain(`deleted: IN ${trimmed(RefNbr)}`);
});

import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PayoutAnswer } from "../../src/api/contract.ts";
import { wakeOwners } from "../../src/ledger/index.ts";
import { someSettings } from "../../src/mapping/testing/builders.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { journalsIn, proofIn, sweepUntil } from "./currency-books.ts";
import { allAsleep, loseHub, rebuild, wake } from "./restores.ts";

// Money that a bank account brought by an inbound transfer, as a top-up (G40): Stripe shows its
// balance rows and no object behind them. 1010 is the bank, 1090 transit, 1095 clearing.

const DAY_SECONDS = 86_400;
const NOW = Math.floor(Date.now() / 1_000);

let world: World;
let pool: Pool;

beforeAll(async () => {
  const since = new Date(Date.now() - 9 * DAY_SECONDS * 1_000).toISOString().slice(0, 10);
  world = await openWorld({ "journal-delay": 0, "stripe.events-since": since });
  pool = new Pool({ connectionString: world.databaseUrl, max: 1 });
});

afterAll(async () => {
  await pool.end();
  await world.close();
});

type Times = Readonly<{ created: number; available_on: number }>;

const brought = (source: string, amount: number, times: Times, more: object = {}) =>
  world.stripeAdmin("/balance_transactions", {
    ...{ amount, currency: "usd", type: "inbound_transfer", reporting_category: "topup" },
    ...{ source, ...times, ...more },
  });

const tookBack = (source: string, amount: number, times: Times) =>
  brought(source, -amount, times, {
    ...{ type: "inbound_transfer_reversal", reporting_category: "topup_reversal" },
  });

/** An hour after they were read, rows without an owner wake the lanes of their own. */
async function untilJournals(id: string, count: number): Promise<string[]> {
  await sweepUntil(world, `${count} journals of ${id}`, async () => {
    await world.sql(
      "update balance_row set read_at = now() - interval '1 hour', woken_at = null where pair = $1",
      [world.pair],
    );
    await wakeOwners(pool, { id: world.pair, settings: someSettings({}) });
    return (await journalsIn(world, id)).length === count;
  });
  await untilRested(id);
  return journalsIn(world, id);
}

/** Nobody works on it, and it is due for what it awaits at the earliest. */
async function untilRested(id: string): Promise<void> {
  await until(`${id} to rest`, async () => {
    const [lane] = await world.sql(
      "select owner is null and coalesce(due_at > now(), true) as rests from lane where key = $1",
      [id],
    );
    return lane?.rests === true;
  });
}

async function expectProven(): Promise<void> {
  const { isProven, difference } = await proofIn(world, "USD");
  expect({ isProven, difference }).toEqual({ isProven: true, difference: "0.00" });
}

async function unowned(): Promise<unknown[]> {
  return (await world.api<{ rows: unknown[] }>("/api/rows/unowned")).rows;
}

const DEBITED = { created: NOW - 3 * DAY_SECONDS, available_on: NOW - DAY_SECONDS };

test("an inbound transfer and its reversal are booked as a top-up", async () => {
  const id = "ibt_1PqDebited";
  await brought(id, 200_000, DEBITED);
  const came = await untilJournals(id, 2);
  await tookBack(id, 200_000, { created: NOW - 600, available_on: NOW - 600 });
  const went = await untilJournals(id, 3);

  expect(came).toEqual([
    "GJ USD Cr 1090 2000=2000 | Dr 1095 2000=2000",
    "GJ USD Cr 1010 2000=2000 | Dr 1090 2000=2000",
  ]);
  expect(went[2]).toBe("GJ USD Cr 1095 2000=2000 | Dr 1010 2000=2000");
  expect(await unowned()).toEqual([]);
  await expectProven();
});

test("one that its bank never paid goes back from transit", async () => {
  const id = "ibt_1PqRefused";
  await brought(id, 30_000, { created: NOW - 600, available_on: NOW + 4 * DAY_SECONDS });
  const came = await untilJournals(id, 1);
  await tookBack(id, 30_000, { created: NOW - 60, available_on: NOW - 60 });
  const went = await untilJournals(id, 2);

  expect(came).toEqual(["GJ USD Cr 1090 300=300 | Dr 1095 300=300"]);
  expect(went[1]).toBe("GJ USD Cr 1095 300=300 | Dr 1090 300=300");
  await expectProven();
});

test("its bank has paid once its money is available, which its lane looks for", async () => {
  const id = "ibt_1PqPending";
  await brought(id, 40_000, { created: NOW - 600, available_on: NOW + 3_600 });
  await untilJournals(id, 1);
  const [lane] = await world.sql("select due_at > now() as waits from lane where key = $1", [id]);
  await world.stripeAdmin("/clock", { advanceMs: 2 * 3_600_000 });
  await wake(world, id);
  await until("its bank's side", async () => (await journalsIn(world, id)).length === 2);
  await untilRested(id);

  expect(lane?.waits).toBe(true);
  expect((await journalsIn(world, id))[1]).toBe("GJ USD Cr 1010 400=400 | Dr 1090 400=400");
  const path = `/api/pairs/${world.pair}/payouts/${id}`;
  const { kind, status, journals } = await world.api<PayoutAnswer>(path);
  expect([kind, status, journals.length]).toEqual(["inbound-transfer", "available", 2]);
  await expectProven();
});

test("a hub that lost its database takes its journals over, and books none again", async () => {
  const ids = ["ibt_1PqDebited", "ibt_1PqRefused", "ibt_1PqPending"];
  const booksNow = () => Promise.all(ids.map((id) => journalsIn(world, id)));
  const before = await booksNow();

  await loseHub(world);
  await world.sql("update balance_row set settled_at = null");
  const report = await rebuild(world, { since: new Date((NOW - 5 * DAY_SECONDS) * 1_000) });
  await allAsleep(world);
  for (const [at, id] of ids.entries()) await untilJournals(id, before[at]?.length ?? 0);
  await allAsleep(world);

  expect(report.unexplained).toEqual([]);
  expect(await booksNow()).toEqual(before);
  expect(await unowned()).toEqual([]);
  await expectProven();
});

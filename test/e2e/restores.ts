import { Client } from "pg";
import { until } from "../support/wait.ts";
import type { World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { copyOfTable } from "./copied-table.ts";
import type { Order } from "./orders.ts";

/**
 * Everything that the hub's database holds. `hub_process` and `lineage` are part of it: a restore
 * brings back what the hub believed at the time of the copy.
 */
const HUB_TABLES = [
  ...["event", "lane", "pair_state", "hub_process", "intent", "attempt", "receipt"],
  ...["row_owner", "link", "run", "parked", "customer_lock", "lineage", "site_probe"],
  ...["sales_order", "dispute", "reversal", "former_owner", "collected_document"],
];

/** Copies the hub's database as it stands, half-done work and all, for `putBackHub`. */
export async function copyHub(world: World): Promise<void> {
  const copies = HUB_TABLES.map((table) => copyOfTable("copy", table));
  await world.sql(`drop schema if exists copy cascade; create schema copy; ${copies.join(" ")}`);
}

/** All that the hub has noted of its work is gone; what it is set up with stays. */
export async function loseAll(world: World): Promise<void> {
  const tables = await world.sql(
    `select table_name as name from information_schema.tables
     where table_schema = current_schema() and table_type = 'BASE TABLE'
       and table_name not in ('slipway_migration', 'pair_state', 'site_probe')`,
  );
  await replaceRows(world, `truncate ${tables.map(({ name }) => String(name)).join(", ")} cascade`);
  await world.restartHub();
}

/**
 * A day whose journal waits for its end sleeps until then, also in its last hour; a young order
 * whose shipment is awaited is looked at every two minutes.
 */
const isAwake = (within: string) =>
  `(l.owner is not null or l.due_at < now()
     or l.due_at < now() + interval '${within}' and l.key not like 'day:%'
       and coalesce(l.waits_for, '') not like '% its next shipment')`;

/** Nothing is due but days that are not over. */
export async function allIdle(world: World): Promise<void> {
  await until("all lanes to be idle", async () => {
    const busy = await world.sql(
      `select l.key, l.waits_for from lane l where ${isAwake("1 minute")}`,
    );
    if (busy.length > 0) throw new Error(`Busy: ${JSON.stringify(busy)}`);
    return true;
  });
}

const AN_HOUR_PASSED = `
update lane set lease_until = lease_until - interval '1 hour' where owner is not null;
update hub_process set heartbeat_at = heartbeat_at - interval '1 hour';
update attempt set sent_at = sent_at - interval '1 hour',
  answered_at = answered_at - interval '1 hour';`;

/**
 * Puts the copied rows back in one transaction, as a restore does, whoever works meanwhile. To the
 * rows it is an hour later.
 */
export async function putBackHub(world: World): Promise<void> {
  const rows = HUB_TABLES.map(
    (table) => `insert into ${table} overriding system value table copy.${table};`,
  );
  const lost = `truncate ${HUB_TABLES.join(", ")} cascade;`;
  await replaceRows(world, `${lost} ${rows.join(" ")} ${AN_HOUR_PASSED}`);
}

/** Nothing of the hub's database is left. */
export async function loseHub(world: World): Promise<void> {
  await replaceRows(world, `truncate ${HUB_TABLES.join(", ")} cascade`);
}

/**
 * Runs statements as one transaction under a working hub. It may hold one table and wait for
 * another; where the server has ended this side of such a deadlock, it is tried again.
 */
async function replaceRows(world: World, statements: string): Promise<void> {
  await until("no deadlock with the hub", async () => {
    await world.sql(statements);
    return true;
  });
}

/** What was written counts as written long ago: no view of SL lags so far behind. */
export async function letViewsCatchUp(world: World): Promise<void> {
  await world.sql("update intent set updated_at = updated_at - interval '10 minutes'");
}

/** Wakes the lane of a Stripe object, as an event of it would. */
export async function wake(world: World, laneKey: string): Promise<void> {
  await world.sql(
    `with woken as (
       insert into lane (pair, key, wake, due_at) values ($1, $2, 1, now())
       on conflict (pair, key) do update set due_at = now(), wake = lane.wake + 1 returning pair)
     select pg_notify('slipway_lane', pair) from woken`,
    [world.pair, laneKey],
  );
}

/** What the hub answers to a rebuild. */
export type Report = {
  inSl: number;
  adopted: number;
  unexplained: string[];
  reopened: string[];
  woken: number;
};

/** A rebuild of the world's pair; by default what was paid since yesterday runs again. */
export function rebuild(
  world: World,
  options: { since?: Date; dryRun?: boolean } = {},
): Promise<Report> {
  const { since = new Date(Date.now() - 86_400_000), dryRun = false } = options;
  const body = { pair: world.pair, since: since.toISOString(), dryRun };
  return world.api<Report>("/api/rebuild", { method: "POST", body });
}

/** Waits until no lane of the hub is at work or due soon. */
export async function allAsleep(world: World): Promise<void> {
  await until("all lanes to sleep", async () => {
    const awake = await world.sql(
      `select l.key, l.due_at - now() as due_in, l.owner, l.tries, l.waits_for, s.paused_code,
         s.circuit
       from lane l left join pair_state s on s.pair = l.pair
       where ${isAwake("1 hour")}`,
    );
    if (awake.length === 0) return true;
    throw new Error(`Awake: ${JSON.stringify(awake)}`);
  });
}

/** Keeps the hub from comparing itself with SL until the returned function is called. */
export async function holdComparisons(world: World): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: world.databaseUrl });
  await holder.connect();
  await holder.query("select pg_advisory_lock(1397509193, hashtext($1))", [world.pair]);
  return () => holder.end();
}

/** Hub and SL count as compared and of one mind, so that first writes do not look SL up. */
export async function trustLineage(world: World): Promise<void> {
  await world.sql(
    `insert into lineage (pair, checked_at, is_green, reason) values ($1, now(), true, '')
     on conflict (pair) do update set checked_at = now(), is_green = true, reason = ''`,
    [world.pair],
  );
}

/** The released documents of an order, by type and number. */
export async function releasedNumbers(world: World, order: Order): Promise<string[]> {
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);
  const released = documents.filter((row) => row.Rlsed === 1);
  return released.map((row) => `${trimmed(row.DocType)} ${trimmed(row.RefNbr)}`).sort();
}

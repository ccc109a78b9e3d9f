import type { World } from "../support/world.ts";

/**
 * Everything that the hub's database holds. `hub_process` and `lineage` are part of it: a restore
 * brings back what the hub believed at the time of the copy.
 */
const HUB_TABLES = [
  ...["event", "lane", "pair_state", "hub_process", "intent", "attempt", "receipt"],
  ...["row_owner", "link", "run", "parked", "customer_lock", "lineage", "site_probe"],
];

/** Copies the hub's database as it stands, half-done work and all, for `putBackHub`. */
export async function copyHub(world: World): Promise<void> {
  const copies = HUB_TABLES.map((table) => `create table copy.${table} as table public.${table};`);
  await world.sql(`drop schema if exists copy cascade; create schema copy; ${copies.join(" ")}`);
}

const AN_HOUR_PASSED = `
update lane set lease_until = lease_until - interval '1 hour' where owner is not null;
update hub_process set heartbeat_at = heartbeat_at - interval '1 hour';
update attempt set sent_at = sent_at - interval '1 hour';`;

/**
 * Puts the copied rows back in one transaction, as a restore does, whoever works meanwhile. To the
 * rows it is an hour later.
 */
export async function putBackHub(world: World): Promise<void> {
  const rows = HUB_TABLES.map(
    (table) => `insert into ${table} overriding system value table copy.${table};`,
  );
  const lost = `truncate ${HUB_TABLES.join(", ")} cascade;`;
  await world.sql(`begin; ${lost} ${rows.join(" ")} ${AN_HOUR_PASSED} commit;`);
}

/** Nothing of the hub's database is left. */
export async function loseHub(world: World): Promise<void> {
  await world.sql(`truncate ${HUB_TABLES.join(", ")} cascade`);
}

/** What was written counts as written long ago: no view of SL lags so far behind. */
export async function letViewsCatchUp(world: World): Promise<void> {
  await world.sql("update intent set updated_at = updated_at - interval '10 minutes'");
}

/** Wakes the lane of a Stripe object, as an event of it would. */
export async function wake(world: World, laneKey: string): Promise<void> {
  await world.sql(
    `insert into lane (pair, key, wake, due_at) values ($1, $2, 1, now())
     on conflict (pair, key) do update set due_at = now(), wake = lane.wake + 1`,
    [world.pair, laneKey],
  );
}

import { Client, type Pool } from "pg";
import { until } from "../../support/wait.ts";
import { type CrashWorld, PATIENCE_MS } from "./crash-world.ts";
import type { Order } from "./orders.ts";

// What these tests see and do in the hub's database, beside the hub.

/** Notes every time that an event is given an end, so that a second end is seen. */
export async function watchEndings(pool: Pool): Promise<void> {
  await pool.query(`
    create table ending_seen (seq bigint, end_state text);
    create function see_ending() returns trigger language plpgsql as $$
    begin
      insert into ending_seen values (new.seq, new.end_state);
      return new;
    end $$;
    create trigger ending_seen after update of end_state on event
      for each row execute function see_ending();`);
}

/** How the events ended: all of them once, or what is wrong. */
export async function eventTrouble(pool: Pool): Promise<string[]> {
  const found = await pool.query<{ trouble: string }>(`
    select type || ' has no end' as trouble from event where end_state is null
    union all select type || ' is parked: ' || end_reason from event where end_state = 'parked'
    union all select 'event ' || seq || ' ended ' || count(*) || ' times' from ending_seen
      group by seq having count(*) > 1`);
  return found.rows.map((row) => row.trouble);
}

/**
 * Waits until nothing is owed any more: Stripe has brought all events, every lane sleeps. Those of
 * days are due again until their day is over, which no test waits for.
 */
export async function untilQuiet(world: CrashWorld, orders: readonly Order[]): Promise<void> {
  await untilBooked(world.pool, orders);
  let last = "";
  const isQuiet = async () => {
    const { state } = await world.stripeAdmin<{ state: { pending: number } }>("/webhooks");
    const busy = await world.pool.query<{ lane: string }>(
      `select key || ' ' || coalesce('worked by ' || owner, waits_for, 'due') as lane from lane
       where (owner is not null or due_at is not null) and key not like 'day:%'`,
    );
    last = `${state.pending} deliveries; lanes ${busy.rows.map((row) => row.lane).join("; ")}`;
    return state.pending === 0 && busy.rows.length === 0;
  };
  await until("the hub to have done all", isQuiet, PATIENCE_MS).catch((cause: unknown) => {
    throw new Error(`Still to do: ${last}`, { cause });
  });
}

/** Waits until each of these orders has a run that has booked it. */
export async function untilBooked(pool: Pool, orders: readonly Order[]): Promise<void> {
  const lanes = orders.map((order) => order.intentId);
  const isBooked = async () => {
    const booked = await pool.query(
      "select distinct lane_key from run where outcome = 'booked' and lane_key = any ($1)",
      [lanes],
    );
    return booked.rowCount === lanes.length;
  };
  try {
    await until("the orders to be booked", isBooked, PATIENCE_MS);
  } catch (cause) {
    const left = await pool.query<{ line: string }>(
      `select key || ' ' || coalesce(waits_for, '') || ' ' ||
         (select coalesce(string_agg(outcome || ': ' || reason, ', ' order by id), 'no run')
          from run where lane_key = lane.key) as line
       from lane where key = any ($1)`,
      [lanes],
    );
    throw new Error(left.rows.map((row) => row.line).join("\n"), { cause });
  }
}

/**
 * Buries the connections of a hub that was killed: the server would still carry out the statements
 * that wait for a lock, as if they had left the hub a moment before its death.
 */
export async function endHubConnections(pool: Pool): Promise<void> {
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name like 'slipway%'`);
  await until("the dead hub's connections to end", async () => {
    const left = await pool.query(`select 1 from pg_stat_activity
      where datname = current_database() and application_name like 'slipway%'`);
    return left.rowCount === 0;
  });
}

/** Lets the leases of dead hubs run out now; how long a take-over takes is another test's. */
export async function endLeases(pool: Pool): Promise<void> {
  await pool.query(`update lane set lease_until = clock_timestamp() - interval '1 second'
    where owner is not null`);
}

/** Moves the calls without an answer beyond the outcome horizon: what they did, they have done. */
export async function passHorizon(pool: Pool): Promise<void> {
  await pool.query(`update attempt set sent_at = sent_at - interval '1 hour'
    where answered_at is null`);
}

/** Makes every waiting lane look again now. */
export async function lookAgain(pool: Pool): Promise<void> {
  await pool.query("update lane set due_at = clock_timestamp() where due_at > clock_timestamp()");
}

/** Keeps all intents of these orders as they are, until the function it gives is called. */
export async function lockIntents(
  world: CrashWorld,
  orders: readonly Order[],
): Promise<() => Promise<void>> {
  // Not of the pool, whose end would wait for a lock that a failed test has left.
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query("begin");
  await client.query("select 1 from intent where lane_key = any ($1) for update", [
    orders.map((order) => order.intentId),
  ]);
  return () => client.end();
}

/** How many of the hub's moves of an intent wait for a lock. */
export async function movesThatWait(pool: Pool): Promise<number> {
  const found = await pool.query<{ n: number }>(`select count(*)::int as n from pg_stat_activity
    where datname = current_database() and application_name like 'slipway%'
      and wait_event_type = 'Lock' and query like '%update intent set%'`);
  return found.rows[0]?.n ?? 0;
}

/** Waits until no lane is worked by this process, and gives how long that took. */
export async function untilTakenOver(pool: Pool, pid: number): Promise<number> {
  const startedAtMs = performance.now();
  await until(
    `the lanes of process ${pid} to be taken over`,
    async () => {
      const held = await pool.query("select 1 from lane where split_part(owner, ':', 2) = $1", [
        String(pid),
      ]);
      return held.rowCount === 0;
    },
    PATIENCE_MS,
  );
  return performance.now() - startedAtMs;
}

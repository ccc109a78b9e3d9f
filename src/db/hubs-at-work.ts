import type pg from "pg";
import { pause } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";

// A hub that was killed is at work no more once three of its heartbeats have failed to come. None
// of one that lives lies ahead: where the clock was set back, that is what a dead one has left.
const ALIVE_MS = 12_000;
const LOOK_EVERY_MS = 250;

/**
 * Waits until no hub works on the database. One of the version before would go on by its own rules
 * on tables that follow others: book what the new version knows to be booked, or left alone.
 *
 * @throws HubError `db.hub_at_work` with the hubs that are left after `withinMs`
 */
export async function untilNoHubWorks(client: pg.Client, withinMs: number): Promise<void> {
  const table = await client.query("select 1 where to_regclass('hub_process') is not null");
  if (table.rowCount === 0) return;
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const { rows } = await client.query<{ id: string }>(
      `select id from hub_process
       where heartbeat_at <= clock_timestamp()
         and heartbeat_at > clock_timestamp() - $1 * interval '1 millisecond' order by id`,
      [ALIVE_MS],
    );
    if (rows.length === 0) return;
    if (performance.now() >= untilMs) throw atWork(rows.map(({ id }) => id));
    await pause(LOOK_EVERY_MS);
  }
}

function atWork(hubs: readonly string[]): HubError {
  const names = hubs.join(", ");
  return new HubError("db.hub_at_work", `The database has hubs of another version: ${names}`, {
    facts: { hubs: names },
  });
}

import type { Pool } from "pg";

/** How the database knows whose statement it is: real processes have names of their own. */
const WORKER_NAME = "^w[0-9]+$";

/**
 * The database itself looks at who writes: what stands in SL in the end does not show a stale write
 * that happened to do no harm. A customer, and what is written back to it, are of no lane.
 */
const WATCH_SQL = `
create table torture_trespass (worker text not null, lane_key text not null);
create function torture_watch() returns trigger language plpgsql as $$
declare
  worker constant text := current_setting('application_name');
  written record;
  holder text;
begin
  if worker !~ '${WORKER_NAME}' then return null; end if;
  select lane_key, object, purpose into written
  from intent where pair = new.pair and key = new.key;
  if written.purpose = 'customer' or written.object ~ '^cus_' then return null; end if;
  select owner into holder from lane where pair = new.pair and key = written.lane_key;
  if not found or holder is not distinct from worker then return null; end if;
  -- What was collected for a day is ended by whoever has the day's lane.
  perform from collected_document c join lane l on l.pair = c.pair and l.key = 'summary:' || c.day
  where c.pair = new.pair and c.intent_key = new.key and l.owner = worker;
  if found then return null; end if;
  insert into torture_trespass (worker, lane_key) values (worker, written.lane_key);
  return null;
end $$;
create trigger torture_watch after insert or update on intent
  for each row execute function torture_watch();
create trigger torture_watch after insert or update on attempt
  for each row execute function torture_watch();`;

/** From now on a database notes whoever writes for a lane that another worker has. Once each. */
export async function watchTrespass(pool: Pool): Promise<void> {
  await pool.query(WATCH_SQL);
}

/** What an earlier run left is none of this one's. */
export async function clearTrespass(pool: Pool): Promise<void> {
  await pool.query("delete from torture_trespass");
}

/** Promise 4: a worker that has lost its lane writes nothing for it. @throws Error for the first */
export async function assertNoTrespass(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ worker: string; lane_key: string }>(
    "select worker, lane_key from torture_trespass",
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new Error(`${first.worker} wrote for ${first.lane_key}, which was not its lane any more`);
}

import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { isUnavailable, openPool, withTransaction } from "../../db/index.ts";

// PostgreSQL's own clock cannot be moved. Two functions of the same names that stand before it in
// the search path of this one database can: so no statement of the hub is another one. The shift
// is the last value of a sequence, which costs a statement less than a look into a table. Reading
// it has to be stable in this database, as now() is: an index could not answer "due by now"
// otherwise. A function of its own over it would be looked up by its name
// each time that a statement begins.
const INSTALL_SQL = `
create schema if not exists demo_clock;
create sequence if not exists demo_clock.shift as bigint minvalue ${-(2n ** 63n)};
alter function pg_catalog.pg_sequence_last_value(regclass) stable;
create or replace function demo_clock.now() returns timestamptz language sql stable
  return pg_catalog.now()
    + pg_sequence_last_value('demo_clock.shift'::regclass) * interval '1 millisecond';
create or replace function demo_clock.clock_timestamp() returns timestamptz language sql volatile
  return pg_catalog.clock_timestamp()
    + pg_sequence_last_value('demo_clock.shift'::regclass) * interval '1 millisecond';
do $$ begin
  execute format('alter database %I set search_path = public, demo_clock, pg_catalog',
    current_database());
end $$`;

// Nobody may be at work: a lease or a call that began before a jump would have lasted for days.
const SHIFT_SQL = `
select setval('demo_clock.shift', $1::bigint)
where not exists (select from lane where owner is not null)
  and not exists (select from event_walk where owner is not null)
  and not exists (select from guest_call)`;

// The living process has not been silent for as long as the jump.
const BEAT_SQL = `
update hub_process set heartbeat_at = heartbeat_at + $1 * interval '1 millisecond'`;

const TRIES_MAX = 10;
const AGAIN_MS = 500;

/** Asks again where the server was too busy to answer: a year is not given up for that. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (!isUnavailable(thrown) || tried === TRIES_MAX) throw thrown;
      await pause(AGAIN_MS);
    }
  }
}

/** How much there is to do, and when the next thing falls due. */
export type Work = Readonly<{
  owned: number;
  due: number;
  walks: number;
  /** Walks through Stripe's lists that are due, and that the hub looks for every second. */
  dueWalks: number;
  guests: number;
  /** Until a lane falls due, in ms; null where none waits. */
  nextMs: number | null;
  /** Until an open circuit lets one lane try, in ms; null while it is closed. */
  probeMs: number | null;
}>;

/** $1 pair: with it all lanes that sleep are left aside by an index. */
const WORK_SQL = `
with at as materialized (select clock_timestamp() as now)
select (select count(*) from lane where pair = $1 and owner is not null)::int as owned,
  (select count(*) from lane where pair = $1 and owner is null and due_at <= at.now)::int as due,
  (select count(*) from event_walk where owner is not null)::int as walks,
  (select count(*) from event_walk where owner is null and due_at <= at.now)::int as "dueWalks",
  (select count(*) from guest_call)::int as guests,
  (select extract(epoch from min(due_at) - at.now) * 1000
   from lane where pair = $1 and owner is null and due_at > at.now)::float8 as "nextMs",
  (select extract(epoch from min(probe_at) - at.now) * 1000
   from pair_state where circuit = 'open')::float8 as "probeMs"
from at`;

/** How much has come to what. */
export type Counts = Readonly<{ rows: number; booked: number; parked: number }>;

const COUNTS_SQL = `
select (select count(*) from balance_row)::int as rows,
  (select count(*) from intent where stage = 'done' and purpose <> 'writeback')::int as booked,
  (select count(*) from parked where state = 'open')::int as parked`;

/** The clock of the hub's database, for a database of its own that nobody keeps. */
export class DatabaseClock {
  readonly #pool: ReturnType<typeof openPool>;
  #shiftMs: number;

  constructor(url: string, shiftMs: number) {
    this.#shiftMs = shiftMs;
    this.#pool = openPool(url, { max: 2, applicationName: "slipway-year" });
  }

  /** Makes the clock before the hub makes its tables, whose defaults take the time from it. */
  static async install(url: string, shiftMs: number): Promise<void> {
    const pool = openPool(url, { max: 1, applicationName: "slipway-year" });
    try {
      await pool.query(INSTALL_SQL);
      await pool.query("select setval('demo_clock.shift', $1::bigint)", [shiftMs]);
    } finally {
      await pool.end();
    }
  }

  /**
   * Moves the clock while nothing is under way.
   *
   * @returns false where something was
   */
  async shift(ms: number): Promise<boolean> {
    const isMoved = await patiently(() => this.#move(ms));
    if (isMoved) this.#shiftMs = ms;
    return isMoved;
  }

  #move(ms: number): Promise<boolean> {
    return withTransaction(this.#pool, async (tx) => {
      await tx.query("lock table lane, event_walk, guest_call in share mode");
      const { rowCount } = await tx.query(SHIFT_SQL, [ms]);
      if (rowCount === 0) return false;
      await tx.query(BEAT_SQL, [ms - this.#shiftMs]);
      return true;
    });
  }

  /** Tells the hub to look for lanes that the jump has made due. */
  async ring(pair: string): Promise<void> {
    await patiently(() => this.#pool.query("select pg_notify('slipway_lane', $1)", [pair]));
  }

  async work(pair: string): Promise<Work> {
    // Asked over and over, so it is planned once: planning costs thrice what running it does.
    const look = { name: "slipway_year_work", text: WORK_SQL, values: [pair] };
    const { rows } = await patiently(() => this.#pool.query<Work>(look));
    const [work] = rows;
    if (work === undefined) throw new HubError("bug.assertion", "A count has no row");
    return work;
  }

  async counts(): Promise<Counts> {
    const { rows } = await patiently(() => this.#pool.query<Counts>(COUNTS_SQL));
    return rows[0] ?? { rows: 0, booked: 0, parked: 0 };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

import fc from "fast-check";
import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { HubError } from "../base/errors.ts";
import { openPool } from "../db/index.ts";
import { GroupCommitter } from "./group-committer.ts";
import type { ArrivedEvent } from "./store-group.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, {
    ...{ applicationName: "committer-test", max: 10 },
    connectWithinMs: 30_000,
  });
});
beforeEach(async () => {
  await pool.query("truncate event, lane");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function anEvent(id: string, overrides: Partial<ArrivedEvent> = {}): ArrivedEvent {
  return {
    pair: "acme",
    id,
    type: "charge.succeeded",
    apiVersion: null,
    livemode: false,
    objectId: "ch_1",
    laneKey: `pi_of_${id}`,
    endReason: null,
    createdAt: new Date(1_790_000_000_000),
    body: Buffer.from(`body of ${id}`),
    signedSha256: null,
    via: "webhook" as const,
    ...overrides,
  };
}

/** The answer, or the code of the refusal. */
async function answerOf(stored: Promise<string>): Promise<string> {
  try {
    return await stored;
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
}

async function number(sql: string): Promise<number> {
  const result = await pool.query<{ n: number }>(`select (${sql})::int as n`);
  return result.rows[0]?.n ?? -1;
}

/** One that no pause of the machine makes answer that the database is away. */
function patientCommitter(): GroupCommitter {
  return new GroupCommitter({ pool, answerWithinMs: 60_000 });
}

test("events that arrive together share their statements", async () => {
  const committer = patientCommitter();

  await Promise.all(Array.from({ length: 100 }, (_, n) => committer.add(anEvent(`evt_${n}`))));

  expect(await number("select count(*) from event")).toBe(100);
  expect(await number("select count(distinct xmin::text) from event")).toBeLessThan(5);
});

test("each body is cut from the group as it came", async () => {
  const committer = patientCommitter();
  const bodies = ["", "a", "\u0000", "ü€😀", "x".repeat(70_000)].map((text) => Buffer.from(text));

  await Promise.all(bodies.map((body, n) => committer.add(anEvent(`evt_${n}`, { body }))));

  const rows = await pool.query<{ body: Buffer }>(
    "select body from event order by stripe_event_id",
  );
  expect(rows.rows.map((row) => row.body)).toEqual(bodies);
});

test("equal events in one group are stored once, and the lane is woken once", async () => {
  const committer = patientCommitter();

  const answers = await Promise.all([1, 2, 3].map(() => committer.add(anEvent("evt_1"))));

  expect(answers).toEqual(["stored", "duplicate", "duplicate"]);
  expect(await number("select wake from lane")).toBe(1);
});

test("several events of one lane in one group are one wake-up each", async () => {
  const committer = patientCommitter();
  const ids = ["evt_1", "evt_2", "evt_3"];

  await Promise.all(ids.map((id) => committer.add(anEvent(id, { laneKey: "pi_1" }))));

  expect(await number("select wake from lane where key = 'pi_1'")).toBe(3);
});

test("an event makes a lane due now that waits for later, and leaves its owner alone", async () => {
  await pool.query(`insert into lane (pair, key, wake, due_at, owner, lease_until, attempt, tries)
    values ('acme', 'pi_waits', 5, now() + interval '1 h', null, null, 3, 2),
      ('acme', 'pi_owned', 5, now() - interval '1 s', 'a', now() + interval '9 s', 3, 2)`);
  const committer = patientCommitter();

  await Promise.all(
    ["pi_waits", "pi_owned"].map((laneKey) => committer.add(anEvent(laneKey, { laneKey }))),
  );

  const rows = await pool.query(
    `select key, wake::int, attempt::int, tries, owner, due_at <= now() as is_due
     from lane order by key`,
  );
  expect(rows.rows).toEqual([
    { key: "pi_owned", wake: 6, attempt: 3, tries: 2, owner: "a", is_due: true },
    { key: "pi_waits", wake: 6, attempt: 3, tries: 2, owner: null, is_due: true },
  ]);
});

test("an event that the database cannot hold fails alone", async () => {
  const committer = patientCommitter();
  const events = Array.from({ length: 40 }, (_, n) =>
    anEvent(`evt_${n}`, n === 17 ? { type: "charge.\u0000" } : {}),
  );

  const answers = await Promise.all(events.map((event) => answerOf(committer.add(event))));

  expect(answers[17]).toBe("intake.body_invalid");
  expect(answers.filter((answer) => answer === "stored")).toHaveLength(39);
  expect(await number("select count(*) from event")).toBe(39);
});

test("whatever mix of poison, copies and good events comes, each gets its own answer", async () => {
  let round = 0;
  const arrival = fc.record({ id: fc.nat(15), isPoison: fc.boolean() });
  const property = fc.asyncProperty(fc.array(arrival, { maxLength: 60 }), async (arrivals) => {
    round += 1;
    const committer = patientCommitter();
    const events = arrivals.map(({ id, isPoison }) =>
      isPoison
        ? anEvent(`evt_poison_${id}`, { type: "\u0000" })
        : anEvent(`evt_${round}_${id}`, { laneKey: `pi_${round}_${id % 3}` }),
    );

    const answers = await Promise.all(events.map((event) => answerOf(committer.add(event))));

    const good = new Set(events.filter((event) => event.type !== "\u0000").map(({ id }) => id));
    expect(answers.filter((answer) => answer === "stored")).toHaveLength(good.size);
    expect(answers.filter((answer) => answer === "intake.body_invalid")).toHaveLength(
      events.filter((event) => event.type === "\u0000").length,
    );
    const wakes = await number(
      `select coalesce(sum(wake), 0) from lane where key like 'pi\\_${round}\\_%'`,
    );
    expect(wakes).toBe(good.size);
  });

  await fc.assert(property, { numRuns: 25 });
});

test("several hubs that get the same events in other orders store each once", async () => {
  const committers = Array.from({ length: 4 }, () => patientCommitter());
  const events = Array.from({ length: 300 }, (_, n) =>
    anEvent(`evt_${n}`, { laneKey: `pi_${n % 7}` }),
  );
  const orders = [
    events,
    events.toReversed(),
    events.slice(150).concat(events.slice(0, 150)),
    events,
  ];

  const answers = await Promise.all(
    committers.flatMap((committer, hub) =>
      (orders[hub] ?? []).map((event) => answerOf(committer.add(event))),
    ),
  );

  expect(answers.filter((answer) => answer === "stored")).toHaveLength(300);
  expect(answers.filter((answer) => answer === "duplicate")).toHaveLength(900);
  expect(await number("select sum(wake) from lane")).toBe(300);
});

test("an event whose lane somebody holds locked does not hold up the others", async () => {
  await pool.query("insert into lane (pair, key, due_at) values ('acme', 'pi_locked', now())");
  const committer = new GroupCommitter({ pool });
  const tx = await pool.connect();
  await tx.query("begin");
  await tx.query("update lane set tries = 1 where key = 'pi_locked'");

  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      answerOf(committer.add(anEvent(`evt_${n}`, n === 17 ? { laneKey: "pi_locked" } : {}))),
    ),
  );
  await tx.query("rollback");
  tx.release();

  expect(answers[17]).toBe("intake.unavailable");
  expect(answers.filter((answer) => answer === "stored")).toHaveLength(49);
});

test("a deadlock with somebody else's transaction costs time, not the event", async () => {
  await pool.query(`insert into lane (pair, key, due_at)
    values ('acme', 'pi_a', now()), ('acme', 'pi_b', now())`);
  await letGroupMeet();
  const tx = await pool.connect();
  // Of the two that wait for each other the group looks first, so it is the victim.
  await tx.query("set deadlock_timeout = '30s'");
  await tx.query("begin");
  await tx.query("update lane set tries = 1 where key = 'pi_b'");
  const hasty = aNotedPool("-c deadlock_timeout=20ms");
  const committer = new GroupCommitter({ pool: hasty.pool });
  const stored = ["pi_a", "pi_b"].map((laneKey) =>
    answerOf(committer.add(anEvent(laneKey, { laneKey }))),
  );
  await until("the group to hold pi_a", () =>
    number(`select count(*) from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`),
  );

  // The group is about to ask for pi_b; now the other one waits for pi_a.
  await tx.query("update lane set tries = 1 where key = 'pi_a'");
  await tx.query("rollback");
  await tx.query("reset deadlock_timeout");
  tx.release();

  expect(await Promise.all(stored)).toEqual(["stored", "stored"]);
  // More than once where the group comes back before the other one has woken up.
  expect(new Set(hasty.refusals)).toEqual(new Set(["40P01"]));
  await pool.query("drop function meet cascade");
  await hasty.pool.end();
});

/** The first statement that comes to lane pi_b goes on when somebody waits for one of its locks. */
async function letGroupMeet(): Promise<void> {
  await pool.query("create sequence meeting");
  await pool.query(`create function meet() returns trigger language plpgsql as $$
    begin
      if new.key = 'pi_b' and nextval('meeting') = 1 then
        for round in 1..150 loop
          exit when exists (select from pg_locks where not granted
            and pg_backend_pid() = any (pg_blocking_pids(pid)));
          perform pg_sleep(0.01);
        end loop;
      end if;
      return new;
    end $$`);
  await pool.query(
    "create trigger meet before insert on lane for each row execute function meet()",
  );
}

/** A pool of its own that notes with which SQLSTATE its statements are refused. */
function aNotedPool(options: string): { pool: Pool; refusals: string[] } {
  const url = new URL(database.url);
  url.searchParams.set("options", options);
  const made = openPool(url.href, { applicationName: "noted", max: 2 });
  const refusals: string[] = [];
  made.on("connect", (client) => {
    const query = client.query.bind(client) as (...sent: unknown[]) => unknown;
    Object.assign(client, { query: (...sent: unknown[]) => query(...sent.map(noting)) });
  });
  const noting = (part: unknown) => {
    if (typeof part !== "function") return part;
    const callback = part as (error: unknown, result: unknown) => unknown;
    return (error: unknown, result: unknown) => {
      const { code } = (error ?? {}) as { code?: string };
      if (code !== undefined) refusals.push(code);
      return callback(error, result);
    };
  };
  return { pool: made, refusals };
}

test("a server that commits before its disk has the rows is told to wait for it", async () => {
  const hasty = new URL(database.url);
  hasty.searchParams.set("options", "-c synchronous_commit=off");
  const hastyPool = openPool(hasty.href, { applicationName: "hasty", max: 1 });
  await hastyPool.query(`create function note_setting() returns trigger language plpgsql as $$
    begin
      create table setting_at_commit as select current_setting('synchronous_commit') as value;
      return null;
    end $$`);
  await hastyPool.query(`create constraint trigger at_commit after insert on event
    deferrable initially deferred for each row execute function note_setting()`);

  const answer = await new GroupCommitter({ pool: hastyPool }).add(anEvent("evt_1"));

  const noted = await hastyPool.query("select value from setting_at_commit");
  const after = await hastyPool.query("show synchronous_commit");
  await hastyPool.query("drop trigger at_commit on event");
  await hastyPool.end();
  expect([answer, noted.rows, after.rows]).toEqual([
    "stored",
    [{ value: "on" }],
    [{ synchronous_commit: "off" }],
  ]);
});

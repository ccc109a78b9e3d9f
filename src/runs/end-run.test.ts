import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { systemClock } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { type ClaimedLane, readPairStates, recordAnswer, wakeLanes } from "../lanes/index.ts";
import { type Ending, endRun } from "./end-run.ts";
import { readRunStart } from "./run-start.ts";
import { StepLog } from "./step-log.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
});
beforeEach(async () => {
  await pool.query("truncate lane, event, run, parked, pair_state, domain_event");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const LANE: ClaimedLane = {
  pair: "acme",
  key: "pi_1",
  owner: "w1",
  attempt: 1,
  wake: 1,
  tries: 0,
  takenOverFrom: undefined,
};
const BOOKED: Ending = { outcome: "booked", reason: "invoice 1", dueInMs: null, tries: 0 };
const PARKED: Ending = {
  ...BOOKED,
  outcome: "parked",
  reason: "no such item",
  error: new HubError("mapping.product_unmapped", "no such item"),
};

/** The lane `pi_1` that worker `w1` holds, with one event that has no end. */
async function aHeldLane(): Promise<void> {
  await wakeLanes(pool, [LANE]);
  await hold();
  await anEvent("evt_1");
}

async function hold(): Promise<void> {
  await pool.query(
    `update lane set owner = 'w1', attempt = 1, wake = 1, lease_until = now() + interval '1 hour'
     where key = 'pi_1'`,
  );
}

async function anEvent(id: string): Promise<void> {
  await pool.query(
    `insert into event (pair, stripe_event_id, type, livemode, lane_key, created_at, body)
     values ('acme', $1, 'charge.succeeded', false, 'pi_1', now(), '')`,
    [id],
  );
}

/** A run that has just come to this ending. */
async function end(
  ending: Ending,
  meanwhile: () => Promise<unknown> = async () => undefined,
  hasSlAnswered = false,
) {
  const startedAt = new Date();
  const start = await readRunStart(pool, LANE);
  await meanwhile();
  await endRun(pool, LANE, {
    worker: "w1",
    start,
    startedAt,
    ending,
    steps: new StepLog(systemClock),
    hasSlAnswered,
  });
}

const endAnswered = (ending: Ending) => end(ending, undefined, true);

async function openCircuit(): Promise<void> {
  for (let failure = 0; failure < 5; failure += 1) await recordAnswer(pool, "acme", false);
}

async function column(sql: string): Promise<unknown[]> {
  const { rows } = await pool.query<{ value: unknown }>(sql);
  return rows.map((row) => row.value);
}

const ends = () => column("select end_state as value from event order by seq");
const outcomes = () => column("select outcome as value from run order by id");
const parked = () => column("select state as value from parked order by id");
const isRunOfCase = () =>
  column("select p.run_id = (select max(id) from run) as value from parked p where state = 'open'");
const told = () =>
  column("select type as value from domain_event where type like 'pair.%' order by id");
const owners = () => column("select owner as value from lane");

describe("a booked run", () => {
  test("ends its events, is noted, and frees its lane", async () => {
    await aHeldLane();

    await end(BOOKED);

    expect(await ends()).toEqual(["booked"]);
    expect(await outcomes()).toEqual(["booked"]);
    expect(await owners()).toEqual([null]);
  });

  test("whose lane was taken over saves nothing", async () => {
    await aHeldLane();

    const late = end(BOOKED, () => pool.query("update lane set owner = 'w2', attempt = 2"));

    await expect(late).rejects.toMatchObject({ code: "lane.fenced" });
    expect(await ends()).toEqual([null]);
    expect(await outcomes()).toEqual([]);
    expect(await owners()).toEqual(["w2"]);
  });

  test("leaves an event that came while it worked to the next run", async () => {
    await aHeldLane();

    await end(BOOKED, async () => {
      await anEvent("evt_2");
      await wakeLanes(pool, [LANE]);
    });

    expect(await ends()).toEqual(["booked", null]);
    expect(await column("select due_at is not null as value from lane")).toEqual([true]);
  });

  test("resolves what was parked on its lane", async () => {
    await aHeldLane();
    await end(PARKED);
    await hold();

    await end(BOOKED);

    expect(await ends()).toEqual(["booked"]);
    expect(await parked()).toEqual(["resolved"]);
    expect(await outcomes()).toEqual(["parked", "booked"]);
  });

  test("resolves nothing after its lane was taken over", async () => {
    await aHeldLane();
    await end(PARKED);
    await hold();

    const late = end(BOOKED, () => pool.query("update lane set owner = 'w2', attempt = 2"));

    await expect(late).rejects.toMatchObject({ code: "lane.fenced" });
    expect(await parked()).toEqual(["open"]);
    expect(await ends()).toEqual(["parked"]);
  });
});

describe("an open circuit", () => {
  const waiting: Ending = { ...BOOKED, outcome: "waiting", dueInMs: 60_000 };

  test.each([
    ["is booked", BOOKED],
    ["waits for a person", waiting],
    ["is parked", PARKED],
    ["is tried again", { ...waiting, outcome: "retry" }],
  ] as const)("is closed by a run that SL has answered and that %s", async (_how, ending) => {
    await aHeldLane();
    await openCircuit();

    await endAnswered(ending);

    expect(await readPairStates(pool)).toMatchObject([{ circuit: "closed", circuitFailures: 0 }]);
    expect(await told()).toEqual(["pair.sl_unreachable", "pair.sl_reachable"]);
  });

  test.each([
    ["was booked before", BOOKED],
    ["has nothing to book", { ...BOOKED, outcome: "not_applicable" }],
    ["waits for Stripe", waiting],
    ["is parked", PARKED],
  ] as const)("stays open after a run without an answer of SL that %s", async (_how, ending) => {
    await aHeldLane();
    await openCircuit();

    await end(ending);

    expect(await readPairStates(pool)).toMatchObject([{ circuit: "open", circuitFailures: 5 }]);
  });
});

test("the start of a run knows the events without a final end, oldest first", async () => {
  await aHeldLane();
  await anEvent("evt_2");
  await end(BOOKED);
  await anEvent("evt_3");

  const { events } = await readRunStart(pool, LANE);

  const open = await column("select seq::text as value from event where end_state is null");
  expect(events.map(String)).toEqual(open);
});

describe("a parked run", () => {
  test("is the run of its case, and the newest one when it parks again", async () => {
    await aHeldLane();
    await end(PARKED);
    const first = await isRunOfCase();
    await hold();

    await end(PARKED);

    expect([...first, ...(await isRunOfCase())]).toEqual([true, true]);
    expect(await outcomes()).toEqual(["parked", "parked"]);
  });

  test("leaves no case behind when its money is another lane's", async () => {
    await aHeldLane();
    await end(PARKED);
    await hold();

    await end({ ...BOOKED, outcome: "handed_over", handOverTo: "in_1" });

    expect(await parked()).toEqual(["resolved"]);
  });
});

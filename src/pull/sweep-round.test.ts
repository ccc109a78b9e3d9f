import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import type { SweptObject, SweptPage, SweptQuery } from "../canonical/swept.ts";
import { openPool } from "../db/index.ts";
import { claimWalks, endRound, meetWalks } from "./claim.ts";
import { type SweepRound, sweepRound } from "./sweep-round.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "sweep-test", max: 4 });
});
beforeEach(async () => {
  await pool.query("truncate event, lane, event_walk, hub_process, swept_object");
  await pool.query("insert into hub_process (id) values ('hub-a'), ('hub-b')");
  await meetWalks(pool, [WALK]);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const DAY_MS = 86_400_000;
const WALK = {
  pair: "acme",
  kind: "sweep",
  eventsSince: new Date(Date.now() - 60 * DAY_MS).toISOString().slice(0, 10),
} as const;
/** A window of more days has more pages than a round takes. */
const DAYS_LISTED_MAX = 12;
const PAGES = 45;
const NOBODY_WAITS = AbortSignal.abort();

/** Refunds so many days old that have failed since. */
const REFUNDS: readonly SweptObject[] = [30, 20, 10, 1].map((days) => ({
  id: `re_${days}`,
  laneKey: `pi_${days}`,
  state: "failed",
  createdAt: new Date(Date.now() - days * DAY_MS),
}));

/** Takes a round as a hub does, and returns how it ended and which ids it found. */
async function go(
  owner: string,
  change: Partial<SweepRound> & Readonly<{ asked?: Date[] }> = {},
): Promise<Readonly<{ isDone: boolean; found: readonly string[] }>> {
  await pool.query("update event_walk set due_at = now()");
  const [walk] = await claimWalks(pool, owner, { walks: [WALK], room: 1 });
  if (walk === undefined) throw new Error("nothing was claimed");
  const found: string[] = [];
  const { asked = [], ...own } = change;
  const round: SweepRound = {
    ...{ pool, signal: NOBODY_WAITS, mayGoOn: () => true },
    stripe: { listSwept: (query) => pagesOf(query, asked), sweptInEvent: () => undefined },
    onFound: (ids) => found.push(...ids),
    ...own,
  };
  const isDone = await sweepRound(round, walk);
  await endRound(pool, walk, { dueInMs: 0, isDone, tries: 0 });
  return { isDone, found };
}

async function* pagesOf(
  { kind, from, until }: SweptQuery,
  asked: Date[],
): AsyncIterable<SweptPage> {
  const isLong = until.getTime() - from.getTime() > DAYS_LISTED_MAX * DAY_MS;
  if (isLong) {
    for (let nr = 0; nr < PAGES; nr += 1) yield { objects: [], isLast: false };
    return;
  }
  asked.push(from);
  const objects = kind === "refund" ? REFUNDS.filter(isWithin(from, until)) : [];
  yield { objects, isLast: true };
}

function isWithin(from: Date, until: Date) {
  return ({ createdAt }: SweptObject) => createdAt >= from && createdAt < until;
}

/** How often each lane was woken. */
async function wakes(): Promise<Readonly<Record<string, number>>> {
  const sql = "select key, wake::int as wake from lane order by key";
  const { rows } = await pool.query<{ key: string; wake: number }>(sql);
  return Object.fromEntries(rows.map(({ key, wake }) => [key, wake]));
}

const EACH_ONCE = { pi_1: 1, pi_10: 1, pi_20: 1, pi_30: 1 };

test("a sweep that has had its time is finished by the next from where it stopped", async () => {
  let windows = 0;
  const first = await go("hub-a", {
    mayGoOn: () => {
      windows += 1;
      return windows < 3;
    },
  });
  const between = await wakes();
  const asked: Date[] = [];

  const second = await go("hub-b", { asked });

  expect([first.isDone, second.isDone]).toEqual([false, true]);
  expect(between).toEqual({ pi_30: 1 });
  expect(asked.filter((from) => from.getTime() < Date.now() - 30 * DAY_MS)).toEqual([]);
  expect(await wakes()).toEqual(EACH_ONCE);
  expect([...first.found, ...second.found].toSorted()).toEqual(["re_1", "re_10", "re_20", "re_30"]);
});

test("a sweep whose hub dies half way is begun again, and no object is found twice", async () => {
  const dying = go("hub-a", {
    stripe: {
      listSwept: async function* (query) {
        for await (const page of pagesOf(query, [])) {
          if (page.objects.some(({ id }) => id === "re_10")) throw new Error("the hub has died");
          yield page;
        }
      },
      sweptInEvent: () => undefined,
    },
  });
  await expect(dying).rejects.toThrow("the hub has died");
  const between = await wakes();
  await pool.query("delete from hub_process where id = 'hub-a'");

  const next = await go("hub-b");

  expect(between).toEqual({ pi_20: 1, pi_30: 1 });
  expect(next).toEqual({ isDone: true, found: ["re_10", "re_1"] });
  expect(await wakes()).toEqual(EACH_ONCE);
});

test("a sweep that came to its end is followed by one from the beginning", async () => {
  await go("hub-a");
  const asked: Date[] = [];

  const again = await go("hub-a", { asked });

  expect(again).toEqual({ isDone: true, found: [] });
  expect(Math.min(...asked.map(Number))).toBeLessThan(Date.now() - 34 * DAY_MS);
  expect(await wakes()).toEqual(EACH_ONCE);
});

test("what is from before the pair's first day is not gone over", async () => {
  await pool.query("update event_walk set since = now() - interval '15 days'");

  expect((await go("hub-a")).found).toEqual(["re_10", "re_1"]);
});

test("what stands as its newest event has told wakes nothing again", async () => {
  await pool.query(
    `insert into event (pair, stripe_event_id, type, livemode, created_at, object_id, lane_key,
       body)
     select 'acme', e.id, 'refund.updated', false, now() - e.days * interval '1 day', e.object,
       e.object, e.state
     from (values ('evt_1', 9, 're_10', 'old'::bytea), ('evt_2', 8, 're_10', 'failed'),
       ('evt_3', 8, 're_20', 'old')) as e (id, days, object, state)`,
  );
  const stripe: SweepRound["stripe"] = {
    listSwept: (query) => pagesOf(query, []),
    sweptInEvent: (body) => ({ ...(REFUNDS[0] as SweptObject), state: body }),
  };

  const { found } = await go("hub-a", { stripe });

  expect(found.toSorted()).toEqual(["re_1", "re_20", "re_30"]);
  expect(await wakes()).toEqual({ pi_1: 1, pi_20: 1, pi_30: 1 });
});

import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/wait.ts";
import { systemClock } from "../../base/clock.ts";
import { type ClaimedLane, wakeLanes } from "../../lanes/index.ts";
import { Waiting } from "../waiting.ts";
import { IntentStore } from "./intent-store.ts";

let database: TestDatabase;
let pool: Pool;
let lanes = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A lane that worker `w1` holds, with a store on it. */
async function aHeldLane(): Promise<{ lane: ClaimedLane; store: IntentStore; object: string }> {
  lanes += 1;
  const key = `pi_${lanes}`;
  await wakeLanes(pool, [{ pair: "acme", key }]);
  await pool.query(
    `update lane set owner = 'w1', attempt = 1, lease_until = now() + interval '1 hour'
     where pair = 'acme' and key = $1`,
    [key],
  );
  const lane: ClaimedLane = {
    pair: "acme",
    key,
    owner: "w1",
    attempt: 1,
    wake: 1,
    tries: 0,
    takenOverFrom: undefined,
  };
  return { lane, store: openStore(lane), object: key };
}

function openStore(lane: ClaimedLane): IntentStore {
  return new IntentStore({ pool, lane, clock: systemClock, mappingVersion: 1 });
}

async function takeOver(lane: ClaimedLane): Promise<ClaimedLane> {
  await pool.query(
    "update lane set owner = 'w2', attempt = attempt + 1 where pair = $1 and key = $2",
    [lane.pair, lane.key],
  );
  return { ...lane, owner: "w2", attempt: lane.attempt + 1 };
}

const invoiceOf = (object: string) => ({ object, purpose: "invoice" as const, part: "" });
const draftOf = (text: string) => () => ({ draft: { text }, notes: [] });
const noRows = { links: [], owners: [] };

test("an old worker that was taken over cannot plan, move or finish an intent", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));

  await takeOver(lane);

  await expect(store.advance(planned, { stage: "reserving" })).rejects.toMatchObject({
    code: "lane.fenced",
  });
  await expect(store.ensure(invoiceOf(`${object}_2`), draftOf("b"))).rejects.toMatchObject({
    code: "lane.fenced",
  });
  const saved = await pool.query("select stage from intent where key = $1", [planned.key]);
  expect(saved.rows).toEqual([{ stage: "planned" }]);
});

test("a draft that was never sent follows the new one under the same key", async () => {
  const { store, object } = await aHeldLane();
  const first = await store.ensure(invoiceOf(object), draftOf("old"));

  const second = await store.ensure(invoiceOf(object), draftOf("new"));

  expect(second.key).toBe(first.key);
  expect(second.draft).toEqual({ text: "new" });
});

test("a draft that may stand in SL is frozen against a changed mapping", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("sent"));
  const reserved = await store.advance(planned, { stage: "reserved", batNbr: "000001" });
  await store.advance(reserved, { stage: "filling", send: { step: "fill" } });

  const again = openStore(lane);
  await again.load([object]);
  const found = await again.ensure(invoiceOf(object), draftOf("other"));

  expect(found.draft).toEqual({ text: "sent" });
  expect(found.attempts).toMatchObject([{ nr: 1, step: "fill", isAnswered: false }]);
});

test("a draft that was refused gives way to the next generation with another key", async () => {
  const { store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("refused"));
  const reserved = await store.advance(planned, { stage: "reserved", batNbr: "000002" });
  const sent = await store.advance(reserved, { stage: "filling", send: { step: "fill" } });
  await store.advance(sent, { stage: "reserved", answer: { nr: 1, outcome: "erp.refused" } });

  const next = await store.ensure(invoiceOf(object), draftOf("mended"));

  expect(next.identity.generation).toBe(1);
  expect(next.key).not.toBe(planned.key);
});

test("a noted answer is saved with the next move, or by flush", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));
  const sent = await store.advance(planned, { stage: "reserving", send: { step: "reserve" } });

  store.note(sent, { stage: "reserved", batNbr: "000003" }, { nr: 1, outcome: "ok" });
  await store.flush(invoiceOf(object));

  const again = openStore(lane);
  await again.load([object]);
  expect(again.find(invoiceOf(object))).toMatchObject({
    stage: "reserved",
    batNbr: "000003",
    attempts: [{ nr: 1, isAnswered: true, outcome: "ok" }],
  });
});

test("two intents cannot hold the same SL document", async () => {
  const one = await aHeldLane();
  const other = await aHeldLane();
  const rows = { slTable: "ARDoc", slKey: "IN|000777|C1", ...noRows };
  const first = await one.store.ensure(invoiceOf(one.object), draftOf("a"));
  const second = await other.store.ensure(invoiceOf(other.object), draftOf("b"));
  await one.store.advance(first, { stage: "done", receipt: {}, rows });

  const claim = other.store.advance(second, { stage: "done", receipt: {}, rows });

  await expect(claim).rejects.toMatchObject({ code: "conflict.key_taken" });
});

test("a part of a balance row has one owner only", async () => {
  const one = await aHeldLane();
  const other = await aHeldLane();
  const owners = [{ rowId: "txn_shared", part: "gross" as const }];
  const first = await one.store.ensure(invoiceOf(one.object), draftOf("a"));
  const second = await other.store.ensure(invoiceOf(other.object), draftOf("b"));
  const rowsOf = (slKey: string) => ({ slTable: "ARDoc", slKey, links: [], owners });
  await one.store.advance(first, { stage: "done", receipt: {}, rows: rowsOf("PA|A|C1") });

  const claim = other.store.advance(second, {
    stage: "done",
    receipt: {},
    rows: rowsOf("PA|B|C1"),
  });

  await expect(claim).rejects.toMatchObject({ code: "conflict.key_taken" });
});

test("the batch chosen for release stays chosen", async () => {
  const { store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));
  const first = await store.advance(planned, { stage: "releasing", releaseKey: "000010" });

  const second = await store.advance(first, { stage: "releasing", releaseKey: "000011" });

  expect(second.releaseKey).toBe("000010");
});

test("a lane that meets an intent moved by another lane waits instead of writing", async () => {
  const one = await aHeldLane();
  const other = await aHeldLane();
  const shared = { object: "cus_shared", purpose: "customer" as const, part: "" };
  const mine = await one.store.ensure(shared, draftOf("a"));
  const theirs = await other.store.ensure(shared, draftOf("a"));
  await one.store.advance(mine, { stage: "filling", send: { step: "create" } });

  const move = other.store.advance(theirs, { stage: "filling", send: { step: "create" } });

  await expect(move).rejects.toBeInstanceOf(Waiting);
});

test("the age of a send counts on from what the database knows", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));
  await store.advance(planned, { stage: "filling", send: { step: "fill" } });
  await pool.query("update attempt set sent_at = sent_at - interval '90 s' where key = $1", [
    planned.key,
  ]);

  const again = openStore(lane);
  await again.load([object]);

  const sentAtMs = again.find(invoiceOf(object))?.attempts[0]?.sentAtMs ?? 0;
  const ageMs = systemClock.monotonicMs() - sentAtMs;
  expect(ageMs).toBeGreaterThan(89_000);
  expect(ageMs).toBeLessThan(120_000);
});

test("a send ahead of a clock that was set back counts from the moment it is found", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));
  const sent = await store.advance(planned, { stage: "filling", send: { step: "fill" } });
  const answer = { nr: 1, outcome: "erp.busy" };
  await store.advance(sent, { stage: "filling", answer, send: { step: "fill" } });
  await pool.query(
    `update attempt set sent_at = sent_at + interval '1 h',
       answered_at = answered_at + interval '1 h' where key = $1`,
    [planned.key],
  );

  const again = openStore(lane);
  await again.load([object]);

  const sentAtMs = again.find(invoiceOf(object))?.attempts[0]?.sentAtMs ?? 0;
  expect(systemClock.monotonicMs() - sentAtMs).toBeLessThan(30_000);
  const saved = await pool.query(
    `select greatest(sent_at, answered_at) <= clock_timestamp() as "isOver",
       answered_at is null as "isOpen"
     from attempt where key = $1 order by nr`,
    [planned.key],
  );
  expect(saved.rows).toEqual([
    { isOver: true, isOpen: false },
    { isOver: true, isOpen: true },
  ]);
});

const WITH_ITS_SEND = "with its send";

async function savedOf(key: string) {
  const { rows } = await pool.query<{ stage: string; draft: unknown; sends: string[] }>(
    `select i.stage, i.draft, array(
       select a.nr || ' ' || a.step || ' ' || a.worker from attempt a where a.key = i.key) as sends
     from intent i where i.key = $1`,
    [key],
  );
  return rows;
}

test("an intent that waits for its first send is saved together with it", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"), WITH_ITS_SEND);
  expect(await savedOf(planned.key)).toEqual([]);

  const sent = await store.advance(planned, { stage: "reserving", send: { step: "reserve" } });

  const again = openStore(lane);
  await again.load([object]);
  expect(await savedOf(planned.key)).toEqual([
    { stage: "reserving", draft: { text: "a" }, sends: ["1 reserve w1"] },
  ]);
  expect({ ...again.find(invoiceOf(object)), attempts: [] }).toEqual({ ...sent, attempts: [] });
});

test("an intent whose first send never comes is saved as planned by a flush", async () => {
  const { store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"), WITH_ITS_SEND);

  await store.flush(invoiceOf(object));

  const saved = { stage: "planned", draft: { text: "a" }, sends: [] };
  expect(await savedOf(planned.key)).toEqual([saved]);
});

test("an intent that is told of nothing but its end is saved before it", async () => {
  const { store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"), WITH_ITS_SEND);

  await store.advance(planned, { stage: "abandoned" });

  const saved = { stage: "abandoned", draft: { text: "a" }, sends: [] };
  expect(await savedOf(planned.key)).toEqual([saved]);
});

test("an old worker that was taken over saves no intent with its first send", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"), WITH_ITS_SEND);
  await takeOver(lane);

  const sending = store.advance(planned, { stage: "reserving", send: { step: "reserve" } });

  await expect(sending).rejects.toMatchObject({ code: "lane.fenced" });
  await store.flush(invoiceOf(object));
  expect(await savedOf(planned.key)).toEqual([]);
});

test("an intent that another lane began first is waited for, and is not sent twice", async () => {
  const { store, object } = await aHeldLane();
  const other = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"), WITH_ITS_SEND);
  const first = await other.store.ensure(invoiceOf(object), draftOf("b"));
  await other.store.advance(first, { stage: "reserving", send: { step: "reserve" } });

  const sending = store.advance(planned, { stage: "reserving", send: { step: "reserve" } });

  await expect(sending).rejects.toBeInstanceOf(Waiting);
  await store.flush(invoiceOf(object));
  const saved = { stage: "reserving", draft: { text: "b" }, sends: ["1 reserve w1"] };
  expect(await savedOf(planned.key)).toEqual([saved]);
});

test("a draft that follows another before either is saved is the one that is sent", async () => {
  const { store, object } = await aHeldLane();
  await store.ensure(invoiceOf(object), draftOf("old"), WITH_ITS_SEND);

  const next = await store.ensure(invoiceOf(object), draftOf("new"), WITH_ITS_SEND);
  await store.advance(next, { stage: "reserving", send: { step: "reserve" } });

  const saved = { stage: "reserving", draft: { text: "new" }, sends: ["1 reserve w1"] };
  expect(await savedOf(next.key)).toEqual([saved]);
});

test("a move that brings neither batch nor receipt leaves all indexes alone", async () => {
  const { lane, store, object } = await aHeldLane();
  const planned = await store.ensure(invoiceOf(object), draftOf("a"));
  const one = new Pool({ connectionString: database.url, max: 1 });
  const moving = new IntentStore({ pool: one, lane, clock: systemClock, mappingVersion: 1 });
  const before = await moves(one);

  const reserving = await moving.advance(planned, { stage: "reserving" });
  const filling = await moving.advance(reserving, { stage: "filling", batNbr: "000123" });
  const releasing = await moving.advance(filling, { stage: "releasing", releaseKey: "000123" });
  await moving.advance(releasing, { stage: "filled" });

  const after = await moves(one);
  await one.end();
  expect(after.all - before.all).toBe(4);
  expect(after.inPlace - before.inPlace).toBe(3);
});

/** How often rows of the table were changed, and how often that left its indexes alone. */
async function moves(one: Pool): Promise<{ all: number; inPlace: number }> {
  await one.query("select pg_stat_force_next_flush()");
  const { rows } = await one.query<{ all: number; inPlace: number }>(
    `select n_tup_upd::int as all, n_tup_hot_upd::int as "inPlace"
     from pg_stat_user_tables where relname = 'intent'`,
  );
  return rows[0] ?? { all: Number.NaN, inPlace: Number.NaN };
}

/** Two lanes that know the same record of a customer in the same open send. */
async function twoOfOneRecord() {
  const [one, other] = [await aHeldLane(), await aHeldLane()];
  const record = { object: `cus_${one.object}`, purpose: "writeback" as const, part: "" };
  const planned = await one.store.ensure(record, draftOf("numbers"));
  const open = await one.store.advance(planned, { stage: "filling", send: { step: "write" } });
  await other.store.load([record.object]);
  const known = other.store.find(record);
  if (known === undefined) throw new Error("The other lane does not know the record");
  const attempts = async () => {
    const sql = "select nr, outcome from attempt where key = $1 order by nr";
    const { rows } = await pool.query<{ nr: number; outcome: string | null }>(sql, [planned.key]);
    return rows;
  };
  return { one: one.store, other: other.store, open, known, attempts };
}

test("a record that another lane has closed and sent anew is not moved", async () => {
  const { one, other, open, known, attempts } = await twoOfOneRecord();
  const answer = { nr: 1, outcome: "no_answer" };
  const closed = await one.advance(open, { stage: "planned", answer });
  await one.advance(closed, { stage: "filling", send: { step: "write" } });

  const late = other.advance(known, { stage: "planned", answer: { ...answer, outcome: "late" } });

  await expect(late).rejects.toBeInstanceOf(Waiting);
  expect(await attempts()).toEqual([
    { nr: 1, outcome: "no_answer" },
    { nr: 2, outcome: null },
  ]);
});

test("of two lanes that send the same record anew at once, one waits", async () => {
  const { one, other, open, known, attempts } = await twoOfOneRecord();
  const again = { stage: "filling", send: { step: "write" } } as const;
  const holder = await pool.connect();
  await holder.query("begin");
  await holder.query("select from intent where key = $1 for update", [open.key]);

  const both = Promise.allSettled([one.advance(open, again), other.advance(known, again)]);
  await until("both to wait for the record", async () => {
    const sql = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return (await pool.query(sql)).rowCount === 2;
  });
  await holder.query("commit");
  holder.release();

  const ends = await both;
  expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const [late] = ends.filter((end) => end.status === "rejected");
  expect(late?.reason).toBeInstanceOf(Waiting);
  expect((await attempts()).map(({ nr }) => nr)).toEqual([1, 2]);
});

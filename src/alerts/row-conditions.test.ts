import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { rowConditions } from "./row-conditions.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "rows-test" });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIRS = [{ id: "acme-us", journalDelay: 2 }];

const aRow = (id: string, category: string, hoursOld: number) =>
  pool.query(
    `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
       status)
     values ('acme-us', $1, now() - $3 * interval '1 hour', 'USD', $2, $2, 500, 0, 500,
       'available')`,
    [id, category, hoursOld],
  );

test("rows are told once a day has passed, payments once a bank debit would be over", async () => {
  await aRow("txn_young", "transfer", 30);
  await aRow("txn_old", "transfer", 40);
  await aRow("txn_debit", "charge", 20 * 24);
  await aRow("txn_lost", "charge", 36 * 24);
  await aRow("txn_done", "transfer", 40);
  await pool.query("update balance_row set settled_at = now() where row_id = 'txn_done'");

  const conditions = await rowConditions(pool, PAIRS);

  expect(conditions.map(({ rule, count, records }) => [rule, count, records])).toEqual([
    ["rows-unowned", 2, ["txn_lost", "txn_old"]],
  ]);
});

test("a sale that is skipped for good is not told as late, one that is held back is", async () => {
  for (const [kind, at] of [
    ["skip", 1],
    ["hold", 2],
  ] as const) {
    await aRow(`txn_${kind}`, "charge", 40 * 24);
    await pool.query(
      `with sold as (
         update balance_row set source_id = 'ch_' || $1 where row_id = 'txn_' || $1)
       insert into held (pair, lane_key, kind, rule, reason, money)
       values ('acme-us', 'pi_' || $1, $1, '', '', '')`,
      [kind],
    );
    await pool.query(
      `insert into event (pair, stripe_event_id, type, created_at, livemode, object_id, lane_key,
         body)
       values ('acme-us', 'evt_' || $2::int, 'charge.succeeded', now(), false, 'ch_' || $1,
         'pi_' || $1, '')`,
      [kind, at],
    );
  }

  const [unowned] = await rowConditions(pool, PAIRS);

  expect(unowned?.records).toContain("txn_hold");
  expect(unowned?.records).not.toContain("txn_skip");
});

test("what waits for the summary of its day is late as much later as that may come", async () => {
  for (const [id, hoursOld] of [
    ["re_1", 70],
    ["re_2", 90],
    ["du_1", 70],
  ] as const) {
    await aRow(`txn_${id}`, "refund", hoursOld);
    await pool.query("update balance_row set source_id = $1 where row_id = 'txn_' || $1", [id]);
  }
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage)
     select 'acme-us', id, 'pi_summed', id, 'refund-cash', '', '{}', '', 1, 'collected'
     from unnest('{re_1,re_2}'::text[]) as id;
     insert into event
       (pair, stripe_event_id, type, created_at, livemode, object_id, lane_key, body)
     values ('acme-us', 'evt_du', 'charge.dispute.created', now(), false, 'du_1', 'pi_summed', '')`,
  );

  const told = async () => {
    const found = (await rowConditions(pool, PAIRS)).find(({ rule }) => rule === "rows-unowned");
    return found?.records.filter((id) => /_(re|du)_/.test(id));
  };
  const waiting = await told();
  await pool.query("update intent set stage = 'done' where stage = 'collected'");

  expect(waiting).toEqual(["txn_re_2"]);
  expect((await told())?.toSorted()).toEqual(["txn_du_1", "txn_re_1", "txn_re_2"]);
});

test("a row that somebody has booked by hand and matched is not told as late", async () => {
  await pool.query(
    `insert into proof_match (pair, currency, finding_ids, made_by, reason)
     values ('acme-us', 'USD', '{000123,txn_old}', 'maria', 'booked by hand')`,
  );

  const [matched] = await rowConditions(pool, PAIRS);
  await pool.query("update proof_match set undone_at = now(), undone_by = 'jon'");
  const [undone] = await rowConditions(pool, PAIRS);

  expect(matched?.records).not.toContain("txn_old");
  expect(undone?.records).toContain("txn_old");
});

test("rows on suspense are told for a week", async () => {
  await pool.query(
    `insert into journal_row (pair, row_id, part, lane_key, object, purpose, journal_part,
       is_suspense, planned_at)
     select pair, row_id, 'gross', 'day:2026-03-10', 'day:2026-03-10', 'category', '',
       row_id <> 'txn_done',
       now() - case row_id when 'txn_old' then interval '8 days' else interval '1 day' end
     from balance_row where row_id in ('txn_old', 'txn_done', 'txn_young')`,
  );

  const conditions = await rowConditions(pool, PAIRS);

  const told = conditions.find(({ rule }) => rule === "rows-suspense");
  expect(told).toMatchObject({ count: 1, records: ["txn_young"] });
  // That it is over after a week says nothing of the account, which the alert does not look at.
  expect(told?.title).toContain("was booked on suspense in the last week");
});

test("what a day's journals take is late as much later as they wait after their day", async () => {
  await pool.query("truncate balance_row cascade");
  await aRow("txn_day", "transfer", 70);
  await aRow("txn_run", "refund", 70);
  await aRow("txn_owned", "refund", 70);
  await pool.query(
    "update balance_row set source_id = 're_9', fee = 5, net = 495 where category = 'refund'",
  );
  await pool.query(`insert into row_owner (pair, row_id, part, intent_key)
    values ('acme-us', 'txn_owned', 'gross', 'KEY')`);

  const late = async (journalDelay: number) =>
    (await rowConditions(pool, [{ id: "acme-us", journalDelay }]))[0]?.records;

  expect(await late(2)).toEqual(["txn_day", "txn_run", "txn_owned"]);
  expect(await late(48)).toEqual(["txn_run"]);
});

import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { type Served, serveApi, TEST_TOKEN, UNKNOWN_BUYER } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "customers-test" });
  api = await serveApi(pool);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const slipway = (...args: readonly string[]) =>
  runCommand(args, { SLIPWAY_URL: api.url, SLIPWAY_TOKEN: TEST_TOKEN });

const CANDIDATE = {
  customerId: "C301",
  name: "Bayside Books",
  email: "books@bayside.example",
  phone: "",
  addressLine1: "",
  city: "Reno",
  zip: "",
  country: "US",
  status: "active",
  currency: "USD",
  classId: "RETAIL",
  terms: "01",
  stripeId: "",
  why: ["another e-mail address (books@bayside.example)"],
};

/** A buyer that waits with one parked run, and gives its number. */
async function aReview(object: string, lane: string): Promise<string> {
  const buyer = { stripeCustomerId: object, name: "Bayside", email: "b@x.com", phone: "" };
  const { rows } = await pool.query<{ id: string }>(
    `insert into customer_review (pair, object, lane_key, code, reasons, candidates, buyer, money)
     values ('acme-us', $1, $2, 'mapping.customer_unknown', $3, $4, $5, 'ch_1 11.00 USD')
     returning id::text as id`,
    [
      object,
      lane,
      JSON.stringify([{ code: "no-match", words: "No SL customer has this e-mail address" }]),
      JSON.stringify([CANDIDATE]),
      JSON.stringify({ ...buyer, address: "Reno, US", taxIds: [] }),
    ],
  );
  const id = rows[0]?.id ?? "";
  await pool.query(
    `insert into parked (pair, lane_key, category, code, reason, cure, facts)
     values ('acme-us', $1, 'mapping', 'mapping.customer_unknown', 'Nobody', 'Choose', $2)`,
    [lane, JSON.stringify({ review: id })],
  );
  return id;
}

test("the review list names the buyer, why, and what each candidate is", async () => {
  const id = await aReview("cus_1", "pi_1");

  const list = await slipway("customers", "review", "list");
  const shown = await slipway("customers", "review", "show", `${id}@1`);

  expect(list.out).toMatch(new RegExp(`${id}@1 .*Bayside b@x.com .*C301 .*1 .*No SL customer`));
  expect(shown.out).toContain("Buyer cus_1 of acme-us, 1 runs wait (ch_1 11.00 USD)");
  expect(shown.out).toMatch(/C301 +Bayside Books +books@bayside\.example +Reno US +RETAIL/);
  expect(shown.out).toContain(`slipway customers review link ${id}@1 <customer>`);
});

test("a link resumes what waits, is kept as an act, and is told", async () => {
  const id = await aReview("cus_2", "pi_2");

  const dry = await slipway("customers", "review", "link", `${id}@1`, "c301", "--dry-run");
  const done = await slipway("customers", "review", "link", `${id}@1`, "c301", "--by", "Ada");
  const again = await slipway("customers", "review", "link", `${id}@1`, "C300");

  expect(dry.out).toContain("Nothing was changed; it would be:");
  expect(done.out).toContain("cus_2 is booked on C301 (Bayside Books) from now on");
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("decided by Ada")]);
  const { rows } = await pool.query(
    `select p.state, p.closed_by, a.act, l.sl_key, (
       select count(*)::int from lane where key in ('pi_2', 'cus_2')) as woken
     from parked p join operator_act a on a.parked_id = p.id
     join link l on l.stripe_id = 'cus_2' where p.lane_key = 'pi_2'`,
  );
  expect(rows).toEqual([
    { state: "resumed", closed_by: "Ada", act: "resumed", sl_key: "C301", woken: 2 },
  ]);
  const told = await pool.query<{ type: string }>(
    "select type from domain_event where key in ('pi_2', 'cus_2')",
  );
  expect(told.rows.map((row) => row.type).sort()).toEqual(["customer.linked", "document.resumed"]);
});

test("a customer that is to be made is remembered as a decision", async () => {
  const id = await aReview("cus_3", "pi_3");

  const done = await slipway("customers", "review", "create", `${id}@1`, "--comment", "new");
  const decided = await slipway("customers", "review", "list", "--state", "create", "--json");

  expect(done.out).toContain("a customer is made in SL for cus_3");
  expect(JSON.parse(decided.out)).toMatchObject({ id, state: "create", comment: "new" });
  expect(api.asked).toContainEqual({ mayMake: "acme-us" });
});

test("a buyer that Stripe does not have is linked with --force alone", async () => {
  const link = ["customers", "link", UNKNOWN_BUYER, "C300", "--reason", "deleted since"];
  const links = async () => {
    const sql = "select sl_key from link where stripe_id = $1";
    return (await pool.query<{ sl_key: string }>(sql, [UNKNOWN_BUYER])).rows;
  };

  const dry = await slipway(...link, "--dry-run");
  const refused = await slipway(...link);
  expect(await links()).toEqual([]);
  const forced = await slipway(...link, "--force");

  expect([dry.code, refused.code, forced.code]).toEqual([2, 2, 0]);
  expect(refused.err).toContain(`Stripe has no customer ${UNKNOWN_BUYER}`);
  expect(await links()).toEqual([{ sl_key: "C300" }]);
});

async function aHeld(lane: string, kind: string, rule: string): Promise<void> {
  await pool.query(
    `insert into held (pair, lane_key, kind, rule, reason, money)
     values ('acme-us', $1, $2, $3, 'Skipped: ' || $3, 'ch_9 5.00 USD')`,
    [lane, kind, rule],
  );
}

test("held list shows reason and money, and recheck counts before it wakes", async () => {
  await aHeld("pi_7", "filter", "filter 1");
  await aHeld("pi_8", "filter", "filter 1");
  await aHeld("pi_9", "skip", 'slipway_sync of pi_9 is "skip"');

  const list = await slipway("held", "list", "--kind", "filter");
  const counted = await slipway("held", "recheck");
  const tooFew = await slipway("held", "recheck", "--count", "1");
  const woken = await slipway("held", "recheck", "--count", "2", "--by", "Ada");

  expect(list.out).toMatch(/pi_8 +filter +ch_9 5\.00 USD +Skipped: filter 1/);
  expect(counted.out).toBe(
    "2 of acme-us: filter 1 (filter)\n2 in all; look at them again with --count 2\n",
  );
  expect([tooFew.code, tooFew.err]).toEqual([1, expect.stringContaining("2 are held back")]);
  expect(woken.out).toContain("2 woken");
  const { rows } = await pool.query<{ key: string }>(
    "select key from lane where key like 'pi_%' and wake = 1",
  );
  expect(rows.map((row) => row.key)).toEqual(expect.arrayContaining(["pi_7", "pi_8"]));
  expect(rows.map((row) => row.key)).not.toContain("pi_9");
});

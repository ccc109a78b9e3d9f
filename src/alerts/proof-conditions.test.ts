import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { recordAnswer } from "../lanes/index.ts";
import { proofConditions } from "./proof-conditions.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "alerts-test", max: 2 });
});
beforeEach(() => pool.query("truncate day_proof, proof_round, pair_state, domain_event"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

type Kept = Readonly<{ currency?: string; difference?: number; kind?: string; points?: number }>;

/** A proof of a day so many days ago; what differs is one row without a document. */
async function keep(daysAgo: number, kept: Kept = {}): Promise<void> {
  const { currency = "USD", difference = 0, kind = "proof" } = kept;
  const points = kept.points ?? (difference === 0 ? 0 : 1);
  const finding = { kind: "row-without-document", id: "txn_1", words: "txn_1 has none" };
  await pool.query(
    `insert into day_proof (pair, day, currency, kind, is_proven, closing, released, difference,
       findings, finding_count)
     values ('acme', now()::date - $1::int, $2, $3, $4, 0, 0, $5, $6, $7)`,
    [
      ...[daysAgo, currency, kind, points === 0 && kind === "proof", difference],
      ...[JSON.stringify(Array.from({ length: points }, () => finding)), points],
    ],
  );
}

async function proved(daysAgo: number, minutesInTrouble: number | null = null): Promise<void> {
  await pool.query(
    `insert into proof_round (pair, proved_until, trouble_code, trouble, trouble_cure,
       trouble_since)
     select 'acme', now()::date - $1::int, t.code, t.words, t.cure,
       now() - make_interval(mins => $2)
     from (select 1) one left join (select 'stripe.auth' as code, 'Stripe refuses the key' as words,
       'Set a working key' as cure) t on $2::int is not null`,
    [daysAgo, minutesInTrouble],
  );
}

test("the last day of a currency that differs is told, with what differs", async () => {
  await proved(1);
  await keep(2);
  await keep(1, { difference: -150 });
  await keep(1, { currency: "JPY", points: 2 });

  const told = await proofConditions(pool);

  expect(told.map(({ rule, key, count }) => [rule, key, count])).toEqual([
    ["proof-differs", "JPY", 2],
    ["proof-differs", "USD", 1],
  ]);
  expect(told[0]?.title).toMatch(/differs by 2 points that add up to 0 JPY$/);
  expect(told[1]?.title).toMatch(/^The proof of \d{4}-\d\d-\d\d differs by -1.50 USD$/);
  expect(told[1]?.records).toEqual(["row-without-document: txn_1 has none"]);
  expect(told[1]?.cure).toContain("slipway proof acme --date 20");
});

test("a day that differed is over with a later one that does not", async () => {
  await proved(1);
  await keep(2, { difference: 1 });
  const before = await proofConditions(pool);
  await keep(1);

  expect(before).toHaveLength(1);
  expect(await proofConditions(pool)).toEqual([]);
});

test("a day that somebody has proved before it was due is told once it is", async () => {
  await proved(2);
  await keep(2);
  await keep(1, { difference: 1 });
  const early = await proofConditions(pool);
  await pool.query("update proof_round set proved_until = proved_until + 1");

  expect(early).toEqual([]);
  expect(await proofConditions(pool)).toMatchObject([{ rule: "proof-differs" }]);
});

test("a site without SL's views has no proof that could differ", async () => {
  await proved(1);
  await keep(1, { kind: "own-documents", difference: 10 });

  expect(await proofConditions(pool)).toEqual([]);
});

test("days that cannot be proved are told after two hours, or five days", async () => {
  const told: unknown[] = [];
  for (const [daysAgo, minutes] of [
    [1, 119],
    [1, 121],
    [5, null],
    [6, null],
  ] as const) {
    await pool.query("truncate proof_round");
    await proved(daysAgo, minutes);
    told.push(await rules());
  }

  expect(told).toEqual([[], ["proof-behind"], [], ["proof-behind"]]);
});

/** What the pair was said to do so many minutes ago. */
async function tell(type: string, minutesAgo: number): Promise<void> {
  await pool.query(
    `insert into domain_event (pair, key, type, data, occurred_at)
     values ('acme', 'pair', $1, '{}', now() - make_interval(mins => $2))`,
    [type, minutesAgo],
  );
}

const rules = async () => (await proofConditions(pool)).map(({ rule }) => rule);

test("of a pair whose circuit is open, or that is paused, that alone is told", async () => {
  await proved(9, 600);
  const [open] = await proofConditions(pool);
  await pool.query(
    `insert into pair_state (pair, circuit, circuit_opened_at, probe_at)
     values ('acme', 'open', now(), now())`,
  );
  const whileOpen = await rules();
  await pool.query(
    `update pair_state set circuit = 'closed', probe_at = null, paused_code = 'x',
       paused_reason = 'x'`,
  );

  expect(open).toMatchObject({ rule: "proof-behind", cure: "Set a working key" });
  expect([whileOpen, await rules()]).toEqual([[], []]);
});

test.each(["pair.resumed", "pair.sl_reachable"])(
  "a pair has an hour to make up for its days after %s",
  async (type) => {
    await proved(9, 600);

    await tell(type, 61);
    const late = await rules();
    await tell(type, 59);

    expect([late, await rules()]).toEqual([["proof-behind"], []]);
  },
);

test("an answer of SL's that fails to come now and then hides no day that is behind", async () => {
  await proved(9, 600);
  await recordAnswer(pool, "acme", false);

  expect(await rules()).toEqual(["proof-behind"]);
});

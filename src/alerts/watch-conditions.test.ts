import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { watchConditions } from "./watch-conditions.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
});
beforeEach(() => pool.query("truncate watch_round, pair_state"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** A pair whose looks have ended in trouble for so many minutes. */
async function inTrouble(pair: string, minutes: number): Promise<void> {
  await pool.query(
    `insert into watch_round (pair, due_at, ended_at, trouble_code, trouble, trouble_cure,
       trouble_since)
     values ($1, now(), now(), 'erp.unavailable', 'SL did not answer', 'Bring it back',
       now() - make_interval(mins => $2))`,
    [pair, minutes],
  );
}

const pairsTold = async () => (await watchConditions(pool)).map(({ rule, pair }) => [rule, pair]);

test("a look that fell into an SL that was away for a moment is not told", async () => {
  await inTrouble("moment", 60);
  await inTrouble("long", 121);

  expect(await pairsTold()).toEqual([["watch-behind", "long"]]);
});

test("while the circuit of a pair is open it alone is told", async () => {
  await inTrouble("acme", 300);
  await pool.query(
    `insert into pair_state (pair, circuit, circuit_opened_at, probe_at)
     values ('acme', 'open', now(), now())`,
  );
  const meanwhile = await pairsTold();
  await pool.query("update pair_state set circuit = 'closed', probe_at = null");

  expect([meanwhile, await pairsTold()]).toEqual([[], [["watch-behind", "acme"]]]);
});

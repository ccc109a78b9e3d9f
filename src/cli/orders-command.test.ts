import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;
let home: string;

const DOCUMENTS = [
  { type: "PP", refNbr: "NQCKRC5UV2", batNbr: "000318", amount: "151.01", open: "85.50" },
  { type: "IN", refNbr: "I005001", batNbr: "000319", amount: "65.51", open: "0.00" },
].map((one) => ({ ...one, period: "202611", documentDate: "2026-11-27", shippers: ["S1"] }));

async function anOrder(row: {
  number: string;
  state: string;
  left?: number;
  pair?: string;
  isLeft?: boolean;
}): Promise<void> {
  const { number, state, left = 8_550, pair = "acme-us", isLeft = false } = row;
  await pool.query(
    `insert into sales_order (pair, object, lane_key, order_number, customer_id, currency, paid,
       applied, left_over, state, waits_for, documents, left_since, left_due_at)
     values ($1, $2, $2, $3, 'ST1', 'USD', 15101, 15101 - $4::bigint, $4, $5, 'its next shipment',
       $6::jsonb, case when $7 then now() end, case when $7 then now() end)`,
    [pair, `pi_${number}`, number, left, state, JSON.stringify(DOCUMENTS), isLeft],
  );
}

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 3, applicationName: "orders-test" });
  api = await serveApi(pool);
  home = mkdtempSync(join(tmpdir(), "slipway-orders-"));
  writeFileSync(join(home, "hub.json"), JSON.stringify({ url: api.url, pid: 1 }));
  writeFileSync(join(home, "token"), `${TEST_TOKEN}\n`, { mode: 0o600 });
  await anOrder({ number: "O1", state: "open" });
  await anOrder({ number: "O2", state: "cancelled", left: 15_101, isLeft: true });
  await anOrder({ number: "O2", state: "open", pair: "other" });
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

const slipway = (...args: string[]) => runCommand(args, { SLIPWAY_HOME: home });

test("orders are listed newest first with what is left of their money", async () => {
  const all = await slipway("orders", "list", "--pair", "acme-us");
  const left = await slipway("orders", "list", "--left");

  expect(all.out).toMatch(/O2 .*cancelled .* 151\.01 .*overdue\n.*O1 .* open .* 65\.51 .* 85\.50/s);
  expect(left.out).toContain("O2");
  expect(left.out).not.toContain("O1");
});

test("one order is shown with its documents, by its number or its sale", async () => {
  const byNumber = await slipway("orders", "show", "o1");
  const bySale = await slipway("orders", "show", "pi_O1", "--json");

  expect(byNumber.out).toMatch(/IN +I005001 +000319 +2026-11-27 +65\.51 +0\.00 +S1/);
  expect(JSON.parse(bySale.out)).toMatchObject({ orderNumber: "O1", left: "85.50" });
});

test("a look wakes the order's lane", async () => {
  const ran = await slipway("orders", "look", "O1");

  expect(ran.out).toContain("Lane pi_O1 of acme-us is woken.");
  const { rows } = await pool.query("select wake from lane where key = 'pi_O1'");
  expect(rows).toHaveLength(1);
});

test.each([
  ["an order that nobody has placed", ["show", "O9"], "There is no order O9"],
  ["a number that two pairs have", ["look", "O2"], "Pairs acme-us, other have an order O2"],
  [
    "a state that there is not",
    ["list", "--state", "shipped"],
    "state must be held, open, closed or cancelled",
  ],
])("%s is told in words", async (_name, words, reason) => {
  const ran = await slipway("orders", ...words);

  expect(ran.code).not.toBe(0);
  expect(ran.err).toContain(reason);
});

test("disputes are listed with their deadline, what they hold and SL's batches", async () => {
  await pool.query(
    `insert into dispute (pair, dispute_id, lane_key, charge_id, status, reason,
       network_reason_code, currency, amount, settled_in, withdrawn, stage, opened_at,
       evidence_due_at, waits_for)
     values ('acme-us', 'du_1', 'pi_O1', 'ch_1', 'needs_response', 'fraudulent', '10.4', 'EUR',
       9200, 'USD', 10000, 'open', now(), '2026-12-09T12:00Z', 'the end of du_1')`,
  );

  const open = await slipway("disputes", "--open", "--id", "pi_O1");
  const over = await slipway("disputes", "--over", "--pair", "acme-us");

  expect(open.out).toMatch(
    /du_1 +acme-us +fraudulent \(10\.4\) +92\.00 EUR +100\.00 USD +needs_response +2026-12-09/,
  );
  expect(over.out).toContain("No such disputes.");
});

test("open orders and overdue money are counted for the alerts", async () => {
  const answer = await fetch(`${api.url}/metrics`, {
    headers: { authorization: `Bearer ${TEST_TOKEN}` },
  });
  const text = await answer.text();

  expect(text).toContain('slipway_orders{pair="acme-us",state="open"} 1');
  expect(text).toContain('slipway_orders{pair="acme-us",state="overdue"} 1');
});

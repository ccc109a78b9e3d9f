import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { placeBefore, readBookedByKey } from "./read-booked.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "watch-test", max: 2 });
});
beforeEach(() => pool.query("truncate intent, lane, parked cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";

type Taken = Readonly<{ date?: string; period?: string }>;

/** A released invoice: booked by the hub where it has a date, else taken over by a rebuild. */
async function addInvoice(batNbr: string, { date, period = "" }: Taken): Promise<void> {
  const draft = date === undefined ? {} : { kind: "invoice", documentDate: date };
  const hash = date === undefined ? "rebuilt" : "hash";
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage, bat_nbr, receipt, updated_at)
     values ($1, $2, $2, $2, 'invoice', $3, $4, 1, 'done', $2,
       jsonb_build_object('type', 'IN', 'period', $5::text), now() - interval '1 hour')`,
    [PAIR, batNbr, JSON.stringify(draft), hash, period],
  );
}

async function firstBatch(): Promise<string | undefined> {
  const from = { day: "2026-03-15", period: "202603" };
  return (await placeBefore(pool, { pair: PAIR, module: "AR", ...from }))?.batNbr;
}

test("a look begins with the first document of its first day or a later one", async () => {
  await addInvoice("000001", { date: "2026-03-14" });
  await addInvoice("000002", { date: "2026-03-15" });
  await addInvoice("000003", { date: "2026-03-16" });

  expect(await firstBatch()).toBe("000002");
});

test("what a rebuild took over counts by the period that SL shows of it", async () => {
  await addInvoice("000001", { period: "202602" });
  await addInvoice("000002", { period: "202603" });
  await addInvoice("000003", { date: "2026-03-16" });

  expect(await firstBatch()).toBe("000002");
});

test("what a rebuild took over without its period is looked at whatever the day", async () => {
  await addInvoice("000001", { period: "" });

  expect(await firstBatch()).toBe("000001");
});

describe("what of a document is applied", () => {
  const usd = (minor: number) => ({ minor: String(minor), currency: "USD" });
  const account = { account: "1200", subaccount: "000" };

  async function add(key: string, draft: object, more: Record<string, string> = {}): Promise<void> {
    const { stage = "done", part = "", hash = "h", type = "PA", refNbr = key } = more;
    await pool.query(
      `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
         mapping_version, stage, bat_nbr, receipt, updated_at)
       values ($1, $2::text, 'pi_1', $2, $3, $4, $5, $6, 1, $7, '000001', $8,
         now() - interval '1 hour')`,
      [
        ...[PAIR, key, type === "IN" ? "invoice" : "payment", part, JSON.stringify(draft), hash],
        ...[stage, JSON.stringify({ type, refNbr, customerId: "C1", batNbr: "000001" })],
      ],
    );
  }

  const invoice = { kind: "invoice", currency: "USD", total: usd(10_000) };
  const pays = (minor: number) => ({
    ...{ kind: "payment", type: "PA", currency: "USD", customerId: "C1", amount: usd(minor) },
    applications: [{ invoiceRefNbr: "000501", amount: usd(minor), receivable: account }],
  });

  beforeEach(async () => {
    await add("IN", invoice, { type: "IN", refNbr: "000501" });
    await add("PAY", pays(6_000));
  });

  async function applied(): Promise<number | undefined> {
    const [found] = await readBookedByKey(pool, PAIR, ["IN"]);
    return found?.applied === undefined ? undefined : Number(found.applied.minor);
  }

  test("is what the payments of its lane have applied to it", async () => {
    await add("PAY-2", pays(1_500));

    expect(await applied()).toBe(7_500);
  });

  test.each([
    ["is at work", "insert into lane (pair, key, due_at) values ('acme', 'pi_1', now())"],
    [
      "waits for a person",
      `insert into parked (pair, lane_key, category, code, reason, cure)
       values ('acme', 'pi_1', 'erp', 'erp.refused', 'why', 'how')`,
    ],
  ])("is not known while its run %s", async (_what, sql) => {
    await pool.query(sql);

    expect(await applied()).toBeUndefined();
  });

  test("is not known while something of its lane is on its way", async () => {
    await add("PAY-2", pays(1_500), { stage: "filled" });

    expect(await applied()).toBeUndefined();
  });

  test("is not known of what a rebuild has found taken back", async () => {
    await add("BACK", {}, { hash: "rebuilt", type: "IN" });
    await pool.query("update intent set purpose = 'reverse' where key = 'BACK'");
    expect(await applied()).toBe(6_000);
    await pool.query("update intent set reversed_by = 'BACK' where key = 'IN'");

    expect(await applied()).toBeUndefined();
  });

  test("is nothing of money that went back from an invoice of SL's own", async () => {
    await add("PAY-2", pays(1_500), { part: "C1" });
    await add("BACK", pays(1_500), { stage: "abandoned" });
    await pool.query("update intent set reversed_by = 'BACK' where key = 'PAY-2'");

    expect(await applied()).toBe(6_000);
  });
});

import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import type { ErpConnector } from "../erp/port.ts";
import { readEventTrouble, readOpenBatches, readTampered, readUnderWay } from "./read-close.ts";
import { usd } from "./testing/ledgers.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-test" });
});
beforeEach(() => pool.query("truncate intent, event_walk cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const PAIR = "acme";
const transit = { account: "1090", subaccount: "000" };

async function addIntent(key: string, object: string, draft: object): Promise<void> {
  await pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage)
     values ($1, $2::text, $3, $3, 'payout-out', $2, $4, 'h', 1, 'done')`,
    [PAIR, key, object, JSON.stringify(draft)],
  );
}

describe("what is on its way by the journals of the hub", () => {
  const journal = (documentDate: string, side: string, currency = "USD") => {
    const amount = { minor: "100000", currency };
    const lines = [{ account: transit, side, amount }];
    return { kind: "journal", documentDate, currency, lines };
  };
  const underWay = (day: string) => {
    const asked = { pair: PAIR, currency: "USD", transit, day };
    return readUnderWay({ pool, erp: {} as ErpConnector }, asked, undefined);
  };

  test("is what has left and not arrived by the end of the day, payout by payout", async () => {
    await addIntent("OUT-1", "po_1", journal("2026-03-30", "debit"));
    await addIntent("IN-1", "po_1", journal("2026-04-01", "credit"));
    await addIntent("OUT-2", "po_2", journal("2026-03-31", "credit"));
    await addIntent("OUT-3", "po_3", journal("2026-03-30", "debit", "EUR"));

    expect(await underWay("2026-03-29")).toEqual([]);
    expect(await underWay("2026-03-31")).toEqual([
      { id: "po_1", amount: usd(100_000) },
      { id: "po_2", amount: usd(-100_000) },
    ]);
    expect(await underWay("2026-04-01")).toEqual([{ id: "po_2", amount: usd(-100_000) }]);
  });
});

test("a batch of the hub that is not released keeps its period open, and later ones", async () => {
  await addIntent("K-MARCH", "ch_1", { period: "202603" });
  await addIntent("K-APRIL", "ch_2", { period: "202604" });
  const pages = ["K-APRIL", "K-MARCH", "K-UNKNOWN"].map((key, at) => ({
    key,
    batNbr: `00000${at}`,
  }));
  const listUnreleased = async (page: number) => {
    return { rows: pages.slice(page - 1, page), isLast: page === pages.length };
  };
  const erp = { listUnreleased } as unknown as ErpConnector;
  const openOf = (period: string) => readOpenBatches({ pool, pair: PAIR, erp }, period, undefined);

  expect(await openOf("202603")).toEqual(["000001", "000002"]);
  expect(await openOf("202604")).toEqual(["000000", "000001", "000002"]);
});

describe("whether every event of a period has come", () => {
  const until = new Date("2026-04-01T04:00Z");
  const addWalk = (kind: string, of: Readonly<Record<string, string>>) =>
    pool.query(
      `insert into event_walk (pair, kind, since, position, done_at, lost_from, lost_to)
       values ($1, $2, '2026-01-01', $3, $4, $5, $6)`,
      [PAIR, kind, of.until ?? of.doneAt, of.doneAt, of.lostFrom, of.lostTo],
    );

  test("is sure once Stripe's list was compared to its end", async () => {
    await addWalk("gap", { doneAt: "2026-04-01T04:10Z", until: "2026-04-01T04:00Z" });

    expect(await readEventTrouble(pool, PAIR, until)).toBeUndefined();
  });

  test("is not sure before that, or while nothing was ever compared", async () => {
    expect(await readEventTrouble(pool, PAIR, until)).toContain("not been compared");
    await addWalk("pull", { doneAt: "2026-04-02T04:00Z" });
    await addWalk("gap", { doneAt: "2026-04-01T03:59Z" });

    expect(await readEventTrouble(pool, PAIR, until)).toContain("not been compared");
  });

  test("is not sure while events of its last minutes may be under way", async () => {
    await addWalk("gap", { doneAt: "2026-04-01T04:05Z", until: "2026-04-01T03:55Z" });

    expect(await readEventTrouble(pool, PAIR, until)).toContain("not been compared");
  });

  test("is not sure where Stripe has forgotten some of its time, and only then", async () => {
    const doneAt = "2026-06-01T00:00Z";
    await addWalk("gap", { doneAt, lostFrom: "2026-04-01T04:00Z", lostTo: "2026-04-09T00:00Z" });

    expect(await readEventTrouble(pool, PAIR, until)).toBeUndefined();
    expect(await readEventTrouble(pool, PAIR, new Date("2026-05-01T04:00Z"))).toContain("no more");
  });
});

test("changes in SL that nobody has accepted keep their period open, and later ones", async () => {
  for (const [key, period, state] of [
    ["K1", "202602", "open"],
    ["K2", "202603", "healing"],
    ["K3", "202603", "accepted"],
    ["K4", "202604", "open"],
  ] as const) {
    await addIntent(key, "pi_1", { kind: "invoice" });
    await pool.query(
      `insert into watch_finding (pair, intent_key, lane_key, kind, document, object, purpose,
         period, differences, fingerprint, effect_currency, effect_on, heal_by, steps, state)
       values ($1, $2::text, 'pi_1', 'edited', 'IN ' || $2, 'pi_1', 'invoice', $3, '[]', 'f', 'USD',
         'nothing', 'person', '[]', $4)`,
      [PAIR, key, period, state],
    );
  }
  const tampered = async (period: string) =>
    (await readTampered(pool, PAIR, period)).map((words) => words.slice(-5));

  expect(await tampered("202603")).toEqual(["IN K1", "IN K2"]);
  expect(await tampered("202604")).toEqual(["IN K1", "IN K2", "IN K4"]);
});

import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { money, subtract, zero } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import { openPool } from "../db/index.ts";
import { readStoredRows } from "./read-rows.ts";
import { readStripeNow } from "./read-stripe.ts";
import { usd } from "./testing/ledgers.ts";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-stripe-test" });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const UNTIL = new Date("2026-03-11T04:00:00Z");
const NEWEST = new Date("2026-03-11T03:00Z");

function aRow(id: string, created: string, minor: number, balanceType = "payments"): LedgerRow {
  return {
    ...{ id, created: new Date(created), category: "charge", type: "charge" },
    ...{ gross: usd(minor), fee: usd(0), net: usd(minor), feeDetails: [], balanceType },
    ...{ status: "available", availableOn: undefined, sourceId: undefined },
    ...{ description: "", exchangeRate: undefined },
  };
}

/** A Stripe that shows these balances and rows, one after the other; the last ones stay. */
function stripeOf(balances: readonly number[], lists: readonly (readonly LedgerRow[])[]) {
  const asked: Date[] = [];
  let looks = 0;
  const stripe: Pick<StripePort, "listRows" | "readBalance"> = {
    readBalance: async () => {
      const available = usd(balances[Math.min(looks++, balances.length - 1)] ?? 0);
      return [{ currency: "USD", available, pending: usd(0) }];
    },
    async *listRows({ from }) {
      const rows = lists[Math.min(asked.length, lists.length - 1)] ?? [];
      asked.push(from);
      for (const [at, row] of rows.entries()) yield { rows: [row], isLast: at === rows.length - 1 };
    },
  };
  return { stripe, asked };
}

type Known = Readonly<{ start?: Date; recent?: readonly string[] }>;

async function nowOf({ stripe }: ReturnType<typeof stripeOf>, { start, recent = [] }: Known = {}) {
  const stored = { newest: NEWEST, recent: new Set(recent) };
  return (await readStripeNow(stripe, stored, { until: UNTIL, start })).get("USD");
}

async function store(pair: string, { id, created, net }: LedgerRow): Promise<void> {
  await pool.query(
    `insert into balance_row (pair, row_id, currency, gross, fee, net, created, category, type,
       balance_type, status)
     values ($1, $2, 'USD', $3, 0, $3, $4, 'charge', 'charge', 'payments', 'available')`,
    [pair, id, net.minor, created],
  );
}

test("a row that is stored after the sums were made is taken from Stripe's list", async () => {
  const before = aRow("txn_1", "2026-03-10T12:00:00Z", 5_000);
  const after = aRow("txn_2", "2026-03-11T04:00:01Z", 300);
  await store("sums", before);
  const stored = await readStoredRows(pool, "sums", { until: UNTIL, start: undefined });
  await store("sums", after);

  const { stripe } = stripeOf([5_300], [[after, before]]);
  const told = await readStripeNow(stripe, stored, { until: UNTIL, start: undefined });

  const [sums] = stored.sums;
  const { now, unread } = told.get("USD") ?? { now: usd(0), unread: [] };
  expect(subtract(now, sums?.since ?? zero("USD"))).toEqual(sums?.before);
  expect(unread).toEqual([]);
});

test("what was stored as the sums were made is read as far as rows may come late", async () => {
  await store("read", aRow("txn_1", "2026-03-11T03:49:59Z", 5_000));
  await store("read", aRow("txn_2", "2026-03-11T03:50:00Z", 300));
  await store("read", aRow("txn_3", "2026-03-11T04:00:00Z", 40));

  const of = { until: UNTIL, start: undefined };
  const { recent, newest } = await readStoredRows(pool, "read", of);

  expect(newest).toEqual(new Date("2026-03-11T04:00:00Z"));
  expect([...recent].sort()).toEqual(["txn_2", "txn_3"]);
});

test("the balance and the rows behind it are asked for until both fit", async () => {
  const row = aRow("txn_1", "2026-03-11T05:00Z", 50);

  expect(await nowOf(stripeOf([100, 150], [[], [row]]))).toEqual({ now: usd(100), unread: [] });
});

test("a row at the very end of a day is the next one's, and one before it is missing", async () => {
  const rows = [
    aRow("txn_1", "2026-03-11T04:00:00Z", 50),
    aRow("txn_2", "2026-03-11T03:59:59Z", 7),
  ];

  expect(await nowOf(stripeOf([157], [rows]))).toEqual({
    now: usd(107),
    unread: [{ rowId: "txn_2", amount: usd(7) }],
  });
});

test("rows of other balances, and those that the hub has, are not missing", async () => {
  const rows = [
    aRow("txn_1", "2026-03-11T03:00Z", 50),
    aRow("txn_2", "2026-03-11T03:00Z", -300, "risk_reserved"),
  ];

  const told = await nowOf(stripeOf([50], [rows]), { recent: ["txn_1"] });

  expect(told).toEqual({ now: usd(50), unread: [] });
});

test("rows are looked for a little behind the newest one, and never before the start", async () => {
  const start = new Date("2026-03-11T02:55Z");
  const quiet = stripeOf([0], [[]]);

  await nowOf(quiet);
  await nowOf(quiet, { start });
  await nowOf(quiet, { start: new Date("2026-03-11T01:00Z") });

  const from = new Date("2026-03-11T02:50Z");
  expect(quiet.asked).toEqual([from, start, from]);
});

test("an amount that is held in another currency is that currency's alone", async () => {
  const eur = { ...aRow("txn_1", "2026-03-11T05:00Z", 0), net: money(50, "EUR") };

  expect(await nowOf(stripeOf([100], [[eur]]))).toEqual({ now: usd(100), unread: [] });
});

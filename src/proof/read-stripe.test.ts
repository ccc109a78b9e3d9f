import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { subtract, zero } from "../base/money.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import { openPool } from "../db/index.ts";
import { readStoredRows } from "./read-rows.ts";
import { readStripeNow } from "./read-stripe.ts";
import { usd } from "./testing/ledgers.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

const UNTIL = new Date("2026-03-11T00:00:00Z");
const span = { until: UNTIL, start: undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "proof-stripe-test" });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

test("a row that is stored after the sums were made is taken from Stripe's list", async () => {
  const before = aRow("txn_1", "2026-03-10T12:00:00Z", 5_000);
  const after = aRow("txn_2", "2026-03-11T00:00:01Z", 300);
  await store("sums", before);
  const stored = await readStoredRows(pool, "sums", span);
  await store("sums", after);

  const stripe = await readStripeNow(account([after, before]), stored, span);

  const [sums] = stored.sums;
  const { now, unread } = stripe.get("USD") ?? { now: usd(0), unread: [] };
  expect(subtract(now, sums?.since ?? zero("USD"))).toEqual(sums?.before);
  expect(unread).toEqual([]);
});

test("what the hub has read is taken off once, and what it lacks of before is named", async () => {
  const rows = [
    aRow("txn_4", "2026-03-11T00:00:05Z", 40),
    aRow("txn_3", "2026-03-10T23:59:59Z", -7),
    aRow("txn_2", "2026-03-10T23:55:00Z", 300),
    aRow("txn_1", "2026-03-10T12:00:00Z", 5_000),
  ];
  for (const row of rows.filter(({ id }) => id !== "txn_3")) await store("read", row);

  const stored = await readStoredRows(pool, "read", span);
  const stripe = await readStripeNow(account(rows), stored, span);

  expect(stored.recent).toEqual(new Set(["txn_2", "txn_4"]));
  expect(stripe.get("USD")).toEqual({
    now: usd(5_333),
    unread: [{ rowId: "txn_3", amount: usd(-7) }],
  });
});

/** Stripe with these rows and no others behind its balance. */
function account(rows: readonly LedgerRow[]): Pick<StripePort, "listRows" | "readBalance"> {
  const pending = usd(rows.reduce((all, { net }) => all + net.minor, 0n));
  return {
    readBalance: () => Promise.resolve([{ currency: "USD", available: usd(0), pending }]),
    listRows: async function* ({ from }) {
      await Promise.resolve();
      yield { rows: rows.filter(({ created }) => created >= from), isLast: true };
    },
  };
}

function aRow(id: string, created: string, cents: number): LedgerRow {
  return {
    ...{ id, created: new Date(created), category: "charge", type: "charge" },
    ...{ gross: usd(cents), fee: usd(0), net: usd(cents), feeDetails: [] },
    ...{ balanceType: "payments", status: "pending", availableOn: undefined },
    ...{ sourceId: undefined, description: "", exchangeRate: undefined },
  };
}

async function store(pair: string, { id, created, net }: LedgerRow): Promise<void> {
  await pool.query(
    `insert into balance_row (pair, row_id, currency, gross, fee, net, created, category, type,
       description, balance_type, status)
     values ($1, $2, 'USD', $3, 0, $3, $4, 'charge', 'charge', '', 'payments', 'pending')`,
    [pair, id, net.minor, created],
  );
}

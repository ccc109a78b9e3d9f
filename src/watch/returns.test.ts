import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { present } from "../base/assert.ts";
import type { ErrorCode } from "../base/error-codes.ts";
import { HubError } from "../base/errors.ts";
import { money } from "../base/money.ts";
import { openPool } from "../db/index.ts";
import type { ApplicationRow } from "../erp/port.ts";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime, ReturnCredit } from "../runs/index.ts";
import { type CreditedOrder, creditedTwice, watchReturns } from "./returns.ts";
import { saveFound } from "./store.ts";

const PAIR = "acme";

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "returns-test", max: 2 });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const usd = (minor: number) => money(minor, "USD");

const MEMO = {
  ...{ type: "CM", customerId: "C300", refNbr: "000501", batNbr: "000502" },
  ...{ period: "202603", documentDate: "2026-03-15" },
};
const ORDER: CreditedOrder = {
  ...{ key: "K", laneKey: "pi_1", orderNumber: "O1", customerId: "C300", from: "2026-03-10" },
  memos: [{ refundId: "re_1", receipt: MEMO, amount: usd(7_500) }],
  taken: [],
};

function aCredit(change: { original?: string; open?: number } = {}): ReturnCredit {
  const { original = "O1", open = 7_500 } = change;
  const document = {
    ...{ type: "CM", refNbr: "IR5003", batNbr: "000510", amount: usd(7_500), open: usd(open) },
    ...{ period: "202602", documentDate: "2026-03-20", shippers: ["S1"] },
  };
  return { document, returnOrder: "RM1", original, isAlone: true };
}

function applied(type: string, minor: number, isPending = false): ApplicationRow {
  const payer = { type: "CM", refNbr: "IR5003" };
  const row = { customerId: "C300", batNbr: "000520", realised: "0", isPending };
  return { ...row, payer, target: { type, refNbr: "X" }, amount: usd(minor) };
}

test("a memo of the hub and one of a return are told, from the earlier period on", () => {
  const found = creditedTwice(ORDER, [aCredit()], []);

  expect(found?.tampering.kind).toBe("doubled");
  expect(found?.tampering.differences).toEqual([
    {
      what: "credit of order O1",
      expected: "CM 000501 over 75.00 USD for re_1",
      found: "also CM IR5003 over 75.00 USD of return RM1",
    },
  ]);
  expect(found?.booked).toMatchObject({ key: "K", object: "re_1", receipt: { period: "202602" } });
  expect(found?.effect).toEqual({ amount: usd(0), on: "nothing" });
});

test("a memo that a rebuild took over is told without its amount", () => {
  const memos = [{ refundId: "re_1", receipt: MEMO, amount: undefined }];

  const found = creditedTwice({ ...ORDER, memos }, [aCredit()], []);

  expect(found?.tampering.differences[0]?.expected).toBe("CM 000501 for re_1");
});

test.each([
  ["is one of another order", ORDER, [aCredit({ original: "O2" })], []],
  ["was applied by the hub", { ...ORDER, taken: ["IR5003"] }, [aCredit()], []],
  ["is applied to debit memos", ORDER, [aCredit()], [applied("DM", 5_000), applied("DM", 2_500)]],
  ["has nothing open where nobody lists more", ORDER, [aCredit({ open: 0 })], undefined],
] as const)("a return's credit memo that %s is none", (_what, order, credits, rows) => {
  expect(creditedTwice(order, credits, rows)).toBeUndefined();
});

test.each([
  ["was used for an invoice", [aCredit({ open: 0 })], [applied("IN", 7_500)]],
  ["is applied to a debit memo in part", [aCredit()], [applied("DM", 7_499)]],
  ["is to be applied, in a batch on hold", [aCredit()], [applied("DM", 7_500, true)]],
  ["has anything open where nobody lists more", [aCredit({ open: 1 })], undefined],
] as const)("a return's credit memo that %s is told", (_what, credits, rows) => {
  expect(creditedTwice(ORDER, credits, rows)).toBeDefined();
});

const INTENT_SQL = `
insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash, mapping_version, stage,
  bat_nbr, receipt)
values ($1, $2, $3, $4, $5, $6, 'hash', 1, 'done', '000502', $7)`;

/** An order of this customer whose goods count as credited twice by now. */
async function aDoubledOrder(nr: number, customerId: string): Promise<void> {
  const [key, laneKey, refundId] = [`K${nr}`, `pi_${nr}`, `re_${nr}`];
  const orderNumber = `O${nr}`;
  const order = { ...ORDER, key, laneKey, orderNumber, customerId };
  const receipt = { ...MEMO, customerId };
  const draft = JSON.stringify({ orderDate: ORDER.from });
  const placed = [laneKey, "order", draft, { orderNumber, customerId }];
  const memo = [refundId, "refund-cause", "{}", receipt];
  await pool.query(INTENT_SQL, [PAIR, key, laneKey, ...placed]);
  await pool.query(INTENT_SQL, [PAIR, `M${nr}`, laneKey, ...memo]);
  await pool.query(
    `insert into sales_order (pair, object, lane_key, order_number, customer_id, currency, paid,
       left_over, state)
     values ($1, $2, $2, $3, $4, 'USD', 7500, 7500, 'closed')`,
    [PAIR, laneKey, orderNumber, customerId],
  );
  const memos = [{ refundId, receipt, amount: usd(7_500) }];
  const credits = [aCredit({ original: orderNumber })];
  await saveFound(pool, PAIR, present(creditedTwice({ ...order, memos }, credits, []), key));
}

/** An SL that shows no returns any more, and fails for those of one customer. */
function anSl(failsFor: string, code: ErrorCode) {
  const findReturns = async ({ customerId }: Readonly<{ customerId: string }>) => {
    if (customerId === failsFor) throw new HubError(code, `No orders of ${customerId}`);
    return [];
  };
  const erp = { capabilities: { "find-applications": "no" }, orders: { findReturns } };
  return { id: PAIR, settings: someSettings(), erp } as unknown as PairRuntime;
}

/** The findings by the lane of their order. */
async function findingStates(): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ lane: string; state: string }>(
    "select lane_key as lane, state from watch_finding",
  );
  return Object.fromEntries(rows.map(({ lane, state }) => [lane, state]));
}

test("a customer of too many orders is named, and what was found of it stands", async () => {
  await aDoubledOrder(1, "C300");
  await aDoubledOrder(2, "C400");
  const leftOut: string[] = [];
  const looked = {
    ...{ isFull: false, now: new Date() },
    onLeftOut: (id: string, why: HubError) => void leftOut.push(`${id} ${why.code}`),
  };

  const failing = watchReturns({ pool, pair: anSl("C300", "erp.unavailable") }, looked);
  await expect(failing).rejects.toMatchObject({ code: "erp.unavailable" });
  const untouched = await findingStates();
  await watchReturns({ pool, pair: anSl("C300", "erp.contract") }, looked);

  expect(untouched).toEqual({ pi_1: "open", pi_2: "open" });
  expect(leftOut).toEqual(["C300 erp.contract"]);
  expect(await findingStates()).toEqual({ pi_1: "open", pi_2: "gone" });
});

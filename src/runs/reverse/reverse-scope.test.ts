import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { openPool } from "../../db/index.ts";
import { keepRows } from "../../ledger/index.ts";
import { aLedgerRow } from "../../mapping/testing/ledger-rows.ts";
import { findScope } from "./reverse-scope.ts";

const PAIR = "acme-us";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-reverse-scope", max: 2 });
});
beforeEach(() => pool.query("truncate intent, balance_row cascade"));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

type Booked = readonly [object: string, purpose: string, part?: string];

/** Documents that a lane has booked, their batches numbered from `000101` on. */
async function booked(lane: string, ...documents: readonly Booked[]): Promise<void> {
  for (const [at, [object, purpose, part = ""]] of documents.entries()) {
    const receipt = { type: purpose === "return" ? "DM" : "GJ", refNbr: "", batNbr: "" };
    await pool.query(
      `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
         mapping_version, stage, bat_nbr, receipt, created_at)
       values ($1, $2, $3, $4, $5, $6, '{}', '', 1, 'done', $7, $8,
         now() + make_interval(secs => $9))`,
      [
        ...[PAIR, `${object} ${purpose} ${part}`, lane, object, purpose, part],
        ...[`00010${at + 1}`, receipt, at],
      ],
    );
  }
}

const keep = (id: string, gross: number, sourceId: string) =>
  keepRows(pool, PAIR, [aLedgerRow({ id, sourceId, gross })]);

async function scopeOf(named: string): Promise<readonly string[]> {
  const { originals } = await findScope(pool, { named, pair: PAIR, all: false });
  return originals.map(({ object, purpose, part }) => `${object} ${purpose} ${part}`.trimEnd());
}

const RETURNED: readonly Booked[] = [
  ["pi_1", "invoice"],
  ["ch_1", "payment"],
  ["ch_1", "bridge", "txn_in"],
  ["ch_1", "return"],
  ["ch_1", "bridge", "txn_out"],
  ["ch_1", "bridge", "txn_out/rest"],
];

test("journals of the bridge go back with the documents that they take off it", async () => {
  await booked("pi_1", ...RETURNED);
  await keep("txn_in", 10_000, "ch_1");
  await keep("txn_out", -10_000, "pyr_1");

  const sale = ["ch_1 bridge txn_in", "ch_1 payment", "pi_1 invoice"];
  expect([await scopeOf("000103"), await scopeOf("pi_1")]).toEqual([sale, sale]);
  expect(await scopeOf("000106")).toEqual([
    ...["ch_1 bridge txn_out/rest", "ch_1 bridge txn_out", "ch_1 return"],
  ]);
});

test("so do those of a refund and of a dispute, beside its fee", async () => {
  await booked(
    "pi_1",
    ...([
      ["re_1", "refund-cash"],
      ["re_1", "bridge", "txn_refund"],
      ["du_1", "dispute-open", "txn_dispute"],
      ["du_1", "fee", "txn_dispute"],
      ["du_1", "bridge", "txn_dispute"],
    ] satisfies Booked[]),
  );

  expect(await scopeOf("000102")).toEqual(["re_1 bridge txn_refund", "re_1 refund-cash"]);
  expect(await scopeOf("000105")).toEqual([
    ...["du_1 bridge txn_dispute", "du_1 fee txn_dispute", "du_1 dispute-open txn_dispute"],
  ]);
});

test("of a returned charge nothing is guessed while a row of it was not read", async () => {
  await booked("pi_1", ...RETURNED);

  await expect(scopeOf("000105")).rejects.toMatchObject({
    code: "reverse.unsupported",
    cure: expect.stringContaining("slipway rows sweep") as unknown,
  });
});

test("both sides of a conversion go back, and one alone never does", async () => {
  await keep("txn_eur", -10_000, "conv_1");
  await keep("txn_usd", 10_800, "conv_1");
  await keep("txn_other", 500, "conv_2");
  const [eur, usd, other] = [
    ["txn_eur", "bridge"],
    ["txn_usd", "bridge"],
    ["txn_other", "bridge"],
  ] as const;

  await booked("day:2026-03-10", eur, usd, other);
  expect(await scopeOf("txn_eur")).toEqual(["txn_usd bridge", "txn_eur bridge"]);

  await pool.query("update intent set lane_key = 'day:2026-03-11' where object = 'txn_usd'");
  await expect(scopeOf("txn_eur")).rejects.toMatchObject({
    code: "reverse.unsupported",
    message: expect.stringContaining("txn_usd, stands in day:2026-03-11") as unknown,
  });
  expect(await scopeOf("txn_other")).toEqual(["txn_other bridge"]);
});

test("a payout of the opening that has arrived too is named by its keys", async () => {
  await booked("opening", ["opening", "opening", "USD"], ["po_1", "opening"]);
  await booked("po_1", ["po_1", "payout-in"], ["po_1", "writeback"]);

  const both = scopeOf("po_1");

  await expect(both).rejects.toThrow(
    "po_1 names several: journal 000102, the opening of po_1 (acme-us, key po_1 opening ); " +
      "journal 000101, the payout-in of po_1 (acme-us, key po_1 payout-in )",
  );
  expect(await scopeOf("po_1 opening ")).toEqual(["po_1 opening"]);
});

test("what stands at Stripe alone does not hide the opening of a payout", async () => {
  await booked("opening", ["opening", "opening", "USD"], ["po_1", "opening"]);
  await booked("po_1", ["po_1", "writeback"]);

  expect(await scopeOf("po_1")).toEqual(["po_1 opening"]);
});

test("a day is its journals, and not the summary of its sales", async () => {
  const day = "day:2026-03-10";
  await booked(day, [day, "fee", "USD:1"]);
  await booked("summary:2026-03-10", [day, "summary", "USD:SHOP:1"]);

  expect(await scopeOf(day)).toEqual([`${day} fee USD:1`]);
  await expect(scopeOf("summary:2026-03-10")).rejects.toThrow("the summary of its day");
});

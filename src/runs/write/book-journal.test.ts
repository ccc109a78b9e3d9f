import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { aJournal, anEntry } from "../../erp/testing/contract-drafts.ts";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { book } from "./book.ts";
import type { Door } from "./door.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(async () => {
  await bench.next();
  bench.site.connector.learn({});
  await bench.site.admin("POST", "/switches", { emptyJournalBatches: true });
});

/** A worker books this test's journal, by the same door as every document. */
async function journal(door: Door, change: Partial<ReturnType<typeof aJournal>> = {}) {
  const object = `po_journal_${bench.nr()}`;
  await door.store.load([object]);
  return book(door, {
    object,
    purpose: "payout-out",
    part: "",
    make: (key) => ({ draft: { ...aJournal(1), ...change, key, stripeId: object }, notes: [] }),
    owners: [{ rowId: `txn_${bench.nr()}`, part: "gross" }],
  });
}

type Row = Readonly<{ BatNbr: string; Rlsed: number; Status: string }>;

/** The released ledger batches of this test's journal, with how many lines they have. */
async function inSl(): Promise<readonly (readonly [batNbr: string, lines: number])[]> {
  const where = `table=Batch&Module=GL&User1=po_journal_${bench.nr()}`;
  const batches = (await bench.site.admin("GET", `/rows?${where}`)) as Row[];
  const released = batches.filter(({ Rlsed }) => Rlsed === 1);
  return Promise.all(
    released.map(async ({ BatNbr }) => {
      const number = BatNbr.trim();
      const query = `/rows?table=GLTran&Module=GL&BatNbr=${number}`;
      const lines = (await bench.site.admin("GET", query)) as Row[];
      return [number, lines.length] as const;
    }),
  );
}

test("a journal has its batch for a number, a receipt and the row it owns", async () => {
  const receipt = await journal(await bench.aWorker());

  const { batNbr } = receipt;
  expect(receipt).toMatchObject({ type: "GJ", refNbr: batNbr, customerId: "", period: "202603" });
  expect(await inSl()).toEqual([[batNbr, 3]]);
  const stored = await bench.pool.query(
    `select r.sl_table, r.sl_key, l.kind, l.sl_key as number, o.row_id
     from receipt r join link l using (intent_key) join row_owner o using (intent_key)
     where l.stripe_id = $1`,
    [`po_journal_${bench.nr()}`],
  );
  expect(stored.rows).toEqual([
    {
      sl_table: "Batch",
      sl_key: `GL|${batNbr}`,
      kind: "payout-out",
      number: batNbr,
      row_id: `txn_${bench.nr()}`,
    },
  ]);
});

const SERVICE = "journalTransactions";
const STEPS = [
  ["reserve", { service: SERVICE, operation: "editBatch", actionType: "ADD" }],
  ["fill", { service: SERVICE, operation: "editScreen", actionType: "UPDATE" }],
  ["release", { service: SERVICE, operation: "editScreen", actionType: "RELEASENOW" }],
] as const;
const LOSSES = [
  ["whose answer is lost", "first"],
  ["that never arrives", "never"],
] as const;
const CASES = STEPS.flatMap(([step, call]) =>
  LOSSES.map(([how, commit]) => [`${step} ${how}`, call, commit] as const),
);

test.each(CASES)("a %s leaves one journal after the next worker", async (_what, call, commit) => {
  await bench.site.fault(call, { kind: "drop", commit });
  const cut = journal(await bench.aWorker());
  await expect(cut).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);

  const { batNbr } = await journal(await bench.aWorker());

  expect(await inSl()).toEqual([[batNbr, 3]]);
});

test("a single ADD whose answer is lost is found by its key and released once", async () => {
  await bench.site.admin("POST", "/switches", { emptyJournalBatches: false });
  bench.site.connector.learn({ "reserve-journal": "no" });
  const add = { service: SERVICE, operation: "editScreen", actionType: "ADD" };
  await bench.site.fault(add, { kind: "drop", commit: "first" });
  const cut = journal(await bench.aWorker());
  await expect(cut).rejects.toMatchObject({ code: "erp.outcome_open" });

  const { batNbr } = await journal(await bench.aWorker());

  expect(await inSl()).toEqual([[batNbr, 3]]);
});

test("a journal that a restored hub does not know is taken over from SL", async () => {
  const { batNbr } = await journal(await bench.aWorker());
  await bench.pool.query(
    `with gone as (delete from intent where object = $1 returning key),
       sends as (delete from attempt where key in (select key from gone)),
       links as (delete from link where stripe_id = $1),
       owners as (delete from row_owner where intent_key in (select key from gone))
     delete from receipt where intent_key in (select key from gone)`,
    [`po_journal_${bench.nr()}`],
  );

  const again = await journal(await bench.aWorker({ mustLookUp: true }));

  expect(again.batNbr).toBe(batNbr);
  expect(await inSl()).toEqual([[batNbr, 3]]);
});

test("an unbalanced journal leaves no intent and no batch", async () => {
  const lines = [anEntry("debit", 300, "6100"), anEntry("credit", 299, "1095")];

  const booking = journal(await bench.aWorker(), { lines });

  await expect(booking).rejects.toMatchObject({
    code: "mapping.journal_unbalanced",
    message: "The journal's sides differ by 0.01: debits 3.00, credits 2.99 USD",
  });
  const object = `po_journal_${bench.nr()}`;
  const intents = await bench.pool.query("select 1 from intent where object = $1", [object]);
  expect(intents.rowCount).toBe(0);
  expect(await inSl()).toEqual([]);
});

test("a journal in a closed period is SL's to refuse, and parks with its words", async () => {
  const booking = journal(await bench.aWorker(), { period: "202512" });

  await expect(booking).rejects.toMatchObject({ code: "erp.refused" });
});

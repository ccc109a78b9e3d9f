import { afterAll, beforeAll, expect, test } from "vitest";
import { openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { readBooked } from "./read-booked.ts";

const OBJECT = "ch_unshown";
const UNSHOWN = { type: "PA", customerId: "C300", refNbr: "UNSHOWN" };
const OTHER = { ...UNSHOWN, refNbr: "OTHER" };

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
  await bench.next();
});

afterAll(() => bench.close());

/** UNSHOWN as this hub has released it for a purpose, so long ago. */
async function releasedAgo(ago: string, purpose = "payment"): Promise<void> {
  await bench.pool.query("truncate intent, attempt cascade");
  await bench.pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage, receipt)
     values ('acme', 'KEY', 'pi_1', $1, $3, 'C300', '{}', 'x', 1, 'done', $2)`,
    [OBJECT, JSON.stringify(UNSHOWN), purpose],
  );
  await bench.pool.query(
    `insert into attempt (pair, key, nr, step, worker, sent_at, answered_at, outcome)
     select 'acme', 'KEY', 1, 'release', 'w', at, at, 'ok'
     from (select clock_timestamp() - $1::interval as at) sent`,
    [ago],
  );
}

test.each([
  [
    "just now is waited for",
    UNSHOWN,
    "0 s",
    { waitsFor: "SL to show PA UNSHOWN of customer C300" },
  ],
  ["a minute ago is gone", UNSHOWN, "1 min", { code: "erp.not_found" }],
  ["by somebody else is gone", OTHER, "0 s", { code: "erp.not_found" }],
])("a payment that SL does not show and that was released %s", async (_how, asked, ago, what) => {
  await releasedAgo(ago);
  const door = await bench.aWorker();
  await door.store.load([OBJECT]);

  await expect(readBooked(door, asked)).rejects.toMatchObject(what);
});

test.each(["invoice", "return", "refund-cash", "credit-note", "dispute-open", "dispute-close"])(
  "a document of purpose %s that was released just now is waited for",
  async (purpose) => {
    await releasedAgo("0 s", purpose);
    const door = await bench.aWorker();
    await door.store.load([OBJECT]);

    const waitsFor = "SL to show PA UNSHOWN of customer C300";
    await expect(readBooked(door, UNSHOWN)).rejects.toMatchObject({ waitsFor });
  },
);

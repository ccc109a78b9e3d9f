import { expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import type { BareRow } from "./read-rows.ts";
import { readStandings } from "./read-standings.ts";
import { usd } from "./testing/ledgers.ts";

test("a fee is told by its journal before what its charge has under way", async () => {
  const database = await createTestDatabase();
  const pool = openPool(database.url, { max: 2, applicationName: "standings-test" });
  try {
    await pool.query(
      `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
         mapping_version, stage, bat_nbr)
       values ('acme', 'K-PAY', 'pi_1', 'ch_1', 'payment', '{"kind": "payment"}', 'h', 1,
         'filled', '000001')`,
    );
    const created = new Date("2026-03-10T12:00:00Z");
    const row = { rowId: "txn_1", created, category: "charge", type: "charge", sourceId: "ch_1" };
    const gross: BareRow = { ...row, part: "gross", description: "", amount: usd(1_000) };
    const fee: BareRow = { ...row, part: "fee", description: "", amount: usd(-30) };
    const sent = { key: "K-FEES", batNbr: "000002", isOfPart: true };
    const pinned: BareRow = { ...fee, pinned: { lane: "day:2026-03-10", sent } };
    const deps = {
      ...{ pool, pair: "acme", dayOf: () => "2026-03-10" },
      collectedBy: ({ part }: BareRow) => (part === "fee" ? "day:2026-03-10" : undefined),
      readCharge: () => Promise.resolve(undefined),
    };

    const [paid, waiting] = await readStandings(deps, [gross, fee]);
    const [, taken] = await readStandings(deps, [gross, pinned]);

    expect(paid?.standing.sent).toEqual({ key: "K-PAY", batNbr: "000001", isOfPart: true });
    expect(waiting?.standing.sent).toEqual({ key: "K-PAY", batNbr: "000001", isOfPart: false });
    expect(taken?.standing.sent).toEqual(sent);
  } finally {
    await pool.end();
    await database.drop();
  }
});

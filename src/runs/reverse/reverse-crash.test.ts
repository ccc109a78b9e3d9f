import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  DEATHS,
  type Death,
  immortal,
  Mortal,
  mortalContext,
  mortalPort,
  passHorizon,
} from "../../../test/crash/support/mortal.ts";
import { type MortalSite, openMortalSite } from "../../../test/crash/support/mortal-site.ts";
import { until } from "../../../test/support/wait.ts";
import { toHubError } from "../../base/errors.ts";
import type { StripePort } from "../../canonical/port.ts";
import { withTransaction } from "../../db/index.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { anInvoice, aPayment } from "../../erp/testing/contract-drafts.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { book } from "../write/book.ts";
import { type Reversal, readIntents } from "./reversal.ts";
import { askReversal } from "./reverse-command.ts";
import { planReversal } from "./reverse-plan.ts";
import { runReversal } from "./reverse-run.ts";
import { findScope } from "./reverse-scope.ts";

// Processes that die one after the other at writes to SL, before them or after their effect, and
// others that go on: every document is taken back once.

let lasting: MortalSite;
let pool: Pool;
let site: SandboxSite;

beforeAll(async () => {
  lasting = await openMortalSite();
  ({ pool, site } = lasting);
});

afterAll(() => lasting?.close());

const WRITES = ["reserve", "fill", "release"];

/** A sale that was booked: its lane, and a number of which everything else of it is made. */
type Sold = Readonly<{ lane: string; nr: number; isFoundAgain: boolean }>;

const chargeOf = ({ nr }: Sold) => `ch_killed_${nr}`;
const rowOf = ({ nr }: Sold) => `txn_killed_${nr}`;

function aContext({ lane }: Sold, mortal = immortal()): Promise<RunContext> {
  const erp = mortalPort<ErpConnector>(site.connector, mortal, WRITES);
  const settings = someSettings();
  return mortalContext(mortal, { pool, laneKey: lane, settings, erp, stripe: {} as StripePort });
}

/** Books it, however busy the machine is. */
async function booked(...[door, document]: Parameters<typeof book>) {
  return until(`${document.purpose} to be booked`, () =>
    book(door, document).catch((thrown: unknown) => {
      if (toHubError(thrown).code === "erp.busy") return undefined;
      throw thrown;
    }),
  );
}

/** An invoice of 100.00 and its payment, booked, and the wish to take both back. */
async function aReversal(sold: Sold): Promise<Reversal> {
  const { lane, nr, isFoundAgain } = sold;
  const charge = chargeOf(sold);
  const { door, pair } = await aContext(sold);
  await door.store.load([lane, charge]);
  const invoice = await booked(door, {
    ...{ object: lane, purpose: "invoice", part: "", owners: [] },
    make: (key) => ({ draft: { ...anInvoice(nr), key, stripeId: lane }, notes: [] }),
  });
  await booked(door, {
    ...{ object: charge, purpose: "payment", part: "" },
    owners: [{ rowId: rowOf(sold), part: "gross" }],
    make: (key) => {
      const payment = aPayment(nr, [[invoice.refNbr, 10_000]]);
      return { draft: { ...payment, key, stripeId: charge }, notes: [] };
    },
  });
  await pool.query("update lane set owner = null, lease_until = null where key = $1", [lane]);
  if (isFoundAgain) await forgetContent(lane);
  const scope = await findScope(pool, { named: lane, pair: pair.id, all: false });
  const asking = { by: "maria", reason: "a test" };
  const plan = await planReversal({ pool, pair, ...asking, date: "2026-04-02" }, scope);
  const id = await withTransaction(pool, (tx) =>
    askReversal(tx, plan, { named: lane, rebook: false, ...asking }),
  );
  const { objects, dated, toReverse: documents } = plan;
  return { id, state: "asked", objects, documents, dated, rebook: false, ...asking };
}

/** What a rebuild knows of a sale, and a run that has come by since. */
async function forgetContent(lane: string): Promise<void> {
  await pool.query("update intent set draft = '{}', draft_hash = 'rebuilt' where lane_key = $1", [
    lane,
  ]);
  await pool.query(
    `insert into run (pair, lane_key, kind, started_at, worker, outcome, reason)
     values ('acme-us', $1, 'sale', now(), 'w', 'booked', '')`,
    [lane],
  );
}

/** A process that dies there; one that the busy machine held up is followed by another. */
async function dieOnce(
  sold: Sold,
  reversal: Reversal,
  { at, death }: Readonly<{ at: string; death: Death }>,
): Promise<string> {
  return until(`a death at ${at}`, async () => {
    const mortal = new Mortal({ counts: (step) => step === at, death });
    const end = await runReversal(await aContext(sold, mortal), reversal).catch(() => undefined);
    await passHorizon(pool);
    if (mortal.isDead) return `${at} ${death}`;
    return end === undefined ? undefined : "came through";
  });
}

async function untilThrough(sold: Sold, reversal: Reversal): Promise<void> {
  await until("a run that comes through", async () =>
    runReversal(await aContext(sold), reversal).catch(() => undefined),
  );
}

test.each<Sold>([
  { lane: "pi_killed", nr: 1, isFoundAgain: false },
  { lane: "pi_found_again", nr: 2, isFoundAgain: true },
])("of $lane each document goes back once though processes die at every write", async (sold) => {
  const reversal = await aReversal(sold);
  const died: string[] = [];

  for (const _batch of ["debit memo", "credit memo", "application"]) {
    for (const at of WRITES) {
      for (const death of DEATHS) died.push(await dieOnce(sold, reversal, { at, death }));
    }
  }
  await untilThrough(sold, reversal);

  const rows = (await site.admin("GET", "/rows?table=ARDoc")) as Record<string, unknown>[];
  const mine = rows.filter(({ User1, Rlsed }) => {
    return [sold.lane, chargeOf(sold)].includes(String(User1).trim()) && Number(Rlsed) === 1;
  });
  expect(mine.map(({ DocType, OrigDocAmt, DocBal }) => [DocType, OrigDocAmt, DocBal])).toEqual([
    ["IN", 100, 0],
    ["PA", 100, 0],
    ["DM", 100, 0],
    ["CM", 100, 0],
  ]);
  expect(died.slice(0, 6)).toEqual([
    "reserve before",
    "reserve after",
    "fill before",
    "fill after",
    "release before",
    "release after",
  ]);
  expect([died.slice(6, 12), died.slice(12)]).toEqual([died.slice(0, 6), died.slice(0, 6)]);
  const keys = reversal.documents.map(({ key }) => key);
  expect((await readIntents(pool, "acme-us", keys)).map(({ isReversed }) => isReversed)).toEqual([
    true,
    true,
  ]);
  const owned = await pool.query("select until_on from former_owner where row_id = $1", [
    rowOf(sold),
  ]);
  expect(owned.rows).toEqual([{ until_on: "2026-04-02" }]);
  const ended = await pool.query("select state from reversal where lane_key = $1", [sold.lane]);
  expect(ended.rows).toEqual([{ state: "reversed" }]);
});

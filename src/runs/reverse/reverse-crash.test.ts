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
import { present } from "../../base/assert.ts";
import { toHubError } from "../../base/errors.ts";
import type { StripePort } from "../../canonical/port.ts";
import type { SandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { anInvoice, aPayment } from "../../erp/testing/contract-drafts.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { book } from "../write/book.ts";
import { type Reversal, readIntents } from "./reversal.ts";
import { runReversal } from "./reverse-run.ts";

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

const LANE = "pi_killed";
const CHARGE = "ch_killed";
const WRITES = ["reserve", "fill", "release"];

function aContext(mortal = immortal()): Promise<RunContext> {
  const erp = mortalPort<ErpConnector>(site.connector, mortal, WRITES);
  const settings = someSettings();
  return mortalContext(mortal, { pool, laneKey: LANE, settings, erp, stripe: {} as StripePort });
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
async function aReversal(): Promise<Reversal> {
  const { door } = await aContext();
  await door.store.load([LANE, CHARGE]);
  const invoice = await booked(door, {
    ...{ object: LANE, purpose: "invoice", part: "", owners: [] },
    make: (key) => ({ draft: { ...anInvoice(1), key, stripeId: LANE }, notes: [] }),
  });
  await booked(door, {
    ...{ object: CHARGE, purpose: "payment", part: "" },
    owners: [{ rowId: "txn_killed", part: "gross" }],
    make: (key) => {
      const payment = aPayment(1, [[invoice.refNbr, 10_000]]);
      return { draft: { ...payment, key, stripeId: CHARGE }, notes: [] };
    },
  });
  const keys = [CHARGE, LANE].map((object) => {
    const purpose = object === LANE ? "invoice" : "payment";
    return present(door.store.find({ object, purpose, part: "" }), "An intent").key;
  });
  const open = { minor: 0n, currency: "USD" };
  const wish = {
    state: "asked",
    ...{ objects: [LANE, CHARGE], dated: "2026-04-02", rebook: false },
    ...{ reason: "a test", by: "maria", documents: keys.map((key) => ({ key, open })) },
  } as const;
  const { rows } = await pool.query<{ id: string }>(
    `insert into reversal (pair, lane_key, named, objects, documents, dated, rebook, reason,
       asked_by)
     values ('acme-us', $1, $1, $2, '[]', '2026-04-02', false, 'a test', 'maria')
     returning id::text as id`,
    [LANE, wish.objects],
  );
  return { ...wish, id: present(rows[0], "The reversal").id };
}

/** A process that dies there; one that the busy machine held up is followed by another. */
async function dieOnce(reversal: Reversal, at: string, death: Death): Promise<string> {
  return until(`a death at ${at}`, async () => {
    const mortal = new Mortal({ counts: (step) => step === at, death });
    const end = await runReversal(await aContext(mortal), reversal).catch(() => undefined);
    await passHorizon(pool);
    if (mortal.isDead) return `${at} ${death}`;
    return end === undefined ? undefined : "came through";
  });
}

async function untilThrough(reversal: Reversal): Promise<void> {
  await until("a run that comes through", async () =>
    runReversal(await aContext(), reversal).catch(() => undefined),
  );
}

test("a reversal whose processes die at every write takes each document back once", async () => {
  const reversal = await aReversal();
  const died: string[] = [];

  for (const _batch of ["debit memo", "credit memo", "application"]) {
    for (const at of WRITES) {
      for (const death of DEATHS) died.push(await dieOnce(reversal, at, death));
    }
  }
  await untilThrough(reversal);

  const rows = (await site.admin("GET", "/rows?table=ARDoc")) as Record<string, unknown>[];
  const mine = rows.filter(({ User1, Rlsed }) => {
    return [LANE, CHARGE].includes(String(User1).trim()) && Number(Rlsed) === 1;
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
  const owned = await pool.query("select row_id, until_on from former_owner");
  expect(owned.rows).toEqual([{ row_id: "txn_killed", until_on: "2026-04-02" }]);
  const ended = await pool.query("select state from reversal");
  expect(ended.rows).toEqual([{ state: "reversed" }]);
});

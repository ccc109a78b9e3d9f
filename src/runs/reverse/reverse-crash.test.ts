import { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { until } from "../../../test/support/wait.ts";
import { present } from "../../base/assert.ts";
import { systemClock } from "../../base/clock.ts";
import { toHubError } from "../../base/errors.ts";
import type { StripePort } from "../../canonical/port.ts";
import { type SandboxSite, startSandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { anInvoice, aPayment } from "../../erp/testing/contract-drafts.ts";
import { type ClaimedLane, wakeLanes } from "../../lanes/index.ts";
import { someSettings } from "../../mapping/testing/builders.ts";
import type { RunContext } from "../context.ts";
import { StepLog } from "../step-log.ts";
import { book } from "../write/book.ts";
import { openDoor } from "../write/door.ts";
import { IntentStore } from "../write/intent-store.ts";
import { Reference } from "../write/reference.ts";
import { type Reversal, readIntents } from "./reversal.ts";
import { runReversal } from "./reverse-run.ts";

// Processes that die one after the other at writes to SL, before them or after their effect, and
// others that go on: every document is taken back once.

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let site: SandboxSite;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
  site = await startSandboxSite();
  await site.connector.check();
});

afterAll(async () => {
  await site?.close();
  await pool?.end();
  await database?.drop();
});

const LANE = "pi_killed";
const CHARGE = "ch_killed";
const HORIZON_MS = 330_000;
const WRITES = ["reserve", "fill", "release"];

type Death = "before" | "after";
/** Dies at its first write of that name; other ones go well. */
type Mortal = { readonly death: Death; readonly at: string; isDead: boolean };

/** What SL is asked to write is the moment of death; the dead neither call nor save anything. */
function mortalErp(mortal: Mortal): ErpConnector {
  return new Proxy<ErpConnector>(site.connector, {
    get: (erp, name) => {
      const member: unknown = Reflect.get(erp, name);
      if (typeof member !== "function" || !WRITES.includes(String(name))) return member;
      return async (...args: unknown[]) => {
        if (name !== mortal.at) return member.apply(erp, args) as unknown;
        mortal.isDead = true;
        if (mortal.death === "before") throw new Error("the process has died");
        const answer: unknown = await member.apply(erp, args);
        if (mortal.death === "after") throw new Error("the process has died");
        return answer;
      };
    },
  });
}

function mortalPool(mortal: Mortal): Pool {
  const query = async (...args: unknown[]) => {
    if (mortal.isDead) throw new Error("the process has died");
    return (pool.query as (...all: unknown[]) => Promise<unknown>)(...args);
  };
  return Object.assign(Object.create(pool) as Pool, { query });
}

async function aContext(mortal: Mortal): Promise<RunContext> {
  await wakeLanes(pool, [{ pair: "acme-us", key: LANE }]);
  const { rows } = await pool.query<{ attempt: string }>(
    `update lane set owner = 'w', attempt = attempt + 1, lease_until = now() + interval '1 hour'
     where key = $1 returning attempt`,
    [LANE],
  );
  const lane: ClaimedLane = {
    ...{ pair: "acme-us", key: LANE, owner: "w", wake: 1, tries: 0, takenOverFrom: undefined },
    attempt: Number(rows[0]?.attempt),
  };
  const [mine, erp] = [mortalPool(mortal), mortalErp(mortal)];
  const { signal } = new AbortController();
  const store = new IntentStore({ pool: mine, lane, clock: systemClock, mappingVersion: 1 });
  return {
    ...{ pool: mine, lane, signal, steps: new StepLog(systemClock) },
    ...{ mayHaveRefunds: false, mayHaveDisputes: false },
    pair: {
      ...{ id: "acme-us", settings: someSettings(), erp },
      reference: new Reference(erp, systemClock),
      stripe: {} as StripePort,
    },
    door: openDoor({
      ...{ store, erp, signal, clock: systemClock, horizonMs: HORIZON_MS, mustLookUp: false },
      ...{ releasedBy: "hub", personWaitMaxMs: 0, noteWait: async () => 0 },
    }),
  };
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
  const { door } = await aContext({ death: "before", at: "nothing", isDead: false });
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
async function dieOnce(
  reversal: Reversal,
  { at, death }: Pick<Mortal, "at" | "death">,
): Promise<string> {
  return until(`a death at ${at}`, async () => {
    const mortal: Mortal = { at, death, isDead: false };
    const end = await runReversal(await aContext(mortal), reversal).catch(() => undefined);
    // Nothing that was sent can take effect any more when the next process looks.
    await pool.query("update attempt set sent_at = sent_at - interval '1 hour'");
    if (mortal.isDead) return `${at} ${death}`;
    return end === undefined ? undefined : "came through";
  });
}

async function untilThrough(reversal: Reversal): Promise<void> {
  const mortal: Mortal = { at: "nothing", death: "before", isDead: false };
  await until("a run that comes through", async () =>
    runReversal(await aContext(mortal), reversal).catch(() => undefined),
  );
}

test("a reversal whose processes die at every write takes each document back once", async () => {
  const reversal = await aReversal();
  const died: string[] = [];

  for (const _batch of ["debit memo", "credit memo", "application"]) {
    for (const at of WRITES) {
      for (const death of ["before", "after"] as const) {
        died.push(await dieOnce(reversal, { at, death }));
      }
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

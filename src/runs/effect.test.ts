import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { systemClock } from "../base/clock.ts";
import { type SandboxSite, startSandboxSite } from "../erp/ctapi/testing/sandbox-site.ts";
import type { DocumentDraft } from "../erp/port.ts";
import { anInvoice } from "../erp/testing/contract-drafts.ts";
import { type ClaimedLane, wakeLanes } from "../lanes/index.ts";
import { type Door, openDoor } from "./door.ts";
import { bookDocument } from "./effect.ts";
import type { DocumentReceipt } from "./intent.ts";
import { IntentStore } from "./intent-store.ts";
import { Waiting } from "./waiting.ts";

const HORIZON_MS = 330_000;

let database: TestDatabase;
let pool: Pool;
let site: SandboxSite;
let runs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new Pool({ connectionString: database.url });
  site = await startSandboxSite();
  await site.connector.check();
});

afterAll(async () => {
  await site.close();
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  runs += 1;
  await site.admin("DELETE", "/faults");
});

/** A worker's view of the lane of this test; each call is a worker that takes over afresh. */
async function aWorker(options: { mustLookUp?: boolean } = {}): Promise<Door> {
  const key = `pi_effect_${runs}`;
  await wakeLanes(pool, [{ pair: "acme", key }]);
  const claimed = await pool.query<{ attempt: string }>(
    `update lane set owner = 'w', attempt = attempt + 1, lease_until = now() + interval '1 hour'
     where key = $1 returning attempt`,
    [key],
  );
  const attempt = Number(claimed.rows[0]?.attempt);
  const lane: ClaimedLane = {
    pair: "acme",
    key,
    owner: "w",
    attempt,
    wake: 1,
    tries: 0,
    takenOverFrom: undefined,
  };
  return openDoor({
    store: new IntentStore({ pool, lane, clock: systemClock, mappingVersion: 1 }),
    erp: site.connector,
    signal: new AbortController().signal,
    clock: systemClock,
    horizonMs: HORIZON_MS,
    mustLookUp: options.mustLookUp ?? false,
  });
}

/** Books this test's invoice as far as it goes now. */
async function book(door: Door, change: Partial<DocumentDraft> = {}) {
  const object = `in_effect_${runs}`;
  await door.store.load([object]);
  const planned = await door.store.ensure<DocumentDraft, DocumentReceipt>(
    { object, purpose: "invoice", part: "" },
    (key) => ({
      draft: { ...anInvoice(runs), ...change, key, stripeId: object } as DocumentDraft,
      notes: [],
    }),
  );
  return bookDocument(door, planned, (receipt) => ({
    slTable: "ARDoc",
    slKey: `${receipt.type}|${receipt.refNbr}|${receipt.customerId}`,
    links: [],
    owners: [],
  }));
}

/** Time passes, as the database counts it: every send is that much older. */
async function letPass(ms: number): Promise<void> {
  await pool.query("update attempt set sent_at = sent_at - $1 * interval '1 millisecond'", [ms]);
}

type ArDoc = { User1: string; DocType: string; Rlsed: number; BatNbr: string };

async function invoicesInSl(): Promise<ArDoc[]> {
  const rows = (await site.admin("GET", "/rows?table=ARDoc")) as ArDoc[];
  return rows.filter((row) => row.DocType === "IN" && row.User1.trim() === `in_effect_${runs}`);
}

const FILL = { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" };
const RELEASE = { service: "invoiceAndMemo", operation: "editScreen", actionType: "RELEASENOW" };
const RESERVE = { service: "invoiceAndMemo", operation: "editBatch" };

test("an invoice is reserved, filled, read, released and has its receipt", async () => {
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(done.receipt).toMatchObject({ type: "IN", customerId: "C300", period: "202603" });
  expect(done.attempts.map(({ step, outcome }) => [step, outcome])).toEqual([
    ["reserve", "ok"],
    ["fill", "ok"],
    ["release", "ok"],
  ]);
});

test("a worker that starts again on a booked document sends nothing", async () => {
  await book(await aWorker());
  await site.admin("DELETE", "/calls");

  await book(await aWorker());

  const calls = (await site.admin("GET", "/calls")) as { total: number };
  expect(JSON.stringify(calls)).not.toContain("editScreen");
});

test("a lost answer to a committed fill is settled by reading", async () => {
  await site.fault(FILL, { kind: "drop", commit: "first" });

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  const done = await book(await aWorker());

  expect(done.attempts.filter(({ step }) => step === "fill")).toHaveLength(1);
  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("an answer lost before the commit waits out the horizon, then fills once more", async () => {
  await site.fault(FILL, { kind: "drop", commit: "never" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await letPass(HORIZON_MS);
  const done = await book(await aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(done.attempts.filter(({ step }) => step === "fill")).toHaveLength(2);
  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a fill that commits late but within the horizon is found and released once", async () => {
  await site.fault(FILL, { kind: "drop", commit: "later", afterMs: 310_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await expect(book(await aWorker())).rejects.toBeInstanceOf(Waiting);

  await site.admin("POST", "/clock", { action: "advance", ms: 310_000 });
  await letPass(310_000);
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a fill that commits after the horizon parks the doubly filled batch", async () => {
  await site.fault(FILL, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await letPass(HORIZON_MS);
  await site.fault(FILL, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  await site.admin("POST", "/clock", { action: "advance", ms: 400_000 });
  await letPass(HORIZON_MS);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });
  const held = await invoicesInSl();
  expect(held.map((row) => row.Rlsed)).toEqual([0, 0]);
});

test("a voided batch is given up and the next generation is booked", async () => {
  await site.fault(FILL, { kind: "half-save", lines: 1, end: "answer" });
  const conflict = await book(await aWorker()).catch((thrown: unknown) => thrown);
  const [half] = await invoicesInSl();
  await site.admin("POST", `/batches/AR/${half?.BatNbr.trim()}/void`, {});

  const given = await book(await aWorker());
  const done = await book(await aWorker());

  expect(conflict).toMatchObject({ code: "conflict.batch_content" });
  expect(given.stage).toBe("abandoned");
  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
  expect((await invoicesInSl()).filter((row) => row.Rlsed === 1)).toHaveLength(1);
});

test("a lost answer to a release is settled by reading", async () => {
  await site.fault(RELEASE, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a lost answer to a reservation costs an empty batch and nothing else", async () => {
  await site.fault(RESERVE, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const done = await book(await aWorker());

  expect(done.attempts.filter(({ step }) => step === "reserve")).toHaveLength(2);
  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a deadlock victim is sent again under the same key", async () => {
  await site.fault(FILL, { kind: "deadlock" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.busy" });

  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await invoicesInSl()).toHaveLength(1);
});

test("a refused draft makes room for the mended one", async () => {
  const unknown = { ...anInvoice(runs), terms: "99" };
  await expect(book(await aWorker(), { terms: unknown.terms })).rejects.toMatchObject({
    code: "erp.refused",
  });

  const done = await book(await aWorker());

  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
  expect((await invoicesInSl()).filter((row) => row.Rlsed === 1)).toHaveLength(1);
});

test("a hub that lost its database takes over what SL holds", async () => {
  const first = await book(await aWorker());
  await pool.query("delete from receipt");
  await pool.query("delete from attempt where key = $1", [first.key]);
  await pool.query("delete from intent where key = $1", [first.key]);

  const done = await book(await aWorker({ mustLookUp: true }));

  expect(done.receipt).toEqual(first.receipt);
  expect(await invoicesInSl()).toHaveLength(1);
});

test("a batch that a stranger added a document to is never released", async () => {
  await site.fault(RELEASE, { kind: "deadlock" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.busy" });
  const [ours] = await invoicesInSl();
  const foreign = { ...anInvoice(9_000 + runs), stripeId: "typed by hand" };
  await site.connector.fill(ours?.BatNbr.trim() ?? "", foreign);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });

  expect(await invoicesInSl()).toMatchObject([{ Rlsed: 0 }]);
});

import { Pool } from "pg";
import { createTestDatabase } from "../../../test/support/postgres.ts";
import { systemClock } from "../../base/clock.ts";
import { type SandboxSite, startSandboxSite } from "../../erp/ctapi/testing/sandbox-site.ts";
import type { DocumentDraft } from "../../erp/port.ts";
import { anInvoice } from "../../erp/testing/contract-drafts.ts";
import { type ClaimedLane, wakeLanes } from "../../lanes/index.ts";
import { type Door, openDoor } from "../write/door.ts";
import { bookDocument } from "../write/effect.ts";
import type { DocumentReceipt, Intent } from "../write/intent.ts";
import { IntentStore } from "../write/intent-store.ts";
import { noteWait } from "../write/person-wait.ts";

export const HORIZON_MS = 330_000;
const SEND_WITHIN_MS = 15_000;

/** How long a run of the bench waits for a person. */
export const PERSON_WAIT_MAX_MS = 5 * 24 * 60 * 60_000;

type WorkerOptions = { mustLookUp?: boolean; releasedBy?: "hub" | "person" };

type ArDoc = { User1: string; DocType: string; Rlsed: number; BatNbr: string };

/** For tests of the write protocol: a database, a sandbox SL, and workers that come and go. */
export type WriteBench = Readonly<{
  pool: Pool;
  site: SandboxSite;
  /** Begins the next document: what follows is about it alone, and no fault is left over. */
  next(): Promise<void>;
  /** A number for the document of this test. */
  nr(): number;
  /** A worker's view of the lane of this test; each call is a worker that takes over afresh. */
  aWorker(options?: WorkerOptions): Promise<Door>;
  /** Books this test's invoice as far as it goes now. */
  book(
    door: Door,
    change?: Partial<DocumentDraft>,
  ): Promise<Intent<DocumentDraft, DocumentReceipt>>;
  /** The hub's database is put back to before it wrote anything of this test's invoice. */
  loseIntents(): Promise<void>;
  /** Time passes, as the database counts it: every send is that much older. */
  letPass(ms: number): Promise<void>;
  /** The documents of this test that SL holds, voided ones left out. */
  invoicesInSl(): Promise<ArDoc[]>;
  close(): Promise<void>;
}>;

/** Starts a bench of its own for a test file. */
export async function openWriteBench(): Promise<WriteBench> {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url });
  const site = await startSandboxSite();
  await site.connector.check();
  let nr = 0;
  return {
    pool,
    site,
    next: async () => {
      nr += 1;
      await site.admin("DELETE", "/faults");
    },
    nr: () => nr,
    aWorker: (options = {}) => aWorker({ pool, site, key: `pi_effect_${nr}` }, options),
    book: (door, change = {}) => book(door, nr, change),
    loseIntents: async () => {
      const object = `in_effect_${nr}`;
      const keys = "(select key from intent where object = $1)";
      await pool.query(`delete from receipt where intent_key in ${keys}`, [object]);
      await pool.query(`delete from attempt where key in ${keys}`, [object]);
      await pool.query("delete from intent where object = $1", [object]);
    },
    letPass: async (ms) => {
      await pool.query(
        `update attempt set sent_at = sent_at - $1 * interval '1 millisecond',
           answered_at = answered_at - $1 * interval '1 millisecond'`,
        [ms],
      );
      await pool.query("update person_wait set since = since - $1 * interval '1 millisecond'", [
        ms,
      ]);
    },
    invoicesInSl: async () => {
      const rows = (await site.admin("GET", "/rows?table=ARDoc")) as ArDoc[];
      return rows.filter((row) => row.DocType === "IN" && row.User1.trim() === `in_effect_${nr}`);
    },
    close: async () => {
      await site.close();
      await pool.end();
      await database.drop();
    },
  };
}

async function aWorker(
  at: Readonly<{ pool: Pool; site: SandboxSite; key: string }>,
  options: WorkerOptions,
): Promise<Door> {
  const { pool, site, key } = at;
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
    sendWithinMs: SEND_WITHIN_MS,
    mustLookUp: options.mustLookUp ?? false,
    releasedBy: options.releasedBy ?? "hub",
    personWaitMaxMs: PERSON_WAIT_MAX_MS,
    noteWait: ({ key }, wait) => noteWait(pool, lane, { intentKey: key, wait }),
  });
}

async function book(door: Door, nr: number, change: Partial<DocumentDraft>) {
  const object = `in_effect_${nr}`;
  await door.store.load([object]);
  const planned = await door.store.ensure<DocumentDraft, DocumentReceipt>(
    { object, purpose: "invoice", part: "" },
    (key) => ({
      draft: { ...anInvoice(nr), ...change, key, stripeId: object } as DocumentDraft,
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

import type { Pool } from "pg";
import type { IntentIdentity, Purpose } from "../base/ids.ts";
import { withTransaction } from "../db/index.ts";
import type { CustomerReading, KeyedDocument } from "../erp/port.ts";
import { resumePair, wakeLanes } from "../lanes/index.ts";
import { identify } from "./identify.ts";
import { saveLineage } from "./lineage.ts";
import type { PairRuntime } from "./pair-runtime.ts";

const WOKEN_AT_ONCE = 500;

/** What a rebuild did, or would do in a dry run, with what a person should look at by name. */
export type RebuildReport = Readonly<{
  /** Documents and customers of ours that SL holds. */
  inSl: number;
  /** Of those, new to the hub and taken over. */
  adopted: number;
  /** Keys in SL whose Stripe id does not give that key: left alone and listed. */
  unexplained: readonly string[];
  /** Documents that the hub had booked and SL has lost: they are booked again. */
  reopened: readonly string[];
  /** Facts at Stripe that run again. */
  woken: number;
}>;

/**
 * Closes the gap after a restore of either side, without a second document: what SL holds under
 * our keys is taken over as booked, what SL has lost is opened again under the next generation,
 * and recent facts at Stripe run again, each looking SL up by key before it writes.
 */
export async function rebuildPair(
  pool: Pool,
  pair: PairRuntime,
  options: { since: Date; dryRun: boolean; onProgress?: (text: string) => void },
): Promise<RebuildReport> {
  const { since, dryRun, onProgress = () => {} } = options;
  if (!dryRun) {
    await saveLineage(pool, pair.id, { isGreen: false, reason: "a rebuild is under way" });
  }
  const held = await readHeld(pair, onProgress);
  const lost = await findLost(pool, pair, new Set(held.map((record) => record.key)));
  onProgress(`${lost.length} records that the hub had booked are gone from SL`);
  if (!dryRun) await reopenLost(pool, pair.id, lost);
  const unexplained: string[] = [];
  let adopted = 0;
  for (const record of held) {
    const identity = await identify(pair, record);
    if (identity === undefined) unexplained.push(`${record.what} (${record.key})`);
    else if (
      dryRun ? await isNew(pool, pair.id, record.key) : await adopt(pool, identity, record)
    ) {
      adopted += 1;
    }
  }
  onProgress(`${adopted} of ${held.length} records of SL were new to the hub`);
  const woken = await wakeRecent(pool, pair, { since, dryRun });
  onProgress(`${woken} facts at Stripe run again`);
  if (!dryRun) await resumePair(pool, pair.id);
  return { inSl: held.length, adopted, unexplained, reopened: lost.map(({ what }) => what), woken };
}

type HeldRecord = Readonly<{
  key: string;
  stripeId: string;
  /** Of a customer; else empty. */
  email: string;
  purpose: Purpose;
  what: string;
  receipt: object;
  slTable: string;
  slKey: string;
  link: Readonly<{ kind: "customer" | "invoice" | "payment"; slKey: string; batNbr: string }>;
}>;

async function readHeld(
  pair: PairRuntime,
  onProgress: (text: string) => void,
): Promise<HeldRecord[]> {
  const held: HeldRecord[] = [];
  for (let page = 1, isLast = false; !isLast; page += 1) {
    const customers = await pair.erp.listKeyedCustomers(page);
    held.push(...customers.rows.map(fromCustomer));
    isLast = customers.isLast;
  }
  for (let page = 1, isLast = false; !isLast; page += 1) {
    const documents = await pair.erp.listKeyed(page);
    held.push(...documents.rows.filter(isBooked).map(fromDocument));
    isLast = documents.isLast;
    onProgress(`${held.length} records of ours read from SL`);
  }
  return held;
}

/** Held ones are found by the look-up of the run that wants them; only books count as booked. */
function isBooked(document: KeyedDocument): boolean {
  return document.isReleased && (document.type === "IN" || document.type === "PA");
}

function fromCustomer(customer: CustomerReading): HeldRecord {
  const { customerId, key, stripeId, email } = customer;
  return {
    key,
    stripeId,
    email,
    purpose: "customer",
    what: `customer ${customerId}`,
    receipt: { customerId },
    slTable: "Customer",
    slKey: customerId,
    link: { kind: "customer", slKey: customerId, batNbr: "" },
  };
}

function fromDocument(document: KeyedDocument): HeldRecord {
  const { type, customerId, refNbr, batNbr, key, stripeId } = document;
  const kind = type === "IN" ? "invoice" : "payment";
  return {
    key,
    stripeId,
    email: "",
    purpose: kind,
    what: `${type} ${refNbr}`,
    receipt: { type, customerId, refNbr, batNbr, period: "", documentDate: "" },
    slTable: "ARDoc",
    slKey: `${type}|${refNbr}|${customerId}`,
    link: { kind, slKey: refNbr, batNbr },
  };
}

async function isNew(pool: Pool, pair: string, key: string): Promise<boolean> {
  const known = await pool.query(
    "select 1 from intent where pair = $1 and key = $2 and stage = 'done'",
    [pair, key],
  );
  return known.rowCount === 0;
}

const ADOPT_INTENT_SQL = `
insert into intent (pair, lane_key, key, object, purpose, part, generation, draft, draft_hash,
  mapping_version, stage, receipt, bat_nbr, notes)
values ($1, '', $2, $3, $4, '', $5, '{}', 'rebuilt', 0, 'done', $6::jsonb, $7,
  '["Taken over from SL by rebuild"]')
on conflict (pair, key) do update
  set stage = 'done', receipt = excluded.receipt, bat_nbr = excluded.bat_nbr, updated_at = now()
  where intent.stage <> 'done'
returning key`;

/** Takes a record of SL over as booked; true when the hub did not have it so. */
function adopt(pool: Pool, identity: IntentIdentity, record: HeldRecord): Promise<boolean> {
  const { pair, object, purpose, generation } = identity;
  const { kind, slKey, batNbr } = record.link;
  return withTransaction(pool, async (tx) => {
    const receipt = JSON.stringify(record.receipt);
    const values = [pair, record.key, object, purpose, generation, receipt, batNbr || null];
    const changed = await tx.query(ADOPT_INTENT_SQL, values);
    await tx.query(
      `insert into receipt (pair, sl_table, sl_key, intent_key) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [pair, record.slTable, record.slKey, record.key],
    );
    await tx.query(
      `insert into link (pair, stripe_id, kind, sl_key, bat_nbr, intent_key)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (pair, stripe_id, kind, part) do update
         set sl_key = excluded.sl_key, bat_nbr = excluded.bat_nbr,
           intent_key = excluded.intent_key`,
      [pair, object, kind, slKey, batNbr, record.key],
    );
    return changed.rowCount === 1;
  });
}

type LostRecord = Readonly<{ key: string; what: string }>;

/**
 * What the hub has a receipt for and SL does not hold. Each is asked for once more by itself, since
 * a document that was booked while the pages were read is on none of them.
 */
async function findLost(
  pool: Pool,
  pair: PairRuntime,
  held: ReadonlySet<string>,
): Promise<LostRecord[]> {
  const rows = await pool.query<{ key: string; purpose: Purpose; number: string }>(
    `select key, purpose, coalesce(receipt ->> 'refNbr', receipt ->> 'customerId') as number
     from intent
     where pair = $1 and stage = 'done' and purpose in ('invoice', 'payment', 'customer')`,
    [pair.id],
  );
  const lost: LostRecord[] = [];
  for (const { key, purpose, number } of rows.rows) {
    if (held.has(key)) continue;
    const isThere =
      purpose === "customer"
        ? (await pair.erp.readCustomer(number)) !== undefined
        : (await pair.erp.findByKey(key)).some((document) => document.isReleased);
    if (!isThere) lost.push({ key, what: `${purpose} ${number}` });
  }
  return lost;
}

/** SL has lost them: their numbers will be given out again, and the facts are booked once more. */
async function reopenLost(pool: Pool, pair: string, lost: readonly LostRecord[]): Promise<void> {
  if (lost.length === 0) return;
  const keys = lost.map(({ key }) => key);
  await withTransaction(pool, async (tx) => {
    for (const table of ["receipt", "row_owner", "link"]) {
      await tx.query(`delete from ${table} where pair = $1 and intent_key = any ($2::text[])`, [
        pair,
        keys,
      ]);
    }
    // A customer keeps its id, which Stripe's metadata names: it is made again under the same key.
    await tx.query(
      `update intent set updated_at = now(), receipt = null,
         stage = case when purpose = 'customer' then 'planned' else 'abandoned' end
       where pair = $1 and key = any ($2::text[])`,
      [pair, keys],
    );
  });
}

async function wakeRecent(
  pool: Pool,
  pair: PairRuntime,
  options: { since: Date; dryRun: boolean },
): Promise<number> {
  let woken = 0;
  let batch: { pair: string; key: string }[] = [];
  const flush = async () => {
    if (!options.dryRun && batch.length > 0) {
      const lanes = batch;
      await withTransaction(pool, (tx) => wakeLanes(tx, lanes));
    }
    batch = [];
  };
  for await (const key of pair.stripe.listMoneyInSince(options.since)) {
    batch.push({ pair: pair.id, key });
    woken += 1;
    if (batch.length >= WOKEN_AT_ONCE) await flush();
  }
  await flush();
  return woken;
}

import type { Pool } from "pg";
import { systemClock, pause as waitFor } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import {
  type IntentIdentity,
  isJournalPurpose,
  isRefundPurpose,
  JOURNAL_PURPOSES,
  type Purpose,
  REFUND_PURPOSES,
} from "../../base/ids.ts";
import { withTransaction } from "../../db/index.ts";
import type { CustomerReading, KeyedDocument } from "../../erp/port.ts";
import { lockLanes, resumePair, wakeLanes } from "../../lanes/index.ts";
import { dayOfLane, payoutOfLane, summaryLane } from "../../ledger/index.ts";
import type { LinkKind } from "../../links/index.ts";
import { bookingZone, documentDate } from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { isPayoutLane } from "../payouts/payout-run.ts";
import { markAdopted } from "../reverse/reverse-lost.ts";
import { WAITS_FOR_REBUILD } from "../write/adopt.ts";
import { identify, isKeyOf } from "../write/identify.ts";
import { saveLineage } from "../write/lineage.ts";
import { withLineageLock } from "../write/lineage-lock.ts";
import { findLost, type Pause, reopenLost } from "./rebuild-lost.ts";

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

type RebuildOptions = Readonly<{
  since: Date;
  dryRun: boolean;
  /** The hub's other pairs: what they have written to the same SL company is theirs. */
  otherPairs?: readonly string[];
  onProgress?: (text: string) => void;
  /** How it waits where SL's views may still lag; a minute at the most in all. */
  pause?: Pause;
}>;

/**
 * Closes the gap after a restore of either side, without a second document: what SL holds under
 * our keys is taken over as booked, what SL has lost is opened again under the next generation,
 * and recent facts at Stripe run again, each looking SL up by key before it writes.
 *
 * @throws HubError `conflict.rebuild_running` when the pair is being rebuilt already
 */
export function rebuildPair(
  pool: Pool,
  pair: PairRuntime,
  options: RebuildOptions,
): Promise<RebuildReport> {
  if (options.dryRun) return rebuild(pool, pair, options);
  const lock = { pair: pair.id, clock: systemClock };
  return withLineageLock(pool, lock, () => rebuild(pool, pair, options));
}

async function rebuild(
  pool: Pool,
  pair: PairRuntime,
  options: RebuildOptions,
): Promise<RebuildReport> {
  const { since, dryRun, otherPairs = [], onProgress = () => {}, pause = waitFor } = options;
  await requireViews(pair);
  if (!dryRun) {
    await saveLineage(pool, pair.id, { isGreen: false, reason: "a rebuild is under way" });
  }
  const held = new Set<string>();
  const unexplained: string[] = [];
  let adopted = 0;
  for await (const page of pagesOfSl(pair)) {
    const foreign = await keysOfOthers(pool, pair.id, page);
    for (const record of page) {
      held.add(record.key);
      if (foreign.has(record.key) || otherPairs.some((id) => isKeyOf(id, record))) continue;
      const identity = await identify(pair, record);
      if (identity === undefined) unexplained.push(`${record.what} (${record.key})`);
      else if (
        dryRun ? await isNew(pool, pair.id, record.key) : await adopt(pool, identity, record)
      ) {
        adopted += 1;
      }
    }
    onProgress(`${held.size} records of ours read from SL, ${adopted} of them new to the hub`);
  }
  const day = documentDate(systemClock.now(), bookingZone(pair.settings));
  if (!dryRun) await markAdopted(pool, pair.id, day);
  const lost = await findLost(pool, pair, { held, pause });
  onProgress(`${lost.length} records that the hub had written are gone from SL`);
  if (!dryRun) await reopenLost(pool, pair.id, lost);
  const woken = await wakeAll(pool, pair.id, pair.stripe.listMoneyInSince(since), dryRun);
  onProgress(`${woken} facts at Stripe run again`);
  await wakeAll(pool, pair.id, await waitingLanes(pool, pair.id), dryRun);
  if (!dryRun) await resumePair(pool, pair.id, "conflict.lineage");
  return { inSl: held.size, adopted, unexplained, reopened: lost.map(({ what }) => what), woken };
}

/** @throws HubError `config.invalid` where SL cannot be asked what it holds of ours */
async function requireViews({ id, erp }: PairRuntime): Promise<void> {
  if (erp.capabilities["find-by-key"] === "probe") await erp.check();
  if (erp.capabilities["find-by-key"] === "yes") return;
  throw new HubError("config.invalid", "SL lacks the views by which a rebuild reads it", {
    facts: { pair: id },
    cure: "Install the views of site/sql in the SL database, then rebuild.",
  });
}

type HeldRecord = Readonly<{
  key: string;
  stripeId: string;
  /** Of a customer; else empty. */
  email: string;
  /** Of a document; else empty. */
  customerId: string;
  purpose: Purpose;
  orFor?: readonly Purpose[];
  journal?: string;
  what: string;
  receipt: object;
  slTable: string;
  slKey: string;
  link: Readonly<{
    kind: LinkKind;
    slKey: string;
    batNbr: string;
  }>;
}>;

/** Everything of ours that SL holds and that counts, a page at a time. */
async function* pagesOfSl(pair: PairRuntime): AsyncGenerator<readonly HeldRecord[]> {
  for (let page = 1, isLast = false; !isLast; page += 1) {
    const customers = await pair.erp.listKeyedCustomers(page);
    yield customers.rows.map(fromCustomer);
    isLast = customers.isLast;
  }
  for (let page = 1, isLast = false; !isLast; page += 1) {
    const documents = await pair.erp.listKeyed(page);
    yield documents.rows.filter(isBooked).map(fromDocument);
    isLast = documents.isLast;
  }
}

/** Two Stripe accounts may be joined to one SL company: what the other has written is its own. */
async function keysOfOthers(
  pool: Pool,
  pair: string,
  records: readonly HeldRecord[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ key: string }>(
    "select key from intent where key = any ($1::text[]) and pair <> $2",
    [records.map(({ key }) => key), pair],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Held ones are found by the look-up of the run that wants them; only books count as booked. */
function isBooked(document: KeyedDocument): boolean {
  return document.isReleased && (document.screen === "journal" || document.type in PURPOSE_OF);
}

function fromCustomer(customer: CustomerReading): HeldRecord {
  const { customerId, key, stripeId, email } = customer;
  return {
    key,
    stripeId,
    email,
    customerId: "",
    purpose: "customer",
    what: `customer ${customerId}`,
    receipt: { customerId },
    slTable: "Customer",
    slKey: customerId,
    link: { kind: "customer", slKey: customerId, batNbr: "" },
  };
}

/** What documents of each type are for: memos are of returned payments and of ended invoices. */
const PURPOSE_OF: Readonly<Record<string, "invoice" | "payment" | "return" | "reverse">> = {
  IN: "invoice",
  PA: "payment",
  PP: "payment",
  DM: "return",
  CM: "reverse",
};

/** A journal does not tell what it is for; the hash of its key does. */
function fromJournal(document: KeyedDocument): HeldRecord {
  const { key, stripeId, batNbr, type, refNbr, period, documentDate } = document;
  const [purpose, ...others] = JOURNAL_PURPOSES;
  const orFor = [...others, "reverse"] as const;
  return {
    key,
    stripeId,
    email: "",
    customerId: "",
    purpose,
    orFor,
    journal: batNbr,
    what: `journal ${batNbr}`,
    receipt: { type, customerId: "", refNbr, batNbr, period, documentDate },
    slTable: "Batch",
    slKey: `GL|${batNbr}`,
    link: { kind: purpose, slKey: refNbr, batNbr },
  };
}

function fromDocument(document: KeyedDocument): HeldRecord {
  if (document.screen === "journal") return fromJournal(document);
  const { type, customerId, refNbr, batNbr, key, stripeId, period, documentDate } = document;
  const kind = PURPOSE_OF[type] ?? "payment";
  return {
    key,
    stripeId,
    email: "",
    customerId: customerId.trim(),
    purpose: kind,
    // An order's rest within the caps is a memo too, and so is what went back.
    ...(kind === "return" || kind === "reverse"
      ? { orFor: ["reverse", "rounding", ...REFUND_PURPOSES] as const }
      : {}),
    what: `${type} ${refNbr}`,
    receipt: { type, customerId, refNbr, batNbr, period, documentDate },
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

/** What this hub has never sent is not what SL holds: a hub before it had booked that. */
const IS_SENT = `exists (
      select from attempt a where a.pair = intent.pair and a.key = intent.key)`;

const ADOPT_INTENT_SQL = `
insert into intent (pair, lane_key, key, object, purpose, part, generation, draft, draft_hash,
  mapping_version, stage, receipt, bat_nbr, notes)
values ($1, $9, $2, $3, $4, $8, $5, '{}', 'rebuilt', 0, 'done', $6::jsonb, $7,
  '["Taken over from SL by rebuild"]')
on conflict (pair, key) do update
  set stage = 'done', receipt = excluded.receipt, bat_nbr = excluded.bat_nbr, updated_at = now(),
    draft = case when ${IS_SENT} then intent.draft else excluded.draft end,
    draft_hash = case when ${IS_SENT} then intent.draft_hash else excluded.draft_hash end
  where intent.stage <> 'done'
returning key`;

/** Versions before this one kept neither period nor date of what they took over. */
const DATE_ADOPTED_SQL = `
update intent set receipt = $3::jsonb
where pair = $1 and key = $2 and stage = 'done' and receipt ->> 'period' = ''`;

/** Takes a record of SL over as booked; true when the hub did not have it so. */
function adopt(pool: Pool, identity: IntentIdentity, record: HeldRecord): Promise<boolean> {
  const { pair, object, purpose, part, generation } = identity;
  const { slKey, batNbr } = record.link;
  const isOwnKind = purpose === "rounding" || purpose === "summary";
  const isTold = isOwnKind || isJournalPurpose(purpose) || isRefundPurpose(purpose);
  const kind = isTold ? purpose : record.link.kind;
  return withTransaction(pool, async (tx) => {
    const receipt = JSON.stringify(record.receipt);
    const values = [pair, record.key, object, purpose, generation, receipt, batNbr || null];
    const day = record.customerId === "" ? undefined : dayOfLane(object);
    const lane = day === undefined ? object : summaryLane(day);
    const woken = isLaneOfJournals(object) ? [{ pair, key: object }] : [];
    // As runs do: their lane first, and what it has booked after that.
    await lockLanes(tx, woken);
    const changed = await tx.query(ADOPT_INTENT_SQL, [...values, part, lane]);
    if (changed.rowCount === 0) await tx.query(DATE_ADOPTED_SQL, [pair, record.key, receipt]);
    await tx.query(
      `insert into receipt (pair, sl_table, sl_key, intent_key) values ($1, $2, $3, $4)
       on conflict (pair, sl_table, sl_key) do update set intent_key = excluded.intent_key`,
      [pair, record.slTable, record.slKey, record.key],
    );
    await tx.query(
      `insert into link (pair, stripe_id, kind, sl_key, bat_nbr, intent_key, part)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (pair, stripe_id, kind, part) do update
         set sl_key = excluded.sl_key, bat_nbr = excluded.bat_nbr,
           intent_key = excluded.intent_key`,
      [pair, object, kind, slKey, batNbr, record.key, part],
    );
    const isNew = changed.rowCount === 1;
    if (isNew) await wakeLanes(tx, woken);
    return isNew;
  });
}

/** Payouts and days are no payments that run again: the rows of their journals wait for them. */
function isLaneOfJournals(object: string): boolean {
  return (
    isPayoutLane(object) || dayOfLane(object) !== undefined || payoutOfLane(object) !== undefined
  );
}

/** Wakes these lanes as they come; a dry run only counts them. @returns how many */
async function wakeAll(
  pool: Pool,
  pair: string,
  keys: AsyncIterable<string> | Iterable<string>,
  dryRun: boolean,
): Promise<number> {
  let woken = 0;
  let batch: { pair: string; key: string }[] = [];
  const flush = async () => {
    const lanes = batch;
    batch = [];
    if (!dryRun && lanes.length > 0) await withTransaction(pool, (tx) => wakeLanes(tx, lanes));
  };
  for await (const key of keys) {
    batch.push({ pair, key });
    woken += 1;
    if (batch.length >= WOKEN_AT_ONCE) await flush();
  }
  await flush();
  return woken;
}

/** A run at work may be about to wait for this rebuild: it is followed by another. */
const WAITING_SQL = `
select key from lane where pair = $1 and (waits_for = $2 or owner is not null) order by key`;

/** What waits for a rebuild, however long ago its fact at Stripe was. */
async function waitingLanes(pool: Pool, pair: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ key: string }>(WAITING_SQL, [pair, WAITS_FOR_REBUILD]);
  return rows.map(({ key }) => key);
}

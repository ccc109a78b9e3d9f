import type { Pool } from "pg";
import { present } from "../base/assert.ts";
import { sha256 } from "../base/ids.ts";
import { toJson } from "../base/json.ts";
import { withTransaction } from "../db/index.ts";
import { spanOfDay } from "../ledger/index.ts";
import { bookingZone } from "../mapping/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { type CheckItem, type CloseInput, checklist } from "./checklist.ts";
import { readCloseAccounts } from "./close-accounts.ts";
import { hashDocuments, keepDocuments } from "./close-documents.ts";
import type { Proof } from "./prove.ts";
import {
  balanceOf,
  readEventTrouble,
  readOpenBatches,
  readTampered,
  readUnderWay,
  readUnknownRows,
} from "./read-close.ts";
import { hasLedger } from "./read-ledger.ts";
import { runProof } from "./run-proof.ts";
import { periodSpan, type Span } from "./span.ts";

/** What a period is closed with; the pair's calls to SL take a guest's place. */
export type CloseDeps = Readonly<{
  pool: Pool;
  pair: PairRuntime;
  now: Date;
  /**
   * Compares what was booked from a day on with what SL shows, and keeps what differs. Resolves to
   * the customers whose returns it could not search.
   */
  watch: (from: string, signal: AbortSignal | undefined) => Promise<readonly string[]>;
}>;

/** Which period, and who signs it. */
export type CloseWanted = Readonly<{
  /** `YYYYPP`. */
  period: string;
  by: string;
  /** Only looks, and keeps nothing. */
  dryRun: boolean;
  onProgress?: ((words: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}>;

/** What was looked at, and the snapshot's number and hash where the period was closed. */
export type Closed = Readonly<{
  period: string;
  day: string;
  items: readonly CheckItem[];
  documents: Readonly<{ count: number; hash: string }>;
  isClosable: boolean;
  snapshot: Readonly<{ nr: number; hash: string; closedAt: Date }> | undefined;
}>;

/**
 * Goes through the checklist of a fiscal period, and keeps all that was seen with its hash when no
 * item is open. Nothing at Stripe or SL changes: the period itself is closed there by a person.
 *
 * @throws HubError `api.invalid` for a period that the calendar has not, and those of the calls
 */
export async function closePeriod(deps: CloseDeps, wanted: CloseWanted): Promise<Closed> {
  const { pool, pair } = deps;
  const { period, by, dryRun, onProgress = () => {}, signal } = wanted;
  const span = periodSpan(period, await pair.reference.calendar());
  const proofs = await runProof(
    { pool, pair },
    { when: span, isThorough: true, onProgress, signal },
  );
  onProgress("What SL shows of the documents, by the tamper watch");
  // Without SL's views no proof stands, and nothing can be compared.
  const unsearched = hasLedger(pair.erp) ? await deps.watch(span.from, signal) : [];
  onProgress("Accounts that have to be empty, batches, payouts under way, events");
  const items = checklist(await readInput(deps, { span, period, proofs, unsearched, signal }));
  const documents = await hashDocuments(pool, pair.id, period);
  const isClosable = items.every(({ state }) => state !== "open");
  const seen = { period, day: span.day, items, documents, isClosable };
  if (dryRun || !isClosable) return { ...seen, snapshot: undefined };
  return { ...seen, snapshot: await keep(pool, pair.id, { ...seen, by, proofs }) };
}

async function readInput(
  { pool, pair, now }: CloseDeps,
  of: Readonly<{
    span: Span;
    period: string;
    proofs: readonly Proof[];
    unsearched: readonly string[];
    signal: AbortSignal | undefined;
  }>,
): Promise<CloseInput> {
  const { span, period, proofs, unsearched, signal } = of;
  const { day } = span;
  const { until } = spanOfDay(day, bookingZone(pair.settings));
  const eventTrouble = await readEventTrouble(pool, pair.id, until);
  const isOver = until <= now;
  const unknownRows = await readUnknownRows(pool, pair.id, until);
  const tampered = await readTampered(pool, pair.id, period);
  const nothing = { toBeEmpty: [], openBatches: [], transit: [], tampered, unsearched };
  // Without SL's views no proof stands, so the period stays open whatever else there is.
  if (!hasLedger(pair.erp)) return { proofs, unknownRows, eventTrouble, isOver, ...nothing };
  const accounts = await readCloseAccounts({ pool, pair }, day);
  const toBeEmpty = [];
  for (const { role, former, account, currency } of accounts.toBeEmpty) {
    const balance = await balanceOf(pair.erp, { account, currency, day }, signal);
    toBeEmpty.push({ role, former, balance });
  }
  const unposted = proofs.flatMap(({ ledger }) => ledger.unposted);
  const unreleased = await readOpenBatches({ pool, pair: pair.id, erp: pair.erp }, period, signal);
  const transit = [];
  for (const { currency, former, account } of accounts.transit) {
    const balance = await balanceOf(pair.erp, { account, currency, day }, signal);
    const asked = { pair: pair.id, currency, transit: account, day };
    const underWay = await readUnderWay({ pool, erp: pair.erp }, asked, signal);
    transit.push({ currency, former, balance, underWay });
  }
  return {
    proofs,
    unknownRows,
    eventTrouble,
    isOver,
    toBeEmpty,
    tampered,
    unsearched,
    openBatches: [...new Set([...unreleased, ...unposted])],
    transit,
  };
}

const KEEP_SQL = `
insert into period_close (pair, period, nr, closed_by, hash, snapshot)
select $1, $2, coalesce(max(nr), 0) + 1, $3, $4, $5 from period_close
where pair = $1 and period = $2
returning nr, closed_at`;

async function keep(
  pool: Pool,
  pair: string,
  seen: Omit<Closed, "snapshot"> & Readonly<{ by: string; proofs: readonly Proof[] }>,
) {
  const snapshot = toJson({ pair, ...seen });
  const hash = Buffer.from(sha256(snapshot)).toString("hex");
  return withTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ nr: number; closed_at: Date }>(KEEP_SQL, [
      ...[pair, seen.period, seen.by, hash, snapshot],
    ]);
    const { nr, closed_at: closedAt } = present(rows[0], "The snapshot that was kept");
    await keepDocuments(tx, pair, { period: seen.period, nr });
    return { nr, hash, closedAt };
  });
}

/** What a pair has closed so far, newest first. */
export async function listCloses(
  pool: Pool,
  pair: string,
): Promise<
  readonly Readonly<{
    period: string;
    nr: number;
    closedAt: Date;
    closedBy: string;
    hash: string;
  }>[]
> {
  const { rows } = await pool.query<{
    period: string;
    nr: number;
    closed_at: Date;
    closed_by: string;
    hash: string;
  }>(
    `select period, nr, closed_at, closed_by, hash from period_close
     where pair = $1 order by closed_at desc, period desc, nr desc`,
    [pair],
  );
  return rows.map(({ closed_at: closedAt, closed_by: closedBy, ...row }) => ({
    ...{ period: row.period, nr: row.nr, hash: row.hash },
    ...{ closedAt, closedBy },
  }));
}

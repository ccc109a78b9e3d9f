import type { PoolClient } from "pg";
import type { z } from "zod";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { endEvents, openEventsOfLane } from "../events/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import { TELL_CLOSED } from "../runs/index.ts";
import type { CommandAnswer, DismissRequest, ResumeRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readOpenOutcomes, readUnfinished } from "./parked-state.ts";
import { PARKED_COLUMNS, type ParkedSqlRow, toParkedRow } from "./rows.ts";

type Seen = Readonly<{ id: string; version: number; isDryRun: boolean }>;
type Close = Readonly<{ state: "resumed" | "dismissed"; by: string; comment: string | undefined }>;

/**
 * Lets a parked run go on: its lane is woken, and reads everything anew.
 *
 * @throws HubError `api.not_found`, `conflict.version`, `erp.outcome_open`
 */
export function resumeParked(
  deps: ApiDeps,
  id: string,
  request: z.output<typeof ResumeRequest>,
): Promise<CommandAnswer> {
  const { version, by, comment, dryRun } = request;
  return command(deps, { id, version, isDryRun: dryRun }, async (tx, row) => {
    if (dryRun) return { row, effects: [`lane ${row.lane_key} is woken and runs again`] };
    const closed = await close(tx, row, { state: "resumed", by, comment });
    await wakeLanes(tx, [{ pair: row.pair, key: row.lane_key }]);
    return { row: closed, effects: [`lane ${row.lane_key} is woken and runs again`] };
  });
}

/**
 * Closes a parked run without a document: its events end as not applicable, with who and why. An
 * event that came after the run was parked may speak of money that the person has not seen: it is
 * left to the run that it wakes.
 *
 * @throws HubError `api.not_found`, `conflict.version`, `erp.outcome_open`
 */
export function dismissParked(
  deps: ApiDeps,
  id: string,
  request: z.output<typeof DismissRequest>,
): Promise<CommandAnswer> {
  const { version, by, reason, dryRun } = request;
  return command(deps, { id, version, isDryRun: dryRun }, async (tx, row) => {
    const lane = { pair: row.pair, key: row.lane_key };
    const open = await openEventsOfLane(tx, lane.pair, lane.key);
    const events = open.filter((event) => event.endState === "parked");
    const effects = [
      `${events.length} ${events.length === 1 ? "event ends" : "events end"} as not applicable`,
      ...(await leftInSl(tx, lane)),
    ];
    if (dryRun) return { row, effects };
    const seqs = events.map((event) => event.seq);
    const words = `dismissed by ${by}: ${reason}`;
    await endEvents(tx, seqs, { state: "not_applicable", reason: words });
    const closed = await close(tx, row, { state: "dismissed", by, comment: reason });
    return { row: closed, effects };
  });
}

/** What stays in SL when nobody goes on: on hold it has no effect on the books. */
async function leftInSl(tx: PoolClient, lane: { pair: string; key: string }): Promise<string[]> {
  const unfinished = await readUnfinished(tx, lane);
  return unfinished
    .filter((intent) => intent.batNbr !== null)
    .map(
      ({ batNbr, purpose, stage }) =>
        `SL batch ${batNbr} (${purpose}, ${stage}) stays in SL: void it in its screen`,
    );
}

type Effect = Readonly<{ row: ParkedSqlRow; effects: string[] }>;

/**
 * One command in one transaction: the parked row and its lane are locked first, so that neither a
 * second command nor a claim comes between the check and the change.
 */
async function command(
  deps: ApiDeps,
  seen: Seen,
  act: (tx: PoolClient, row: ParkedSqlRow) => Promise<Effect>,
): Promise<CommandAnswer> {
  const { row, effects } = await withTransaction(deps.pool, async (tx) => {
    const locked = await lockParked(tx, seen);
    await refuseWhileWorkedOn(tx, locked);
    await refuseOpenOutcome(deps, tx, locked);
    return act(tx, locked);
  });
  return { isDryRun: seen.isDryRun, effects, parked: toParkedRow(row) };
}

// The parked row before the lane, as a run that ends takes them: in the other order the two could
// wait for each other.
async function lockParked(tx: PoolClient, seen: Seen): Promise<ParkedSqlRow> {
  const { id, version } = seen;
  const found = await tx.query<ParkedSqlRow>(
    `select ${PARKED_COLUMNS} from parked p where p.id = $1::bigint for update`,
    [id],
  );
  const row = found.rows[0];
  if (row === undefined) throw new HubError("api.not_found", `There is no case ${id}`);
  if (row.state !== "open") {
    const who = row.closed_by === null ? "" : ` by ${row.closed_by}`;
    throw new HubError("conflict.version", `Parked run ${id} was ${row.state}${who} meanwhile`);
  }
  if (row.version !== version) {
    throw new HubError(
      "conflict.version",
      `Parked run ${id} is at version ${row.version} now: ${row.reason}`,
      { facts: { field: "version", example: String(row.version) } },
    );
  }
  return row;
}

async function refuseWhileWorkedOn(tx: PoolClient, row: ParkedSqlRow): Promise<void> {
  const lane = await tx.query<{ is_owned: boolean }>(
    `select owner is not null and lease_until > clock_timestamp() as is_owned
     from lane where pair = $1 and key = $2 for update`,
    [row.pair, row.lane_key],
  );
  if (lane.rows[0]?.is_owned !== true) return;
  throw new HubError("conflict.version", `A run is working on ${row.lane_key} at this moment`, {
    cure: "Wait until it has ended, read the parked run again and repeat.",
  });
}

async function refuseOpenOutcome(deps: ApiDeps, tx: PoolClient, row: ParkedSqlRow): Promise<void> {
  const lane = { pair: row.pair, key: row.lane_key };
  const open = await readOpenOutcomes(tx, lane, deps.outcomeHorizonMs(row.pair));
  const newest = open.at(-1);
  if (newest === undefined) return;
  const seconds = Math.ceil(newest.open_for_ms / 1000);
  const what = `The ${newest.step} of the ${newest.purpose} for ${newest.object}`;
  throw new HubError("erp.outcome_open", `${what} had no answer and may still take effect`, {
    cure: `Repeat the command in ${seconds} s, when its outcome is certain.`,
  });
}

async function close(tx: PoolClient, row: ParkedSqlRow, change: Close): Promise<ParkedSqlRow> {
  const closed = await tx.query<ParkedSqlRow>(
    `with closed as (
       update parked p set state = $2, closed_at = now(), changed_at = now(), closed_by = $3,
         comment = $4, version = p.version + 1
       where p.id = $1::bigint returning *
     ), told as (${TELL_CLOSED} from closed)
     select ${PARKED_COLUMNS} from closed p`,
    [row.id, change.state, change.by, change.comment ?? null],
  );
  return present(closed.rows[0], `parked run ${row.id}`);
}

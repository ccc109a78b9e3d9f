import type { PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { dayOfSummary } from "../ledger/index.ts";
import { type Act, noteAct } from "./acts.ts";
import type { CommandAnswer } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readOpenOutcomes } from "./parked-state.ts";
import { PARKED_COLUMNS, type ParkedSqlRow, toParkedRow } from "./rows.ts";

/** The case a person means, at the version that they saw. */
export type Seen = Readonly<{ id: string; version: number; isDryRun: boolean }>;

/** What a command does to a case; `act` is kept with who did it. */
export type Effect = Readonly<{
  row: ParkedSqlRow;
  effects: string[];
  act: Pick<Act, "by" | "act" | "words">;
}>;

export type Command = Readonly<{
  /** A command that starts a run again or closes a case is refused while SL may still act. */
  touchesWork: boolean;
  /** It may be said of a dismissed case too, where no later one of its lane stands for it. */
  takesBack?: boolean;
  act: (tx: PoolClient, row: ParkedSqlRow) => Promise<Effect>;
}>;

/**
 * One command in one transaction: the parked row and its lane are locked first, so that neither a
 * second command nor a claim comes between the check and the change.
 *
 * @throws HubError `api.not_found`, `conflict.version`, `erp.outcome_open`
 */
export async function commandParked(
  deps: ApiDeps,
  seen: Seen,
  command: Command,
): Promise<CommandAnswer> {
  const { row, effects } = await withTransaction(deps.pool, async (tx) => {
    const locked = await lockParked(tx, seen, command);
    if (command.touchesWork) {
      await refuseWhileWorkedOn(tx, locked);
      await refuseOpenOutcome(deps, tx, locked);
    }
    const done = await command.act(tx, locked);
    if (!seen.isDryRun) {
      const { pair, lane_key: laneKey, id: parkedId } = locked;
      await noteAct(tx, { pair, laneKey, parkedId, ...done.act });
    }
    return done;
  });
  return { isDryRun: seen.isDryRun, effects, parked: toParkedRow(row) };
}

// The parked row before the lane, as a run that ends takes them: in the other order the two could
// wait for each other.
async function lockParked(
  tx: PoolClient,
  seen: Seen,
  { takesBack = false }: Command,
): Promise<ParkedSqlRow> {
  const { id, version } = seen;
  const found = await tx.query<ParkedSqlRow>(
    `select ${PARKED_COLUMNS} from parked p where p.id = $1::bigint for update`,
    [id],
  );
  const row = found.rows[0];
  if (row === undefined) throw new HubError("api.not_found", `There is no case ${id}`);
  // Who has seen it as it was before does not know of the dismissal.
  const isTakenBack = takesBack && row.state === "dismissed" && row.version === version;
  if (isTakenBack) await refuseEarlier(tx, row);
  if (row.state !== "open" && !isTakenBack) {
    const who = row.closed_by === null ? "" : ` by ${row.closed_by}`;
    throw new HubError("conflict.version", `Case ${id} was ${row.state}${who} meanwhile`);
  }
  if (row.version !== version) {
    throw new HubError(
      "conflict.version",
      `Case ${id} is at version ${row.version} now: ${row.reason}`,
      { facts: { field: "version", example: String(row.version) } },
    );
  }
  return row;
}

/**
 * What was decided of a lane later counts, and is what a person has to take back. A day's summary
 * is left alone as far as it was collected by then: a case of what came later changes nothing of
 * that, until it is left alone as well.
 */
async function refuseEarlier(tx: PoolClient, { id, pair, lane_key }: ParkedSqlRow): Promise<void> {
  const isOfSummary = dayOfSummary(lane_key) !== undefined;
  const later = await tx.query<{ id: string; version: number }>(
    `select id::text, version from parked
     where pair = $1 and lane_key = $2 and id > $3::bigint
       and (state = 'dismissed' or not $4::boolean)
     order by id desc limit 1`,
    [pair, lane_key, id, isOfSummary],
  );
  const newest = later.rows[0];
  if (newest === undefined) return;
  const name = `${newest.id}@${newest.version}`;
  throw new HubError("conflict.version", `Case ${name} of ${lane_key} came after case ${id}`, {
    cure: `Read it with \`slipway parked show ${newest.id}\`, and resume that one.`,
  });
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

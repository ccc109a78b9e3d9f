import type { PoolClient } from "pg";
import type { z } from "zod";
import { present } from "../base/assert.ts";
import { endEvents, openEventsOfLane } from "../events/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import { dayOfSummary, leaveParts } from "../ledger/index.ts";
import { TELL_CLOSED } from "../runs/index.ts";
import type {
  AssignRequest,
  CommandAnswer,
  CommentRequest,
  DismissRequest,
  ResumeRequest,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { commandParked } from "./parked-command.ts";
import {
  readCollectedEffects,
  readDayEffects,
  readReversalEffects,
  readUnfinished,
} from "./parked-state.ts";
import { PARKED_COLUMNS, type ParkedSqlRow } from "./rows.ts";

type Close = Readonly<{ state: "resumed" | "dismissed"; by: string; comment: string | undefined }>;

/**
 * Lets a parked run go on: its lane is woken, and reads everything anew. One that was dismissed
 * goes on too: the dismissal is taken back.
 *
 * @throws HubError `api.not_found`, `conflict.version`, `erp.outcome_open`
 */
export function resumeParked(
  deps: ApiDeps,
  id: string,
  request: z.output<typeof ResumeRequest>,
): Promise<CommandAnswer> {
  const { version, by, comment, dryRun } = request;
  const act = { by, act: "resumed", words: comment ?? "without a comment" } as const;
  return commandParked(
    deps,
    { id, version, isDryRun: dryRun },
    {
      touchesWork: true,
      takesBack: true,
      act: async (tx, row) => {
        const before =
          row.state === "dismissed" ? [`the dismissal by ${row.closed_by} is taken back`] : [];
        const effects = [...before, `lane ${row.lane_key} is woken and runs again`];
        if (dryRun) return { row, effects, act };
        const closed = await close(tx, row, { state: "resumed", by, comment });
        await wakeLanes(tx, [{ pair: row.pair, key: row.lane_key }]);
        return { row: closed, effects, act };
      },
    },
  );
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
  const act = { by, act: "dismissed", words: reason } as const;
  return commandParked(
    deps,
    { id, version, isDryRun: dryRun },
    {
      touchesWork: true,
      act: async (tx, row) => {
        const lane = { pair: row.pair, key: row.lane_key };
        const open = await openEventsOfLane(tx, lane.pair, lane.key);
        const events = open.filter((event) => event.endState === "parked");
        const effects = [
          `${events.length} ${events.length === 1 ? "event ends" : "events end"} as not applicable`,
          ...(await leftInSl(tx, lane)),
          ...(await leftOfSummary(tx, lane)),
          ...(await readReversalEffects(tx, lane)),
        ];
        if (dryRun) return { row, effects, act };
        const seqs = events.map((event) => event.seq);
        const words = `dismissed by ${by}: ${reason}`;
        await endEvents(tx, seqs, { state: "not_applicable", reason: words });
        const closed = await close(tx, row, { state: "dismissed", by, comment: reason });
        return { row: closed, effects, act };
      },
    },
  );
}

/**
 * Says who looks after a case, or with null that nobody does. The version stays: what is wrong is
 * the same, and a command that saw it before holds.
 *
 * @throws HubError `api.not_found`, `conflict.version`
 */
export function assignParked(
  deps: ApiDeps,
  id: string,
  request: z.output<typeof AssignRequest>,
): Promise<CommandAnswer> {
  const { version, by, to, dryRun } = request;
  return commandParked(
    deps,
    { id, version, isDryRun: dryRun },
    {
      touchesWork: false,
      act: async (tx, row) => {
        const before = row.assignee === null ? "" : ` instead of ${row.assignee}`;
        const words = `${to === null ? "to nobody" : `to ${to}`}${before}`;
        const act = { by, act: "assigned", words } as const;
        const effects = [`assigned ${words}`];
        if (dryRun) return { row, effects, act };
        const changed = await tx.query<ParkedSqlRow>(
          `update parked p set assignee = $2, changed_at = now() where p.id = $1::bigint
           returning ${PARKED_COLUMNS}`,
          [row.id, to],
        );
        return { row: present(changed.rows[0], `parked run ${row.id}`), effects, act };
      },
    },
  );
}

/**
 * Keeps words with a case, for whoever looks at it next.
 *
 * @throws HubError `api.not_found`, `conflict.version`
 */
export function commentParked(
  deps: ApiDeps,
  id: string,
  request: z.output<typeof CommentRequest>,
): Promise<CommandAnswer> {
  const { version, by, comment, dryRun } = request;
  const act = { by, act: "commented", words: comment } as const;
  return commandParked(
    deps,
    { id, version, isDryRun: dryRun },
    {
      touchesWork: false,
      act: async (_tx, row) => ({ row, effects: ["the comment is kept with the case"], act }),
    },
  );
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

async function leftOfSummary(
  tx: PoolClient,
  lane: { pair: string; key: string },
): Promise<string[]> {
  const day = dayOfSummary(lane.key);
  return day === undefined
    ? readCollectedEffects(tx, lane)
    : readDayEffects(tx, { pair: lane.pair, day });
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
  const named = String(row.facts.money ?? "");
  await leaveParts(
    tx,
    { pair: row.pair, key: row.lane_key },
    change.state === "dismissed" ? named.split(", ") : undefined,
  );
  return present(closed.rows[0], `parked run ${row.id}`);
}

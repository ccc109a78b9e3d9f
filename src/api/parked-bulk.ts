import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import type { BulkAnswer, BulkRequest, CommandAnswer } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { assignParked, dismissParked, resumeParked } from "./parked-commands.ts";

type Request = z.output<typeof BulkRequest>;
type Row = Request["rows"][number];
type Result = BulkAnswer["results"][number];

/**
 * One command for many cases, each in a transaction of its own: what is refused for one (another
 * version, an open outcome) is told for that one, and stops no other.
 *
 * @throws HubError `api.invalid` where the command lacks what it needs
 */
export async function commandMany(deps: ApiDeps, request: Request): Promise<BulkAnswer> {
  const command = commandOf(deps, request);
  const results: Result[] = [];
  for (const row of request.rows) results.push(await resultOf(row, command));
  return { isDryRun: request.dryRun, results };
}

function commandOf(deps: ApiDeps, request: Request): (row: Row) => Promise<CommandAnswer> {
  const { command, reason, to, by, dryRun } = request;
  switch (command) {
    case "resume":
      return ({ id, version }) => resumeParked(deps, id, { version, by, dryRun, comment: reason });
    case "dismiss":
      if (reason === undefined) throw missing("reason", "booked by hand");
      return ({ id, version }) => dismissParked(deps, id, { version, by, dryRun, reason });
    case "assign":
      if (to === undefined) throw missing("to", "maria");
      return ({ id, version }) => assignParked(deps, id, { version, by, dryRun, to });
  }
}

function missing(field: string, example: string): HubError {
  return new HubError("api.invalid", `${field} is missing`, { facts: { field, example } });
}

async function resultOf(row: Row, command: (row: Row) => Promise<CommandAnswer>): Promise<Result> {
  try {
    const { effects } = await command(row);
    return { ...row, effects, refused: null };
  } catch (thrown) {
    // What stops one case and what stops the hub are not the same: only the first is a result.
    if (!(thrown instanceof HubError) || !REFUSALS.has(thrown.code)) throw thrown;
    const { code, message, cure } = thrown;
    return { ...row, effects: [], refused: { code, message, cure } };
  }
}

const REFUSALS = new Set<string>(["api.not_found", "conflict.version", "erp.outcome_open"]);

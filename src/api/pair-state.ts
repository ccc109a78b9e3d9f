import type { FastifyInstance } from "fastify";
import type { PoolClient } from "pg";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { holdPair, letPairGo, readPairStates } from "../lanes/index.ts";
import { noteAct } from "./acts.ts";
import { PairParams, type PairStateAnswer, PauseRequest, UnpauseRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readPairLanes } from "./lanes.ts";
import { readInput } from "./request-input.ts";

/** `POST /api/pairs/:pair/pause` and `/resume`: a person stops the lanes of a pair for a while. */
export function registerPairState(app: FastifyInstance, deps: ApiDeps): void {
  app.post("/pairs/:pair/pause", async (request) => {
    const { pair } = readInput(PairParams, request.params);
    const { by, reason, dryRun } = readInput(PauseRequest, request.body);
    await deps.pairs.show(pair);
    return command(deps, { pair, dryRun }, async (tx) => {
      await holdPair(tx, pair, { by, reason });
      await noteAct(tx, { pair, by, act: "paused", words: reason });
      return [
        "no lane of the pair is begun until it is resumed; what is at work ends by itself",
        "webhooks are taken and stored meanwhile",
      ];
    });
  });

  app.post("/pairs/:pair/resume", async (request) => {
    const { pair } = readInput(PairParams, request.params);
    const { by, reason, dryRun } = readInput(UnpauseRequest, request.body);
    await deps.pairs.show(pair);
    return command(deps, { pair, dryRun }, async (tx) => {
      const state = (await readPairStates(tx)).find((known) => known.pair === pair);
      if (!(await letPairGo(tx, pair))) throw notPaused(pair, state?.pausedCode);
      await noteAct(tx, { pair, by, act: "unpaused", words: reason ?? "without a reason" });
      if (state?.pausedCode === undefined) return ["the lanes of the pair are worked on again"];
      return [`the pair waits on: ${state.pausedCode}: ${state.pausedReason}`];
    });
  });
}

/** Nobody's pause is to be lifted; one of the hub's own has a cure of its own. */
function notPaused(pair: string, code: string | undefined): HubError {
  if (code === undefined) return new HubError("api.invalid", `Nobody has paused "${pair}"`);
  const cure =
    code === "conflict.lineage"
      ? `Close the gap with \`slipway rebuild ${pair}\`.`
      : "Set working credentials with `slipway pair set`; the hub goes on by itself.";
  return new HubError("api.invalid", `The hub itself has paused "${pair}": ${code}`, { cure });
}

/** A trial does everything and takes it back, so that it tells what would happen. */
async function command(
  deps: ApiDeps,
  { pair, dryRun }: { pair: string; dryRun: boolean },
  act: (tx: PoolClient) => Promise<string[]>,
): Promise<PairStateAnswer> {
  const effects = await withTransaction(deps.pool, async (tx) => {
    if (dryRun) await tx.query("savepoint trial");
    const done = await act(tx);
    if (dryRun) await tx.query("rollback to savepoint trial");
    return done;
  });
  const [lanes] = await readPairLanes(deps.pool, [pair]);
  return { isDryRun: dryRun, effects, lanes: present(lanes, `the lanes of ${pair}`) };
}

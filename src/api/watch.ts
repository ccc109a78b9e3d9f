import type { FastifyInstance } from "fastify";
import { toDecimal } from "../base/money.ts";
import { withTransaction } from "../db/index.ts";
import {
  acceptFinding,
  askWatch,
  beginHeal,
  type Finding,
  listFindings,
  readFinding,
  readWatchStates,
  type WatchState as State,
} from "../watch/index.ts";
import { noteAct } from "./acts.ts";
import {
  AcceptFindingRequest,
  type FindingAnswer,
  HealFindingRequest,
  NumberedParams,
  ProofParams,
  type WatchAnswer,
  type WatchFinding,
  WatchQuery,
  WatchRequest,
  type WatchState,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `/api/pairs/:pair/watch` and `/api/watch/:id`: what somebody changed in SL of our documents. */
export function registerWatch(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/pairs/:pair/watch", async (request): Promise<WatchAnswer> => {
    const { pair } = readInput(ProofParams, request.params);
    const { all = false } = readInput(WatchQuery, request.query);
    await requireKnownPair(deps, pair);
    return answerFor(deps, pair, all);
  });
  app.post("/pairs/:pair/watch", async (request): Promise<WatchAnswer> => {
    const { pair } = readInput(ProofParams, request.params);
    const { full } = readInput(WatchRequest, request.body);
    await requireKnownPair(deps, pair);
    await askWatch(deps.pool, pair, full);
    return answerFor(deps, pair, false);
  });
  app.get("/watch/:id", async (request): Promise<WatchFinding> => {
    const { id } = readInput(NumberedParams, request.params);
    return toRow(await readFinding(deps.pool, id));
  });
  app.post("/watch/:id/accept", async (request): Promise<FindingAnswer> => {
    const { id } = readInput(NumberedParams, request.params);
    return accept(deps, id, readInput(AcceptFindingRequest, request.body));
  });
  app.post("/watch/:id/heal", async (request): Promise<FindingAnswer> => {
    const { id } = readInput(NumberedParams, request.params);
    return heal(deps, id, readInput(HealFindingRequest, request.body));
  });
}

async function answerFor({ pool }: ApiDeps, pair: string, isAll: boolean): Promise<WatchAnswer> {
  const [state] = await readWatchStates(pool, pair);
  const findings = await listFindings(pool, { pair, isAll });
  return { state: state === undefined ? null : toState(state), findings: findings.map(toRow) };
}

type Accept = Readonly<{ version: number; by: string; reason: string; dryRun: boolean }>;

async function accept(deps: ApiDeps, id: string, request: Accept): Promise<FindingAnswer> {
  const { version, by, reason, dryRun } = request;
  const seen = await readFinding(deps.pool, id);
  const effects = [`${seen.document} is not reported any more, until it changes again`];
  if (seen.effect.amount.minor !== 0n) effects.push(`the proof goes on showing ${seen.effect.on}`);
  if (!dryRun) {
    await withTransaction(deps.pool, async (tx) => {
      const finding = await acceptFinding(tx, { id, version }, { by, reason });
      await noteAct(tx, { ...laneOf(finding), by, act: "accepted", words: words(finding, reason) });
    });
  }
  return { isDryRun: dryRun, effects, finding: toRow(await readFinding(deps.pool, id)) };
}

type Heal = Readonly<{ version: number; by: string; dryRun: boolean }>;

async function heal(deps: ApiDeps, id: string, request: Heal): Promise<FindingAnswer> {
  const { version, by, dryRun } = request;
  const seen = await readFinding(deps.pool, id);
  if (!dryRun) {
    const finding = await withTransaction(deps.pool, async (tx) => {
      const found = await beginHeal(tx, { id, version }, by);
      await noteAct(tx, { ...laneOf(found), by, act: "healed", words: words(found, "") });
      return found;
    });
    await deps.healFinding(finding);
  }
  const finding = toRow(await readFinding(deps.pool, id));
  return { isDryRun: dryRun, effects: [...seen.heal.steps], finding };
}

const laneOf = ({ pair, laneKey }: Finding) => ({ pair, laneKey });
const words = ({ id, kind, document }: Finding, reason: string) =>
  `finding ${id}: ${document} ${kind}${reason === "" ? "" : `, ${reason}`}`;

function toState(state: State): WatchState {
  const { isFull, isRunning, isAsked, checked, total, dueAt } = state;
  const { troubleCode: code, trouble: message, troubleCure: cure } = state;
  return {
    ...{ isFull, isRunning, isAsked, checked, total, dueAt: dueAt.toISOString() },
    startedAt: state.startedAt?.toISOString() ?? null,
    endedAt: state.endedAt?.toISOString() ?? null,
    fullAt: state.fullAt?.toISOString() ?? null,
    trouble: code === null ? null : { code, message: message ?? "", cure: cure ?? "" },
  };
}

function toRow(finding: Finding): WatchFinding {
  const { differences, effect, heal: plan, ...rest } = finding;
  const { amount, on } = effect;
  return {
    ...rest,
    differences: differences.map(({ what, expected, found }) => {
      return { what, was: expected, is: found };
    }),
    effect: { amount: toDecimal(amount), currency: amount.currency, on },
    heal: { by: plan.by, steps: [...plan.steps] },
    foundAt: finding.foundAt.toISOString(),
    seenAt: finding.seenAt.toISOString(),
    decidedAt: finding.decidedAt?.toISOString() ?? null,
    closedAt: finding.closedAt?.toISOString() ?? null,
  };
}

import type { FastifyInstance, FastifyReply } from "fastify";
import {
  type BackfillPlan,
  type BackfillState,
  checkSpan,
  readBackfills,
  startBackfill,
  steerBackfill,
} from "../backfill/index.ts";
import { present } from "../base/assert.ts";
import { toDecimal } from "../base/money.ts";
import { withTransaction } from "../db/index.ts";
import { type LedgerPair, spanOfDay, zoneOf } from "../ledger/index.ts";
import { noteAct } from "./acts.ts";
import {
  type BackfillAnswer,
  type BackfillList,
  type BackfillPlanned,
  BackfillRequest,
  type BackfillRow,
  BackfillSteerRequest,
  PairParams,
  type Preview,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { unknownPair } from "./known-pair.ts";
import { toPreview } from "./preview.ts";
import { readInput } from "./request-input.ts";

/**
 * `POST /api/pairs/:pair/backfill` walks Stripe through a span of days and books what is not
 * booked; a dry run counts it and shows the first sales. `GET` tells how far the newest ones are,
 * `POST …/steer` pauses, resumes or cancels the one at work.
 */
export function registerBackfill(app: FastifyInstance, deps: ApiDeps): void {
  const reached = new Map<string, string>();
  app.post("/pairs/:pair/backfill", async (request, reply): Promise<BackfillAnswer> => {
    const { pair } = readInput(PairParams, request.params);
    const wanted = readInput(BackfillRequest, request.body);
    const span = spanOf(await known(deps, pair), wanted);
    const { perMinute, by } = wanted;
    if (!wanted.dryRun) {
      const backfill = await start(deps, pair, { ...span, perMinute, by });
      reply.code(201);
      return { isDryRun: false, plan: null, backfill };
    }
    const onProgress = (words: string) => void reached.set(pair, words);
    try {
      const how = { onProgress, signal: goneSignal(reply), perMinute };
      const plan = await deps.backfill.plan(pair, span, how);
      const previews = await previewsOf(deps, pair, plan.firstLanes.slice(0, wanted.show));
      return { isDryRun: true, plan: plannedOf(plan, previews), backfill: null };
    } finally {
      reached.delete(pair);
    }
  });

  app.get("/pairs/:pair/backfill", async (request): Promise<BackfillList> => {
    const { pair } = readInput(PairParams, request.params);
    await known(deps, pair);
    const backfills = await readBackfills(deps.pool, pair);
    return { backfills: backfills.map(rowOf), progress: reached.get(pair) ?? null };
  });

  app.post("/pairs/:pair/backfill/steer", async (request): Promise<BackfillList> => {
    const { pair } = readInput(PairParams, request.params);
    const { act, by } = readInput(BackfillSteerRequest, request.body);
    await known(deps, pair);
    await withTransaction(deps.pool, async (tx) => {
      await steerBackfill(tx, pair, act);
      await noteAct(tx, { pair, by, act: "backfilled", words: `${act} the backfill` });
    });
    return { backfills: (await readBackfills(deps.pool, pair)).map(rowOf), progress: null };
  });
}

async function known(deps: ApiDeps, pair: string): Promise<LedgerPair> {
  const found = deps.ledger(pair);
  if (found !== undefined) return found;
  throw unknownPair(pair, await deps.pairs.list());
}

type Span = Readonly<{ from: Date; until: Date }>;

/** Days are the pair's own, and the last one is counted in; nobody backfills what is to come. */
function spanOf(
  pair: LedgerPair,
  {
    from,
    to,
    beforeStart,
  }: Readonly<{ from: string; to?: string | undefined; beforeStart: boolean }>,
): Span {
  const zone = zoneOf(pair);
  // Stripe counts in seconds, and leaves out the last one.
  const now = new Date((Math.floor(Date.now() / 1_000) + 1) * 1_000);
  const end = to === undefined ? now : spanOfDay(to, zone).until;
  const span = { from: spanOfDay(from, zone).from, until: end < now ? end : now };
  checkSpan(pair, { ...span, isBeforeStart: beforeStart });
  return span;
}

async function start(
  { pool }: ApiDeps,
  pair: string,
  wanted: Span & Readonly<{ perMinute?: number | undefined; by: string }>,
): Promise<BackfillRow> {
  const { from, until, perMinute, by } = wanted;
  await withTransaction(pool, async (tx) => {
    await startBackfill(tx, pair, { from, until, perMinute, by });
    const words = `backfill from ${from.toISOString()} to ${until.toISOString()}`;
    await noteAct(tx, { pair, by, act: "backfilled", words });
  });
  const [newest] = await readBackfills(pool, pair, 1);
  return rowOf(present(newest, "The backfill that was started"));
}

/** A caller who has gone wants no plan. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on("close", () => gone.abort());
  return gone.signal;
}

async function previewsOf(
  deps: ApiDeps,
  pair: string,
  lanes: readonly string[],
): Promise<Preview[]> {
  const previews: Preview[] = [];
  for (const lane of lanes) previews.push(toPreview(await deps.foresee(pair, lane, [])));
  return previews;
}

function plannedOf(plan: BackfillPlan, previews: Preview[]): BackfillPlanned {
  const { from, until, rows, ownedRows, facts, documents, kinds, closed } = plan;
  return {
    ...{ from: from.toISOString(), until: until.toISOString(), rows, ownedRows, facts, documents },
    kinds: kinds.map(({ amounts, ...kind }) => ({
      ...kind,
      amounts: amounts.map((one) => ({ currency: one.currency, amount: toDecimal(one) })),
    })),
    closed: closed.map((one) => ({ ...one })),
    estimatedSeconds: plan.estimatedSeconds,
    previews,
  };
}

function rowOf({ pair: _, ...state }: BackfillState): BackfillRow {
  return {
    ...state,
    from: state.from.toISOString(),
    until: state.until.toISOString(),
    position: state.position.toISOString(),
    startedAt: state.startedAt.toISOString(),
    endedAt: state.endedAt?.toISOString() ?? null,
  };
}

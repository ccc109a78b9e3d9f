import { randomBytes } from "node:crypto";
import type { Pool } from "pg";
import { pause } from "../../base/clock.ts";
import { type ClaimedLane, finishLane } from "../lane.ts";
import { type LaneWorkerOptions, startLaneWorker } from "../worker.ts";

/** A started worker that notes what it was given, and when. */
export type TestWorker = Readonly<{
  started: { lane: ClaimedLane; atMs: number; signal: AbortSignal }[];
  lost: ClaimedLane[];
  takenOver: ClaimedLane[];
  lanesAtWork: () => number;
  isRunning: () => boolean;
  stop: () => Promise<void>;
}>;

export type TestWorkerOptions = Readonly<{
  pool: Pool;
  url: string;
  pair?: string;
  limit?: number;
  maxLanes?: number;
  stopWithinMs?: number;
  /** Default: nothing but putting the lane to sleep. */
  work?: LaneWorkerOptions["work"];
  clock?: NonNullable<LaneWorkerOptions["clock"]>;
  onForgotten?: NonNullable<LaneWorkerOptions["onForgotten"]>;
}>;

export function startTestWorker(options: TestWorkerOptions): TestWorker {
  const { pool, url, pair = "acme", limit = 1_000, maxLanes = 32, work } = options;
  const started: TestWorker["started"] = [];
  const lost: ClaimedLane[] = [];
  const takenOver: ClaimedLane[] = [];
  const worker = startLaneWorker({
    pool,
    url,
    owner: `test:${randomBytes(4).toString("hex")}`,
    pairs: () => [{ pair, limit }],
    maxLanes,
    work: async (lane, signal, leave) => {
      started.push({ lane, atMs: performance.now(), signal });
      if (work !== undefined) return work(lane, signal, leave);
      await finishLane(pool, lane, { dueInMs: null, tries: 0 });
    },
    onFenceLost: (lane) => void lost.push(lane),
    onTakeOver: (lane) => void takenOver.push(lane),
    ...(options.stopWithinMs === undefined ? {} : { stopWithinMs: options.stopWithinMs }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.onForgotten === undefined ? {} : { onForgotten: options.onForgotten }),
  });
  return { started, lost, takenOver, ...worker };
}

/** Work that goes on until it is told to stop, as a call to SL would. */
export async function workUntilAborted(_lane: ClaimedLane, signal: AbortSignal): Promise<void> {
  await pause(60_000, signal);
  signal.throwIfAborted();
}

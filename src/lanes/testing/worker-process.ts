// A hub process for tests: works lanes of the test's tables until it gets SIGTERM.
//
// Usage: node worker-process.ts '{"url":…,"owner":…,"pair":…,"mode":"log"|"hold"}'
// Mode `log` notes each run in the table lane_run; mode `hold` keeps each lane until the word `go`
// comes by standard input, then tries to write and to finish, and prints what became of it.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pause } from "../../base/clock.ts";
import { toHubError } from "../../base/errors.ts";
import { openPool } from "../../db/index.ts";
import { type ClaimedLane, FENCE_CTE, finishLane } from "../lane.ts";
import { startLaneWorker } from "../worker.ts";

type Orders = Readonly<{ url: string; owner: string; pair: string; mode: "log" | "hold" }>;

const orders = JSON.parse(process.argv[2] ?? "{}") as Orders;
const pool = openPool(orders.url, { applicationName: orders.owner, max: 8 });
const input = createInterface({ input: process.stdin });
const go = once(input, "line");

const worker = startLaneWorker({
  pool,
  url: orders.url,
  owner: orders.owner,
  pairs: () => [{ pair: orders.pair, limit: 1_000 }],
  maxLanes: 8,
  work: (lane, signal) => (orders.mode === "hold" ? hold(lane, signal) : log(lane)),
  onTakeOver: (lane) => print({ takenOver: lane.key }),
  onFenceLost: (lane) => print({ lost: lane.key }),
});
print({ ready: true });

process.once("SIGTERM", () => {
  void worker
    .stop()
    .then(() => pool.end())
    .then(() => input.close());
});

async function log(lane: ClaimedLane): Promise<void> {
  const started = await pool.query<{ id: bigint }>(
    `insert into lane_run (key, wake, attempt, owner, started_at)
     values ($1, $2, $3, $4, clock_timestamp()) returning id`,
    [lane.key, lane.wake, lane.attempt, lane.owner],
  );
  await pause(lane.wake % 5);
  const id = started.rows[0]?.id;
  await pool.query("update lane_run set ended_at = clock_timestamp() where id = $1", [String(id)]);
  await finishLane(pool, lane, { dueInMs: null, tries: 0 });
}

async function hold(lane: ClaimedLane, signal: AbortSignal): Promise<void> {
  print({ holds: lane.key, attempt: lane.attempt });
  await go;
  const written = await pool.query(
    `with ${FENCE_CTE} insert into lane_write (owner) select $3 from fence`,
    [lane.pair, lane.key, lane.owner, lane.attempt],
  );
  print({ written: written.rowCount, wasAborted: signal.aborted });
  await finishLane(pool, lane, { dueInMs: null, tries: 0 }).catch((thrown: unknown) => {
    print({ finish: toHubError(thrown).code });
    throw thrown;
  });
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

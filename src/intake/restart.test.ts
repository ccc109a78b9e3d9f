import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTestHome, removeTestHome } from "../../test/support/test-home.ts";
import { until } from "../../test/support/wait.ts";
import { pause } from "../base/clock.ts";
import { type EmbeddedPostgres, migrate, openPool, startEmbeddedPostgres } from "../db/index.ts";
import { finishLane, newOwnerName, startLaneWorker } from "../lanes/index.ts";
import { startIntake } from "./testing/intake-server.ts";
import { aChargeEvent, aWebhook, post } from "./testing/webhook.ts";

const LANES = 20;

let home: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  home = await makeTestHome();
  // With the hub's own settings: this file is about what is on disk.
  server = await startEmbeddedPostgres({ home });
  await migrate(server.url);
});
afterAll(async () => {
  await server.stop();
  await removeTestHome(home);
});

type Sending = Readonly<{ url: string; signal: AbortSignal; taken: string[] }>;

/** Sends events one after the other, until told to stop; notes those that were answered 200. */
async function sendEvents(name: string, { url, signal, taken }: Sending): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const id = `evt_${name}_${n}`;
    const event = aChargeEvent(id, {
      data: { object: { id: `ch_${id}`, payment_intent: `pi_${n % LANES}` } },
    });
    const response = await post(url, aWebhook(event));
    if (response.status === 200) taken.push(id);
    else await pause(20);
    await response.arrayBuffer();
  }
}

async function killServer(): Promise<void> {
  const file = await readFile(join(server.dataDir, "postmaster.pid"), "utf8");
  process.kill(Number(file.split("\n")[0]), "SIGKILL");
}

test("a database that dies in the middle costs no event that was taken, and no lane", async () => {
  const pool = openPool(server.url, { applicationName: "restart-test", max: 10 });
  const intake = await startIntake(pool);
  const atWork = new Set<string>();
  let overlaps = 0;
  const worker = startLaneWorker({
    pool,
    url: server.url,
    owner: newOwnerName(),
    pairs: () => [{ pair: "acme", limit: 100 }],
    maxLanes: 8,
    work: async (lane, signal) => {
      // A run that lost its lease in the outage has been told so before the lane is worked again.
      const isAlone = !atWork.has(lane.key) || signal.aborted;
      if (!isAlone) overlaps += 1;
      atWork.add(lane.key);
      try {
        await pause(2);
        await pool.query(
          `update event set end_state = 'booked', end_reason = 'test', ended_at = now()
           where pair = 'acme' and lane_key = $1 and end_state is null`,
          [lane.key],
        );
        // Once the end is saved the next run may begin before its answer is back here.
        atWork.delete(lane.key);
        await finishLane(pool, lane, { dueInMs: null, tries: 0 });
      } finally {
        atWork.delete(lane.key);
      }
    },
  });
  const stopping = new AbortController();
  const taken: string[] = [];
  const sending = { url: intake.url, signal: stopping.signal, taken };
  const senders = Array.from({ length: 8 }, (_, n) => sendEvents(`s${n}`, sending));

  await until("events before the crash", () => taken.length >= 60);
  await killServer();
  const takenBefore = taken.length;
  await until("events after the crash", () => taken.length >= takenBefore + 60);
  stopping.abort();
  await Promise.all(senders);
  await until(
    "all lanes to sleep",
    async () => {
      const busy = await pool.query(
        "select 1 from lane where owner is not null or due_at is not null",
      );
      return busy.rowCount === 0;
    },
    40_000,
  );

  const rows = await pool.query<{ id: string; end: string | null }>(
    'select stripe_event_id as id, end_state as "end" from event',
  );
  const stored = new Map(rows.rows.map((row) => [row.id, row.end]));
  expect(taken.filter((id) => !stored.has(id))).toEqual([]);
  expect([...stored].filter(([, end]) => end !== "booked")).toEqual([]);
  expect(overlaps).toBe(0);
  await intake.close();
  await worker.stop();
  await pool.end();
});

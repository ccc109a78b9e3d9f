import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { until } from "../../../test/support/wait.ts";
import type { LaneId } from "../lane.ts";
import { type LaneDatabase, openLaneDatabase } from "./lane-database.ts";
import { startTestWorker, type TestWorker, type TestWorkerOptions } from "./test-worker.ts";

/** Workers on a lane database that is empty before each test. */
export type WorkerBench = Readonly<{
  db: () => LaneDatabase;
  /** A worker in touch with the database, stopped at the end of the test. */
  aWorker: (options?: Partial<TestWorkerOptions>) => Promise<TestWorker>;
}>;

/** Gives the tests of this file a bench of their own; called once, at the top of the file. */
export function useWorkerBench(): WorkerBench {
  let db: LaneDatabase;
  const workers: TestWorker[] = [];
  beforeAll(async () => {
    db = await openLaneDatabase();
  });
  beforeEach(() => db.clear());
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  });
  afterAll(() => db.close());
  const aWorker = async (options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> => {
    const worker = startTestWorker({ pool: db.pool, url: db.url, stopWithinMs: 50, ...options });
    workers.push(worker);
    await until("the worker listens", async () => {
      const result = await db.pool.query(
        `select 1 from pg_stat_activity
         where datname = current_database() and query like 'listen%'`,
      );
      return worker.isRunning() && (result.rowCount ?? 0) >= workers.length;
    });
    return worker;
  };
  return { db: () => db, aWorker };
}

/** So many lanes of one pair. */
export function lanes(count: number): LaneId[] {
  return Array.from({ length: count }, (_, n) => ({ pair: "acme", key: `pi_${n}` }));
}

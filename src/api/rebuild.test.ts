import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { silentLog } from "../base/log.ts";
import { openPool } from "../db/index.ts";
import { RebuildProgress } from "./contract.ts";
import type { RebuildReport } from "./deps.ts";
import type { Rebuild } from "./index.ts";
import { serveApi } from "./testing/serve-api.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 2, applicationName: "rebuild-test" });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

test("a rebuild gets its pair, its day and whether it is dry", async () => {
  const api = await serveApi(pool);
  const request = { pair: "acme-us", since: "2026-11-01T00:00:00Z", dryRun: true };

  const { status } = await api.call("POST", "/api/rebuild", request);

  expect(status).toBe(200);
  expect(api.asked.at(-1)).toMatchObject({
    rebuild: { ...request, since: new Date(request.since) },
  });
  await api.close();
});

test("a rebuild that is under way tells how far it has come", async () => {
  let finish: (report: RebuildReport) => void = () => {};
  const report = { inSl: 4, adopted: 1, unexplained: [], reopened: [], woken: 2 };
  const rebuild: Rebuild = {
    run: ({ onProgress }) => {
      onProgress("4 records of ours read from SL");
      return new Promise((resolve) => (finish = resolve));
    },
  };
  const slow = await serveApi(pool, { rebuild });
  const progress = () => slow.call("GET", "/api/rebuild?pair=acme-us");
  const body = { pair: "acme-us", since: "2026-11-01T00:00:00Z" };

  const answer = slow.call("POST", "/api/rebuild", body);
  const during = await until("progress", async () => {
    const { body: told } = await progress();
    return RebuildProgress.parse(told).progress ?? undefined;
  });
  finish(report);

  expect(during).toBe("4 records of ours read from SL");
  expect((await answer).body).toEqual(report);
  expect((await progress()).body).toEqual({ progress: null });
  await slow.close();
});

test("progress and log of a dry run say that it only would be so", async () => {
  const logged: string[] = [];
  const log = { ...silentLog, info: (_facts: object, text: string) => void logged.push(text) };
  const told: unknown[] = [];
  const report = { inSl: 4, adopted: 1, unexplained: [], reopened: [], woken: 9 };
  const rebuild: Rebuild = {
    run: async ({ onProgress }) => {
      onProgress("9 facts at Stripe run again");
      told.push((await api.call("GET", "/api/rebuild?pair=acme-us")).body);
      return report;
    },
  };
  const api = await serveApi(pool, { rebuild, log });
  const body = { pair: "acme-us", since: "2026-11-01T00:00:00Z" };

  await api.call("POST", "/api/rebuild", { ...body, dryRun: true });
  await api.call("POST", "/api/rebuild", body);

  const would = "Dry run, so it would be: 9 facts at Stripe run again";
  const real = "9 facts at Stripe run again";
  expect(told).toEqual([{ progress: would }, { progress: real }]);
  expect(logged).toEqual([`Rebuild: ${would}`, `Rebuild: ${real}`]);
  await api.close();
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { makeTestHome, removeTestHome } from "../../test/support/test-home.ts";
import { until } from "../../test/support/wait.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/index.ts";
import { durableUrl, openPool } from "./index.ts";

/** The server of the tests, which never waits for its disk. */
let hasty: TestDatabase;
let home: string;
let safe: EmbeddedPostgres;

beforeAll(async () => {
  hasty = await createTestDatabase();
  home = await makeTestHome();
  safe = await startEmbeddedPostgres({ home });
});
afterAll(async () => {
  await hasty.drop();
  await safe.stop();
  await removeTestHome(home);
});

test("a server with fsync off is refused with its cure", async () => {
  await expect(durableUrl(hasty.url)).rejects.toMatchObject({
    code: "db.not_durable",
    facts: { setting: "fsync", value: "off" },
    cure: expect.stringContaining("fsync = on") as unknown,
  });
});

test("a server without full page writes is refused with its cure", async () => {
  const admin = openPool(safe.url, { applicationName: "durability-test", max: 1 });
  const turn = async (value: string) => {
    await admin.query(`alter system set full_page_writes = ${value}`);
    await admin.query("select pg_reload_conf()");
    await until(`full_page_writes ${value}`, async () => {
      const shown = await admin.query<{ full_page_writes: string }>("show full_page_writes");
      return shown.rows[0]?.full_page_writes === value;
    });
  };
  await turn("off");

  const refused = durableUrl(safe.url);

  await expect(refused).rejects.toMatchObject({
    code: "db.not_durable",
    facts: { setting: "full_page_writes", value: "off" },
  });
  await turn("on");
  await admin.end();
});

test("a server that brings commits to its disk is taken as it is", async () => {
  await expect(durableUrl(safe.url)).resolves.toBe(safe.url);
});

test("a role that commits before the disk is told otherwise on every connection", async () => {
  const byDefault = new URL(safe.url);
  byDefault.searchParams.set("options", "-c synchronous_commit=off -c work_mem=5MB");

  const pool = openPool(await durableUrl(byDefault.href), { applicationName: "durability-test" });

  const shown = await pool.query(
    `select current_setting('synchronous_commit') as commit,
      current_setting('work_mem') as memory`,
  );
  expect(shown.rows).toEqual([{ commit: "on", memory: "5MB" }]);
  await pool.end();
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { until } from "../../test/support/wait.ts";
import { noteAct } from "../api/index.ts";
import { settingsPath } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { createSettingsHistory, type SettingsHistory } from "./settings-history.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let home: string;
let history: SettingsHistory;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-history", connectWithinMs: 5_000 });
});

beforeEach(async () => {
  await pool.query("truncate operator_act, settings_seen");
  home = mkdtempSync(join(tmpdir(), "slipway-history-"));
  history = createSettingsHistory({ pool, home, noteAct });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const PAIR = `pairs:
  demo:
    stripe: {secret-key: enc:v1:first}
    terms: {paid: "01"}
`;

const write = (text: string) => writeFileSync(settingsPath(home), text);
const edit = (from: string, to: string) =>
  write(readFileSync(settingsPath(home), "utf8").replace(from, to));

async function acts() {
  const { rows } = await pool.query<{
    pair: string | null;
    done_by: string;
    words: string;
    changes: object[];
  }>("select pair, done_by, words, changes from operator_act order by id");
  return rows;
}

/** A file that was seen, and nothing noted of it. */
async function seen(text = PAIR): Promise<void> {
  write(text);
  await history.noteFile();
  await pool.query("truncate operator_act");
}

test("a change that is made is kept with who made it, from what to what", async () => {
  await seen();

  const done = await history.record("maria", () => {
    edit('"01"', '"30"');
    return "saved";
  });

  expect(done).toBe("saved");
  expect(await acts()).toEqual([
    {
      ...{ pair: "demo", done_by: "maria", words: 'terms.paid: "01" → "30"' },
      changes: [{ setting: "terms.paid", before: '"01"', after: '"30"' }],
    },
  ]);
});

test("what was edited by hand before a change is told apart from it", async () => {
  await seen();
  edit('"01"', '"15"');

  await history.record("maria", () => edit("paid: ", "unpaid: 7, paid: "));

  expect((await acts()).map(({ done_by, words }) => [done_by, words])).toEqual([
    ["slipway.yaml", 'terms.paid: "01" → "15"'],
    ["maria", "terms.unpaid: not set → 7"],
  ]);
});

test("an edited file is told once, and one that is as it was not at all", async () => {
  await seen();
  await history.noteFile();
  expect(await acts()).toEqual([]);

  edit('"01"', '"30"');
  await history.noteFile();
  await history.noteFile();

  expect(await acts()).toHaveLength(1);
});

test("of a secret only that it is another one is told and kept", async () => {
  await seen();

  await history.record("maria", () => edit("enc:v1:first", "enc:v1:second"));

  const { rows } = await pool.query<{ value: string }>("select value from settings_seen");
  expect(JSON.stringify([rows, await acts()])).not.toContain("enc:v1:");
  expect(await acts()).toMatchObject([
    {
      words: "stripe.secret-key: another secret",
      changes: [{ setting: "stripe.secret-key", before: "••••••", after: "••••••" }],
    },
  ]);
});

test.each([
  ["the first look at a file", undefined, PAIR, "first seen, with 2 settings"],
  ["a pair that is new", "pairs: {}\n", PAIR, "a new pair, with 2 settings"],
  ["a pair that is gone", PAIR, "pairs: {}\n", "the pair was taken away"],
])("%s is told as such, with its settings", async (_what, before, after, words) => {
  if (before !== undefined) await seen(before);

  write(after);
  await history.noteFile();

  expect(await acts()).toMatchObject([{ pair: "demo", words, changes: [{}, {}] }]);
});

test("the same change in the home of another hub is told as made there", async () => {
  await seen();
  const first = home;
  home = mkdtempSync(join(tmpdir(), "slipway-history-"));
  const second = createSettingsHistory({ pool, home, noteAct });
  write(PAIR);
  await second.noteFile();
  await pool.query("truncate operator_act");

  await second.record("otto", () => edit('"01"', '"30"'));
  rmSync(home, { recursive: true, force: true });
  home = first;
  await history.record("maria", () => edit('"01"', '"30"'));

  const words = 'terms.paid: "01" → "30"';
  expect((await acts()).map((act) => [act.done_by, act.words])).toEqual([
    ["otto", words],
    ["maria", words],
  ]);
});

test("what belongs to no pair is told of none", async () => {
  await seen();

  await history.record("maria", () => write(`${PAIR}alerts: {limits: {backlog: 5}}\n`));

  const words = "alerts.limits.backlog: not set → 5";
  expect(await acts()).toMatchObject([{ pair: null, done_by: "maria", words }]);
});

test("a change without end is cut, and says how much more there is", async () => {
  await seen();
  const products = Array.from({ length: 400 }, (_, at) => `      prod_${at}: ${"X".repeat(500)}`);

  await history.record("maria", () => write(`${PAIR}    items:\n${products.join("\n")}\n`));

  const [act] = await acts();
  expect(act?.changes).toHaveLength(300);
  expect(act?.words).toMatch(/; and 390 more$/);
  expect(JSON.stringify(act).length).toBeLessThan(100_000);
});

test("changes at the same time are each told as their doer's", async () => {
  await seen();
  let other: Promise<unknown> | undefined;
  const first = createSettingsHistory({
    ...{ pool, home },
    noteAct: async (tx, act) => {
      // The file is changed and nobody else can know by whom: now a second one comes.
      let isDone = false;
      other ??= history
        .record("otto", () => edit("    terms", "    tax: none\n    terms"))
        .finally(() => {
          isDone = true;
        });
      await until("the second change to wait or to end", async () => {
        const { rows } = await pool.query(
          `select from pg_locks where not granted
             and database = (select oid from pg_database where datname = current_database())`,
        );
        return isDone || rows.length > 0;
      });
      await noteAct(tx, act);
    },
  });

  await first.record("maria", () => edit('"01"', '"30"'));
  await other;

  expect((await acts()).map(({ done_by, words }) => [done_by, words])).toEqual([
    ["maria", 'terms.paid: "01" → "30"'],
    ["otto", 'tax: not set → "none"'],
  ]);
});

test("a change that is refused is not told", async () => {
  await seen();

  const refused = history.record("maria", () => {
    throw new Error("refused");
  });

  await expect(refused).rejects.toThrow("refused");
  expect(await acts()).toEqual([]);
});

import type { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import type { PairSettings } from "../config/index.ts";
import { openPool } from "../db/index.ts";
import { pauseOf, pausePair } from "../lanes/index.ts";
import { holdToBooks, refuseUnderBooks } from "./books-stand-on.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "test-books-stand", connectWithinMs: 5_000 });
});

beforeEach(async () => {
  await pool.query("truncate intent, booked_by, pair_state, balance_row cascade");
  await begin("begun", "reserving", PAYMENT);
  await begin("planned", "planned", PAYMENT);
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A payment over the clearing account, as a draft holds it. */
const PAYMENT = JSON.stringify({
  kind: "payment",
  currency: "USD",
  cash: { account: "1095", subaccount: "000" },
});

function begin(pair: string, stage: string, draft: string) {
  return pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, draft, draft_hash,
       mapping_version, stage)
     values ($1, 'K1', 'pi_1', 'pi_1', 'payment', $3, '', 1, $2)`,
    [pair, stage, draft],
  );
}

const NEW_YORK = "America/New_York";
const USD = { USD: "1095/000" };

function settingsOf(
  id: string,
  of: Readonly<{
    timeZone?: string;
    zone?: string;
    start?: string;
    clearing?: Readonly<Record<string, string>>;
    key?: string;
  }>,
): PairSettings {
  const clearing = Object.entries(of.clearing ?? USD).map(([currency, name]) => {
    const [account, subaccount] = name.split("/");
    return [currency, { account, subaccount }];
  });
  return {
    id,
    timeZone: of.timeZone ?? NEW_YORK,
    start: of.start,
    cutoff: { zone: of.zone },
    field: { key: of.key ?? "User2" },
    accounts: { clearing: Object.fromEntries(clearing) as object },
  } as PairSettings;
}

test.each([
  ["time-zone", { timeZone: "Asia/Tokyo" }, "time-zone", NEW_YORK],
  ["cutoff.zone", { zone: "Asia/Tokyo" }, "cutoff.zone", NEW_YORK],
  ["clearing account", { clearing: { USD: "1096/000" } }, "accounts.clearing.USD", "1095/000"],
  ["clearing subaccount", { clearing: { USD: "1095/001" } }, "accounts.clearing.USD", "1095/000"],
  ["currency taken away", { clearing: {} }, "accounts.clearing.USD", "1095/000"],
  ["field of keys", { key: "User1" }, "field.key", "User2"],
])("another %s is refused once a document was begun", async (_what, change, setting, example) => {
  const before = settingsOf("begun", {});
  await holdToBooks(pool, before);

  const refused = refuseUnderBooks(pool, before, settingsOf("begun", change));

  await expect(refused).rejects.toMatchObject({
    code: "config.invalid",
    facts: { field: `pairs.begun.${setting}`, example },
    cure: `Nothing was changed; keep ${example} there.`,
  });
});

test.each([
  ["A zone of a pair that has only planned", "planned", { timeZone: "Asia/Tokyo" }],
  ["A zone that decides nothing", "begun", { timeZone: "Asia/Tokyo", zone: NEW_YORK }],
  ["An account on which nothing was begun", "planned", { clearing: { USD: "1096/000" } }],
  ["A new currency", "begun", { clearing: { ...USD, EUR: "1097/000" } }],
])("%s may change", async (_what, id, change) => {
  const before = settingsOf(id, {});
  const after = settingsOf(id, change);
  await holdToBooks(pool, before);

  await refuseUnderBooks(pool, before, after);

  expect(await holdToBooks(pool, after)).toBeUndefined();
});

test("an account that no document is on changes beside one that has books", async () => {
  const both = settingsOf("begun", { clearing: { ...USD, EUR: "1097/000" } });
  const moved = settingsOf("begun", { clearing: { ...USD, EUR: "1098/000" } });
  await holdToBooks(pool, both);

  await refuseUnderBooks(pool, both, moved);

  expect(await holdToBooks(pool, moved)).toBeUndefined();
});

test("what a rebuild took over stands on the account of each currency that has rows", async () => {
  const both = settingsOf("rebuilt", { clearing: { ...USD, EUR: "1097/000" } });
  await begin("rebuilt", "done", "{}");
  await pool.query(
    `insert into balance_row (pair, row_id, created, currency, category, type, gross, fee, net,
       status)
     values ('rebuilt', 'txn_1', now(), 'USD', 'charge', 'charge', 100, 0, 100, 'available')`,
  );
  await holdToBooks(pool, both);
  const withEur = settingsOf("rebuilt", { clearing: { ...USD, EUR: "1098/000" } });
  const withUsd = settingsOf("rebuilt", { clearing: { USD: "1096/000", EUR: "1097/000" } });

  await expect(refuseUnderBooks(pool, both, withUsd)).rejects.toThrow("balance of USD on 1095/000");
  await expect(refuseUnderBooks(pool, both, withEur)).resolves.toBeUndefined();
});

const open = (stage: string, reversedBy?: string) =>
  pool.query(
    `insert into intent (pair, key, lane_key, object, purpose, part, draft, draft_hash,
       mapping_version, stage, reversed_by)
     values ('opened', 'K1', 'opening', 'opening', 'opening', 'USD', '{}', '', 1, $1, $2)`,
    [stage, reversedBy],
  );

test.each([
  ["An earlier", "2026-10-01", "2026-10-01 in its place what moved the balance before"],
  ["A later", "2026-12-01", "2026-12-01 in its place what moved the balance between"],
  ["No", undefined, "no day in its place what moved the balance before"],
])("%s start is refused once an opening entry was begun", async (_what, start, words) => {
  await open("filled");
  const before = settingsOf("opened", { start: "2026-11-01" });
  await holdToBooks(pool, before);
  const after = settingsOf("opened", start === undefined ? {} : { start });

  const refused = refuseUnderBooks(pool, before, after);

  await expect(refused).rejects.toThrow(words);
  await expect(refused).rejects.toMatchObject({
    facts: { field: "pairs.opened.start", example: "2026-11-01" },
  });
  expect(await holdToBooks(pool, after)).toContain("what stood at Stripe on 2026-11-01");
});

test.each([
  ["nothing has opened the books", "begun", "planned", undefined],
  ["its opening entries are planned alone", "opened", "planned", undefined],
  ["all its opening entries were reversed", "opened", "done", "K2"],
])("the start of a pair moves while %s", async (_when, id, stage, reversedBy) => {
  await open(stage, reversedBy);
  const before = settingsOf(id, { start: "2026-11-01" });
  const after = settingsOf(id, { start: "2026-10-01" });
  await holdToBooks(pool, before);

  await refuseUnderBooks(pool, before, after);

  expect(await holdToBooks(pool, after)).toBeUndefined();
});

test("a pair that is added again under its id has the books of that id", async () => {
  await holdToBooks(pool, settingsOf("begun", {}));
  const again = settingsOf("begun", { clearing: { USD: "1096/000" } });

  await expect(refuseUnderBooks(pool, undefined, again)).rejects.toThrow("1095/000; with 1096/000");
});

test("a file that was edited by hand keeps nobody from changing something else", async () => {
  await holdToBooks(pool, settingsOf("begun", {}));
  const edited = settingsOf("begun", { clearing: { USD: "1096/000" } });

  await expect(refuseUnderBooks(pool, edited, edited)).resolves.toBeUndefined();
});

test("a pair that has booked is paused while its file names another zone", async () => {
  const hold = (timeZone: string) => holdToBooks(pool, settingsOf("begun", { timeZone }));
  await hold(NEW_YORK);

  const reason = await hold("Asia/Tokyo");
  await pausePair(pool, "begun", "erp.auth", "SL refused the password");

  expect(reason).toContain("by the days of America/New_York; by those of Asia/Tokyo");
  expect(await pauseOf(pool, "begun")).toEqual({ code: "config.booked_otherwise", reason });
  expect(await hold("Europe/Berlin")).toContain("by those of Europe/Berlin");
  expect(await hold(NEW_YORK)).toBeUndefined();
  expect(await pauseOf(pool, "begun")).toBeUndefined();
});

test("a pair goes on once its file names all that it has booked by again", async () => {
  const hold = (timeZone: string, account: string) =>
    holdToBooks(pool, settingsOf("begun", { timeZone, clearing: { USD: account } }));
  await hold(NEW_YORK, "1095/000");

  const both = await hold("Asia/Tokyo", "1096/000");
  const one = await hold(NEW_YORK, "1096/000");
  const pause = await pauseOf(pool, "begun");
  await hold(NEW_YORK, "1095/000");

  expect(both).toContain("balance of USD on 1095/000; with 1096/000 in its place");
  expect(both).toContain("by the days of America/New_York");
  expect(one).not.toContain("by the days");
  expect(pause).toEqual({ code: "config.booked_otherwise", reason: one });
  expect(await pauseOf(pool, "begun")).toBeUndefined();
});

test("a pair that has booked nothing is held to what its file names last", async () => {
  const hold = (timeZone: string) => holdToBooks(pool, settingsOf("planned", { timeZone }));
  expect(await hold(NEW_YORK)).toBeUndefined();
  expect(await hold("Asia/Tokyo")).toBeUndefined();
  await pool.query("update intent set stage = 'reserving' where pair = 'planned'");

  expect(await hold("Asia/Tokyo")).toBeUndefined();
  expect(await hold(NEW_YORK)).toContain("by the days of Asia/Tokyo");
});

test("the right settings lift no other pause", async () => {
  await pausePair(pool, "begun", "erp.auth", "SL refused the password");

  await holdToBooks(pool, settingsOf("begun", {}));

  expect(await pauseOf(pool, "begun")).toMatchObject({ code: "erp.auth" });
});

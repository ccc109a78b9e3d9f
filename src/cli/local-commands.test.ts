import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { runCommand } from "./testing/run-command.ts";
import { BIN, runSlipway } from "./testing/run-slipway.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let home: string;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-local-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const onDatabase = () => ({ DATABASE_URL: database.url, SLIPWAY_HOME: home });

test("migrate status of a current database ends 0 with all applied", async () => {
  const { code, out } = await runCommand(["migrate", "status", "--json"], onDatabase());

  const states = out
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { state: string }).state);
  expect(code).toBe(0);
  expect(new Set(states)).toEqual(new Set(["applied"]));
});

test("migrate up has nothing to apply to a current database", async () => {
  const { code, out } = await runCommand(["migrate", "up"], onDatabase());

  expect([code, out]).toEqual([0, "Nothing to apply.\n"]);
});

test("migrate status looks at a home without a database and makes none", async () => {
  const { code, err } = await runCommand(["migrate", "status"], { SLIPWAY_HOME: home });

  expect(code).toBe(1);
  expect(err).toContain(`There is no database in ${home} yet`);
  expect(readdirSync(home)).toEqual([]);
});

test("a hub on a server that may forget commits does not start", async () => {
  const { code, out, err } = await runSlipway(["serve"], { env: onDatabase() });

  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("PostgreSQL runs with fsync off");
  expect(err).toContain("Set `fsync = on` in postgresql.conf");
  expect(err).toContain("db.not_durable");
});

test("a database that does not answer ends 1 in words", async () => {
  const env = { DATABASE_URL: "postgres://a:b@127.0.0.1:1/none", SLIPWAY_HOME: home };

  const { code, err } = await runCommand(["migrate", "status"], env);

  expect(code).toBe(1);
  expect(err).toContain("The database does not answer");
  expect(err).not.toContain("    at ");
});

test("config names where each value comes from and shows no secret", async () => {
  const env = {
    SLIPWAY_HOME: home,
    SLIPWAY_PORT: "5000",
    SLIPWAY_TOKEN: "a-token-nobody-may-see",
    DATABASE_URL: "postgres://slipway:hunter2@db/slipway?password=hunter3",
  };

  const { code, out } = await runCommand(["config"], env);

  expect(code).toBe(0);
  expect(out).toMatch(/SLIPWAY_PORT +5000 +environment/);
  expect(out).toMatch(/SLIPWAY_HOST +127\.0\.0\.1 +default/);
  expect(out).not.toMatch(/hunter|nobody-may-see/);
});

test("an output that takes nothing is told in words", () => {
  const path = join(home, "output");
  writeFileSync(path, "");
  const unwritable = openSync(path, "r");
  const env = { PATH: process.env.PATH ?? "", SLIPWAY_HOME: home };

  const stdio = ["ignore", unwritable, "pipe"] as const;
  const ran = spawnSync(process.execPath, [BIN, "config"], { stdio: [...stdio], env });
  closeSync(unwritable);

  const said = ran.stderr.toString();
  expect(ran.status).toBe(2);
  expect(said).toContain("The output cannot be written: EBADF");
  expect(said).not.toContain("    at ");
});

test("config changes nothing in an empty home", async () => {
  await runCommand(["config"], { SLIPWAY_HOME: home });

  expect(readdirSync(home)).toEqual([]);
});

test("config reports every problem of the settings file and ends 1", async () => {
  writeFileSync(join(home, "slipway.yaml"), "pairs:\n  acme-us:\n    taxx: line\n");

  const { code, out } = await runCommand(["config"], { SLIPWAY_HOME: home });

  expect(code).toBe(1);
  expect(out).toContain("pairs.acme-us.taxx");
  expect(out).toContain("pairs.acme-us.stripe");
});

test("config with a sealed secret and no key makes no key", async () => {
  const sealed = "pairs:\n  acme-us:\n    stripe:\n      secret-key: enc:v1:AAAA\n";
  writeFileSync(join(home, "slipway.yaml"), sealed);

  const { code, out } = await runCommand(["config"], { SLIPWAY_HOME: home });

  expect(code).toBe(1);
  expect(out).toContain("there is no key at");
  expect(existsSync(join(home, "key"))).toBe(false);
});

test("a misspelt variable of the hub ends 1 by name", async () => {
  const env = { SLIPWAY_HOME: home, SLIPWAY_PROT: "5000" };

  const { code, err } = await runCommand(["config"], env);

  expect(code).toBe(1);
  expect(err).toContain("SLIPWAY_PROT is unknown; did you mean SLIPWAY_PORT?");
});

test("backup of a server of the site's own is refused with what to use", async () => {
  const { code, err } = await runCommand(["backup", join(home, "saved")], onDatabase());

  expect(code).toBe(1);
  expect(err).toContain("tool of your site");
  expect(readdirSync(home)).toEqual([]);
});

test("backup of a home without a database makes none", async () => {
  const { code } = await runSlipway(["backup", join(home, "saved")], {
    env: { SLIPWAY_HOME: home },
  });

  expect(code).toBe(1);
  expect(readdirSync(home)).toEqual([]);
});

test("an empty file to import says what a settings file has", async () => {
  const file = join(home, "empty.yaml");
  writeFileSync(file, "\n");

  const { code, err } = await runCommand(["config", "import", file], { SLIPWAY_HOME: home });

  expect(code).toBe(2);
  expect(err).toContain(`${file} is empty: a settings file has the map`);
});

// Six servers are started and stopped in it, each proving something that the next one needs.
test("a home is backed up, proved and restored with its key", { timeout: 180_000 }, async () => {
  const saved = join(home, "saved");
  // Beside each other below the temporary folder: as root, the server's user must get into them.
  const [first, second] = [mkdtempSync(join(tmpdir(), "slipway-first-")), `${home}-second`];
  const env = { SLIPWAY_HOME: first };
  const migrated = await runCommand(["migrate", "up"], env);
  writeFileSync(join(first, "key"), "the key of the home\n", { mode: 0o600 });

  const dry = await runSlipway(["backup", saved, "--dry-run"], { env });
  const made = await runSlipway(["backup", saved], { env });
  const proved = await runSlipway(["restore", saved, "--dry-run"], { env });
  const isUntouched = !existsSync(second);
  const restored = await runSlipway(["restore", saved, "--home", second]);
  const status = await runCommand(["migrate", "status", "--home", second]);
  const again = await runSlipway(["restore", saved, "--home", second]);

  const codes = [migrated, dry, made, proved, restored, status].map((ran) => [ran.code, ran.err]);
  expect(codes).toEqual(Array(6).fill([0, ""]));
  expect(isUntouched).toBe(true);
  expect(proved.out).toContain("its database comes up");
  expect(proved.out).toContain(`${first} is not empty: restore into another folder`);
  expect(readFileSync(join(second, "key"), "utf8")).toBe("the key of the home\n");
  expect(again.code).toBe(1);
  rmSync(first, { recursive: true });
  rmSync(second, { recursive: true });
});

import { createHash } from "node:crypto";
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { present } from "../base/assert.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/index.ts";
import { ask, openHomes } from "./embedded/testing/homes.ts";
import { type BackupManifest, backup, openPool, restore } from "./index.ts";

const homes = openHomes();

let home: string;
let folder: string;
let server: EmbeddedPostgres;
let good: string;
let manifest: BackupManifest;
let writer: Writer;

type Writer = Readonly<{
  /** When the server had confirmed each row; the first has the index 1. */
  confirmedAtMs: number[];
  stop(): Promise<void>;
}>;

/** Commits rows as fast as it can. */
function startWriting(pool: Pool): Writer {
  const confirmedAtMs: number[] = [0];
  let isRunning = true;
  const loop = async () => {
    for (let n = 1; isRunning; n++) {
      // Wide rows fill pages and log segments; updates and checkpoints recycle the log.
      await pool.query("insert into row values ($1::int, repeat(md5($1::int::text), 60))", [n]);
      confirmedAtMs.push(Date.now());
      if (n % 40 === 0) await pool.query("update row set text = text || 'x' where n % 7 = 0");
      if (n % 60 === 0) await pool.query("checkpoint");
    }
  };
  const ended = loop();
  return {
    confirmedAtMs,
    stop: async () => {
      isRunning = false;
      await ended;
    },
  };
}

beforeAll(async () => {
  home = await homes.fresh();
  folder = await mkdtemp(join(tmpdir(), "slipway-backups-"));
  server = await startEmbeddedPostgres({ home });
  await writeFile(join(home, "key"), "secret key", { mode: 0o600 });
  await writeFile(join(home, "slipway.yaml"), "pairs: {}\n", { mode: 0o640 });
  const pool = openPool(server.url, { applicationName: "writer" });
  await pool.query("create table row (n int primary key, text text)");
  writer = startWriting(pool);
  await vi.waitUntil(() => writer.confirmedAtMs.length > 120, { timeout: 20_000 });
  good = join(folder, "good");
  manifest = await backup({
    url: server.url,
    dataDir: server.dataDir,
    to: good,
    extraFiles: [join(home, "key"), join(home, "slipway.yaml")],
  });
  await writer.stop();
  await pool.end();
});

afterAll(async () => {
  await server.stop();
  await homes.removeAll();
  await rm(folder, { recursive: true });
});

/** A backup that differs from the good one; what is the same in both is one file on the disk. */
async function changedBackup(name: string, change: (at: string) => Promise<unknown>) {
  const copy = join(folder, name);
  await mkdir(copy);
  for (const entry of await readdir(good, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    const to = join(copy, relative(good, from));
    await (entry.isDirectory() ? mkdir(to, { recursive: true }) : link(from, to));
  }
  await change(copy);
  return copy;
}

/** Writes a file anew, so that the good backup keeps its own. */
async function replaceFile(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text);
}

describe("a restored home", () => {
  let restored: string;

  beforeAll(async () => {
    restored = await homes.fresh();
    await restore({ from: good, home: restored });
  });

  test("holds every row that was committed while the backup ran", async () => {
    const started = await startEmbeddedPostgres({ home: restored });

    const row = await ask(
      started.url,
      `select count(*)::int as rows, max(n) as newest,
        bool_and(left(text, 1920) = repeat(md5(n::text), 60)) as whole from row`,
    );

    const endedAtMs = Date.parse(manifest.endedAt);
    const committed = writer.confirmedAtMs.findLastIndex((atMs) => atMs < endedAtMs);
    expect(committed).toBeGreaterThan(120);
    expect(row.newest).toBeGreaterThanOrEqual(committed);
    expect(row).toMatchObject({ rows: row.newest, whole: true });
    await started.stop();
  });

  test("has no broken page", async () => {
    const started = await startEmbeddedPostgres({ home: restored });
    await ask(started.url, "create extension amcheck");

    const row = await ask(
      started.url,
      `select (select count(*)::int from verify_heapam('row')) as heap,
        (select bt_index_check('row_pkey', true)::text) as index`,
    );

    expect(row).toEqual({ heap: 0, index: "" });
    await started.stop();
  });

  test("has the hub's own files with the rights they had", async () => {
    const modes = await Promise.all(
      ["key", "slipway.yaml"].map(async (name) => (await stat(join(restored, name))).mode & 0o777),
    );

    expect(modes).toEqual([0o600, 0o640]);
    expect(await readFile(join(restored, "key"), "utf8")).toBe("secret key");
  });

  test("is the same database beside the one it was copied from", async () => {
    const started = await startEmbeddedPostgres({ home: restored });

    const sql = "select system_identifier::text as id from pg_control_system()";
    expect(await ask(started.url, sql)).toEqual(await ask(server.url, sql));
    expect(started.adopted).toBe(false);
    expect(started.url).not.toBe(server.url);
    await started.stop();
  });
});

describe("a backup", () => {
  test("is a folder for its owner alone", async () => {
    expect((await stat(good)).mode & 0o777).toBe(0o700);
  });

  test("leaves the server without backup mode and without a kept log", async () => {
    const row = await ask(server.url, "select count(*)::int as slots from pg_replication_slots");

    expect(row).toEqual({ slots: 0 });
  });

  test("can be made again at once", async () => {
    const again = await backup({
      url: server.url,
      dataDir: server.dataDir,
      to: join(folder, "again"),
    });

    expect(again.systemIdentifier).toBe(manifest.systemIdentifier);
  });

  test.each([
    ["of a server of the site's own", { dataDir: undefined }],
    ["of a data folder that is not this server's", { dataDir: tmpdir() }],
  ])("%s is refused with what to use instead", async (_name, other) => {
    const refused = backup({ url: server.url, to: join(folder, "none"), ...other });

    await expect(refused).rejects.toMatchObject({ code: "db.backup_failed" });
    await expect(refused).rejects.toMatchObject({ cure: /./ });
    expect(await readdir(folder)).not.toContain("none");
  });

  test("into a folder with files is refused and leaves them", async () => {
    const used = join(folder, "used");
    await mkdir(used);
    await writeFile(join(used, "mine"), "");

    const refused = backup({ url: server.url, dataDir: server.dataDir, to: used });

    await expect(refused).rejects.toMatchObject({ code: "db.backup_failed" });
    expect(await readdir(used)).toEqual(["mine"]);
  });

  test("whose key is missing fails and leaves nothing", async () => {
    const failed = backup({
      url: server.url,
      dataDir: server.dataDir,
      to: join(folder, "keyless"),
      extraFiles: [join(home, "no-such-key")],
    });

    await expect(failed).rejects.toMatchObject({ code: "db.backup_failed" });
    expect((await readdir(folder)).filter((name) => name.startsWith("keyless"))).toEqual([]);
  });

  test("does not take files from outside the home", async () => {
    const failed = backup({
      url: server.url,
      dataDir: server.dataDir,
      to: join(folder, "outside"),
      extraFiles: ["/etc/hostname"],
    });

    await expect(failed).rejects.toMatchObject({ code: "db.backup_failed" });
  });
});

describe("a restore is refused", () => {
  const data = ["home", "postgres", "data"];
  const changes: Record<string, (at: string) => Promise<unknown>> = {
    "with a changed file": (at) => replaceFile(join(at, "home", "key"), "another"),
    "with a cut file": (at) => replaceFile(join(at, ...data, "global", "pg_control"), ""),
    "with a lost file": (at) => unlink(join(at, ...data, "backup_label")),
    "with a file too many": (at) => replaceFile(join(at, ...data, "standby.signal"), ""),
    "without its manifest": (at) => unlink(join(at, "manifest.json")),
    "with a changed manifest": async (at) => {
      const text = await readFile(join(at, "manifest.json"), "utf8");
      await replaceFile(
        join(at, "manifest.json"),
        text.replace('"sizeBytes": 10', '"sizeBytes": 11'),
      );
    },
    "without its log": (at) => rm(join(at, ...data, "pg_wal"), { recursive: true }),
  };

  test.each(Object.keys(changes))("%s, and makes no home", async (name) => {
    const from = await changedBackup(name.replaceAll(" ", "-"), present(changes[name], name));
    const target = join(folder, `home-${name.replaceAll(" ", "-")}`);
    await mkdir(target);

    await expect(restore({ from, home: target })).rejects.toMatchObject({
      code: "db.restore_refused",
    });

    expect(await readdir(target)).toEqual([]);
  });

  test("into a home whose server runs, which goes on", async () => {
    await expect(restore({ from: good, home })).rejects.toMatchObject({
      code: "db.restore_refused",
    });

    expect(await ask(server.url, "select 1 as n")).toEqual({ n: 1 });
  });

  test("never of a file outside the new home", async () => {
    const from = await changedBackup("escape", async (at) => {
      await rename(join(at, "home", "key"), join(at, "key"));
      const text = await readFile(join(at, "manifest.json"), "utf8");
      const saved = JSON.parse(text) as { manifest: object };
      const evil = JSON.stringify(saved.manifest).replace('"path":"key"', '"path":"../key"');
      const sha256 = createHash("sha256").update(evil).digest("hex");
      const manifestText = `{"sha256":"${sha256}","manifest":${evil}}`;
      await replaceFile(join(at, "manifest.json"), manifestText);
    });

    await expect(restore({ from, home: join(folder, "escaped") })).rejects.toMatchObject({
      code: "db.restore_refused",
    });
    expect(await readdir(folder)).not.toContain("key");
  });
});

import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./index.ts";
import { pathsOf } from "./paths.ts";
import { platform } from "./platform.ts";
import { ask, openHomes, serverPidOf, stateOf } from "./testing/homes.ts";

const homes = openHomes();
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";
if (!isLinux) console.log("Tests that look into /proc are left out: this is not Linux");
if (!isRoot) console.log("Tests of dropping root's rights are left out: this is not root");

let home: string;
let server: EmbeddedPostgres;

beforeAll(async () => {
  home = await homes.fresh();
  server = await startEmbeddedPostgres({ home });
});

afterAll(async () => {
  await server.stop();
  await homes.removeAll();
});

async function listenOn(port: number): Promise<() => Promise<void>> {
  const blocker = createServer();
  await new Promise<void>((resolve, reject) => {
    blocker.once("error", reject);
    blocker.listen(port, "127.0.0.1", resolve);
  });
  return () => new Promise((resolve) => blocker.close(() => resolve()));
}

describe("a first start", () => {
  test("makes a database that is safe to keep money in", async () => {
    const row = await ask(
      server.url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
        current_setting('full_page_writes') as pages,
        current_setting('data_checksums') as checksums,
        current_setting('password_encryption') as password, datlocale as locale,
        current_setting('wal_level') as wal, pg_encoding_to_char(encoding) as encoding
      from pg_database where datname = current_database()`,
    );

    expect(row).toEqual({
      fsync: "on",
      commit: "on",
      pages: "on",
      checksums: "on",
      password: "scram-sha-256",
      locale: "C.UTF-8",
      wal: "replica",
      encoding: "UTF8",
    });
  });

  test("listens on 127.0.0.1 and nowhere else", async () => {
    const row = await ask(
      server.url,
      `select current_setting('listen_addresses') as addresses,
        current_setting('unix_socket_directories') as sockets`,
    );

    expect(row).toEqual({ addresses: "127.0.0.1", sockets: "" });
  });

  test("lets nobody in without the password", async () => {
    const url = new URL(server.url);
    url.password = "guess";

    await expect(ask(url.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
  });

  test("keeps password and log from other users", async () => {
    const modes = await Promise.all(
      [pathsOf(home).state, server.logPath].map(async (path) => (await stat(path)).mode & 0o777),
    );

    expect(modes).toEqual([0o600, 0o600]);
  });

  test.runIf(isLinux)("runs from a copy of the binaries in the home, with its links", async () => {
    const { programs } = pathsOf(home);

    const program = await readlink(`/proc/${await serverPidOf(home)}/exe`);

    expect(program.startsWith(programs)).toBe(true);
    const [version = ""] = await readdir(programs);
    expect(await readlink(join(programs, version, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
  });

  test.runIf(isLinux)("gives the server a session of its own", async () => {
    const pid = await serverPidOf(home);

    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];

    // proc(5): state, parent, group, session.
    expect(fields.slice(2, 4)).toEqual([String(pid), String(pid)]);
  });

  test.runIf(isRoot)("runs as a user without rights when the hub is root", async () => {
    const status = await readFile(`/proc/${await serverPidOf(home)}/status`, "utf8");

    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe("0");
    expect(/^Groups:[ \t]*(.*)$/m.exec(status)?.[1]).toBe("");
  });

  test.runIf(isLinux)("passes nothing of the hub's environment on", async () => {
    vi.stubEnv("SLIPWAY_SECRET_PROBE", "sk_live_probe");
    const own = await homes.seeded();
    const started = await startEmbeddedPostgres({ home: own });

    const environment = await readFile(`/proc/${await serverPidOf(own)}/environ`, "utf8");

    vi.unstubAllEnvs();
    expect(environment).not.toContain("sk_live_probe");
    await started.stop();
  });
});

describe("a next start", () => {
  test("is quick and keeps port and password", async () => {
    const own = await homes.seeded();
    const before = await stateOf(own);

    const startedMs = performance.now();
    const next = await startEmbeddedPostgres({ home: own });
    const tookMs = performance.now() - startedMs;

    // It takes 90 ms alone; the bound is for a machine that works on much else as well.
    expect(tookMs).toBeLessThan(3_000);
    expect(await stateOf(own)).toMatchObject({ port: before.port, password: before.password });
    await next.stop();
  });

  test("takes another port when somebody has the old one", async () => {
    const own = await homes.seeded();
    const { port } = await stateOf(own);
    const free = await listenOn(port ?? 0);

    const next = await startEmbeddedPostgres({ home: own });

    expect(new URL(next.url).port).not.toBe(String(port));
    expect(await ask(next.url, "select 1 as n")).toEqual({ n: 1 });
    await next.stop();
    await free();
  });

  test("finds what was committed before every process was killed", async () => {
    const own = await homes.seeded();
    const first = await startEmbeddedPostgres({ home: own });
    await ask(first.url, "create table kept as select 42 as n");
    process.kill(await serverPidOf(own), "SIGKILL");
    await first.stop();

    const next = await startEmbeddedPostgres({ home: own });

    expect(await ask(next.url, "select n from kept")).toEqual({ n: 42 });
    await next.stop();
  });

  test("removes the programs of other versions and broken copies", async () => {
    const own = await homes.seeded();
    const { programs } = pathsOf(own);
    await mkdir(join(programs, "17.0.0"));
    await mkdir(join(programs, "18.9.9.new"));

    const next = await startEmbeddedPostgres({ home: own });

    expect(await readdir(programs)).toHaveLength(1);
    await next.stop();
  });

  test("makes the database again after one whose making was cut short", async () => {
    const own = await homes.seeded();
    await rm(pathsOf(own).dataFolder, { recursive: true });
    await mkdir(`${pathsOf(own).dataFolder}.new`);
    await writeFile(join(`${pathsOf(own).dataFolder}.new`, "PG_VERSION"), "18\n");

    const next = await startEmbeddedPostgres({ home: own });

    expect(await ask(next.url, "select current_database() as name")).toEqual({ name: "slipway" });
    await next.stop();
  });

  test("mends a data folder that root copied by hand", async () => {
    // The seed is copied with the rights of this process, so root owns every file of it.
    const own = await homes.seeded();
    const before = await stat(pathsOf(own).dataFolder);

    const next = await startEmbeddedPostgres({ home: own });

    const after = await stat(pathsOf(own).dataFolder);
    expect(before.uid).toBe(process.getuid?.());
    expect(after.uid === 0).toBe(false);
    await next.stop();
  });
});

describe("a start is refused", () => {
  test("on data of another major version, with the procedure", async () => {
    const own = await homes.seeded();
    const version = join(pathsOf(own).dataFolder, "PG_VERSION");
    await writeFile(version, "17\n");

    const start = startEmbeddedPostgres({ home: own });

    await expect(start).rejects.toMatchObject({ code: "db.embedded_major" });
    await expect(start).rejects.toThrow(/PostgreSQL 17[\s\S]*pg_dump[\s\S]*pg_restore/);
    expect(await readFile(version, "utf8")).toBe("17\n");
  });

  test("when the password file is gone but the data are not", async () => {
    const own = await homes.seeded();
    await rm(pathsOf(own).state);

    const start = startEmbeddedPostgres({ home: own });

    await expect(start).rejects.toMatchObject({ code: "db.embedded_failed" });
    await expect(stat(pathsOf(own).state)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("when the password file is damaged", async () => {
    const own = await homes.seeded();
    await writeFile(pathsOf(own).state, '{"id": "half');

    await expect(startEmbeddedPostgres({ home: own })).rejects.toMatchObject({
      code: "db.embedded_failed",
    });
  });

  test("in a home that is a file", async () => {
    const file = join(await homes.fresh(), "file");
    await writeFile(file, "");

    await expect(startEmbeddedPostgres({ home: file })).rejects.toMatchObject({
      code: "db.embedded_failed",
    });
  });

  test("in a home whose restore was cut short", async () => {
    const own = await homes.fresh();
    await mkdir(join(own, "restoring"));

    await expect(startEmbeddedPostgres({ home: own })).rejects.toMatchObject({
      code: "db.embedded_failed",
    });
    expect(await readdir(own)).not.toContain("server.json");
  });

  test("with the words of the server log when the server ends at once", async () => {
    const own = await homes.seeded();

    const start = startEmbeddedPostgres({ home: own, settings: { shared_buffers: "no size" } });

    await expect(start).rejects.toMatchObject({ code: "db.embedded_failed" });
    await expect(start).rejects.toThrow(/shared_buffers/);
  });

  test.runIf(isRoot)("below a folder that the server's user may not pass", async () => {
    const closed = await homes.fresh();
    await chmod(closed, 0o700);

    const start = startEmbeddedPostgres({ home: join(closed, "home") });

    await expect(start).rejects.toMatchObject({
      code: "db.embedded_failed",
      facts: { folder: closed },
    });
  });
});

test("a stop ends every process of the server", async () => {
  const own = await homes.seeded();
  const next = await startEmbeddedPostgres({ home: own });
  const pid = await serverPidOf(own);

  const outcome = await next.stop();

  expect(outcome).toBe("clean");
  expect(await platform.inspect(pid)).toBeUndefined();
  expect(await readFile(pathsOf(own).log, "utf8")).toContain("database system is shut down");
});

test("a program that never stops its server can still end", async () => {
  const own = await homes.seeded();
  const code = `const { startEmbeddedPostgres } = await import(process.argv[1]);
    await startEmbeddedPostgres({ home: process.argv[2] });`;
  const face = new URL("index.ts", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code, face, own]);

  const exitCode = await new Promise((resolve) => child.once("exit", resolve));

  expect(exitCode).toBe(0);
  const next = await startEmbeddedPostgres({ home: own });
  expect(next.adopted).toBe(true);
  await next.stop();
});

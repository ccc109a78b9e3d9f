import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { present } from "../../base/assert.ts";
import { startEmbeddedPostgres } from "./index.ts";
import { pathsOf } from "./paths.ts";
import { platform } from "./platform.ts";
import { inspectByPs, titlesByPs } from "./posix.ts";
import { withStartLock } from "./start-lock.ts";
import { openHomes, serverPidOf } from "./testing/homes.ts";

const homes = openHomes();

let sleeper: ChildProcess;
let zombiePid: number;
let deadPid: number;

beforeAll(async () => {
  // The shell starts a child, then becomes a program that never asks for it: a zombie stays.
  sleeper = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(present(sleeper.stdout, "stdout"), "data")) as [Buffer];
  zombiePid = Number(line.toString());
  const dead = spawn("true");
  await once(dead, "exit");
  deadPid = present(dead.pid, "pid");
});

afterAll(async () => {
  sleeper.kill("SIGKILL");
  await homes.removeAll();
});

const pids: Record<string, () => number> = {
  "is dead": () => deadPid,
  "is a zombie": () => zombiePid,
  "was started at another time": () => process.pid,
};

describe("the server's lock is stale when its process", () => {
  test.each(Object.keys(pids))("%s", async (state) => {
    const home = await homes.seeded();
    const file = join(pathsOf(home).dataFolder, "postmaster.pid");
    const pid = present(pids[state], state)();
    await writeFile(
      file,
      `${pid}\n${pathsOf(home).dataFolder}\n1700000000\n5432\n\n127.0.0.1\n\nready\n`,
    );

    const server = await startEmbeddedPostgres({ home });

    expect(server.adopted).toBe(false);
    expect(await serverPidOf(home)).not.toBe(pid);
    await server.stop();
  });
});

describe("the start lock is stale when its process", () => {
  test.each(Object.keys(pids))("%s", async (state) => {
    const path = join(await homes.fresh(), "start.lock");
    const pid = present(pids[state], state)();
    await writeFile(path, JSON.stringify({ pid, startedAt: "some other time" }));

    const result = await withStartLock({ path, waitMs: 2_000 }, () => Promise.resolve("entered"));

    expect(result).toBe("entered");
  });
});

describe("the start lock", () => {
  test("is held by one at a time, however many break a stale one at once", async () => {
    const path = join(await homes.fresh(), "start.lock");
    await writeFile(path, JSON.stringify({ pid: deadPid, startedAt: "before" }));
    let inside = 0;
    const seen: number[] = [];

    await Promise.all(
      Array.from({ length: 20 }, () =>
        withStartLock({ path }, async () => {
          inside += 1;
          seen.push(inside);
          await readFile(path);
          inside -= 1;
        }),
      ),
    );

    expect(seen).toEqual(Array.from({ length: 20 }, () => 1));
    expect(await readdir(join(path, ".."))).toEqual([]);
  });

  test("names the process that keeps it too long", async () => {
    const path = join(await homes.fresh(), "start.lock");

    const second = withStartLock({ path }, () =>
      withStartLock({ path, waitMs: 60 }, () => Promise.resolve()),
    );

    await expect(second).rejects.toMatchObject({
      code: "db.embedded_busy",
      facts: { pid: process.pid },
    });
  });

  test("left half-written by a crash of the machine is stale", async () => {
    const path = join(await homes.fresh(), "start.lock");
    await writeFile(path, "");

    expect(await withStartLock({ path, waitMs: 2_000 }, () => Promise.resolve(1))).toBe(1);
  });

  test("is given back when the work fails", async () => {
    const path = join(await homes.fresh(), "start.lock");

    await expect(withStartLock({ path }, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );

    expect(await withStartLock({ path, waitMs: 500 }, () => Promise.resolve(1))).toBe(1);
  });
});

describe("a process", () => {
  test("is the same however often one looks, and another one is not", async () => {
    const [first, again, other] = await Promise.all([
      platform.inspect(process.pid),
      platform.inspect(process.pid),
      platform.inspect(1),
    ]);

    expect(first).toEqual(again);
    expect(first?.startedAt).not.toBe(other?.startedAt);
  });

  test("is seen alike by ps, for systems without /proc", async () => {
    const [byProc, byPs] = [await platform.inspect(process.pid), await inspectByPs(process.pid)];

    expect(Math.abs((byProc?.startedAtEpochS ?? 0) - (byPs?.startedAtEpochS ?? 9))).toBeLessThan(3);
    expect(await inspectByPs(zombiePid)).toBeUndefined();
    expect(await inspectByPs(deadPid)).toBeUndefined();
  });

  test("has its title listed by ps", async () => {
    const titles = await titlesByPs();

    expect(titles.find(({ pid }) => pid === sleeper.pid)?.title).toBe("sleep 60");
  });
});

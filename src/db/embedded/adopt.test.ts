import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startEmbeddedPostgres } from "./index.ts";
import { pathsOf } from "./paths.ts";
import { platform } from "./platform.ts";
import { clusterNameOf } from "./server.ts";
import { writeServerState } from "./state-file.ts";
import { stopServer } from "./stop-server.ts";
import { ask, openHomes, serverPidOf, startHubProcess, stateOf } from "./testing/homes.ts";

const homes = openHomes();

afterAll(() => homes.removeAll());

async function isAlive(pid: number): Promise<boolean> {
  return (await platform.inspect(pid)) !== undefined;
}

/** The processes of a home's server but the first: those that serve and write. */
async function backendsOf(home: string): Promise<number[]> {
  const paths = pathsOf(home);
  const name = clusterNameOf(await stateOf(home), paths);
  const first = await serverPidOf(home);
  return (await platform.listServerProcesses(name, paths)).filter((pid) => pid !== first);
}

describe("a server whose hub was ended", () => {
  test("by kill -9 lives on and is taken over with its rows", async () => {
    const home = await homes.seeded();
    const hub = await startHubProcess(home);
    await ask(hub.url, "create table kept as select 7 as n");
    const pid = await serverPidOf(home);

    await hub.kill("SIGKILL");
    const next = await startEmbeddedPostgres({ home });

    expect(next.adopted).toBe(true);
    expect(await serverPidOf(home)).toBe(pid);
    expect(await ask(next.url, "select n from kept")).toEqual({ n: 7 });
    expect(await next.stop()).toBe("clean");
    expect(await isAlive(pid)).toBe(false);
  });

  test("by Ctrl-C in the terminal hears nothing of it", async () => {
    const home = await homes.seeded();
    const hub = await startHubProcess(home);

    await hub.kill("SIGINT");

    expect(await ask(hub.url, "select 1 as n")).toEqual({ n: 1 });
    const next = await startEmbeddedPostgres({ home });
    expect(next.adopted).toBe(true);
    await next.stop();
  });
});

describe("a running server is left alone", () => {
  test("when it refuses the home's password", async () => {
    const home = await homes.seeded();
    const server = await startEmbeddedPostgres({ home });
    const state = await stateOf(home);
    await writeServerState(pathsOf(home).state, { ...state, password: "another" });

    const second = startEmbeddedPostgres({ home });

    await expect(second).rejects.toMatchObject({ code: "db.embedded_busy" });
    await expect(second).rejects.toThrow(/refuses our password/);
    expect(await ask(server.url, "select 1 as n")).toEqual({ n: 1 });
    await writeServerState(pathsOf(home).state, state);
    await server.stop();
  });

  test("when it is the server of other data with the same password", async () => {
    const [home, other] = [await homes.fresh(), await homes.seeded()];
    await (await startEmbeddedPostgres({ home })).stop();
    const server = await startEmbeddedPostgres({ home: other });
    const { password } = await stateOf(other);
    await writeServerState(pathsOf(home).state, { ...(await stateOf(home)), password });
    const pidFile = await readFile(join(pathsOf(other).dataFolder, "postmaster.pid"));
    await writeFile(join(pathsOf(home).dataFolder, "postmaster.pid"), pidFile);

    const start = startEmbeddedPostgres({ home });

    await expect(start).rejects.toMatchObject({ code: "db.embedded_busy" });
    await expect(start).rejects.toThrow(/another system identifier/);
    expect(await ask(server.url, "select 1 as n")).toEqual({ n: 1 });
    await server.stop();
  });
});

describe("two hubs", () => {
  test("that start at once on an empty home share one server", async () => {
    const home = await homes.fresh();

    const hubs = await Promise.all([1, 2, 3].map(() => startHubProcess(home)));

    expect(hubs.map(({ adopted }) => adopted).sort()).toEqual([false, true, true]);
    expect(new Set(hubs.map(({ url }) => url)).size).toBe(1);
    const outcomes = [];
    for (const hub of hubs) outcomes.push(await hub.stop());
    expect(outcomes).toEqual(["left running", "left running", "clean"]);
  });

  test("that stop at once leave no server behind", async () => {
    const home = await homes.seeded();
    const hubs = await Promise.all([1, 2].map(() => startHubProcess(home)));
    const pid = await serverPidOf(home);

    const outcomes = await Promise.all(hubs.map((hub) => hub.stop()));

    expect(outcomes.sort()).toEqual(["clean", "left running"]);
    expect(await isAlive(pid)).toBe(false);
  });

  test("of which one lost its connection do not stop each other's server", async () => {
    const home = await homes.seeded();
    const hub = await startHubProcess(home);
    const server = await startEmbeddedPostgres({ home });
    const pid = await serverPidOf(home);
    await ask(
      server.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'slipway-launcher' order by backend_start desc limit 1`,
    );

    expect(await server.stop()).toBe("left running");

    expect(await isAlive(pid)).toBe(true);
    expect(await hub.stop()).toBe("clean");
  });

  test("of which one was killed do not keep the server running", async () => {
    const home = await homes.seeded();
    const killed = await startHubProcess(home);
    const server = await startEmbeddedPostgres({ home });
    await killed.kill("SIGKILL");

    expect(await server.stop()).toBe("clean");
  });
});

describe("a server that dies under its hub", () => {
  test("is started again on the same port", async () => {
    const home = await homes.seeded();
    const server = await startEmbeddedPostgres({ home });
    const dead = await serverPidOf(home);

    process.kill(dead, "SIGKILL");

    const answer = () => ask(server.url, "select 1 as n").catch(() => undefined);
    await expect.poll(answer, { timeout: 15_000 }).toEqual({ n: 1 });
    expect(await serverPidOf(home)).not.toBe(dead);
    expect(await server.stop()).toBe("clean");
  });

  test("and whose hub stops meanwhile leaves nothing running", async () => {
    const home = await homes.seeded();
    const server = await startEmbeddedPostgres({ home });
    const backends = await backendsOf(home);
    process.kill(await serverPidOf(home), "SIGKILL");

    await server.stop();

    expect(backends.length).toBeGreaterThan(3);
    await expect
      .poll(async () => (await Promise.all(backends.map(isAlive))).includes(true), {
        timeout: 10_000,
      })
      .toBe(false);
  });
});

test("backends that outlive their server are ended before the next starts", async () => {
  const home = await homes.seeded();
  const hub = await startHubProcess(home);
  const [frozen = 0] = await backendsOf(home);
  process.kill(frozen, "SIGSTOP");
  process.kill(await serverPidOf(home), "SIGKILL");
  await hub.kill("SIGKILL");
  expect(await isAlive(frozen)).toBe(true);

  const next = await startEmbeddedPostgres({ home });

  expect(await isAlive(frozen)).toBe(false);
  expect(next.adopted).toBe(false);
  await next.stop();
});

test("a server that does not stop is forced, and keeps what was committed", async () => {
  const home = await homes.seeded();
  const hub = await startHubProcess(home);
  await ask(hub.url, "create table kept as select 9 as n");
  await hub.kill("SIGKILL");
  const { pid, startedAt, ...state } = await stateOf(home);
  const paths = pathsOf(home);
  const [version = ""] = await readdir(paths.programs);
  process.kill(pid ?? 0, "SIGSTOP");

  const outcome = await stopServer({
    paths,
    programs: { version, folder: join(paths.programs, version) },
    pid: pid ?? 0,
    startedAt: startedAt ?? "",
    clusterName: clusterNameOf({ pid, startedAt, ...state }, paths),
    fastMs: 100,
    immediateMs: 100,
  });

  expect(outcome).toBe("forced");
  expect(await isAlive(pid ?? 0)).toBe(false);
  const next = await startEmbeddedPostgres({ home });
  expect([next.adopted, await ask(next.url, "select n from kept")]).toEqual([false, { n: 9 }]);
  await next.stop();
});

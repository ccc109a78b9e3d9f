import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { type Program, startProgram } from "./support/hub-process.ts";

let home: string;
let stranger: Server;
const programs: Program[] = [];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "slipway-taken-"));
  stranger = createServer().listen(0, "127.0.0.1");
  await once(stranger, "listening");
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  stranger?.close();
  rmSync(home, { recursive: true, force: true });
});

function serve(...args: string[]): Program {
  const program = startProgram(["serve", ...args], { SLIPWAY_HOME: home });
  programs.push(program);
  return program;
}

function takenPort(): string {
  const address = stranger.address();
  return typeof address === "object" && address !== null ? String(address.port) : "";
}

// On PostgreSQL of its own, so that all that a hub can start is there to be stopped.
test("a hub whose port is taken says so, stops all it has started and ends 2", async () => {
  const port = takenPort();
  const hub = serve("--port", port);

  const exit = await hub.ended;

  expect(exit, hub.log()).toBe(2);
  expect(hub.log()).toContain(`Port ${port} is taken, perhaps by another hub; give --port\n`);
  expect(hub.log()).toContain("start.no_port");
  expect(hub.log()).not.toContain("after calling end");
  const postgres = join(home, "postgres", "data");
  expect(existsSync(join(postgres, "PG_VERSION"))).toBe(true);
  expect(existsSync(join(postgres, "postmaster.pid"))).toBe(false);
});

test("the server that another hub uses goes on when a second one finds no port", async () => {
  const first = serve("--port", "0", "--json");
  const { url } = await first.said("url");
  const second = serve("--port", takenPort());

  const exit = await second.ended;
  const ready = await fetch(`${String(url)}/readyz`);
  first.signal("SIGINT");

  expect([exit, ready.status]).toEqual([2, 200]);
  expect(await first.ended).toBe(0);
});

test("a hub that is stopped by Ctrl-C says that nothing is lost", async () => {
  const hub = serve("--port", "0");
  await until("the hub to listen", () => hub.output().includes("Slipway listens at"));

  hub.signal("SIGINT");

  expect(await hub.ended, hub.log()).toBe(0);
  expect(hub.log()).toContain("Stopped; nothing is lost.\n");
});

test("a hub that is stopped while it starts leaves no server behind", async () => {
  const hub = serve("--port", "0");
  const pidFile = join(home, "postgres", "data", "postmaster.pid");
  await until("its server to start", () => existsSync(pidFile));

  hub.signal("SIGINT");

  expect(await hub.ended, hub.log()).toBe(0);
  expect(existsSync(pidFile)).toBe(false);
});

test("commands find the first hub of a home again once the second has ended", async () => {
  // A start writes it anew, whatever has become of it.
  writeFileSync(join(home, "hub.json"), "{");
  const first = serve("--port", "0", "--json");
  const { url } = await first.said("url");
  const second = serve("--port", "0", "--json");
  const other = await second.said("url");
  const said = () => readFileSync(join(home, "hub.json"), "utf8");
  const amid = said();

  second.signal("SIGINT");
  await second.ended;

  expect(amid).toContain(String(other.url));
  expect(said()).toContain(String(url));
});

test("a hub that ends leaves a newer one named that has its number in a container", async () => {
  const path = join(home, "hub.json");
  writeFileSync(path, JSON.stringify({ url: "http://127.0.0.1:1", pid: process.pid }));
  const hub = serve("--port", "0", "--json");
  await hub.said("url");
  const newer = JSON.stringify({ url: "http://127.0.0.1:2", pid: hub.pid });
  writeFileSync(path, newer);

  hub.signal("SIGINT");
  await hub.ended;

  expect(readFileSync(path, "utf8")).toBe(newer);
});

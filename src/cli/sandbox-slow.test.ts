import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoStatePath } from "../demo/demo-state.ts";
import { writeState } from "./hub-state.ts";
import { runSlipway } from "./testing/run-slipway.ts";

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-slow-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A sandbox that answers its admin route with this status and keeps what it was told. */
async function aSandbox(status: number) {
  const told: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      told.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(status).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { told, port, close: () => server.close() };
}

test("the sandbox of the home's demo is told, and JSON is JSON", async () => {
  const sandbox = await aSandbox(200);
  writeState(demoStatePath(home), { slPort: sandbox.port });

  const ran = await runSlipway(["sandbox", "slow", "--home", home, "--seconds", "20", "--json"]);
  sandbox.close();

  expect(JSON.parse(ran.out)).toEqual({
    url: `http://127.0.0.1:${sandbox.port}`,
    seconds: 20,
  });
  expect(sandbox.told).toEqual([expect.stringContaining('"kind":"late-answer","ms":20000')]);
  expect(sandbox.told[0]).toMatch(/^POST \/_sandbox\/faults /);
});

test.each([
  ["no demo", ["--home", "/nowhere"], "No sandbox was ever started by npm start in /nowhere"],
  ["no sandbox", ["--sl-url", "http://127.0.0.1:9"], "No sandbox answers at http://127.0.0.1:9"],
  ["no URL", ["--sl-url", "nowhere"], '--sl-url "nowhere" is no URL'],
  ["no seconds", ["--seconds", "0"], '--seconds takes 1 to 600, not "0"'],
])("with %s the reason is told", async (_name, flags, reason) => {
  const ran = await runSlipway(["sandbox", "slow", ...flags]);

  expect(ran.code).not.toBe(0);
  expect(ran.err).toContain(reason);
});

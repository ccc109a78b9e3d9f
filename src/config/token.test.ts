import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadToken, tokenPath } from "./token.ts";

const STARTS = 2;
const ROUNDS = 300;
const TOKEN = new URL("./token.ts", import.meta.url).href;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-token-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a token is made on the first start, for its owner alone, and found again", () => {
  const home = join(folder, "first", "start");

  const token = loadToken(home, undefined);

  expect(token).toMatch(/^[\w-]{32}$/);
  expect(loadToken(home, undefined)).toBe(token);
  expect(statSync(tokenPath(home)).mode & 0o777).toBe(0o600);
  expect(readdirSync(home)).toEqual(["token"]);
});

test("every home has a token of its own", () => {
  const tokens = ["a", "b"].map((name) => loadToken(join(folder, name), undefined));

  expect(tokens[0]).not.toBe(tokens[1]);
});

test("the token of the environment wins and makes no file", () => {
  const home = join(folder, "of-environment");

  expect(loadToken(home, "given-token-of-the-operator")).toBe("given-token-of-the-operator");
  expect(readdirSync(folder)).not.toContain("of-environment");
});

test("a token that somebody else wrote is taken without its line end", () => {
  const home = mkdtempSync(join(folder, "own-"));
  writeFileSync(tokenPath(home), "a-token-of-my-own-choice\n", { mode: 0o600 });

  expect(loadToken(home, undefined)).toBe("a-token-of-my-own-choice");
});

/** Each thread waits for the others before each round, so that all of them are first. */
const START = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { at, homes, starts } = workerData;
  import(workerData.module).then(({ loadToken }) => {
    const tokens = homes.map((home, round) => {
      Atomics.add(at, round, 1);
      while (Atomics.load(at, round) < starts);
      return loadToken(home, undefined);
    });
    parentPort.postMessage(tokens);
  });`;

test("first starts at once agree on one token", async () => {
  const homes = Array.from({ length: ROUNDS }, () => mkdtempSync(join(folder, "race-")));
  const at = new Int32Array(new SharedArrayBuffer(4 * ROUNDS));
  const workerData = { at, homes, starts: STARTS, module: TOKEN };

  const seen = await Promise.all(
    Array.from({ length: STARTS }, () => {
      const worker = new Worker(START, { eval: true, workerData });
      return new Promise<string[]>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    }),
  );

  const kept = homes.map((home) => loadToken(home, undefined));
  expect(kept.filter((token) => token.length < 32)).toEqual([]);
  expect(seen).toEqual(seen.map(() => kept));
});

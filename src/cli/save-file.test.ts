import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import type { HubClient } from "./hub-client.ts";
import { formatOf, saveFile } from "./save-file.ts";

const home = mkdtempSync(join(tmpdir(), "slipway-file-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Saves what a hub sends of a report; with `fault` it breaks off in the middle. */
async function save(out: string | undefined, fault?: Error) {
  const asked: unknown[] = [];
  const said: string[] = [];
  const download = (path: string, sink: Writable, call?: object) => {
    asked.push([path, call]);
    sink.on("error", () => undefined);
    return new Promise<IncomingHttpHeaders>((resolve, reject) => {
      sink.write("first,");
      if (fault === undefined) sink.end("last\r\n", () => resolve({ kind: "whole" }));
      else sink.destroy();
      if (fault !== undefined) reject(fault);
    });
  };
  const hub = { download } as unknown as HubClient;
  const cli = { terminal: { write: (text: string) => void said.push(text) } } as unknown as Cli;
  const what = { hub, path: "/proof", query: { date: "2026-03-31" }, withinMs: 1, what: "proof" };
  const headers = await saveFile(cli, what, { format: "csv", out, paper: undefined });
  return { headers, asked, said };
}

test("a file stands under its name once it is whole", async () => {
  const out = join(home, "march.csv");

  const { headers, said, asked } = await save(out);

  expect(readFileSync(out, "utf8")).toBe("first,last\r\n");
  expect(readdirSync(home)).toEqual(["march.csv"]);
  expect([headers, said]).toEqual([{ kind: "whole" }, [`The proof stands in ${out}`]]);
  expect(asked).toEqual([["/proof.csv", { query: { date: "2026-03-31" }, withinMs: 1 }]]);
});

test("a file that broke off leaves nothing, and an older one as it was", async () => {
  const out = join(home, "march.csv");
  await save(out);

  const broken = save(out, new HubError("api.unreachable", "gone"));

  await expect(broken).rejects.toMatchObject({ code: "api.unreachable" });
  expect(readFileSync(out, "utf8")).toBe("first,last\r\n");
  expect(readdirSync(home)).toEqual(["march.csv"]);
});

test("a folder that is not there is told with its cure", async () => {
  const nowhere = save(join(home, "none", "march.csv"));

  await expect(nowhere).rejects.toMatchObject({
    code: "api.invalid",
    cure: expect.stringContaining("folder") as string,
  });
});

test("text without a file goes to the screen", async () => {
  expect((await save(undefined)).said).toEqual(["first,last"]);
});

test.each([
  ["an unknown format", { format: "doc" }, "csv, html, pdf, xlsx"],
  ["a PDF for the screen", { format: "pdf" }, "name a file"],
  ["a file of no format", { out: "x" }, "--out needs --format"],
  ["JSON as a file", { json: true, format: "csv" }, "--json goes without"],
  ["a paper for a table", { format: "csv", paper: "a4" }, "--format pdf alone"],
])("%s is refused", (_what, flags, words) => {
  expect(() => formatOf(flags)).toThrow(words);
});

import { expect, it } from "vitest";
import { FrontendReader } from "./statement-counter.ts";

function message(type: string, ...parts: readonly string[]): Buffer {
  const body = Buffer.from(parts.map((part) => `${part}\0`).join(""));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const START_UP = message("", "user", "slipway");
const PREPARE_AND_RUN = [
  message("P", "", "select 1"),
  message("B", "", ""),
  message("D", "P"),
  message("E", ""),
  message("S"),
];

function executed(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new FrontendReader((text) => seen.push(text));
  for (const chunk of chunks) reader.read(chunk);
  return seen;
}

it("a simple query and a parameterised one count once each", () => {
  expect(executed([START_UP, message("Q", "begin"), ...PREPARE_AND_RUN])).toEqual([
    "begin",
    "select 1",
  ]);
});

it("a named statement counts under its text each time, though it is parsed once", () => {
  const run = [message("B", "", "named"), message("E", "")];

  expect(executed([START_UP, message("P", "named", "select 2"), ...run, ...run])).toEqual([
    "select 2",
    "select 2",
  ]);
});

it("messages that arrive byte by byte are counted alike", () => {
  const whole = Buffer.concat([START_UP, ...PREPARE_AND_RUN, message("Q", "commit")]);
  const bytes = Array.from(whole, (_, at) => whole.subarray(at, at + 1));

  expect(executed(bytes)).toEqual(["select 1", "commit"]);
});

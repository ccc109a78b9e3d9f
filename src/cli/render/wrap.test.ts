import { expect, test } from "vitest";
import { wrapCommand, wrapUnder } from "./wrap.ts";

test.each([
  ["fits", "one two", 12, "  - one two"],
  ["is too long", "one two three", 12, "  - one two\n    three"],
  ["has a word wider than the room", "one verylongword x", 10, "  - one\n    verylongword\n    x"],
  ["is shown to nobody", "one two three", undefined, "  - one two three"],
])("text that %s", (_name, text, columns, expected) => {
  expect(wrapUnder("  - ", text, columns)).toBe(expected);
});

test.each([
  ["linux", ["a b \\", "  --c d \\", "  --e f-g"]],
  ["darwin", ["a b \\", "  --c d \\", "  --e f-g"]],
  ["win32", ["a b --c d --e f-g"]],
] as const)("a long command on %s", (platform, expected) => {
  expect(wrapCommand("a b --c d --e f-g", 10, platform)).toEqual(expected);
});

test("a command that fits stays on its line", () => {
  expect(wrapCommand("a b --c d", 9, "linux")).toEqual(["a b --c d"]);
});

import { expect, test } from "vitest";
import { choosePaint } from "./terminal.ts";

test("a screen gets colours", () => {
  expect(choosePaint(true, {}).bad("no")).toBe("\u001b[31mno\u001b[0m");
});

test.each([
  ["a pipe", false, {}],
  ["NO_COLOR", true, { NO_COLOR: "1" }],
  ["a dumb terminal", true, { TERM: "dumb" }],
])("%s gets plain text", (_name, isTty, env) => {
  const paint = choosePaint(isTty, env);

  expect(paint.bad("a") + paint.good("b") + paint.faint("c") + paint.strong("d")).toBe("abcd");
});

test("an empty NO_COLOR counts as not set", () => {
  expect(choosePaint(true, { NO_COLOR: "" }).good("yes")).toContain("\u001b");
});

import { expect, test } from "vitest";
import { getAtPath, readAssignment, readSettingValue, setAtPath } from "./setting-values.ts";

test.each([
  ["60", 60],
  ["0060", "0060"],
  ["1.50", "1.50"],
  ["1e3", "1e3"],
  ['"60"', "60"],
  ["true", true],
  ["[US, CA]", ["US", "CA"]],
  ["1200/000000000000", "1200/000000000000"],
  ["https://sl.example.com/x", "https://sl.example.com/x"],
  ["", ""],
  ["~", "~"],
  ["[broken", "[broken"],
])("%s means %j", (text, value) => {
  expect(readSettingValue(text)).toEqual(value);
});

test("an assignment is split at its first equals sign", () => {
  expect(readAssignment("sl.url=https://x/?a=b")).toEqual({
    path: "sl.url",
    value: "https://x/?a=b",
  });
});

test.each(["sl.url", "=x", ""])("%j is no assignment", (text) => {
  expect(() => readAssignment(text)).toThrow("is no setting");
});

test("a path makes the maps on its way and keeps what is there", () => {
  const tree: Record<string, unknown> = { sl: { url: "u" } };

  setAtPath(tree, "sl.user", "slipway");
  setAtPath(tree, "accounts.clearing.USD", "1095/000");

  expect(tree).toEqual({
    sl: { url: "u", user: "slipway" },
    accounts: { clearing: { USD: "1095/000" } },
  });
});

test.each([
  ["sl.url", "u"],
  ["secrets.1", "b"],
  ["sl.user", undefined],
  ["sl.url.more", undefined],
  ["__proto__.constructor", undefined],
])("the value at %s is %j", (path, value) => {
  const tree = { sl: { url: "u" }, secrets: ["a", "b"] };

  expect(getAtPath(tree, path)).toBe(value);
});

test("a path through the prototype changes only the tree", () => {
  const tree: Record<string, unknown> = {};

  setAtPath(tree, "__proto__.polluted", "yes");

  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

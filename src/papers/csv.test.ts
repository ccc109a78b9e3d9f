import { expect, test } from "vitest";
import { csvLine } from "./index.ts";

test.each([
  ["=1+1", "'=1+1"],
  ["+1 x", "'+1 x"],
  ["-cmd", "'-cmd"],
  ["@SUM(A1)", "'@SUM(A1)"],
  [" =1", "' =1"],
  ["\t=1", "'\t=1"],
  ["＝1", "'＝1"],
  ["-12.50", "-12.50"],
  ["a = b", "a = b"],
  ['say "yes", now', '"say ""yes"", now"'],
])("the cell %j is written as %j", (text, cell) => {
  expect(csvLine([text, "x"])).toBe(`${cell},x\r\n`);
});

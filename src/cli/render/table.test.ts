import { expect, test } from "vitest";
import { indented, renderTable, renderTableWithin } from "./table.ts";

test("columns are aligned without trailing blanks", () => {
  const text = renderTable(
    [{ title: "Name" }, { title: "Count", align: "right" }, { title: "Note" }],
    [
      ["long name", "7", ""],
      ["x", "1234567", "a note"],
    ],
  );

  expect(text.split("\n")).toEqual([
    "Name         Count  Note",
    "long name        7",
    "x          1234567  a note",
  ]);
});

test("a control code in a cell is a blank", () => {
  const text = renderTable([{ title: "A" }], [["x\u001b[31m\ny"]]);

  expect(text).toBe("A\nx [31m y");
});

test("a cell beyond the bound is cut with an ellipsis", () => {
  const text = renderTable([{ title: "A" }], [["x".repeat(200)]]);

  expect(text.split("\n")[1]).toBe(`${"x".repeat(79)}…`);
});

test("paint does not move the columns", () => {
  const columns = [{ title: "A" }, { title: "B" }];
  const rows = [["1", "2"]];

  const painted = renderTable(columns, rows, (line) => `<${line}>`);

  expect(painted.split("\n")[1]).toBe("<1  2>");
});

const NARROW = [{ title: "Pair" }, { title: "Answer" }, { title: "Words" }];
const NARROW_ROWS = [
  ["acme-us", "yes", "one two three four"],
  ["x", "no", "five"],
];

test("a table that fits the screen, and one for a pipe, keep their rows on one line", () => {
  const whole = renderTable(NARROW, NARROW_ROWS);

  expect(renderTableWithin(35, NARROW, NARROW_ROWS)).toBe(whole);
  expect(renderTableWithin(undefined, NARROW, NARROW_ROWS)).toBe(whole);
});

test("a table wider than the screen has its last column below each row", () => {
  expect(renderTableWithin(18, NARROW, NARROW_ROWS).split("\n")).toEqual([
    "Pair     Answer",
    "  Words",
    "acme-us  yes",
    "  one two three",
    "  four",
    "x        no",
    "  five",
  ]);
});

test("a word that is longer than the screen is left whole", () => {
  expect(indented("a https://example.com b", 2, 10)).toEqual([
    "  a",
    "  https://example.com",
    "  b",
  ]);
});

import { describe, expect, it } from "vitest";
import { tokenize } from "./lexer.ts";

const kinds = (source: string) => tokenize(source).map(({ kind, text }) => `${kind} ${text}`);

describe("tokenize", () => {
  it("a division is no regular expression", () => {
    expect(kinds("a / b / c")).toEqual(["word a", "mark /", "word b", "mark /", "word c"]);
  });

  it("a regular expression with a quote and a slash in brackets is one token", () => {
    expect(kinds(`x = /["'\`/]+\\//g;`)).toEqual([
      "word x",
      "mark =",
      `regexp /["'\`/]+\\//g`,
      "mark ;",
    ]);
  });

  it("a substitution with braces and a template inside stays apart from the text", () => {
    const source = ["`a$", "{ {b: `c$", "{d}`} }e`; f"].join("");

    expect(kinds(source)).toEqual([
      "template a",
      "mark {",
      "word b",
      "mark :",
      "template c",
      "word d",
      "template ",
      "mark }",
      "template e",
      "mark ;",
      "word f",
    ]);
  });

  it("lines are counted through comments and templates", () => {
    const last = tokenize("/* a\n b */\n`x\ny`\nend").at(-1);

    expect(last).toEqual({ kind: "word", text: "end", line: 5 });
  });

  it("a comment mark inside a string opens no comment", () => {
    expect(kinds('"// no" + 1 // yes')).toEqual([
      'string "// no"',
      "mark +",
      "number 1",
      "comment // yes",
    ]);
  });
});

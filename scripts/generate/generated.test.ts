import { expect, it } from "vitest";
import { ERROR_CODES } from "../../src/base/error-codes.ts";
import { generateErrors } from "./errors.ts";
import { markdownTable, replaceSection } from "./generated.ts";
import { describeDelay } from "./retries.ts";

it("a section is replaced between its marks and nowhere else", () => {
  const text = "# A\n<!-- generated: x -->\n\nold\n\n<!-- end: x -->\nrest\n";

  expect(replaceSection(text, "x", "new")).toBe(
    "# A\n<!-- generated: x -->\n\nnew\n\n<!-- end: x -->\nrest\n",
  );
});

it("a text without the marks is refused", () => {
  expect(() => replaceSection("# A\n", "x", "new")).toThrow("generated section x");
});

it("a table is laid out in columns, and a bar inside a cell does not part it", () => {
  expect(markdownTable(["a", "b"], [["1|2", "long"]])).toBe(
    "| a    | b    |\n| ---- | ---- |\n| 1\\|2 | long |",
  );
});

it("every error code is in the error page, once", async () => {
  const { text } = await generateErrors(() => "");

  for (const code of Object.keys(ERROR_CODES)) {
    expect(text.split(`| \`${code}\` `)).toHaveLength(2);
  }
});

it.each([
  [1_000, "1 s"],
  [90_000, "1 min 30 s"],
  [3_600_000, "1 h"],
  [58_861_000, "16 h 21 min"],
])("a delay of %d ms is told as %s", (delayMs, words) => {
  expect(describeDelay(delayMs)).toBe(words);
});

import { expect, test } from "vitest";
import { plain, troubleWords } from "./plain.ts";

test.each([
  ["a line break", "Ada\r\nLovelace"],
  ["a code that paints", "Ada\u001bLovelace"],
  ["a mark that turns the line round", "Ada\u202eLovelace"],
])("%s in a stranger's text is a blank on the terminal", (_what, text) => {
  expect(plain(text)).toBe("Ada Lovelace");
});

test("a message that ends in a full stop gets no second one before its cure", () => {
  const words = ["No answer.", "No answer"].map((message) =>
    troubleWords({ message, cure: "Wait." }),
  );

  expect(words).toEqual(["No answer. Wait.", "No answer. Wait."]);
});

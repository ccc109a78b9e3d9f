import { expect, test } from "vitest";
import { metadataOf, textOf } from "./wire.ts";

test.each([
  ["a null character", "C30\u00000", "C30\ufffd0"],
  ["the first half of a surrogate pair", "a\ud83c", "a\ufffd"],
  ["the second half of a surrogate pair", "\udf89b", "\ufffdb"],
] as const)("%s becomes a character that a database can hold", (_name, sent, read) => {
  const wire = { name: sent, metadata: { [sent]: sent } };

  expect([textOf(wire, "name"), metadataOf(wire)]).toEqual([read, { [read]: read }]);
});

test("whole surrogate pairs stay as they are", () => {
  expect(textOf({ name: "🎉 Zoë" }, "name")).toBe("🎉 Zoë");
});

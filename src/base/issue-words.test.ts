import { expect, test } from "vitest";
import { z } from "zod";
import { issueWords } from "./issue-words.ts";

test.each([
  ["a number below its bound", z.number().min(1), 0, "must be at least 1"],
  ["a number above its bound", z.number().max(200), 201, "must be at most 200"],
  ["a part of a whole number", z.int(), 1.5, "must be a whole number"],
  ["a word for a number", z.coerce.number(), "many", "must be a number"],
  ["a word that is not in the list", z.enum(["open", "parked"]), "shut", "must be open or parked"],
  ["an empty text", z.string().min(1), "", "must not be empty"],
  ["a text that is too long", z.string().max(2), "abc", "must have at most 2 characters"],
  ["a list that is too short", z.array(z.string()).min(1), [], "must have at least 1 entry"],
  ["nothing", z.string(), undefined, "is missing"],
  ["a number for a text", z.string(), 5, "must be text"],
  ["a text for true or false", z.boolean(), "yes", "must be true or false"],
  ["a list for a map", z.object({}), [], "must be a map of settings"],
  [
    "a day for an instant",
    z.iso.datetime(),
    "2026-11-01",
    "must be an instant, such as 2026-11-01T08:00:00Z",
  ],
])("%s is told in words of ours", (_name, schema, value, words) => {
  const { error } = schema.safeParse(value, { error: issueWords });

  expect(error?.issues.map(({ message }) => message)).toEqual([words]);
});

test("the words of the schema itself come first", () => {
  const schema = z.string().regex(/^a/, "must begin with a");

  const { error } = schema.safeParse("b", { error: issueWords });

  expect(error?.issues[0]?.message).toBe("must begin with a");
});

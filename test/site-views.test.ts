import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findView } from "../sandbox/dynamics-sl/views/catalogue.ts";
import { VIEW } from "../src/erp/ctapi/views.ts";

const FOLDER = join(import.meta.dirname, "..", "site", "sql");

/** Column names of a `select` list, under the names the view gives them. */
function columnsOf(sql: string): string[] {
  const list = /\bselect\b([\s\S]*?)\bfrom\b/.exec(sql)?.[1] ?? "";
  // A comma inside a function's brackets does not part two columns.
  return list
    .replace(/\([^)]*\)/g, "")
    .split(",")
    .map((column) => /(\w+)\s*$/.exec(column.trim())?.[1] ?? "");
}

test.each(Object.values(VIEW))("the shipped %s has the columns that the sandbox serves", (name) => {
  const sql = readFileSync(join(FOLDER, `${name}.sql`), "utf8");

  const columns = columnsOf(sql);

  expect(columns.sort()).toEqual(
    findView(name)
      ?.columns.map((column) => column.name)
      .sort(),
  );
});

test("a view that is shipped is one that the hub reads", () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".sql"));

  expect(files.map((file) => file.replace(".sql", "")).sort()).toEqual(Object.values(VIEW).sort());
});

test("no shipped view writes", () => {
  for (const name of Object.values(VIEW)) {
    const sql = readFileSync(join(FOLDER, `${name}.sql`), "utf8").toLowerCase();

    expect(sql).not.toMatch(/\b(insert|update|delete|merge|alter table|drop|exec)\b/);
  }
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { valueAt } from "./cross-checks.ts";
import { pairSchema } from "./schema.ts";
import { settingPaths } from "./schema-walk.ts";
import { Secret } from "./secret.ts";

const PAGE = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");

/** Settings of a pair that have to be given, and nothing else. */
const account = "4000/000000000000";
const LEAST = {
  stripe: { "secret-key": new Secret("sk_test_x"), "webhook-secrets": [new Secret("whsec_x")] },
  sl: {
    url: "https://sl.example.com",
    user: "slipway",
    password: new Secret("x"),
    "site-id": "DEFAULT",
    "company-id": "0060",
    "base-currency": "USD",
  },
  "time-zone": "America/New_York",
  accounts: { clearing: {}, ar: account, sales: account, shipping: account, rounding: account },
  terms: { paid: "01" },
};

/** What a table of the page says of a setting: its default, and what it does. */
function rowOf(path: string): Readonly<{ fallback: string; effect: string }> {
  const line = PAGE.split("\n").find((one) => one.startsWith(`| \`${path}\` `));
  const [, , fallback = "", effect = ""] = line?.split("|").map((cell) => cell.trim()) ?? [];
  return { fallback: fallback.replaceAll("`", ""), effect };
}

/** Settings that a person gives a value: no section, and no part of a list or of a free map. */
function leaves(): string[] {
  const paths = settingPaths().filter((path) => !path.includes("*"));
  const isForm = (path: string) => path.startsWith("item.default.");
  const isSection = (path: string) =>
    paths.some((other) => other.startsWith(`${path}.`) && !isForm(other));
  return paths.filter((path) => !isForm(path) && !isSection(path));
}

/** The schema's default of a setting as the page writes it; undefined where it has none. */
function defaultOf(path: string): string | undefined {
  if (valueAt(LEAST, path.split(".")) !== undefined) return undefined;
  const names = path.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
  const value = valueAt(pairSchema.parse(LEAST), names.split("."));
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
}

test("every setting of a pair stands in the page with what it does", () => {
  const missing = leaves().filter((path) => rowOf(path).effect.length < 10);

  expect(leaves().length).toBeGreaterThan(50);
  expect(missing).toEqual([]);
});

test("no setting has two rows in the page", () => {
  const named = [...PAGE.matchAll(/^\| `([a-z.-]+)` /gm)].map(([, path]) => path);

  expect(named.filter((path, at) => named.indexOf(path) !== at)).toEqual([]);
});

test("the page has each default as the schema has it", () => {
  const wrong = leaves()
    .map((path) => ({ path, schema: defaultOf(path), page: rowOf(path).fallback }))
    .filter(({ schema, page }) => schema !== undefined && page !== schema);

  expect(wrong).toEqual([]);
});

test("the page names no setting that there is not", () => {
  const named = [...PAGE.matchAll(/^\| `([a-z.-]+)` /gm)].map(([, path]) => path);

  expect(named.filter((path) => !leaves().includes(path ?? ""))).toEqual([]);
});

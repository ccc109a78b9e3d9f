import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

/** What is wrong with debits in transit, without what is missing elsewhere. */
function problemsOf(settings: object): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const { problems } = checkPair("p", { "pending-payments": "in-transit", ...settings }, sources);
  return problems
    .filter(({ path }) => /pending-payments|in-process/.test(path))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

test.each([
  ["without its account", {}, "accounts.in-process is missing"],
  ["in a mode where it is not tried", { mode: "sales-order" }, "pending-payments must be off"],
])("pending-payments: in-transit is refused %s", (_what, settings, expected) => {
  expect(problemsOf(settings).join("\n")).toContain(expected);
});

test("pending-payments: in-transit is taken with its account in mode invoice", () => {
  expect(problemsOf({ accounts: { "in-process": "2050/000000000000" } })).toEqual([]);
});

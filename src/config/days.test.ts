import { expect, test } from "vitest";
import { checkPair } from "./check-pair.ts";

/** What is wrong with a day, without what is missing elsewhere. */
function problemsOf(settings: object): string[] {
  const sources = { env: {}, key: () => new Uint8Array(32) };
  const { problems } = checkPair("p", settings, sources);
  return problems
    .filter(({ path }) => /start|events-since/.test(path))
    .map(({ path, rule }) => `${path.slice(8)} ${rule}`);
}

test.each([
  ["start", { start: "2026-02-30" }],
  ["stripe.events-since", { stripe: { "events-since": "2026-04-31" } }],
])("%s is refused on a day that no month has", (path, settings) => {
  expect(problemsOf(settings)).toEqual([`${path} must be a day that there is`]);
});

test("a pair may start on the last day of a leap year's February", () => {
  expect(problemsOf({ start: "2028-02-29" })).toEqual([]);
});

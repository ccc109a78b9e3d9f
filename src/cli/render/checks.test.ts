import { expect, test } from "vitest";
import type { Check } from "../../api/contract.ts";
import { choosePaint } from "../terminal.ts";
import { renderChecks } from "./checks.ts";

const PLAIN = choosePaint(false, {});

const CHECKS: readonly Check[] = [
  { pair: null, name: "pairs", state: "ok", text: "1 configured" },
  {
    pair: "acme-us",
    name: "sl.items",
    state: "problem",
    text: "items.prod_x: SL has no item NOITEM (looked at 3 of 3 items)",
    cure: "Run `slipway pair set acme-us items.prod_x <item>`.",
  },
];

test("on a narrow screen a long text stands below its name, commands whole", () => {
  expect(renderChecks(CHECKS, PLAIN, 50).split("\n")).toEqual([
    "ok       pairs: 1 configured",
    "PROBLEM  acme-us  sl.items:",
    "         items.prod_x: SL has no item NOITEM",
    "         (looked at 3 of 3 items)",
    "         Run",
    "         `slipway pair set acme-us items.prod_x <item>`.",
  ]);
});

test.each([
  ["on a wide screen", 120],
  ["in a pipe", undefined],
])("%s each check is one line, and its cure another", (_where, width) => {
  expect(renderChecks(CHECKS, PLAIN, width).split("\n")).toEqual([
    "ok       pairs: 1 configured",
    "PROBLEM  acme-us  sl.items: items.prod_x: SL has no item NOITEM (looked at 3 of 3 items)",
    "         Run `slipway pair set acme-us items.prod_x <item>`.",
  ]);
});

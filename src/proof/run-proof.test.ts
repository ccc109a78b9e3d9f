import type { Pool } from "pg";
import { expect, test } from "vitest";
import { someSettings } from "../mapping/testing/builders.ts";
import type { PairRuntime } from "../runs/index.ts";
import { type ProofWanted, runProof } from "./run-proof.ts";

/** Weeks of 4, 4 and 5: the third period of 2026 ends on 28 March. */
const CALENDAR = {
  ...{ periods: 12, namedAfterStart: false },
  ...{ firstOpenReceivables: "202601", firstOpenLedger: "202601" },
  periodEnds: "0124 0221 0328 0425 0523 0627 0725 0822 0926 1024 1121 1226".split(" "),
};

function proving(when: ProofWanted["when"]) {
  const reference = { calendar: async () => CALENDAR };
  const pair = { id: "acme", settings: someSettings(), reference } as unknown as PairRuntime;
  return runProof({ pool: undefined as unknown as Pool, pair }, { when, today: "2026-03-27" });
}

test("a month whose period is to come is answered with one that can be proved", async () => {
  const month = proving({ month: "2026-03" });

  await expect(month).rejects.toMatchObject({
    message: "Period 202604 has not begun: it is 2026-03-27 in the pair's zone",
    facts: { field: "month", example: "2026-02" },
  });
});

test("a period that is to come is refused by its own name", async () => {
  await expect(proving({ fiscalPeriod: "202604" })).rejects.toMatchObject({
    message: "Period 202604 has not begun: it is 2026-03-27 in the pair's zone",
    facts: { field: "period" },
  });
});

import { expect, test } from "vitest";
import type { CloseAnswer } from "../../api/contract.ts";
import { choosePaint } from "../terminal.ts";
import { renderChecklist } from "./close.ts";

const ANSWER: CloseAnswer = {
  ...{ period: "202603", day: "2026-03-31", isClosable: false, snapshot: null },
  documents: { count: 1, hash: "abc" },
  items: [
    { name: "period", state: "ok", text: "its last day has ended", ids: [] },
    {
      name: "line 1 USD",
      state: "open",
      text:
        "Parked or skipped: 451.82; settle each case of `slipway parked list`, also of " +
        "--state dismissed, and of `slipway held list`",
      ids: [1, 2, 3, 4, 5, 6, 7].map((nr) => `txn_3SRaZnGa4XgcH9kHX68cFAo${nr}`),
    },
  ],
};

test("an open item is told whole below the checklist, with ids that can be copied", () => {
  const told = renderChecklist(ANSWER, { paint: choosePaint(false, {}) });

  expect(told.split("\n\n")[1]).toBe(
    [
      "line 1 USD: Parked or skipped: 451.82; settle each case of `slipway parked list`, also of " +
        "--state dismissed, and of `slipway held list`",
      "  txn_3SRaZnGa4XgcH9kHX68cFAo1, txn_3SRaZnGa4XgcH9kHX68cFAo2, " +
        "txn_3SRaZnGa4XgcH9kHX68cFAo3, txn_3SRaZnGa4XgcH9kHX68cFAo4, " +
        "txn_3SRaZnGa4XgcH9kHX68cFAo5, and 2 more",
    ].join("\n"),
  );
  expect(told).toMatch(/\n\nPeriod 202603 stays open\.$/);
});

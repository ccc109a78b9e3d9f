import { expect, it } from "vitest";
import { isMet, type Measure, renderReport } from "./report.ts";

const rate: Measure = {
  name: "orders",
  unit: "1/s",
  rounds: [31, 29.96, 35],
  aim: { atLeast: 30 },
};

it("the median decides whether an aim is met", () => {
  expect(isMet(rate)).toBe(true);
  expect(isMet({ ...rate, aim: { atMost: 30 } })).toBe(false);
});

it("a measure without an aim is neither met nor missed", () => {
  const { aim: _aim, ...aimless } = rate;

  expect(isMet(aimless)).toBeUndefined();
});

it("a report is a table in Markdown with its notes below", () => {
  const text = renderReport({
    bench: "orders",
    title: "Orders",
    notes: ["warm"],
    measures: [rate, { name: "webhooks", unit: "1/s", rounds: [4321.4] }],
  });

  expect(text.split("\n")).toEqual([
    "## Orders",
    "",
    "| Measure       | Median | Rounds  | Aim       |",
    "| ------------- | ------ | ------- | --------- |",
    "| orders, 1/s   | 31     | 30 – 35 | ≥ 30: met |",
    "| webhooks, 1/s | 4,321  |         |           |",
    "",
    "- warm",
  ]);
});

import { PULL_RETRY_MS } from "../../src/pull/span.ts";
import { RETRY_DELAYS_MS } from "../../src/runs/retry-schedule.ts";
import { type Generator, markdownTable, replaceSection } from "./generated.ts";

const MEANINGS: Readonly<Record<keyof typeof RETRY_DELAYS_MS, string>> = {
  busy: "SL answered that it was locked, or made the call a deadlock victim",
  unavailable: "no connection, an answer 5xx, or the database was gone",
  limited: "Stripe answered 429",
};

/** The table of retries in `docs/operating.md`, from the schedule that the runs use. */
export const generateRetries: Generator = (read) => {
  const path = "docs/operating.md";
  const rows = (Object.keys(MEANINGS) as (keyof typeof RETRY_DELAYS_MS)[]).map((name) => {
    const delays = RETRY_DELAYS_MS[name];
    const totalMs = delays.reduce((sum, delay) => sum + delay, 0);
    return [MEANINGS[name], delays.map(describeDelay).join(", "), describeDelay(totalMs)];
  });
  const last = describeDelay(PULL_RETRY_MS.at(-1) ?? 0);
  const pulled = `${PULL_RETRY_MS.map(describeDelay).join(", ")}, then every ${last}`;
  rows.push(["Stripe could not be asked for events (429, 5xx, no answer)", pulled, "never"]);
  const table = markdownTable(["After", "Next tries after", "Parked after at least"], rows);
  return { path, text: replaceSection(read(path), "retries", table) };
};

/** 1_000 → "1 s", 90_000 → "1 min 30 s", 3_600_000 → "1 h": the two largest units. */
export function describeDelay(delayMs: number): string {
  const seconds = Math.round(delayMs / 1_000);
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "min"],
    [seconds % 60, "s"],
  ];
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? "0 s" : shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

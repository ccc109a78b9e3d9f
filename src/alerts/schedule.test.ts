import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RULES } from "./rules.ts";
import { noticeAfterMs, noticeDue, SEND_RETRY_MS, sendAgainMs } from "./schedule.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The ages at which an alert is told when it is looked at in these steps. */
function toldAt(stepsMs: readonly number[]): number[] {
  const told: number[] = [];
  let [ageMs, notices] = [0, 0];
  for (const step of [0, ...stepsMs]) {
    ageMs += step;
    const due = noticeDue(ageMs, notices);
    notices = due.notices;
    if (due.isDue) told.push(ageMs);
  }
  return told;
}

describe("an open alert", () => {
  test("that is looked at each minute is told at once, after 1 h, after 6 h, then daily", () => {
    const minutes = Array.from({ length: (3 * DAY) / MINUTE }, () => MINUTE);

    expect(toldAt(minutes)).toEqual([0, HOUR, 6 * HOUR, 6 * HOUR + DAY, 6 * HOUR + 2 * DAY]);
  });

  test("is told once for all the notices that nobody was there to send", () => {
    expect(toldAt([10 * DAY, MINUTE])).toEqual([0, 10 * DAY]);
  });

  test("is told at once, never early, and never more often than the schedule says", () => {
    const steps = fc.array(fc.integer({ min: 1, max: 2 * DAY }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (stepsMs) => {
        const told = toldAt(stepsMs);
        const ageMs = stepsMs.reduce((sum, step) => sum + step, 0);
        let allowed = 0;
        while (noticeAfterMs(allowed) <= ageMs) allowed += 1;

        expect(told[0]).toBe(0);
        expect(told.length).toBeLessThanOrEqual(allowed);
        for (const [index, at] of told.entries()) {
          expect(at).toBeGreaterThanOrEqual(noticeAfterMs(index));
        }
      }),
    );
  });
});

test("a notice that no channel takes is tried on its schedule, then given up", () => {
  const waits = Array.from({ length: SEND_RETRY_MS.length + 1 }, (_, index) =>
    sendAgainMs(index + 1),
  );

  expect(waits).toEqual([30_000, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, undefined]);
});

test("the page of alerts has a row for each rule, and for no other", () => {
  const page = readFileSync(new URL("../../docs/alerts.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z-]+)` /gm)].map(([, rule]) => rule);

  expect(rows).toEqual(Object.keys(RULES));
});

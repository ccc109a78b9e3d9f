import type { Check } from "../../api/contract.ts";
import type { Paint } from "../terminal.ts";

const MARKS = { ok: "ok", warning: "warning", problem: "PROBLEM", skipped: "–" } as const;
const MARK_WIDTH = 7;

/** Checks one a line; whatever is not fine has its cure below. */
export function renderChecks(checks: readonly Check[], paint: Paint): string {
  if (checks.length === 0) return "There is nothing to check yet.";
  return checks
    .flatMap(({ pair, name, state, text, cure }) => {
      const where = pair === null ? "" : `${pair}  `;
      const mark = MARKS[state].padEnd(MARK_WIDTH);
      const painted = paintOf(state, paint)(mark);
      const remedy =
        state === "ok" || cure === undefined ? [] : [`${" ".repeat(MARK_WIDTH)}  ${cure}`];
      return [`${painted}  ${where}${name}: ${text}`, ...remedy];
    })
    .join("\n");
}

function paintOf(state: Check["state"], paint: Paint): (text: string) => string {
  if (state === "skipped") return (text) => text;
  return state === "ok" ? paint.good : paint.bad;
}

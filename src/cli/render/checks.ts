import type { Check } from "../../api/contract.ts";
import type { Paint } from "../terminal.ts";
import { indented, widthOf } from "./table.ts";

const MARKS = { ok: "ok", warning: "warning", problem: "PROBLEM", skipped: "–" } as const;
const MARK_WIDTH = 7;
const INDENT = MARK_WIDTH + 2;

/**
 * Checks one a line; whatever is not fine has its cure below. What is wider than the screen stands
 * below its name; without a `width` no line is broken.
 */
export function renderChecks(checks: readonly Check[], paint: Paint, width?: number): string {
  if (checks.length === 0) return "There is nothing to check yet.";
  return checks
    .flatMap(({ pair, name, state, text, cure }) => {
      const where = pair === null ? "" : `${pair}  `;
      const mark = MARKS[state].padEnd(MARK_WIDTH);
      const painted = paintOf(state, paint)(mark);
      const remedy = state === "ok" || cure === undefined ? [] : indented(cure, INDENT, width);
      const title = `${where}${name}:`;
      const length = INDENT + widthOf(`${title} ${text}`);
      if (width === undefined || length <= width)
        return [`${painted}  ${title} ${text}`, ...remedy];
      return [`${painted}  ${title}`, ...indented(text, INDENT, width), ...remedy];
    })
    .join("\n");
}

function paintOf(state: Check["state"], paint: Paint): (text: string) => string {
  if (state === "skipped") return (text) => text;
  return state === "ok" ? paint.good : paint.bad;
}

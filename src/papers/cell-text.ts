import { toDecimal } from "../base/money.ts";
import { type Cell, isLinked, isMoney } from "./paper.ts";

/** A cell as people read it. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return "";
  if (isMoney(cell)) return toDecimal(cell);
  return isLinked(cell) ? cell.id : String(cell);
}

import { toDecimal } from "../base/money.ts";
import { looksLikeFormula } from "./csv.ts";
import { type Cell, type ColumnKind, isLinked, isMoney } from "./paper.ts";
import type { CellLook, Looks } from "./xlsx-styles.ts";

/** A spreadsheet keeps so many digits of a number; one with more would come out changed. */
const DIGITS_MAX = 15;
/** A cell takes no more. */
const TEXT_MAX = 32_767;
const DAY_MS = 86_400_000;
/** Day 0 of a spreadsheet's calendar, as far as days after February 1900 go. */
const DAY_ZERO = Date.UTC(1899, 11, 30);
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Where a cell is and what it looks like. */
type At = Readonly<{ ref: string; look: CellLook; looks: Looks }>;

/** One cell: text as text, whatever it begins with; amounts and days as numbers, exactly. */
export function cellXml(cell: Cell, kind: ColumnKind, at: At): string {
  if (cell === undefined || cell === "") return "";
  if (isMoney(cell)) {
    const look = { ...at.look, number: { currency: cell.currency } };
    const decimal = toDecimal(cell);
    const isExact = decimal.replaceAll(/\D/g, "").replace(/^0+/, "").length <= DIGITS_MAX;
    return isExact ? numberXml(decimal, { ...at, look }) : textXml(decimal, at);
  }
  if (typeof cell === "number") {
    return numberXml(String(cell), { ...at, look: { ...at.look, number: "count" } });
  }
  if (isLinked(cell)) {
    return textXml(cell.id, { ...at, look: { ...at.look, font: "link" } });
  }
  if (kind === "day" && DAY.test(cell)) {
    const number = (Date.parse(`${cell}T00:00:00Z`) - DAY_ZERO) / DAY_MS;
    return numberXml(String(number), { ...at, look: { ...at.look, number: "day" } });
  }
  return textXml(cell, at);
}

function numberXml(value: string, { ref, look, looks }: At): string {
  return `<c r="${ref}" s="${looks.numberOf(look)}"><v>${value}</v></c>`;
}

function textXml(text: string, { ref, look, looks }: At): string {
  const style = looks.numberOf({ ...look, ...(looksLikeFormula(text) && { isQuoted: true }) });
  const kept = `<t xml:space="preserve">${escapeXml(text.slice(0, TEXT_MAX))}</t>`;
  return `<c r="${ref}" s="${style}" t="inlineStr"><is>${kept}</is></c>`;
}

/** `A1` for row and column 0. */
export function cellRef(row: number, column: number): string {
  return `${columnName(column)}${row + 1}`;
}

export function columnName(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnName(Math.floor(column / 26) - 1) + letter;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Without the characters that XML cannot hold at all. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, "")
    .replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign] ?? "");
}

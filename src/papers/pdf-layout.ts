import { cellText } from "./cell-text.ts";
import {
  type Cell,
  type Column,
  instantWords,
  type Paper,
  type Part,
  type Row,
  withTotal,
} from "./paper.ts";
import {
  FONTS,
  type LetterWidth,
  printable,
  type TextStyle,
  widthOf,
  wrapText,
} from "./pdf-text.ts";

/** One line of text at its place; `y` counts from the top. */
export type Placed = Readonly<{
  text: string;
  x: number;
  y: number;
  style: TextStyle;
  grey?: boolean;
}>;

/** What draws, or only counts. */
export type Pen = Readonly<{
  page(): void;
  text(placed: Placed): void;
  /** A line from left to right; a hairline is grey. */
  rule(at: Readonly<{ x: number; y: number; width: number; thickness: number }>): void;
}>;

/** Points: 72 an inch. */
const MARGIN = 51;
const FOOT_HEIGHT = 26;
const GAP = 6;
const LEADING = 1.25;
/** Between the rows of a table. */
const HAIR = 0.15;

const TITLE: TextStyle = { font: FONTS.bold, size: 15 };
const HEADING: TextStyle = { font: FONTS.bold, size: 10.5 };
const BODY: TextStyle = { font: FONTS.plain, size: 9.5 };
const STRONG: TextStyle = { font: FONTS.bold, size: 9.5 };
const CELL: TextStyle = { font: FONTS.plain, size: 8 };
const CELL_STRONG: TextStyle = { font: FONTS.bold, size: 8 };
const CELL_SMALL: TextStyle = { font: FONTS.plain, size: 7 };
const FIXED: TextStyle = { font: FONTS.fixed, size: 7 };
const SMALL: TextStyle = { font: FONTS.plain, size: 7 };
const ABOUT_WIDTH = 84;
const SIGN_HEIGHT = 84;

const heightOf = ({ size }: TextStyle) => size * LEADING;

/** A table on a page: each column with where it begins and how wide it is. */
type Grid = readonly Readonly<{ column: Column; x: number; width: number }>[];

/**
 * Lays papers out on pages. Going through it twice with the same papers gives the same places. Ids
 * are no links there: whoever writes the file would have to keep those of all pages.
 */
export class Layout {
  readonly #pen: Pen;
  readonly #letterWidth: LetterWidth;
  readonly #size: Readonly<{ width: number; height: number }>;
  readonly #left = MARGIN;
  #y = 0;
  #foot = "";
  pages = 0;
  /** Known only once everything was laid out; shown as it is. */
  readonly #pagesInAll: number;

  constructor(
    pen: Pen,
    of: Readonly<{
      letterWidth: LetterWidth;
      size: Readonly<{ width: number; height: number }>;
      pagesInAll: number;
    }>,
  ) {
    this.#pen = pen;
    this.#letterWidth = of.letterWidth;
    this.#size = of.size;
    this.#pagesInAll = of.pagesInAll;
  }

  /** Yields whenever a page is full. */
  *papers(papers: readonly Paper[]): Generator<void> {
    for (const paper of papers) yield* this.#paper(paper);
  }

  /** A page that says why there is no paper. */
  nothing(words: string): void {
    this.#foot = "";
    this.#newPage();
    this.#lines(words, BODY);
  }

  get #width(): number {
    return this.#size.width - 2 * MARGIN;
  }

  get #bottom(): number {
    return this.#size.height - MARGIN - FOOT_HEIGHT / 2;
  }

  *#paper(paper: Paper): Generator<void> {
    const { title, about, verdict, seal } = paper;
    this.#foot = `${title} · ${about
      .map(([, value]) => value)
      .slice(0, 2)
      .join(" · ")}`;
    this.#foot += ` · SHA-256 ${seal.hash.slice(0, 16)}`;
    this.#newPage();
    this.#lines(title, TITLE);
    this.#y += GAP;
    for (const [label, value] of about) this.#fact(label, value);
    this.#verdict(verdict.words);
    yield* this.#table(paper.statement);
    this.#sign(paper);
    for (const part of paper.parts) {
      this.#y += 2 * GAP;
      // A heading alone at the end of a page heads nothing.
      if (!this.#hasRoom(heightOf(HEADING) + 4 * heightOf(CELL))) yield this.#newPage();
      this.#lines(part.title, HEADING);
      yield* this.#table(part);
    }
    yield;
  }

  #newPage(): void {
    this.pages += 1;
    this.#pen.page();
    this.#y = MARGIN;
    const y = this.#size.height - MARGIN + GAP;
    const right = `Page ${this.pages} of ${this.#pagesInAll}`;
    const width = widthOf(right, SMALL, this.#letterWidth);
    this.#pen.rule({ x: this.#left, y: y - GAP / 2, width: this.#width, thickness: 0.4 });
    const [foot = ""] = wrapText(this.#foot, {
      style: SMALL,
      width: this.#width - width - GAP,
      letterWidth: this.#letterWidth,
    });
    this.#pen.text({ text: foot, x: this.#left, y, style: SMALL, grey: true });
    const x = this.#left + this.#width - width;
    this.#pen.text({ text: right, x, y, style: SMALL, grey: true });
  }

  #hasRoom(height: number): boolean {
    return this.#y + height <= this.#bottom;
  }

  #wrapped(text: string, style: TextStyle, width: number): readonly string[] {
    return wrapText(text, { style, width, letterWidth: this.#letterWidth });
  }

  #lines(text: string, style: TextStyle): void {
    for (const line of this.#wrapped(text, style, this.#width)) {
      this.#pen.text({ text: line, x: this.#left, y: this.#y, style });
      this.#y += heightOf(style);
    }
  }

  #fact(label: string, value: string): void {
    this.#pen.text({ text: printable(label), x: this.#left, y: this.#y, style: BODY, grey: true });
    for (const line of this.#wrapped(value, BODY, this.#width - ABOUT_WIDTH)) {
      this.#pen.text({ text: line, x: this.#left + ABOUT_WIDTH, y: this.#y, style: BODY });
      this.#y += heightOf(BODY);
    }
  }

  /** Between two thick lines, so that nobody signs without having seen it. */
  #verdict(words: string): void {
    const rule = () => {
      this.#pen.rule({ x: this.#left, y: this.#y, width: this.#width, thickness: 1.2 });
    };
    this.#y += GAP;
    rule();
    this.#y += GAP;
    this.#lines(words, STRONG);
    this.#y += GAP / 2;
    rule();
    this.#y += GAP;
  }

  *#table(part: Part): Generator<void> {
    const grid = this.#grid(part.columns);
    const hasHead = part.columns.some(({ title }) => title !== "");
    if (hasHead) this.#head(grid);
    for (const row of withTotal(part)) {
      const lines = grid.map(({ column, width }, at) =>
        this.#cellLines(row, { cell: row.cells[at], column, width }),
      );
      const most = Math.max(1, ...lines.map((one) => one.length));
      const height = most * heightOf(styleOf(row, "text")) + GAP * 0.6;
      if (!this.#hasRoom(height)) {
        yield this.#newPage();
        if (part.title !== "") this.#lines(`${part.title} (continued)`, HEADING);
        if (hasHead) this.#head(grid);
      }
      this.#row(row, { grid, lines });
      this.#y += height;
    }
  }

  #grid(columns: readonly Column[]): Grid {
    const whole = columns.reduce((sum, { width }) => sum + width, 0);
    let x = this.#left;
    return columns.map((column, nr) => {
      const width = (column.width / whole) * this.#width;
      const at = { column, x, width: width - (nr === columns.length - 1 ? 0 : GAP) };
      x += width;
      return at;
    });
  }

  #head(grid: Grid): void {
    for (const { column, x, width } of grid) {
      const text = printable(column.title);
      const shift = isRight(column) ? width - widthOf(text, CELL_STRONG, this.#letterWidth) : 0;
      this.#pen.text({ text, x: x + shift, y: this.#y, style: CELL_STRONG });
    }
    this.#y += heightOf(CELL_STRONG) + 1;
    this.#pen.rule({ x: this.#left, y: this.#y, width: this.#width, thickness: 0.8 });
  }

  #cellLines(
    row: Row,
    of: Readonly<{ cell: Cell; column: Column; width: number }>,
  ): readonly string[] {
    const text = cellText(of.cell);
    if (text === "") return [];
    // A number that is parted could be read as two.
    if (isRight(of.column)) return [printable(text)];
    return this.#wrapped(text, styleOf(row, of.column.kind), of.width);
  }

  #row(row: Row, of: Readonly<{ grid: Grid; lines: readonly (readonly string[])[] }>): void {
    const thickness = row.is === "sum" ? 0.8 : HAIR;
    this.#pen.rule({ x: this.#left, y: this.#y, width: this.#width, thickness });
    const top = this.#y + GAP * 0.4;
    of.grid.forEach(({ column, x, width }, at) => {
      const style = styleOf(row, column.kind);
      const grey = row.is === "small";
      (of.lines[at] ?? []).forEach((text, line) => {
        const y = top + line * heightOf(styleOf(row, "text"));
        const right = isRight(column) ? this.#fitted(text, { style, width }) : undefined;
        const shown = right?.style ?? style;
        this.#pen.text({ text, x: x + (right?.shift ?? 0), y, style: shown, grey });
      });
    });
  }

  /** A number at the right edge of its column, smaller where it is wider than that. */
  #fitted(text: string, { style, width }: Readonly<{ style: TextStyle; width: number }>) {
    const wide = widthOf(text, style, this.#letterWidth);
    const size = wide > width ? (style.size * width) / wide : style.size;
    const fitted = { ...style, size };
    return { style: fitted, shift: width - widthOf(text, fitted, this.#letterWidth) };
  }

  #sign({ signed, seal, madeAt }: Paper): void {
    if (!this.#hasRoom(SIGN_HEIGHT)) this.#newPage();
    this.#y += SIGN_HEIGHT / 2;
    const width = (this.#width - 36 * (signed.length - 1)) / Math.max(1, signed.length);
    signed.forEach((words, at) => {
      const x = this.#left + at * (width + 36);
      this.#pen.rule({ x, y: this.#y, width, thickness: 0.6 });
      this.#pen.text({ text: printable(words), x, y: this.#y + GAP / 2, style: CELL });
    });
    this.#y += heightOf(CELL) + 2 * GAP;
    this.#lines(`${seal.of}: ${seal.hash}`, SMALL);
    this.#lines(`Made ${instantWords(madeAt)}`, SMALL);
  }
}

function isRight({ kind }: Column): boolean {
  return kind === "amount" || kind === "count";
}

function styleOf({ is }: Row, kind: Column["kind"]): TextStyle {
  if (is === "sum") return CELL_STRONG;
  if (is === "small") return CELL_SMALL;
  return kind === "id" ? FIXED : CELL;
}

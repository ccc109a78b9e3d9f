import { latinText } from "../base/transliterate.ts";

/** Fonts that every reader of PDF has, so that none is carried in the file. */
export const FONTS = {
  plain: "Helvetica",
  bold: "Helvetica-Bold",
  fixed: "Courier",
} as const;
export type Font = (typeof FONTS)[keyof typeof FONTS];

/** How wide a letter of a font is at size 1, by its code in Latin-1. */
export type LetterWidth = (code: number, font: Font) => number;

/** A text as these fonts can show it: Latin-1, in one line. */
export function printable(text: string): string {
  return latinText(text.replaceAll(/\s+/g, " ").trim());
}

export function widthOf(text: string, style: TextStyle, letterWidth: LetterWidth): number {
  let width = 0;
  for (let at = 0; at < text.length; at += 1) width += letterWidth(text.charCodeAt(at), style.font);
  return width * style.size;
}

export type TextStyle = Readonly<{ font: Font; size: number }>;

/** More lines of one cell would fill the page: what is longer stands in the table files. */
const LINES_MAX = 12;

/**
 * A text in lines that are no wider than `width`: parted at blanks, and inside a word that is wider
 * than that. The last line of one that is cut ends with three dots.
 */
export function wrapText(
  text: string,
  of: Readonly<{ style: TextStyle; width: number; letterWidth: LetterWidth }>,
): readonly string[] {
  const fits = (line: string) => widthOf(line, of.style, of.letterWidth) <= of.width;
  const shown = printable(text);
  if (fits(shown)) return [shown];
  const lines: string[] = [];
  let line = "";
  for (const word of shown.split(" ").flatMap((one) => chopped(one, fits))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || fits(longer)) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  lines.push(line);
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX - 1), `${lines[LINES_MAX - 1]?.slice(0, -3) ?? ""}...`];
}

/** A word in pieces that fit a line each, parted behind its own hyphens where it has some. */
function chopped(word: string, fits: (line: string) => boolean): string[] {
  if (fits(word)) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const letter of word) {
    if (piece !== "" && !fits(piece + letter)) {
      const end = piece.lastIndexOf("-") + 1 || piece.length;
      pieces.push(piece.slice(0, end));
      piece = piece.slice(end);
    }
    piece += letter;
  }
  return [...pieces, piece];
}

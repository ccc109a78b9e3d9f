import { currencyExponent } from "../base/currency.ts";

const FONTS = [
  `<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>`,
  `<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>`,
  `<font><b/><sz val="15"/><name val="Calibri"/><family val="2"/></font>`,
  `<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/><family val="2"/></font>`,
  `<font><sz val="10"/><color rgb="FF555555"/><name val="Calibri"/><family val="2"/></font>`,
];
const BORDERS = [
  "<border><left/><right/><top/><bottom/><diagonal/></border>",
  `<border><left/><right/><top style="thin"/><bottom/><diagonal/></border>`,
  `<border><left/><right/><top/><bottom style="medium"/><diagonal/></border>`,
];
/** Numbers 164 and above are a file's own. */
const FORMATS = { day: 164, count: 165, exponent: 166 } as const;
const EXPONENTS = [0, 1, 2, 3, 4] as const;

/** What a cell looks like; each is one numbered format of the file. */
export type CellLook = Readonly<{
  font?: "plain" | "strong" | "title" | "link" | "small";
  border?: "none" | "sum" | "head";
  /** A day, a number of things, or an amount by the decimals of its currency. */
  number?: "day" | "count" | Readonly<{ currency: string }>;
  /** Text that begins like a formula: it stays text when somebody edits the cell. */
  isQuoted?: boolean;
}>;

/** The numbered formats of one file, in the order in which they were first used. */
export class Looks {
  readonly #numbers = new Map<string, number>([[nameOf({}), 0]]);
  readonly #formats: string[] = [formatXml({})];

  /** The number of a look. */
  numberOf(look: CellLook): number {
    const name = nameOf(look);
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#formats.length);
    return this.#formats.push(formatXml(look)) - 1;
  }

  /** The part `xl/styles.xml`, once every cell was written. */
  xml(): string {
    const formats = [
      numberFormat(FORMATS.day, "yyyy-mm-dd"),
      numberFormat(FORMATS.count, "#,##0"),
      ...EXPONENTS.map((exponent) =>
        numberFormat(
          FORMATS.exponent + exponent,
          `#,##0${exponent === 0 ? "" : `.${"0".repeat(exponent)}`}`,
        ),
      ),
    ];
    return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">${[
      counted("numFmts", formats),
      counted("fonts", FONTS),
      counted("fills", [
        `<fill><patternFill patternType="none"/></fill>`,
        `<fill><patternFill patternType="gray125"/></fill>`,
      ]),
      counted("borders", BORDERS),
      counted("cellStyleXfs", [`<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>`]),
      counted("cellXfs", this.#formats),
      counted("cellStyles", [`<cellStyle name="Normal" xfId="0" builtinId="0"/>`]),
    ].join("")}</styleSheet>`;
  }
}

function nameOf({ font, border, number, isQuoted }: CellLook): string {
  const kind = typeof number === "object" ? number.currency : number;
  return `${font}|${border}|${kind}|${isQuoted}`;
}

function counted(name: string, parts: readonly string[]): string {
  return `<${name} count="${parts.length}">${parts.join("")}</${name}>`;
}

function numberFormat(id: number, code: string): string {
  return `<numFmt numFmtId="${id}" formatCode="${code}"/>`;
}

const FONT_AT = { plain: 0, strong: 1, title: 2, link: 3, small: 4 } as const;
const BORDER_AT = { none: 0, sum: 1, head: 2 } as const;

function formatXml({ font = "plain", border = "none", number, isQuoted }: CellLook) {
  const formatId = number === undefined ? 0 : numberId(number);
  const quote = isQuoted === true ? ` quotePrefix="1"` : "";
  const attributes =
    `numFmtId="${formatId}" fontId="${FONT_AT[font]}" fillId="0" ` +
    `borderId="${BORDER_AT[border]}" xfId="0" applyNumberFormat="1" applyFont="1" ` +
    `applyBorder="1" applyAlignment="1"${quote}`;
  return `<xf ${attributes}><alignment vertical="top"/></xf>`;
}

function numberId(number: NonNullable<CellLook["number"]>): number {
  if (typeof number === "string") return FORMATS[number];
  return FORMATS.exponent + currencyExponent(number.currency);
}

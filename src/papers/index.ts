export { csvLine } from "./csv.ts";
export { type PageFrame, paperHtml } from "./html.ts";
export type { Cell, Column, Linked, Paper, Part, Row } from "./paper.ts";
export { instantWords } from "./paper.ts";
export { PAPER_SIZES, type PaperSize, paperPdf } from "./pdf.ts";
export { STATEMENT_COLUMNS, sealOf } from "./statement.ts";
export { paperXlsx } from "./xlsx.ts";

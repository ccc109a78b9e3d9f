export { csvLine } from "./csv.ts";
export { paperHtml } from "./html.ts";
export type { Cell, Column, Paper, Part, Row } from "./paper.ts";
export { instantWords } from "./paper.ts";
export { paperPdf } from "./pdf.ts";
export { STATEMENT_COLUMNS, sealOf } from "./statement.ts";
export { paperXlsx } from "./xlsx.ts";

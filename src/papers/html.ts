import { cellText } from "./cell-text.ts";
import {
  type Cell,
  type Column,
  instantWords,
  isLinked,
  type Paper,
  type Part,
  withTotal,
} from "./paper.ts";

const STYLE = `
@page { margin: 18mm }
body { font: 10pt/1.4 Georgia, serif; color: #111; max-width: 178mm; margin: 0 auto }
@media screen { body { padding: 14pt; max-width: 60rem } }
@media print { table { font-size: 9pt } nav { display: none } }
@media print { a { color: inherit; text-decoration: none } }
nav { font-size: 8.5pt; text-align: right } nav a { margin-left: 10pt }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 11pt; margin: 14pt 0 4pt; break-after: avoid }
article + article { break-before: page }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th, td { padding: 2pt 4pt; text-align: left; vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } tbody tr { border-bottom: .4pt solid #ccc }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.day, th { white-space: nowrap } .word { overflow-wrap: normal }
td.id { font: 8.5pt/1.4 ui-monospace, monospace; min-width: 31ch }
@media screen and (max-width: 699px) {
  .wide { overflow-x: auto; font-size: 8pt } .wide td { overflow-wrap: break-word }
  .wide th, .wide td { padding: 2pt } .wide th { white-space: normal; overflow-wrap: normal }
  .entries thead, .entries td:empty { display: none }
  .entries table, .entries tbody { display: block }
  .entries tr { display: flex; flex-wrap: wrap; padding: 3pt 0 } .entries td { padding: 0 4pt }
  .entries td.id { flex: 1 0 65%; min-width: 0 } .entries .day, .entries .word { order: 2 }
  .entries td:not([class]) { order: 3; flex: 1 0 100%; box-sizing: border-box }
  .entries .sum td:not([class]) { order: 0; flex: 1 }
}
.sum td { font-weight: bold; border-top: 1pt solid #111 }
.verdict { border: 1pt solid #111; padding: 6pt 8pt; margin: 10pt 0; font-weight: bold }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 10pt; margin: 6pt 0 }
dt { color: #444 } dd { margin: 0; overflow-wrap: anywhere }
.small td, .small { font-size: 8.5pt; color: #444 } .seal { overflow-wrap: anywhere }
.sign { display: flex; gap: 12mm; margin-top: 16mm; break-inside: avoid }
.sign div { flex: 1; border-top: .6pt solid #111; padding-top: 2pt; font-size: 8.5pt }
`;

/** So many characters are handed on at once. */
const PIECE_CHARS = 64 * 1024;

/** What a page of papers has around them. */
export type PageFrame = Readonly<{
  title: string;
  /** What the page says where there is no paper. */
  nothing: string;
  /** The same as other files, to click on; relative addresses. */
  links?: readonly Readonly<{ words: string; href: string }>[];
}>;

/**
 * Papers as a page to read, and to print on A4 or Letter, piece by piece: it has no script, loads
 * nothing, and every text is escaped.
 */
export function* paperHtml(papers: readonly Paper[], frame: PageFrame): Generator<string> {
  let piece = "";
  for (const text of allOf(papers, frame)) {
    piece += text;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

function* allOf(papers: readonly Paper[], frame: PageFrame): Generator<string> {
  const { title, nothing, links = [] } = frame;
  const nav = links.map(({ words, href }) => `<a href="${escaped(href)}">${escaped(words)}</a>`);
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style></head>
<body>${nav.length === 0 ? "" : `<nav>${nav.join("")}</nav>`}
`;
  for (const paper of papers) yield* article(paper);
  if (papers.length === 0) yield `<p>${escaped(nothing)}</p>`;
  yield "</body>\n</html>\n";
}

function* article(paper: Paper): Generator<string> {
  const { title, about, verdict, signed, seal, madeAt } = paper;
  const facts = about.map(
    ([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`,
  );
  yield `<article>
<h1>${escaped(title)}</h1>
<dl>${facts.join("")}</dl>
<p class="verdict">${escaped(verdict.words)}</p>
`;
  yield* table(paper.statement);
  const lines = signed.map((words) => `<div>${escaped(words)}</div>`).join("");
  yield `<div class="sign">${lines}</div>
<p class="small seal">${escaped(`${seal.of}: ${seal.hash}`)}<br>Made ${instantWords(madeAt)}</p>
`;
  for (const part of paper.parts) {
    // On a narrow screen an entry takes some lines, and a table of numbers is moved sideways.
    const isOfEntries = part.columns.some(({ kind }) => kind === "id");
    const name = isOfEntries ? "entries" : "wide";
    yield `<h2>${escaped(part.title)}</h2><div class="${name}">`;
    yield* table(part);
    yield "</div>";
  }
  yield "</article>\n";
}

function* table(part: Part): Generator<string> {
  const { columns } = part;
  const titles = columns.filter(({ title }) => title !== "");
  const heads = columns.map((column) => `<th${classOf(column)}>${escaped(column.title)}</th>`);
  const head = titles.length === 0 ? "" : `<thead><tr>${heads.join("")}</tr></thead>`;
  yield `<table>${head}<tbody>\n`;
  for (const { cells, is } of withTotal(part)) {
    const tds = columns.map((column, at) => `<td${classOf(column)}>${shown(cells[at])}</td>`);
    yield `<tr${is === undefined ? "" : ` class="${is}"`}>${tds.join("")}</tr>\n`;
  }
  yield "</tbody></table>\n";
}

const CLASSES = { text: "", id: "id", day: "day", amount: "n", count: "n" } as const;

/** So narrow a column holds words, which are not parted inside. */
const WORD_WIDTH = 20;

function classOf({ kind, width }: Column): string {
  const name = kind === "text" && width < WORD_WIDTH ? "word" : CLASSES[kind];
  return name === "" ? "" : ` class="${name}"`;
}

function shown(cell: Cell): string {
  const text = escaped(cellText(cell));
  if (isLinked(cell)) return `<a href="${escaped(cell.href)}">${text}</a>`;
  // Names such as dispute_reversal may be parted, or a phone has no room for the amounts beside.
  return text.replaceAll("_", "_<wbr>");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? "");
}

import { setImmediate } from "node:timers/promises";
import type { Paper } from "./paper.ts";
import { Layout, type Pen } from "./pdf-layout.ts";
import type { Font, LetterWidth } from "./pdf-text.ts";

/** Points of the papers that offices have. */
const PAPER_SIZES = {
  a4: { width: 595.28, height: 841.89 },
  letter: { width: 612, height: 792 },
} as const;
/** A size of paper by its name. */
export type PaperSize = keyof typeof PAPER_SIZES;

const GREY = "#555555";
const BLACK = "#111111";
const LIGHT = "#bbbbbb";
const THIN = 0.3;

/** What a PDF is made of beside its papers. */
export type PdfFrame = Readonly<{
  title: string;
  nothing: string;
  size: PaperSize;
  madeAt: Date;
}>;

/**
 * Papers as a PDF, piece by piece and page after page: each paper begins a page, every page says
 * which of how many it is, and a table that goes on repeats its head. What was handed on is not
 * kept, and a caller who takes no more lets nothing pile up.
 */
export async function* paperPdf(
  papers: readonly Paper[],
  frame: PdfFrame,
): AsyncGenerator<Uint8Array> {
  // Loaded with the first paper: a hub that prints nothing does not pay for it.
  const { default: PdfDocument } = await import("pdfkit");
  const { title, size, madeAt } = frame;
  const { width, height } = PAPER_SIZES[size];
  const doc = new PdfDocument({
    ...{ size: [width, height], margin: 0, autoFirstPage: false, lang: "en" },
    info: { Title: title, Creator: "Slipway", CreationDate: madeAt, ModDate: madeAt },
  });
  const ready: Uint8Array[] = [];
  doc.on("data", (piece: Uint8Array) => ready.push(piece));
  const ended = new Promise<void>((resolve, reject) => {
    doc.on("end", resolve);
    doc.on("error", reject);
  });
  // Where nobody comes to wait for it any more, the error is that of the page that met it.
  ended.catch(() => undefined);
  const letterWidth = widthsOf(doc);
  const pagesInAll = await countPages(papers, { frame, letterWidth });
  const layout = new Layout(penOf(doc), { letterWidth, size: PAPER_SIZES[size], pagesInAll });
  if (papers.length === 0) layout.nothing(frame.nothing);
  for (const _page of layout.papers(papers)) {
    await setImmediate();
    yield* ready.splice(0);
  }
  doc.end();
  await ended;
  yield* ready.splice(0);
}

/** So many pages are counted before other work gets its turn. */
const COUNTED_AT_ONCE = 10;

async function countPages(
  papers: readonly Paper[],
  { frame, letterWidth }: Readonly<{ frame: PdfFrame; letterWidth: LetterWidth }>,
): Promise<number> {
  const pen = { page: () => {}, text: () => {}, rule: () => {} };
  const layout = new Layout(pen, { letterWidth, size: PAPER_SIZES[frame.size], pagesInAll: 0 });
  if (papers.length === 0) layout.nothing(frame.nothing);
  for (const _page of layout.papers(papers)) {
    if (layout.pages % COUNTED_AT_ONCE === 0) await setImmediate();
  }
  return layout.pages;
}

type Doc = PDFKit.PDFDocument;

/** Every letter of Latin-1. */
const LETTERS = 256;

/** Asks the font once for each letter: a table of 100,000 lines has a hundred of them. */
function widthsOf(doc: Doc): LetterWidth {
  const known = new Map<Font, Float64Array>();
  const PRECISE = 1_000;
  const ask = (font: Font): Float64Array => {
    doc.font(font).fontSize(PRECISE);
    return Float64Array.from({ length: LETTERS }, (_none, code) => {
      return doc.widthOfString(String.fromCharCode(code)) / PRECISE;
    });
  };
  return (code, font) => {
    let widths = known.get(font);
    if (widths === undefined) {
      widths = ask(font);
      known.set(font, widths);
    }
    return widths[code] ?? 0;
  };
}

function penOf(doc: Doc): Pen {
  return {
    page: () => void doc.addPage(),
    text: ({ text, x, y, style, grey }) => {
      doc
        .font(style.font)
        .fontSize(style.size)
        .fillColor(grey === true ? GREY : BLACK);
      doc.text(text, x, y, { lineBreak: false, features: [] });
    },
    rule: ({ x, y, width, thickness }) => {
      doc
        .moveTo(x, y)
        .lineTo(x + width, y)
        .lineWidth(thickness)
        .strokeColor(thickness < THIN ? LIGHT : BLACK)
        .stroke();
    },
  };
}

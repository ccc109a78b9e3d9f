import type { BatchSpan, ErpConnector, KeyedPage } from "../erp/port.ts";
import type { Shown } from "./compare.ts";
import type { BookedDocument, Module } from "./read-booked.ts";

/** What of a connector is asked. */
export type StandingReads = Pick<
  ErpConnector,
  "listDocuments" | "listJournals" | "listBatchLines" | "findByKey"
>;

/**
 * What SL shows of a page of documents, by key: one question for each view, page by page, of which
 * only what is theirs is kept. Documents that SL shows without a key are not among it.
 */
export async function readShownPage(
  erp: StandingReads,
  of: Readonly<{ module: Module; documents: readonly BookedDocument[] }>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Shown>> {
  const { module, documents } = of;
  const numbers = documents.map(({ batNbr }) => batNbr).sort();
  const span = { from: numbers[0] ?? "", to: numbers.at(-1) ?? "" };
  const batches = new Set(numbers);
  const keys = new Set(documents.map(({ key }) => key));
  const isOurs = (one: Readonly<{ key: string; batNbr: string }>) =>
    batches.has(one.batNbr) || keys.has(one.key);
  const shown = await readSpan(erp, { ...span, module, ofOurs: true, isOurs }, signal);
  const byBatch = indexOf(shown);
  const byKey = Map.groupBy(shown.documents, ({ key }) => key);
  const journalsByKey = Map.groupBy(shown.journals, ({ key }) => key);
  return new Map(
    documents.map(({ key, batNbr }) => {
      const own = byBatch.get(batNbr) ?? NOTHING;
      const elsewhere = (byKey.get(key) ?? []).filter((one) => one.batNbr !== batNbr);
      const others = (journalsByKey.get(key) ?? []).filter((one) => one.batNbr !== batNbr);
      return [
        key,
        {
          documents: [...own.documents, ...elsewhere],
          journals: [...own.journals, ...others],
          lines: own.lines,
        },
      ];
    }),
  );
}

const NOTHING: Shown = { documents: [], journals: [], lines: [] };

function indexOf(shown: Shown): ReadonlyMap<string, Shown> {
  const found = new Map<string, { [Part in keyof Shown]: Shown[Part][number][] }>();
  const at = (batNbr: string) => {
    const known = found.get(batNbr) ?? { documents: [], journals: [], lines: [] };
    found.set(batNbr, known);
    return known;
  };
  for (const one of shown.documents) at(one.batNbr).documents.push(one);
  for (const one of shown.journals) at(one.batNbr).journals.push(one);
  for (const one of shown.lines) at(one.batNbr).lines.push(one);
  return found;
}

/** One document, by its batch and its key, whatever stands in the field of the key now. */
export async function readShown(
  erp: StandingReads,
  { key, batNbr, receipt }: BookedDocument,
  signal?: AbortSignal,
): Promise<Shown> {
  const module = receipt.type === "GJ" ? "GL" : "AR";
  const keyed = await erp.findByKey(key, signal);
  const elsewhere = keyed
    .filter((one) => one.batNbr !== batNbr && one.type !== "")
    .filter((one) => (one.screen === "journal") === (module === "GL"));
  const batches = [...new Set([batNbr, ...elsewhere.map((one) => one.batNbr)])];
  const all = [];
  for (const one of batches.slice(0, BATCHES_OF_KEY_MAX)) {
    const isOurs = (of: Readonly<{ key: string; batNbr: string }>) =>
      of.batNbr === batNbr || of.key === key || module === "GL";
    const span = { from: one, to: one, module, ofOurs: false, isOurs } as const;
    all.push(await readSpan(erp, span, signal));
  }
  return {
    documents: all.flatMap(({ documents }) => [...documents]),
    journals: all.flatMap(({ journals }) => [...journals]),
    lines: all.flatMap(({ lines }) => [...lines]),
  };
}

/** A key that stands in more batches than these is told of by them. */
const BATCHES_OF_KEY_MAX = 5;

type Span = BatchSpan &
  Readonly<{
    module: Module;
    ofOurs: boolean;
    isOurs: (one: Readonly<{ key: string; batNbr: string }>) => boolean;
  }>;

async function readSpan(
  erp: StandingReads,
  { module, isOurs, ...span }: Span,
  signal: AbortSignal | undefined,
): Promise<Shown> {
  const lines = await allOf(
    (page) => erp.listBatchLines({ ...span, module }, page, signal),
    isOurs,
  );
  if (module === "GL") {
    const journals = await allOf((page) => erp.listJournals(span, page, signal), isOurs);
    return { documents: [], journals, lines };
  }
  const documents = await allOf((page) => erp.listDocuments(span, page, signal), isOurs);
  return { documents, journals: [], lines };
}

/** Every page is read, and what is somebody else's is let go of at once. */
async function allOf<T>(
  read: (page: number) => Promise<KeyedPage<T>>,
  isOurs: (one: T) => boolean,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; ; page += 1) {
    const { rows, isLast } = await read(page);
    all.push(...rows.filter(isOurs));
    if (isLast) return all;
  }
}

import { emptyBatches, readBooks } from "../oracle/books.ts";
import { judgeBooks } from "../oracle/judge-books.ts";
import { type Admin, numberOf, type Row, textOf } from "../oracle/rows.ts";
import { type AftermathRules, asSettings } from "./aftermath-rules.ts";
import type { Findings, OracleView } from "./oracle.ts";

/** What the oracle sees of a run whose sales have a history. */
export type AftermathView = OracleView &
  Readonly<{
    rules: AftermathRules;
    /** Which part of which balance row has a document, as the hub keeps it. */
    owners: () => Promise<readonly Row[]>;
  }>;

/**
 * The oracle of all accounts on what a run has left, and beside it: no key is released twice, and
 * each part of a row that is booked has its owner.
 */
export async function judgeAftermath(view: AftermathView): Promise<Findings> {
  const { sl, stripeAdmin: stripe } = view;
  const pairFile = { ...view.pairFile, ...asSettings(view.rules) };
  const openFrom = dayIn(String(pairFile["time-zone"]));
  const verdict = await judgeBooks({ stripe, sl, pairFile, openFrom });
  const books = await readBooks(sl);
  const journals = await readJournals(sl);
  const released = journals.filter(({ batch }) => batch.Rlsed === 1);
  const keys = [...books.released, ...released.map(({ batch }) => batch)];
  return {
    differences: [
      ...verdict.differences,
      ...verdict.unjudged.map((id) => `the oracle has no rule for ${id}`),
      ...releasedTwice(keys),
      ...(await unowned(view, new Set(verdict.waiting))),
    ],
    orphans: {
      documents: books.unreleased.length + journals.filter(isHeld).length,
      batches: emptyBatches(books),
    },
    documents: books.released.length + released.length,
  };
}

function dayIn(timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(new Date());
}

type Journal = Readonly<{ batch: Row; lines: number }>;

async function readJournals(sl: Admin): Promise<readonly Journal[]> {
  const [batches, lines] = await Promise.all([
    sl<Row[]>("/rows?table=Batch"),
    sl<Row[]>("/rows?table=GLTran"),
  ]);
  const own = lines.filter((line) => textOf(line, "Module") === "GL");
  const byBatch = Map.groupBy(own, (line) => textOf(line, "BatNbr"));
  return batches
    .filter((batch) => textOf(batch, "Module") === "GL")
    .map((batch) => ({ batch, lines: byBatch.get(textOf(batch, "BatNbr"))?.length ?? 0 }));
}

function isHeld({ batch, lines }: Journal): boolean {
  return lines > 0 && textOf(batch, "Status") === "H";
}

function releasedTwice(rows: readonly Row[]): string[] {
  const keys = rows.map((row) => textOf(row, "User2"));
  return keys
    .filter((key, at) => keys.indexOf(key) !== at)
    .map((key) => `the key "${key}" was released twice`);
}

async function unowned(view: AftermathView, waiting: ReadonlySet<string>): Promise<string[]> {
  const rows = await view.stripeAdmin<Row[]>("/rows?table=balance_transaction");
  const owners = await view.owners();
  const owned = new Set(owners.map((row) => `${textOf(row, "row_id")} ${textOf(row, "part")}`));
  return rows
    .filter((row) => !waiting.has(textOf(row, "id")))
    .flatMap((row) => {
      const parts = { gross: numberOf(row, "amount"), fee: numberOf(row, "fee") };
      return Object.entries(parts)
        .filter(([part, minor]) => minor !== 0 && !owned.has(`${textOf(row, "id")} ${part}`))
        .map(([part]) => {
          const kind = `${textOf(row, "reporting_category")} of ${textOf(row, "source")}`;
          return `${textOf(row, "id")} ${part} is owned by no document (${kind})`;
        });
    });
}

import type { ProbeFinding } from "../../port.ts";
import { asRow, asRows } from "../envelope.ts";
import { findBatches } from "../views.ts";
import { CannotAsk, needed, no, noBy, type Question, tried, yes } from "./asking.ts";
import { cell, type ProbeBench } from "./bench.ts";
import { emptyJournalBatch } from "./journal.ts";

/** Questions that are asked with empty held batches, which book nothing. */
export function emptyBatchQuestions(bench: ProbeBench): Question[] {
  return [
    ...(["invoice", "payment"] as const).map(
      (screen): Question => ({
        name: `reserve-${screen}`,
        does: "saves an empty held batch",
        writes: "empty batches",
        yes: "a batch is reserved, then filled",
        no: "documents are added in one call, and found by key when its answer is lost",
        cure: "Nothing to do where the views of site/sql are; without them runs park.",
        ask: async (signal) => reserved(await tried(() => theBatch(bench, screen, signal))),
      }),
    ),
    {
      name: "reserve-journal",
      does: "saves an empty held batch",
      writes: "empty batches",
      yes: "a batch is reserved, then filled",
      no: "journals would be added in one call, and found by key when its answer is lost",
      cure: "Nothing to do where the views of site/sql are.",
      ask: async (signal) => reserved(await tried(() => emptyJournalBatch(bench, signal))),
    },
    {
      name: "list-batches",
      does: "looks an empty batch up by its key",
      writes: "empty batches",
      yes: "a second look-up exists where the views are missing",
      no: "only the views find an unreleased batch by its key",
      cure: "Keep the views of site/sql installed.",
      ask: (signal) => askList(bench, signal),
    },
  ];
}

type Batch = Readonly<{ batNbr: string; key: string }>;

/** The one empty batch of a screen that the probes share. */
export function theBatch(bench: ProbeBench, screen: "invoice" | "payment", signal?: AbortSignal) {
  return bench.once(`empty ${screen}`, () => bench.emptyBatch(screen, signal));
}

function reserved(end: { done: Batch } | { refused: string }): ProbeFinding {
  if ("refused" in end) return noBy(end.refused);
  return yes(`batch ${end.done.batNbr} was saved empty and on hold`);
}

async function askList(bench: ProbeBench, signal: AbortSignal | undefined): Promise<ProbeFinding> {
  const { batNbr, key } = await needed("an empty batch", () => theBatch(bench, "payment", signal));
  const { client, keyField } = bench.site;
  const parms = [{ name: keyField, value: key }];
  const args = { currentPageNumber: "1", pageSize: "10", parms };
  const end = await tried(() =>
    client.call("common", "getBatches", args, { kind: "read", signal }),
  );
  if ("refused" in end) return noBy(end.refused);
  const found = asRows(end.done).filter((row) => cell(asRow(row), keyField) === key);
  return found.some((row) => cell(row, "BatNbr") === batNbr)
    ? yes(`getBatches shows batch ${batNbr} by its key`)
    : no(`getBatches does not show batch ${batNbr} by its key`);
}

/** The views, which no server needs to be written to for. */
export function viewQuestion(bench: ProbeBench): Question {
  return {
    name: "find-by-key",
    does: "reads the views by a key",
    writes: "nothing",
    yes: "lost answers and restores are settled by key",
    no: "no restore is safe, and a screen without empty batches cannot be used",
    cure: "Install the views of site/sql in the SL database; without them no restore is safe.",
    ask: async (signal) => {
      const key = bench.settings.newKey();
      const end = await tried(() => findBatches(bench.site, key, signal));
      if ("done" in end) return yes("the views answer");
      // Here a missing view is the answer itself.
      return /\bviews?\b|xslw_/i.test(end.refused) ? no(end.refused) : noBy(end.refused);
    },
  };
}

const SERVER_LIMIT =
  "no operation tells the server's execution limit; ask its administrator for " +
  "executionTimeout and the limits before it, and set outcome-horizon to more than that";

/** What no operation of the published contracts tells. */
export function serverLimitQuestion(): Question {
  return {
    name: "server-limit",
    does: "asks nothing",
    writes: "nothing",
    unasked: SERVER_LIMIT,
    yes: "",
    no: "",
    cure: "",
    ask: async () => {
      throw new CannotAsk(SERVER_LIMIT);
    },
  };
}

import { CACHE_RULES } from "../../src/lookups/index.ts";
import { type Generator, markdownTable, replaceSection } from "./generated.ts";
import { describeDelay } from "./retries.ts";

/** The rules of the cache in `docs/lookups.md`, from the table that look-ups obey. */
export const generateLookupRules: Generator = (read) => {
  const path = "docs/lookups.md";
  const rows = Object.values(CACHE_RULES).map(({ what, keepMs, endsWithWrites }) => [
    what,
    describeDelay(keepMs),
    endsWithWrites ? "the hub wrote a document or the customer itself" : "only its age",
  ]);
  const table = markdownTable(["Answer", "Remembered for", "Ended earlier by"], rows);
  return { path, text: replaceSection(read(path), "rules of the cache", table) };
};

import { Trace, type TraceDocument } from "../../api/contract.ts";
import type { Oddity } from "./act.ts";
import type { YearWorld } from "./world.ts";

/** Something of the year that is worth a look, with the documents that SL has for it. */
export type Strange = Readonly<{
  id: string;
  why: string;
  documents: readonly Pick<TraceDocument, "purpose" | "batNbr" | "entries">[];
}>;

/** The strangest things that came to documents, the strangest first. */
export async function findStrangest(
  world: YearWorld,
  oddities: readonly Oddity[],
  count: number,
): Promise<readonly Strange[]> {
  const found: Strange[] = [];
  const whys = new Set<string>();
  for (const { name, why } of oddities.toSorted((a, b) => b.rank - a.rank)) {
    if (found.length === count) break;
    // Three of a kind would tell one thing.
    if (whys.has(why)) continue;
    const { id } = await world.stripeAdmin<{ id: string | null }>(`/script?name=${name}`);
    if (id === null) continue;
    const trace = await world.hub.get(`/api/trace/${id}`, Trace);
    const own = trace.documents.filter(({ object, stage, purpose }) => {
      return object === id && stage === "done" && purpose !== "writeback";
    });
    if (own.length === 0) continue;
    whys.add(why);
    const documents = own.map(({ purpose, batNbr, entries }) => ({ purpose, batNbr, entries }));
    found.push({ id, why, documents });
  }
  return found;
}

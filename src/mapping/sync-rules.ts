import type { Sale } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import { meets } from "./when.ts";

/** What the pair's rules say of a sale of which metadata say nothing. */
export type RuleControl = Readonly<{
  kind: "filter" | "not-allowed";
  /** Whether it is left alone for good, or looked at again. */
  word: "skip" | "hold";
  /** Which rule it was, in words. */
  rule: string;
}>;

/**
 * Why the pair's rules leave a sale alone, or undefined where it is to be booked. The first filter
 * whose conditions are all met decides; where none is, `sync.book` does.
 */
export function ruleControl(sale: Sale, settings: PairSettings): RuleControl | undefined {
  const { filters, book } = settings.sync;
  const index = filters.findIndex(({ when }) => meets(sale, when));
  const filter = filters[index];
  if (filter !== undefined) {
    if (filter.do === "book") return undefined;
    const name = filter.name === undefined ? "" : ` (${filter.name})`;
    return { kind: "filter", word: filter.do, rule: `filter ${index + 1}${name}` };
  }
  if (book === "all") return undefined;
  return { kind: "not-allowed", word: "skip", rule: "sync.book: allowed" };
}

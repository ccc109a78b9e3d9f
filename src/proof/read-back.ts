import { present } from "../base/assert.ts";
import { isSameAmount, type Money, sum } from "../base/money.ts";
import type { BookLine } from "./documents.ts";
import type { UnownedPart } from "./parts.ts";

/** Whether the lines of a document that SL has released are part of the balance that is proved. */
export type Unread = Readonly<{ isCounted: boolean }>;

/**
 * The documents that were sent and stand released in SL, by key, while the hub still waits for an
 * answer or for its next look: SL's balance has them already. Only where their lines are just what
 * their rows moved; all else is told as a difference.
 *
 * @param lines those of no document that the hub knows to be released
 * @param isCounted whether a line is part of the balance that is proved
 */
export function unreadReleases(
  unowned: readonly UnownedPart[],
  lines: readonly BookLine[],
  isCounted: (line: BookLine) => boolean,
): ReadonlyMap<string, Unread> {
  const byKey = Map.groupBy(lines, ({ key }) => key);
  const found = new Map<string, Unread>();
  for (const [key, parts] of Map.groupBy(unowned, sentKeyOf)) {
    const shown = key === "" ? [] : (byKey.get(key) ?? []);
    const isAllOfIt = shown.every(({ batNbr }) => batNbr === parts[0]?.standing.sent?.batNbr);
    if (shown.length === 0 || !isAllOfIt || !isSameAmount(totalOf(shown), totalOf(parts))) continue;
    const counted = shown.filter(isCounted).length;
    // Where a part of its lines counts, no whole row says how much of it is left.
    if (counted === 0 || counted === shown.length) found.set(key, { isCounted: counted > 0 });
  }
  return found;
}

/** The key of the document of a part that is on its way; empty where there is none. */
export function sentKeyOf({ standing }: UnownedPart): string {
  return standing.sent?.isOfPart === true ? standing.sent.key : "";
}

/** @param some one at least */
function totalOf(some: readonly Readonly<{ amount: Money }>[]): Money {
  const amounts = some.map(({ amount }) => amount);
  return sum(amounts, present(amounts[0], "An amount").currency);
}

import { isSameAmount, sum } from "../base/money.ts";
import type { BookLine } from "./documents.ts";
import type { UnownedPart } from "./parts.ts";

/** A document that SL has released, of which the hub has yet to read that. */
export type Unread = Readonly<{ key: string; isCounted: boolean }>;

/**
 * The documents that were sent and stand released in SL, while the hub still waits for an answer or
 * for its next look: SL's balance has them already. Only where their lines are just what their rows
 * moved; all else is told as a difference.
 *
 * @param lines those of no document that the hub knows to be released
 * @param isCounted whether something of this date and period is part of the balance that is proved
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
    const [batNbr] = parts.flatMap(({ standing }) => standing.sent?.batNbr ?? []);
    if (shown.length === 0 || shown.some((line) => line.batNbr !== batNbr)) continue;
    const { currency } = (shown[0] as BookLine).amount;
    const moved = sum(
      parts.map(({ amount }) => amount),
      currency,
    );
    if (
      !isSameAmount(
        sum(
          shown.map(({ amount }) => amount),
          currency,
        ),
        moved,
      )
    )
      continue;
    const counted = shown.filter(isCounted).length;
    if (counted !== 0 && counted !== shown.length) continue;
    found.set(key, { key, isCounted: counted > 0 });
  }
  return found;
}

/** Empty for a part that nothing was sent of. */
export function sentKeyOf({ standing }: UnownedPart): string {
  return standing.sent?.isOfPart === true ? standing.sent.key : "";
}

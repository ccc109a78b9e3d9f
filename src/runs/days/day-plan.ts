import { type HubError, toHubError } from "../../base/errors.ts";
import {
  type JournalId,
  type OpenPart,
  type PlannedPart,
  partName,
  plannedAmong,
} from "../../ledger/index.ts";
import { checkCurrency, type DayPurpose, namedAccount, postingsOf } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isFrozen } from "../write/intent.ts";
import { conversionAt, conversionJournal } from "./conversion-run.ts";

/** Which journals parts of rows go into, and which parts go into none. */
export type DayPlan = Readonly<{
  planned: readonly PlannedPart[];
  refused: readonly Readonly<{ rowId: string; error: HubError }>[];
}>;

/**
 * Plans the parts that no journal was planned for yet. One that cannot be mapped is refused by
 * itself; the others go into the youngest journal of their kind and currency of which nothing was
 * sent, else into one of the next number.
 */
export async function planDay(
  context: RunContext,
  day: Readonly<{ parts: readonly OpenPart[]; begun: readonly JournalId[] }>,
): Promise<DayPlan> {
  const { pool, pair } = context;
  const ids = [...new Set(day.parts.map(({ row }) => row.id))];
  const before = await plannedAmong(pool, pair.id, ids);
  const fresh = day.parts.filter(({ row, part }) => !before.has(partName(row.id, part)));
  const planned: PlannedPart[] = [];
  const refused: { rowId: string; error: HubError }[] = [];
  for (const one of fresh) {
    const rowId = one.row.id;
    try {
      const { settings, reference } = pair;
      const { currency } = one.row.gross;
      checkCurrency(currency, settings, await reference.decimals(currency));
      if (await isConversion(context, one)) {
        const journal = conversionJournal(one.row);
        planned.push({ rowId, part: one.part, journal, isSuspense: false });
        continue;
      }
      const postings = postingsOf(one.row, one.part, { settings, isPrefunding: one.isPrefunding });
      const isSuspense = postings.some(({ role }) => role === "suspense");
      const journal = journalFor(context, day.begun, one);
      planned.push({ rowId, part: one.part, journal, isSuspense });
    } catch (thrown) {
      const error = toHubError(thrown);
      if (error.category !== "mapping" && error.code !== "money.precision") throw thrown;
      refused.push({ rowId, error });
    }
  }
  return { planned, refused };
}

/** What a person has named an account for is what that person says it is. */
async function isConversion(context: RunContext, { row, part, owner }: OpenPart): Promise<boolean> {
  const isPlain = part === "gross" && owner === "category";
  if (!isPlain || namedAccount(row, context.pair.settings) !== undefined) return false;
  return (await conversionAt(context, row)) !== undefined;
}

function journalFor(
  { pair, lane, door }: RunContext,
  begun: readonly JournalId[],
  { row, owner }: OpenPart,
): JournalId {
  const purpose: DayPurpose = owner === "fee" ? "fee" : "category";
  const mode = purpose === "fee" ? pair.settings.fees : pair.settings.category;
  if (mode === "per-row") return { object: row.id, purpose, part: "" };
  const { currency } = row.gross;
  const object = lane.key;
  const numbers = [
    ...begun.filter((one) => one.object === object && one.purpose === purpose),
    ...door.store.parts(object, purpose).map(({ identity }) => identity),
  ].flatMap(({ part }) => numberOf(part, { purpose, currency }) ?? []);
  const last = Math.max(0, ...numbers);
  const part = partOf({ purpose, currency, number: Math.max(last, 1) });
  const intent = door.store.find({ object, purpose, part });
  const isClosed = intent !== undefined && isFrozen(intent);
  return {
    object,
    purpose,
    part: isClosed ? partOf({ purpose, currency, number: last + 1 }) : part,
  };
}

type Slot = Readonly<{ purpose: DayPurpose; currency: string }>;

function partOf({ purpose, currency, number }: Slot & Readonly<{ number: number }>): string {
  return `${purpose}:${currency}:${number}`;
}

function numberOf(part: string, { purpose, currency }: Slot): number | undefined {
  const [kind, of, number] = part.split(":");
  return kind === purpose && of === currency ? Number(number) : undefined;
}

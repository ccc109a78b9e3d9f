import { intentKey, type Purpose } from "../../base/ids.ts";
import { type Money, money } from "../../base/money.ts";
import type { JournalDraft } from "../../erp/port.ts";
import {
  type CrossingMoney,
  mapStopoverRest,
  mapToClearing,
  type Stopover,
  stopoverAt,
  stopoverRestPart,
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { valuerOf } from "../write/value.ts";

type ForeseenJournal = Readonly<{
  purpose: Purpose;
  object: string;
  draft: JournalDraft;
  notes: readonly string[];
}>;

/**
 * The journals that would take money from a stopover to clearing, after documents that have put
 * `worth` there in base currency.
 *
 * @param booked.over default: the bridge, which alone a payment hits
 */
export async function foreseeToClearing(
  pair: PairRuntime,
  of: CrossingMoney,
  booked: Readonly<{ worth: Money; period: string; over?: Stopover }>,
): Promise<readonly ForeseenJournal[]> {
  const { settings, id } = pair;
  const { object, rowId, settled, direction } = of;
  const { worth, period, over = stopoverAt("bridge", settings) } = booked;
  const purpose = over.role;
  const contextOf = (part: string) => ({
    ...{ settings, period, over },
    key: intentKey({ pair: id, object, purpose, part, generation: 0 }),
  });
  const crossing = await valuerOf(pair)(mapToClearing(of, worth, contextOf(rowId)));
  const told = { purpose, object } as const;
  const journals = [{ ...told, ...crossing }];
  if (settled.currency === worth.currency) return journals;
  const crossed = crossing.draft.rate?.worth ?? worth;
  const minor = (direction === "in" ? 1n : -1n) * (worth.minor - crossed.minor);
  if (minor === 0n) return journals;
  const left = money(minor, worth.currency);
  return [
    ...journals,
    { ...told, ...mapStopoverRest(of, left, contextOf(stopoverRestPart(rowId))) },
  ];
}

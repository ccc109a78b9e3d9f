import { intentKey, type Purpose } from "../../base/ids.ts";
import { type Money, money } from "../../base/money.ts";
import type { JournalDraft } from "../../erp/port.ts";
import {
  type BridgedMoney,
  bridgeRestPart,
  mapBridge,
  mapBridgeRest,
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
 * The journals that would take money from the bridge to clearing, after a document that is worth
 * `worth` in base currency.
 */
export async function foreseeBridge(
  pair: PairRuntime,
  of: BridgedMoney,
  booked: Readonly<{ worth: Money; period: string }>,
): Promise<readonly ForeseenJournal[]> {
  const { settings, id } = pair;
  const { object, rowId, settled, direction } = of;
  const { worth, period } = booked;
  const contextOf = (part: string) => ({
    ...{ settings, period },
    key: intentKey({ pair: id, object, purpose: "bridge", part, generation: 0 }),
  });
  const crossing = await valuerOf(pair)(mapBridge(of, worth, contextOf(rowId)));
  const told = { purpose: "bridge", object } as const;
  const journals = [{ ...told, ...crossing }];
  if (settled.currency === worth.currency) return journals;
  const crossed = crossing.draft.rate?.worth ?? worth;
  const minor = (direction === "in" ? 1n : -1n) * (worth.minor - crossed.minor);
  if (minor === 0n) return journals;
  const left = money(minor, worth.currency);
  return [...journals, { ...told, ...mapBridgeRest(of, left, contextOf(bridgeRestPart(rowId))) }];
}

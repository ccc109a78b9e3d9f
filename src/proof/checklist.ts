import { type Money, toDecimal } from "../base/money.ts";
import { isMatchable } from "./match.ts";
import type { Proof, TimingLine } from "./prove.ts";

/** What has to be true before a period is closed; `listed` is fine and has to be signed. */
export type CheckItem = Readonly<{
  name: string;
  state: "ok" | "listed" | "open";
  text: string;
  /** Rows, batches, accounts or payouts that it is about. */
  ids: readonly string[];
}>;

/** An account that the settings name no more; undefined for the one that they name. */
type Former = string | undefined;

/** What a period is judged by. */
export type CloseInput = Readonly<{
  /** One for each settlement currency, of all days up to the period's end. */
  proofs: readonly Proof[];
  /** Rows in currencies that this version does not know, and that no proof has. */
  unknownRows: readonly string[];
  /** Balances of the accounts that have to be empty. */
  toBeEmpty: readonly Readonly<{ role: string; former?: Former; balance: Money }>[];
  /** Batches of the hub for the period that are not released, or released and not posted. */
  openBatches: readonly string[];
  /** What is on its way by the hub's journals, and by SL's account. */
  transit: readonly Readonly<{
    currency: string;
    former?: Former;
    balance: Money;
    underWay: readonly Readonly<{ id: string; amount: Money }>[];
  }>[];
  /** Documents that SL shows otherwise than they were booked, and that nobody has accepted. */
  tampered: readonly string[];
  /** Customers with more orders than the watch can search for goods that were credited twice. */
  unsearched: readonly string[];
  /** Why it is not sure that every event has come; undefined where it is. */
  eventTrouble: string | undefined;
  /** Whether the last day of the period has ended. */
  isOver: boolean;
}>;

/** Lines that have to be empty, and those that are signed as they are. */
const TO_BE_EMPTY = new Set([1, 2, 4]);

/** How a line that has to be empty is emptied. */
const WAY_ON: Readonly<Record<number, string>> = {
  1:
    "settle each case of `slipway parked list`, also of --state dismissed, and of " +
    "`slipway held list`, or match what was booked by hand (`slipway proof match`)",
  2: "`slipway runs --waiting` lists what waits for its release",
  4: "`slipway rows unowned` lists them; a day is booked when it is over",
};

/** The checklist of booking rules section 14; a period closes when no item of it is open. */
export function checklist(input: CloseInput): readonly CheckItem[] {
  const { proofs } = input;
  const none: CheckItem = {
    ...{ name: "proof", state: "open", text: "no currency is proved", ids: [] },
  };
  return [
    overItem(input.isOver),
    ...(proofs.length === 0 ? [none] : []),
    ...proofs.flatMap((proof) => [
      proofItem(proof),
      ...proof.lines.map((one) => lineItem(proof, one)),
    ]),
    ...(input.unknownRows.length === 0 ? [] : [unknownItem(input.unknownRows)]),
    ...input.toBeEmpty.map(emptyItem),
    batchItem(input.openBatches),
    ...input.transit.map(transitItem),
    tamperItem(input.tampered),
    returnItem(input.unsearched),
    eventItem(input.eventTrouble),
  ];
}

function overItem(isOver: boolean): CheckItem {
  const text = isOver ? "its last day has ended" : "its last day has not ended";
  return { name: "period", state: isOver ? "ok" : "open", text, ids: [] };
}

function proofItem(proof: Proof): CheckItem {
  const { currency, isProven, kind, difference, findings, matched } = proof;
  const name = `proof ${currency}`;
  if (isProven && matched.length > 0) {
    const count = matched.filter(isMatchable).length;
    const text = `no difference, with ${count} on clearing that somebody has matched`;
    return { name, state: "listed", text, ids: matched.map(({ id }) => id) };
  }
  const ids = findings.map(({ id }) => id);
  if (isProven) return { name, state: "ok", text: "no difference", ids };
  const text =
    kind === "proof"
      ? `difference ${toDecimal(difference)}, ${findings.length} found`
      : "SL's views are missing: there is no proof";
  return { name, state: "open", text, ids };
}

function lineItem(
  { currency }: Proof,
  { number, name, amount, count, entries }: TimingLine,
): CheckItem {
  const state = count === 0 ? "ok" : TO_BE_EMPTY.has(number) ? "open" : "listed";
  const ids = [...new Set(entries.map(({ id }) => id))];
  const words = `${name}: ${toDecimal(amount)}`;
  const wayOn = state === "open" ? WAY_ON[number] : undefined;
  const text = wayOn === undefined ? words : `${words}; ${wayOn}`;
  return { name: `line ${number} ${currency}`, state, text, ids };
}

function unknownItem(ids: readonly string[]): CheckItem {
  const text = "rows in a currency that this version does not know: a newer one books them";
  return { name: "currencies", state: "open", text, ids };
}

function emptyItem({ role, former, balance }: CloseInput["toBeEmpty"][number]): CheckItem {
  const state = balance.minor === 0n ? "ok" : "open";
  const text = `${toDecimal(balance)} ${balance.currency}`;
  return { name: nameOf(`accounts.${role}`, former), state, text, ids: [] };
}

function batchItem(ids: readonly string[]): CheckItem {
  const text =
    ids.length === 0
      ? "all released and posted"
      : "not posted in SL yet, or not released (`slipway runs --waiting`)";
  return { name: "batches", state: ids.length === 0 ? "ok" : "open", text, ids };
}

/** The account of today has the name alone. */
function nameOf(name: string, former: Former): string {
  return former === undefined ? name : `${name} ${former}`;
}

function transitItem(of: CloseInput["transit"][number]): CheckItem {
  const { currency, former, balance, underWay } = of;
  const told = underWay.reduce((minor, { amount }) => minor + amount.minor, 0n);
  const isTold = told === balance.minor;
  const words = `${toDecimal(balance)} on its way, ${underWay.length} by the hub's journals`;
  return {
    name: nameOf(`transit ${currency}`, former),
    state: !isTold ? "open" : underWay.length === 0 ? "ok" : "listed",
    text: isTold ? words : `${words}, which do not explain it`,
    ids: underWay.map(({ id }) => id),
  };
}

function tamperItem(ids: readonly string[]): CheckItem {
  const text =
    ids.length === 0
      ? "SL shows every document as it was booked"
      : "changed in SL: heal or accept each (slipway watch --list)";
  return { name: "watch", state: ids.length === 0 ? "ok" : "open", text, ids };
}

function returnItem(ids: readonly string[]): CheckItem {
  const text =
    ids.length === 0
      ? "no order of a refund was left unsearched for returns"
      : "customers with too many orders to search: compare their returns in SL by hand";
  return { name: "returns", state: ids.length === 0 ? "ok" : "listed", text, ids };
}

function eventItem(trouble: string | undefined): CheckItem {
  const text = trouble ?? "no event of the period is missing";
  return { name: "events", state: trouble === undefined ? "ok" : "open", text, ids: [] };
}

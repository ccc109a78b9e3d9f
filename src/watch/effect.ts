import { negate, zero } from "../base/money.ts";
import type { PairSettings } from "../config/index.ts";
import { movedOn, type Tampering } from "./compare.ts";
import { accountName } from "./expected.ts";
import type { Effect } from "./store.ts";

/**
 * What a change does to the proof: the part of its difference that comes of it, signed as the proof
 * is, as Stripe's balance less SL's clearing account. A date or period that was moved on clearing
 * makes other days differ, and their sum does not.
 */
export function effectOf(
  tampering: Tampering,
  settings: Readonly<{ accounts: Pick<PairSettings["accounts"], "clearing"> }>,
  currency: string,
): Effect {
  const { moved, differences } = tampering;
  const clearing = Object.entries(settings.accounts.clearing);
  const touched = clearing.filter(([, account]) =>
    moved.some((one) => accountName(one.account) === accountName(account)),
  );
  const [first] = touched;
  if (first === undefined) {
    const isPeriod = differences.some(({ what }) => what.startsWith("period"));
    return { amount: zero(currency), on: isPeriod ? "the proof of its period" : "nothing" };
  }
  const [own, account] = first;
  const amount = negate(movedOn(tampering, account, currency));
  const name = `the difference of ${own}`;
  return { amount, on: amount.minor === 0n ? `${name}, on its days` : name };
}

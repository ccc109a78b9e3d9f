import type { Payout } from "../../canonical/payout.ts";
import { daysOf, keepPayoutList, payoutListsRead, wakeDays } from "../../ledger/index.ts";
import type { RunContext } from "../context.ts";

type Reading = Pick<RunContext, "pool" | "pair" | "signal">;

/** Stripe's list begins with the oldest row there is. */
const EVER = new Date(0);

/** How far the list of what a payout took along is: `none` where Stripe makes none. */
export type ListState = "read" | "none" | "incomplete";

/** Reads the list of a payout, unless it was read before; its rows are told their payout. */
export async function readListOf(
  { pool, pair, signal }: Reading,
  payout: Payout,
): Promise<ListState> {
  const { id, kind, isAutomatic, reconciliation, createdAt: madeAt } = payout;
  if (kind !== "payout" || !isAutomatic) return "none";
  if ((await payoutListsRead(pool, pair.id, [id])).has(id)) return "read";
  if (reconciliation !== "completed") return "incomplete";
  const query = { from: EVER, payoutId: id };
  async function* pages() {
    for await (const { rows } of pair.stripe.listRows(query, signal)) yield rows;
  }
  const fresh = await keepPayoutList(pool, { pair: pair.id, id, madeAt }, pages());
  // Nobody had read these before, so nothing has woken what else is to book them.
  await wakeDays(pool, pair, daysOf(pair, fresh));
  return "read";
}

/**
 * Makes sure that the lists of all payouts of a span are read, whatever events were lost.
 *
 * @returns the payouts whose lists were read only now, and those that have no complete list yet
 */
export async function readListsMade(
  context: Reading,
  span: Readonly<{ from: Date; until: Date }>,
): Promise<Readonly<{ fresh: readonly string[]; incomplete: readonly string[] }>> {
  const { pool, pair, signal } = context;
  const fresh: string[] = [];
  const incomplete: string[] = [];
  for await (const { objects } of pair.stripe.listSwept({ kind: "payout", ...span }, signal)) {
    const ids = objects.map(({ id }) => id);
    const known = await payoutListsRead(pool, pair.id, ids);
    for (const id of ids.filter((one) => !known.has(one))) {
      const state = await readListOf(context, await pair.stripe.readPayout(id, signal));
      if (state === "read") fresh.push(id);
      if (state === "incomplete") incomplete.push(id);
    }
  }
  return { fresh, incomplete };
}

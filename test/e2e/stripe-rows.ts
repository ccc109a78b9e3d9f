import type { World } from "../support/world.ts";

/**
 * Makes rows of Stripe's balance that no object stands behind, all at one moment: a round of the
 * hub that has just begun finds all of them or none.
 *
 * @returns their ids
 */
export async function addRows(world: World, wanted: readonly object[]): Promise<string[]> {
  const made = await world.stripeAdmin<{ rows: { id: string }[] }>("/balance_transactions", wanted);
  return made.rows.map(({ id }) => id);
}

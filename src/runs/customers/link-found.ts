import type { Pool } from "pg";
import { type ClaimedLane, FENCE_CTE, fenced } from "../../lanes/index.ts";
import { TELL_LINKED } from "../../links/index.ts";
import { Waiting } from "../waiting.ts";

/** $5 Stripe id or guest, $6 SL customer. */
const LINK_SQL = `
with ${FENCE_CTE}, linked as (
  insert into link (pair, stripe_id, kind, sl_key)
  select $1, $5, 'customer', $6 from fence
  on conflict (pair, stripe_id, kind, part) do nothing
  returning pair, stripe_id, sl_key
), tell as (
  ${TELL_LINKED}
)
select exists (select from linked) as "isNew" from fence`;

/**
 * Remembers a customer that a run has found for a buyer.
 *
 * @throws HubError `lane.fenced` when another worker has the lane
 * @throws Waiting where somebody has linked the buyer since the run looked: that link counts
 */
export async function linkFound(
  pool: Pool,
  lane: ClaimedLane,
  found: Readonly<{ stripeId: string; customerId: string }>,
): Promise<void> {
  const { pair, key, owner, attempt } = lane;
  const values = [pair, key, owner, attempt, found.stripeId, found.customerId];
  const { rows } = await pool.query<{ isNew: boolean }>(LINK_SQL, values);
  const [linked] = rows;
  if (linked === undefined) throw fenced(lane);
  if (!linked.isNew) throw new Waiting("the SL customer that the buyer was linked to meanwhile", 0);
}

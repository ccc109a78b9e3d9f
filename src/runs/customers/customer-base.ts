import type { Pool } from "pg";
import type { CustomerReading, CustomerTexts, TaxNumberField } from "../../erp/port.ts";
import { type ClaimedLane, FENCE_CTE } from "../../lanes/index.ts";
import type { FollowedTexts, SaidBefore } from "../../mapping/index.ts";

/**
 * What SL and Stripe said of a customer when the hub last saw to it. The two need not be equal: a
 * customer that was found by e-mail may be called otherwise in SL, and that is nobody's change.
 */
export type CustomerBase = Memory & Readonly<{ stripeId: string; customerId: string }>;

/** With the tax number that the hub itself has written, where it has. */
export type Memory = SaidBefore & Readonly<{ sl: Readonly<{ taxNumberWritten?: string }> }>;

const SAVE_SQL = `
with ${FENCE_CTE}
insert into customer_base (pair, stripe_id, customer_id, sl, stripe)
select $1, $5, $6, $7::jsonb, $8::jsonb from fence
on conflict (pair, stripe_id) do update
  set customer_id = excluded.customer_id, sl = excluded.sl, stripe = excluded.stripe,
      written_at = now()`;

/** Remembers what both sides say, so that a later change of either is told from it. */
export async function saveBase(
  pool: Pool,
  lane: ClaimedLane,
  { stripeId, customerId, sl, stripe }: CustomerBase,
): Promise<void> {
  const texts = [sl, stripe].map((one) => JSON.stringify(one));
  const values = [lane.pair, lane.key, lane.owner, lane.attempt, stripeId, customerId, ...texts];
  await pool.query(SAVE_SQL, values);
}

/** What is remembered of a Stripe customer that is linked to this SL customer, or undefined. */
export async function readBase(
  db: Pool,
  which: Readonly<{ pair: string; stripeId: string; customerId: string }>,
): Promise<Memory | undefined> {
  const { rows } = await db.query<Memory>(
    `select sl, stripe from customer_base
     where pair = $1 and stripe_id = $2 and customer_id = $3`,
    [which.pair, which.stripeId, which.customerId],
  );
  return rows[0];
}

/** What may follow Stripe of a customer as SL shows it; the tax number is the one in `column`. */
export function followedTextsOf(
  customer: CustomerReading,
  column: TaxNumberField | undefined,
): FollowedTexts {
  const taxNumber = column === undefined ? "" : customer.taxNumbers[column];
  return { ...textsOf(customer), taxNumber };
}

/** The texts alone of a customer as SL shows it, or is to have it. */
export function textsOf(customer: CustomerTexts): CustomerTexts {
  const { name, addressLine1, addressLine2, city, state, zip, country, email, phone } = customer;
  return { name, addressLine1, addressLine2, city, state, zip, country, email, phone };
}

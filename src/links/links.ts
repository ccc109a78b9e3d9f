import type { Pool, PoolClient } from "pg";
import type { JournalPurpose, RefundPurpose } from "../base/ids.ts";
import { TELL } from "../hub-events/index.ts";

/** Which SL record a Stripe object led to. */
export type LinkKind =
  | "customer"
  | "invoice"
  | "summary"
  | "payment"
  | "return"
  | "reverse"
  | JournalPurpose
  | "order"
  | "apply"
  | "rounding"
  | RefundPurpose;

/** A Stripe object and what stands for it in SL: a CustId, or a RefNbr with its batch. */
export type Link = Readonly<{
  pair: string;
  stripeId: string;
  kind: LinkKind;
  part: string;
  slKey: string;
  batNbr: string;
}>;

type LinkRow = {
  pair: string;
  stripe_id: string;
  kind: LinkKind;
  part: string;
  sl_key: string;
  bat_nbr: string;
};

/** The CustId that a Stripe customer, or a guest by e-mail, was booked on before. */
export async function linkedCustomerId(
  db: Pool | PoolClient,
  pair: string,
  stripeId: string,
): Promise<string | undefined> {
  const rows = await db.query<{ sl_key: string }>({
    name: "slipway_linked_customer",
    text: "select sl_key from link where pair = $1 and stripe_id = $2 and kind = 'customer'",
    values: [pair, stripeId],
  });
  return rows.rows[0]?.sl_key;
}

/** The Stripe customer that was first booked on this CustId, or undefined. Guests do not count. */
export async function linkedStripeId(
  db: Pool | PoolClient,
  pair: string,
  customerId: string,
): Promise<string | undefined> {
  const rows = await db.query<{ stripe_id: string }>(
    `select stripe_id from link
     where pair = $1 and sl_key = $2 and kind = 'customer' and stripe_id like 'cus\\_%'
     order by created_at limit 1`,
    [pair, customerId.toUpperCase()],
  );
  return rows.rows[0]?.stripe_id;
}

/** Tells of a customer that was found, for a statement that has its link as a part `linked`. */
export const TELL_LINKED = `
${TELL}
select pair, stripe_id, 'customer.linked', jsonb_build_object(
  'object', stripe_id, 'customerId', sl_key, 'how', 'found')
from linked`;

/** Remembers which customer a person says a buyer is, also where the buyer was another one. */
export async function linkCustomer(
  db: Pool | PoolClient,
  link: { pair: string; stripeId: string; customerId: string },
): Promise<void> {
  await db.query(
    `with linked as (
       insert into link (pair, stripe_id, kind, sl_key) values ($1, $2, 'customer', $3)
       on conflict (pair, stripe_id, kind, part) do update set sl_key = excluded.sl_key
       returning pair, stripe_id, sl_key
     )
     ${TELL_LINKED}`,
    [link.pair, link.stripeId, link.customerId],
  );
}

/** Every link of a Stripe id. */
export async function linksOfStripeId(pool: Pool, stripeId: string): Promise<Link[]> {
  const rows = await pool.query<LinkRow>(
    `select pair, stripe_id, kind, part, sl_key, bat_nbr from link
     where stripe_id = $1 order by created_at limit 200`,
    [stripeId],
  );
  return rows.rows.map((row) => ({
    pair: row.pair,
    stripeId: row.stripe_id,
    kind: row.kind,
    part: row.part,
    slKey: row.sl_key,
    batNbr: row.bat_nbr,
  }));
}

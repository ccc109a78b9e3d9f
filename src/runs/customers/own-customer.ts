import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import type { Stage } from "../write/intent.ts";

/**
 * $1 pair, $2 e-mail address in lower case, $3 outcome horizon in milliseconds. The stage is looked
 * at here and not in a condition: as long as there are no statistics the planner takes the index of
 * all that is done for as good as the one by e-mail, and reads every document of the pair with it.
 */
export const OWN_SQL = `
select i.stage, i.receipt ->> 'customerId' as "customerId", exists (
    select from attempt a where a.pair = i.pair and a.key = i.key and a.step = 'create'
      and a.sent_at > clock_timestamp() - $3 * interval '1 millisecond') as "isUnderWay"
from intent i
where i.pair = $1 and i.purpose = 'customer' and lower(i.draft ->> 'email') = $2
order by i.created_at`;

type OwnRow = { stage: Stage; customerId: string | null; isUnderWay: boolean };

/**
 * The customer that the hub has made for an e-mail address, or undefined: our own register comes
 * first, since SL's look-up may lag behind a customer made a moment ago.
 *
 * @throws Waiting while another lane's create for that address has no answer and may still take
 *   effect: nobody is found yet, and a second customer of the same person would be made
 */
export async function findOwn(
  { pool, pair, door }: RunContext,
  email: string,
): Promise<string | undefined> {
  if (email === "") return undefined;
  const { rows } = await pool.query<OwnRow>({
    name: "slipway_own_customer",
    text: OWN_SQL,
    values: [pair.id, email, door.horizonMs],
  });
  const made = rows.find(({ stage, customerId }) => stage === "done" && customerId !== null);
  if (made?.customerId != null) return made.customerId;
  const isBeingMade = rows.some(({ stage, isUnderWay }) => stage === "filling" && isUnderWay);
  if (isBeingMade) throw new Waiting("the customer that another payment makes", 1_000);
  return undefined;
}

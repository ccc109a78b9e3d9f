import type { LaneReading } from "../canonical/sale.ts";
import { wakeLanes } from "../lanes/index.ts";
import type { RunContext } from "./context.ts";
import { readRunStart } from "./run-start.ts";

type Asking = Pick<RunContext, "pool" | "pair" | "lane" | "signal">;

const PAID_SQL = `
select distinct on (object) object as charge_id, lane_key from intent
where pair = $1 and object = any ($2::text[]) and purpose = 'payment' and stage = 'done'
  and lane_key <> $3
order by object, created_at desc`;

/**
 * Charges that another lane has booked, which answers for them still, each with that lane. Stripe
 * may tie a payment to several invoices; what goes back of it is asked of one person once.
 *
 * @param of charges of this lane, and those among them that Stripe shows as paid
 */
export async function otherLanesOf(
  { pool, pair, lane, signal }: Asking,
  of: Readonly<{ charges: readonly string[]; standing: readonly string[] }>,
): Promise<ReadonlyMap<string, string>> {
  const values = [lane.pair, of.charges, lane.key];
  const { rows } = await pool.query<{ charge_id: string; lane_key: string }>(PAID_SQL, values);
  const found = new Map<string, string>();
  for (const { charge_id: chargeId, lane_key: laneKey } of rows) {
    const reading = await pair.stripe.readLane(laneKey, signal);
    if (answersFor(reading, chargeId, of.standing)) found.set(chargeId, laneKey);
  }
  return found;
}

/** What a bank took back is looked for by what was booked; Stripe shows it with no sale. */
function answersFor(reading: LaneReading, chargeId: string, standing: readonly string[]): boolean {
  if (reading.kind === "elsewhere") return false;
  if (!standing.includes(chargeId)) return true;
  return reading.kind === "sale" && reading.sale.payments.some((one) => one.chargeId === chargeId);
}

/** Lets other lanes look at what went back: Stripe may have told this one alone. */
export async function wakeOthers(
  { pool, lane }: Pick<Asking, "pool" | "lane">,
  others: Iterable<string>,
): Promise<void> {
  const keys = [...new Set(others)];
  await wakeLanes(
    pool,
    keys.map((key) => ({ pair: lane.pair, key })),
  );
}

/** Whether a person has left such a lane alone: what it says of its charges holds here too. */
export async function isLeftElsewhere(
  asking: Asking,
  charges: readonly string[],
): Promise<boolean> {
  const { pool, lane } = asking;
  const others = await otherLanesOf(asking, { charges, standing: charges });
  for (const key of new Set(others.values())) {
    const { dismissal } = await readRunStart(pool, { ...lane, key });
    if (dismissal === undefined) continue;
    await wakeOthers(asking, [key]);
    return true;
  }
  return false;
}

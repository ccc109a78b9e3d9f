import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import { documentsOf, trimmed } from "./books.ts";
import { proofIn } from "./currency-books.ts";
import { dayAgo, daysAgo } from "./days-ago.ts";
import type { Order } from "./orders.ts";

// A day whose sales are booked as one, three days ago.

const DAYS_AGO = 3;
export const SUMMED_DAY = dayAgo(DAYS_AGO);
export const SUMMARY_LANE = `summary:${SUMMED_DAY}`;
/** One SL customer for all shoppers, and a day that waits five minutes for what comes late. */
const SUMMED_UP = {
  ...{ summary: "daily", "summary-delay": 1, "journal-delay": 0, "credit-note.wait": 0 },
  ...{ "customer.policy": "one-customer", "customer.named": "C300" },
  "stripe.events-since": dayAgo(6),
} as const;

/** Opens a world whose sales are summed up, on the day itself; `change` as for every world. */
export async function openSummedUp(change: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const world = await openWorld({ ...SUMMED_UP, ...change });
  await daysAgo(() => world).at(DAYS_AGO);
  return world;
}

export async function untilCollected(world: World, documents: number): Promise<void> {
  await until(`${documents} documents to be collected`, async () => {
    const [row] = await world.sql("select count(*)::int as count from collected_document");
    return row?.count === documents;
  });
}

/** The released documents of the day. */
export async function releasedOfDay(world: World): Promise<readonly Row[]> {
  const rows = await documentsOf(world, [`day:${SUMMED_DAY}`]);
  return rows.filter(({ Rlsed }) => Rlsed === 1);
}

/** Runs the day's summary as if nothing had come to it for an hour. */
export async function runSummary(world: World): Promise<void> {
  await world.sql("update collected_document set collected_at = collected_at - interval '1 hour'");
  await until("the summary to be asked for", async () => {
    return (await world.sql("select from lane where key = $1", [SUMMARY_LANE])).length > 0;
  });
  const body = { pair: world.pair, lane: SUMMARY_LANE };
  await world.api("/api/replay", { method: "POST", body });
}

/** The same until these sales have their end. */
export async function sumUp(world: World, orders: readonly Order[]): Promise<void> {
  await runSummary(world);
  for (const { id } of orders) await world.ended(id, ["booked"]);
}

/** The ledger's lines of receivables as `IN Cr 4010 100.00`, in their order. */
export async function entriesIn(world: World): Promise<string[]> {
  const lines = (await world.slRows("GLTran")).filter((row) => trimmed(row.Module) === "AR");
  const types = ["IN", "PA", "DM", "CM"];
  return lines.filter(({ TranType }) => types.includes(trimmed(TranType))).map(entryOf);
}

function entryOf({ TranType, Acct, DrAmt, CrAmt }: Row): string {
  const [side, amount] = Number(DrAmt) > 0 ? ["Dr", DrAmt] : ["Cr", CrAmt];
  return `${trimmed(TranType)} ${side} ${trimmed(Acct)} ${Number(amount).toFixed(2)}`;
}

/** Until the clearing account is proved to be Stripe's balance. */
export async function untilProven(world: World): Promise<void> {
  await until("the clearing account to be Stripe's balance", async () => {
    return (await proofIn(world, "USD")).isProven;
  });
}

/** The same with nothing that waits: the day's journals book fees once their charges are. */
export async function untilAllBooked(world: World): Promise<void> {
  await until("everything to be booked and proved", async () => {
    const { difference, isProven, lines } = await proofIn(world, "USD");
    return isProven && difference === "0.00" && lines.every(({ count }) => count === 0);
  });
}

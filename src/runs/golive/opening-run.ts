import { counted } from "../../base/counted.ts";
import { wakeLanes } from "../../lanes/index.ts";
import { choosePeriod, mapOpening } from "../../mapping/index.ts";
import { NOTHING_NEW } from "../charges/charge-run.ts";
import type { RunContext } from "../context.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import { type ConfirmedEntry, otherStart, readConfirmed } from "./opening-store.ts";
import { refuseOwnBookings } from "./own-bookings.ts";

/**
 * Books the opening entries that a person has confirmed, one journal for each, dated at the pair's
 * start. Payouts that it has put in transit go on from there.
 *
 * @throws HubError `golive.changed` where the start is another by now, `golive.own_bookings`, those
 *   of mapping and of the write protocol
 */
export async function runOpening(context: RunContext): Promise<Readonly<{ reason: string }>> {
  const { pool, lane, pair, door } = context;
  const entries = await readConfirmed(pool, pair.id);
  await door.store.load([...new Set(entries.map(({ object }) => object))]);
  const booked: string[] = [];
  for (const entry of entries) {
    const before = doneReceipt(door.store.find({ ...identityOf(entry), part: entry.part }));
    if (before !== undefined) continue;
    const moved = otherStart(entry, pair.settings.start);
    if (moved !== undefined) throw moved;
    await refuseOwnBookings(pool, pair, entry.day);
    booked.push(await bookEntry(context, entry));
    if (entry.kind === "payout") await wakeLanes(pool, [{ pair: lane.pair, key: entry.object }]);
  }
  const reason = booked.join(", ");
  if (reason !== "") return { reason };
  const standing = counted(entries.length, "opening entry is", "opening entries are");
  return { reason: `${NOTHING_NEW}: ${standing} booked` };
}

const identityOf = ({ object }: ConfirmedEntry) => ({ object, purpose: "opening" }) as const;

async function bookEntry(context: RunContext, entry: ConfirmedEntry): Promise<string> {
  const { pair, door, steps } = context;
  const { settings, reference } = pair;
  const chosen = choosePeriod(entry.day, await reference.calendar(), settings.closedPeriod);
  const slDecimals = await reference.decimals(entry.amount.currency);
  const { batNbr } = await book(door, {
    ...identityOf(entry),
    part: entry.part,
    make: (key) =>
      withNotes(chosen, mapOpening(entry, { settings, key, period: chosen.period, slDecimals })),
    owners: [],
  });
  const what = entry.kind === "balance" ? `balance ${entry.part}` : entry.object;
  steps.note("opening", `journal ${batNbr} opens with ${what}`, { batNbr });
  return `${what} in batch ${batNbr}`;
}

import { counted } from "../../base/counted.ts";
import type { Money } from "../../base/money.ts";
import type { HeldBalance, MoneyRow } from "../../canonical/balance.ts";
import type { StripePort } from "../../canonical/port.ts";
import { listAtRest } from "../../ledger/index.ts";

/** The newest rows, which are listed anew while the balance moves; older ones stand still. */
const NEWEST_MS = 10 * 60_000;

/** Stripe's account between a pair's start and now. */
export type Since = Readonly<{
  /**
   * Stripe's balance at the start: the one of now less all rows since, in minor units as Stripe
   * counts them, also of a currency that this version does not know.
   */
  balances: readonly Money[];
  /** Rows about a charge or payout from before the start. */
  later: readonly MoneyRow[];
  rowCount: number;
}>;

type Asked = Readonly<{
  startsAt: Date;
  onProgress: (words: string) => void;
  signal: AbortSignal | undefined;
}>;

type Reads = Pick<StripePort, "listMoneyRows" | "readBalance">;

/**
 * What the account held at the start, and what came later to money of before it. The balance is
 * asked for together with the newest rows alone, since the list of all takes longer than a busy
 * account stands still.
 *
 * @throws HubError `stripe.balance_moves`, those of the calls
 */
export async function readSince(stripe: Reads, asked: Asked): Promise<Since> {
  const { startsAt, onProgress, signal } = asked;
  const newest = await newestRow(stripe, asked);
  const from = new Date(Math.max(startsAt.getTime(), (newest ?? startsAt).getTime() - NEWEST_MS));
  const { held, listed } = await listAtRest(
    () => stripe.readBalance(signal),
    () => Array.fromAsync(paymentsRows(stripe, { from }, signal)),
  );
  const moved = new Map<string, bigint>();
  const later = new Map<string, MoneyRow[]>();
  let rowCount = 0;
  const take = (rows: readonly MoneyRow[]) => {
    for (const one of rows) {
      const { net } = one.row;
      moved.set(net.currency, (moved.get(net.currency) ?? 0n) + net.minor);
      follow(one, later);
    }
    rowCount += rows.length;
    onProgress(`${counted(rowCount, "balance transaction")} since the start read`);
  };
  listed.forEach(take);
  if (from > startsAt) {
    for await (const rows of paymentsRows(stripe, { from: startsAt, until: from }, signal)) {
      take(rows);
    }
  }
  return { balances: balancesBefore(held, moved), later: [...later.values()].flat(), rowCount };
}

/** By Stripe's clock, which may not be the hub's. */
async function newestRow(stripe: Reads, { startsAt, signal }: Asked): Promise<Date | undefined> {
  for await (const { rows } of stripe.listMoneyRows({ from: startsAt }, signal)) {
    return rows[0]?.row.created;
  }
  return undefined;
}

async function* paymentsRows(
  stripe: Reads,
  span: Readonly<{ from: Date; until?: Date }>,
  signal: AbortSignal | undefined,
): AsyncIterable<readonly MoneyRow[]> {
  for await (const { rows } of stripe.listMoneyRows(span, signal)) {
    yield rows.filter(({ row }) => row.balanceType === "payments");
  }
}

const FIRST = new Set(["charge", "payout", "topup"]);

/**
 * Keeps rows about something until the row comes by which that something began. Rows come newest
 * first: that row stands further back, so nothing else has to be kept.
 */
function follow(one: MoneyRow, later: Map<string, MoneyRow[]>): void {
  const about = one.chargeId ?? one.laneKey;
  if (about === undefined) return;
  const { category, type } = one.row;
  const isFirst =
    FIRST.has(category) || (category === "" && /^(charge|payment|payout)$/.test(type));
  if (isFirst) later.delete(about);
  else later.set(about, [...(later.get(about) ?? []), one]);
}

function balancesBefore(
  held: readonly HeldBalance[],
  moved: ReadonlyMap<string, bigint>,
): readonly Money[] {
  const currencies = new Set([...held.map(({ currency }) => currency), ...moved.keys()]);
  return [...currencies].sort().map((currency) => {
    const one = held.find((balance) => balance.currency === currency);
    const now = one === undefined ? 0n : one.available.minor + one.pending.minor;
    return { minor: now - (moved.get(currency) ?? 0n), currency };
  });
}

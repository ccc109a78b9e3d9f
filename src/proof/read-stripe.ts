import type { Pool } from "pg";
import { isCurrency } from "../base/currency.ts";
import { add, isSameAmount, type Money, subtract, zero } from "../base/money.ts";
import type { HeldBalance, LedgerRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";

/** Rows that come while they are asked for make the balance move: so often it is asked again. */
const ASKED_MAX = 5;
/** How far before the newest stored row the list begins: Stripe may show a row late. */
const OVERLAP_MS = 10 * 60_000;

/**
 * Stripe's balance of a currency less the rows from an instant on that the hub has not stored, and
 * the earlier rows that it has not stored: these are missing.
 */
export type StripeNow = Readonly<{
  now: Money;
  unread: readonly Readonly<{ rowId: string; amount: Money }>[];
}>;

/**
 * Stripe's balance as it stands, together with what the hub lacks of the rows behind it: asked
 * before and after the list, until both are the same.
 */
export async function readStripeNow(
  deps: Readonly<{ pool: Pool; pair: string; stripe: StripePort }>,
  of: Readonly<{ until: Date; newest: Date | undefined; start: Date | undefined }>,
): Promise<ReadonlyMap<string, StripeNow>> {
  const { stripe } = deps;
  const { until, newest, start } = of;
  const first = newest === undefined ? (start ?? until) : new Date(newest.getTime() - OVERLAP_MS);
  const from = start !== undefined && first < start ? start : first;
  let held = await readHeld(stripe);
  for (let asked = 1; ; asked += 1) {
    const fresh = await notStored(deps, from);
    const again = await readHeld(stripe);
    if (isSame(held, again) || asked === ASKED_MAX) return together(again, fresh, until);
    held = again;
  }
}

/** What is held in a currency that this version does not know is in no proof. */
async function readHeld(stripe: StripePort): Promise<readonly HeldBalance[]> {
  return (await stripe.readBalance()).filter(({ currency }) => isCurrency(currency));
}

async function notStored(
  { pool, pair, stripe }: Readonly<{ pool: Pool; pair: string; stripe: StripePort }>,
  from: Date,
): Promise<readonly LedgerRow[]> {
  const fresh: LedgerRow[] = [];
  for await (const { rows } of stripe.listRows({ from })) {
    const own = rows.filter(
      ({ balanceType, net }) => balanceType === "payments" && isCurrency(net.currency),
    );
    const { rows: stored } = await pool.query<{ row_id: string }>(
      "select row_id from balance_row where pair = $1 and row_id = any ($2::text[])",
      [pair, own.map(({ id }) => id)],
    );
    const known = new Set(stored.map(({ row_id }) => row_id));
    fresh.push(...own.filter(({ id }) => !known.has(id)));
  }
  return fresh;
}

function isSame(a: readonly HeldBalance[], b: readonly HeldBalance[]): boolean {
  const total = ({ available, pending }: HeldBalance) => add(available, pending);
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index];
      return other !== undefined && isSameAmount(total(one), total(other));
    })
  );
}

function together(
  held: readonly HeldBalance[],
  fresh: readonly LedgerRow[],
  until: Date,
): ReadonlyMap<string, StripeNow> {
  const currencies = new Set([
    ...held.map(({ currency }) => currency),
    ...fresh.map(({ net }) => net.currency),
  ]);
  return new Map(
    [...currencies].map((currency) => {
      const one = held.find((balance) => balance.currency === currency);
      const own = fresh.filter(({ net }) => net.currency === currency);
      const balance = one === undefined ? zero(currency) : add(one.available, one.pending);
      const later = own.filter(({ created }) => created >= until);
      const unread = own
        .filter(({ created }) => created < until)
        .map(({ id, net }) => ({ rowId: id, amount: net }));
      return [
        currency,
        { now: later.reduce((rest, { net }) => subtract(rest, net), balance), unread },
      ];
    }),
  );
}

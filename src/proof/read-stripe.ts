import { isCurrency } from "../base/currency.ts";
import { add, type Money, subtract, zero } from "../base/money.ts";
import type { HeldBalance, LedgerRow } from "../canonical/balance.ts";
import type { StripePort } from "../canonical/port.ts";
import { listAtRest } from "../ledger/index.ts";
import { SHOWN_LATE_MS, type StoredRows } from "./read-rows.ts";

/**
 * Stripe's balance of a currency less the rows from an instant on that the hub has not stored, and
 * the earlier rows that it has not stored: these are missing.
 */
export type StripeNow = Readonly<{
  now: Money;
  unread: readonly Readonly<{ rowId: string; amount: Money }>[];
}>;

type Reads = Pick<StripePort, "listRows" | "readBalance">;

/**
 * Stripe's balance as it stands, together with what the hub lacked of the rows behind it when its
 * own were added up.
 *
 * @throws HubError `stripe.balance_moves`, those of the calls
 */
export async function readStripeNow(
  stripe: Reads,
  stored: Pick<StoredRows, "newest" | "recent">,
  { until, start }: Readonly<{ until: Date; start: Date | undefined }>,
): Promise<ReadonlyMap<string, StripeNow>> {
  const { newest, recent } = stored;
  const first = newest === undefined ? (start ?? until) : ago(newest, SHOWN_LATE_MS);
  const from = start !== undefined && first < start ? start : first;
  const { held, listed } = await listAtRest(
    () => readHeld(stripe),
    () => notStored(stripe, { from, recent }),
  );
  return together(held, listed, until);
}

const ago = (instant: Date, ms: number) => new Date(instant.getTime() - ms);

/** What is held in a currency that this version does not know is in no proof. */
async function readHeld(stripe: Reads): Promise<readonly HeldBalance[]> {
  return (await stripe.readBalance()).filter(({ currency }) => isCurrency(currency));
}

async function notStored(
  stripe: Reads,
  { from, recent }: Readonly<{ from: Date; recent: ReadonlySet<string> }>,
): Promise<readonly LedgerRow[]> {
  const fresh: LedgerRow[] = [];
  for await (const { rows } of stripe.listRows({ from })) {
    fresh.push(
      ...rows.filter(
        ({ id, balanceType, net }) =>
          balanceType === "payments" && isCurrency(net.currency) && !recent.has(id),
      ),
    );
  }
  return fresh;
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

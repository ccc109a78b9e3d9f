import type { Pool } from "pg";
import { intentKey } from "../../base/ids.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { GlAccount, JournalDraft } from "../../erp/port.ts";
import { factDate, mapPending, openOnly } from "../../mapping/index.ts";
import { baseOf, successOf } from "../charges/in-transit.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { valuerOf } from "../write/value.ts";

type Foreseeing = Readonly<{ pool: Pool; pair: PairRuntime; signal?: AbortSignal }>;

/** A journal as it would be booked. */
type ForeseenJournal = Readonly<{
  purpose: "pending";
  object: string;
  draft: JournalDraft;
  notes: readonly string[];
}>;

/** The journals that debits of a lane would be booked by that have not succeeded yet. */
export async function foreseePending(
  how: Foreseeing,
  laneKey: string,
): Promise<Readonly<{ sale: Sale; documents: readonly ForeseenJournal[] }> | undefined> {
  const { pair, signal } = how;
  const { settings } = pair;
  if (settings.pendingPayments !== "in-transit") return undefined;
  const sale = await pair.stripe.readPending(laneKey, signal);
  if (sale === undefined) return undefined;
  const documents: ForeseenJournal[] = [];
  for (const payment of sale.payments) {
    const object = payment.chargeId;
    const date = factDate(sale, payment, settings);
    const { currency } = payment.amount;
    const { chosen, context } = await baseOf(how, { date, currency, livemode: sale.livemode });
    const identity = {
      pair: pair.id,
      object,
      purpose: "pending",
      part: "",
      generation: 0,
    } as const;
    const { draft, notes } = mapPending(payment, { ...context, key: intentKey(identity) });
    const valued = await valuerOf(pair)({ draft, notes: [...openOnly(chosen).notes, ...notes] });
    documents.push({ purpose: "pending", object, ...valued });
  }
  return { sale, documents };
}

/** $1 pair, $2 charges: those in transit, with the account that each is known to stand on. */
const HELD_SQL = `
select distinct on (object) object, (
  select line -> 'account' from jsonb_array_elements(draft -> 'lines') line
  where line ->> 'side' = 'credit' limit 1) as held
from intent
where pair = $1 and object = any ($2::text[]) and purpose = 'pending' and stage <> 'abandoned'
order by object, generation desc`;

/** The sale with its payments told that are booked in transit already. */
export async function foreseeTransit(how: Foreseeing, sale: Sale): Promise<Sale> {
  const { pool, pair } = how;
  const charges = sale.payments.map(({ chargeId }) => chargeId);
  const { rows } = await pool.query<{ object: string; held: GlAccount | null }>(HELD_SQL, [
    pair.id,
    charges,
  ]);
  const booked = new Map(rows.map(({ object, held }) => [object, held]));
  const payments = await Promise.all(
    sale.payments.map(async (payment) => {
      const held = booked.get(payment.chargeId);
      if (held === undefined) return payment;
      const succeededAt = await successOf({ pool, pair: pair.id, now: new Date() }, payment);
      return { ...payment, succeededAt, ...(held === null ? {} : { inProcess: held }) };
    }),
  );
  return { ...sale, payments };
}

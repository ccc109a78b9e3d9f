import type { Pool } from "pg";
import { systemClock } from "../../base/clock.ts";
import { type HubError, toHubError } from "../../base/errors.ts";
import { intentKey } from "../../base/ids.ts";
import type { Money } from "../../base/money.ts";
import type { Payout } from "../../canonical/payout.ts";
import type { JournalDraft } from "../../erp/port.ts";
import {
  choosePeriod,
  isBeforeStart,
  type LegPurpose,
  mapLeg,
  openOnly,
  planLegs,
} from "../../mapping/index.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { Reference } from "../write/reference.ts";
import { valuerOf } from "../write/value.ts";

/** A journal as it would be booked. */
type ForeseenJournal = Readonly<{
  purpose: LegPurpose;
  object: string;
  draft: JournalDraft;
  notes: readonly string[];
}>;

type Foreseeing = Readonly<{ pool: Pool; pair: PairRuntime; signal?: AbortSignal | undefined }>;

/** The journals of a payout or top-up as it stands now, as if none of them were booked. */
export async function foreseePayout(
  how: Foreseeing,
  object: string,
): Promise<
  Readonly<{
    object: string;
    total: Money;
    documents: readonly ForeseenJournal[];
    stop: HubError | undefined;
  }>
> {
  const { pair, signal } = how;
  const payout = await pair.stripe.readPayout(object, signal);
  const documents: ForeseenJournal[] = [];
  const head = { object, total: payout.amount, documents };
  try {
    // What is kept for runs was read under their own calls; here every call is a guest's.
    const reference = new Reference(pair.erp, systemClock);
    const { settings } = pair;
    const value = valuerOf({ ...pair, reference });
    const booked = { isOpened: await isOpened(how, payout) };
    for (const leg of planLegs(payout, { settings, booked })) {
      const { purpose } = leg;
      const calendar = await reference.calendar();
      const { draft, notes } = mapLeg(payout, leg, {
        ...{ settings, calendar },
        key: intentKey({ pair: pair.id, object, purpose, part: "", generation: 0 }),
        chosen: openOnly(choosePeriod(leg.date, calendar, settings.closedPeriod)),
        slDecimals: await reference.decimals(leg.amount.currency),
      });
      documents.push({ purpose, object, ...(await value({ draft, notes })) });
    }
    return { ...head, stop: undefined };
  } catch (thrown) {
    return { ...head, stop: toHubError(thrown) };
  }
}

const OPENED_SQL = `
select 1 from intent
where pair = $1 and object = $2 and purpose = 'opening' and stage = 'done' and reversed_by is null`;

/** Only what moved the balance before the pair's start can have an opening entry. */
async function isOpened({ pool, pair }: Foreseeing, { id, row }: Payout): Promise<boolean> {
  if (row === undefined || !isBeforeStart(row.created, pair.settings)) return false;
  return (await pool.query(OPENED_SQL, [pair.id, id])).rows.length > 0;
}

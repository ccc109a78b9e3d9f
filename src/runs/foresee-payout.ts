import { systemClock } from "../base/clock.ts";
import { toHubError } from "../base/errors.ts";
import { intentKey } from "../base/ids.ts";
import { choosePeriod, mapLeg, planLegs } from "../mapping/index.ts";
import type { Foreseeing, Foreseen, ForeseenDocument } from "./foresee.ts";
import { Reference } from "./reference.ts";

/** The journals of a payout or top-up as it stands now, as if none of them were booked. */
export async function foreseePayout(
  { pair, signal }: Foreseeing,
  object: string,
): Promise<Foreseen> {
  const payout = await pair.stripe.readPayout(object, signal);
  const documents: ForeseenDocument[] = [];
  const head = { object, total: payout.amount, documents };
  try {
    // What is kept for runs was read under their own calls; here every call is a guest's.
    const reference = new Reference(pair.erp, systemClock);
    const { settings } = pair;
    for (const leg of planLegs(payout, { settings, booked: {} })) {
      const { purpose } = leg;
      const calendar = await reference.calendar();
      const { draft, notes } = mapLeg(payout, leg, {
        ...{ settings, calendar },
        key: intentKey({ pair: pair.id, object, purpose, part: "", generation: 0 }),
        chosen: choosePeriod(leg.date, calendar, settings.closedPeriod),
        slDecimals: await reference.decimals(leg.amount.currency),
      });
      documents.push({ purpose, object, draft, notes });
    }
    return { ...head, stop: undefined };
  } catch (thrown) {
    return { ...head, stop: toHubError(thrown) };
  }
}

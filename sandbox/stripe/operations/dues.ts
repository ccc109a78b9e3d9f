import type { Due } from "./agenda.ts";
import { bookDueCharges, nextBooking } from "./charges.ts";
import { nextTestDispute, openTestDisputes } from "./disputes.ts";
import { expireHolds, nextExpiry } from "./intents.ts";
import { nextPayoutDay, payOutDay } from "./payout-days.ts";
import { nextPayoutStep, stepDuePayouts } from "./payout-steps.ts";
import { moveDueRefunds, nextRefundMove } from "./refunds.ts";
import { nextTopup, settleDueTopups } from "./topups.ts";

/** Everything that happens in the sandbox without a request. */
export const dues: readonly Due[] = [
  { name: "asynchronous capture", news: ["charge."], next: nextBooking, act: bookDueCharges },
  { name: "authorisation", news: ["charge."], next: nextExpiry, act: expireHolds },
  {
    name: "dispute of a test card",
    news: ["charge."],
    next: nextTestDispute,
    act: openTestDisputes,
  },
  { name: "payout", news: ["payout."], next: nextPayoutStep, act: stepDuePayouts },
  { name: "daily payouts", news: [], next: nextPayoutDay, act: payOutDay },
  { name: "top-up", news: ["topup."], next: nextTopup, act: settleDueTopups },
  { name: "refund", news: ["refund."], next: nextRefundMove, act: moveDueRefunds },
];

import type { Due } from "./agenda.ts";
import { bookDueCharges, nextBooking } from "./charges.ts";
import { nextTestDispute, openTestDisputes } from "./disputes.ts";
import { expireHolds, nextExpiry } from "./intents.ts";
import { moveDueRefunds, nextRefundMove } from "./refunds.ts";

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
  { name: "refund", news: ["refund."], next: nextRefundMove, act: moveDueRefunds },
];

import type { Route } from "../http/route.ts";
import { balanceRoutes } from "./balance.ts";
import { billingRoutes } from "./billing.ts";
import { catalogRoutes } from "./catalog.ts";
import { chargeRoutes } from "./charges.ts";
import { checkoutRoutes } from "./checkout.ts";
import { creditNoteRoutes } from "./credit-notes.ts";
import { customerBalanceRoutes } from "./customer-balance.ts";
import { customerRoutes } from "./customers.ts";
import { disputeRoutes } from "./disputes.ts";
import { eventRoutes } from "./events.ts";
import { invoiceRoutes } from "./invoices.ts";
import { paymentIntentRoutes } from "./payment-intents.ts";
import { paymentMethodRoutes } from "./payment-methods.ts";
import { payoutRoutes } from "./payouts.ts";
import { refundRoutes } from "./refunds.ts";
import { reportRoutes } from "./reports.ts";
import { taxIdRoutes } from "./tax-ids.ts";
import { testClockRoutes } from "./test-clocks.ts";
import { topupRoutes } from "./topups.ts";
import { webhookEndpointRoutes } from "./webhook-endpoints.ts";

/** Every operation of the API that the sandbox knows. */
export const allRoutes: readonly Route[] = [
  ...balanceRoutes,
  ...billingRoutes,
  ...catalogRoutes,
  ...chargeRoutes,
  ...checkoutRoutes,
  ...creditNoteRoutes,
  ...customerBalanceRoutes,
  ...customerRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...invoiceRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...payoutRoutes,
  ...refundRoutes,
  ...reportRoutes,
  ...taxIdRoutes,
  ...testClockRoutes,
  ...topupRoutes,
  ...webhookEndpointRoutes,
];

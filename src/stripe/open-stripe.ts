import { HubError } from "../base/errors.ts";
import { noteExchange } from "../base/exchange.ts";
import type { StripePort, WebhookEndpoint } from "../canonical/port.ts";
import type { Buyer, Metadata } from "../canonical/sale.ts";
import {
  askBalanceReport,
  listPayoutsUnderWay,
  readBalanceReport,
  reportedSpan,
} from "./balance-report.ts";
import { listEvents } from "./list-events.ts";
import { listInvoicesPaidApart, listMoneyInSince } from "./list-money.ts";
import { listRows } from "./list-rows.ts";
import { listDisputesMade, listMoneyRows, listPayoutsArriving } from "./list-standing.ts";
import { listSwept, sweptInEvent } from "./list-swept.ts";
import { parseBuyer } from "./parse-buyer.ts";
import { readBalance, readChargeStanding } from "./read-balance.ts";
import { readDispute, readDisputeClosings, readDisputes } from "./read-disputes.ts";
import { readLane, readPending, readTakenBack } from "./read-lane.ts";
import { readReturn } from "./read-money.ts";
import { readPayout } from "./read-payout.ts";
import { readCreditNotes, readRefunds } from "./read-refunds.ts";
import { createReads } from "./reads.ts";
import { type AccountSettings, type Paging, StripeApi, type StripeHooks } from "./stripe-api.ts";
import { metadataOf, textOf, type Wire } from "./wire.ts";

/**
 * The Stripe account of a pair, read at the pinned version with the pair's own key.
 *
 * Nothing is called before the first method is; see `canonical/port.ts` for errors.
 */
export function openStripe(settings: AccountSettings, hooks: StripeHooks = {}): StripePort {
  const api = new StripeApi(settings, hooks);
  return {
    checkAccess: (signal) => checkAccess(api, signal),
    readLane: (laneKey, signal) => readLane(api, laneKey, signal),
    readPending: (laneKey, signal) => readPending(api, laneKey, signal),
    readTakenBack: (laneKey, signal) => readTakenBack(api, laneKey, signal),
    readReturn: (chargeId, signal) => readReturn(createReads(api, signal), chargeId),
    readPayout: (id, signal) => readPayout(api, id, signal),
    readRefunds: (charge, signal) => readRefunds(createReads(api, signal), charge),
    readCreditNotes: (invoiceId, signal) => readCreditNotes(createReads(api, signal), invoiceId),
    readDisputes: (chargeId, signal) => readDisputes(api, chargeId, signal),
    readDispute: (disputeId, signal) => readDispute(api, disputeId, signal),
    readDisputeClosings: (dispute, signal) => readDisputeClosings(api, dispute, signal),
    readCustomer: (customerId, signal) => readCustomer(api, customerId, signal),
    readMetadata: async (objectId, signal) => {
      const { resource, read } = resourceOf(api, objectId);
      const found = await api.one(`${resource}.retrieve`, read, signal);
      return found.deleted === true ? undefined : metadataOf(found);
    },
    writeMetadata: async (objectId, changes, signal) => {
      const { resource, write } = resourceOf(api, objectId);
      const operation = `${resource}.update`;
      const request = `${operation} ${objectId}\n${JSON.stringify({ metadata: changes })}`;
      let answer: string | undefined;
      try {
        const { id, object, metadata } = await api.one(operation, () => write(changes), signal);
        // The rest of the object is nobody's business here, and part of it is about a card.
        answer = JSON.stringify({ id, object, metadata });
      } finally {
        noteExchange({ request, answer });
      }
    },
    listMoneyInSince: (since, signal) => listMoneyInSince(api, since, signal),
    listEvents: (query, signal) => listEvents(api, query, signal),
    listRows: (query, signal) => listRows(api, query, signal),
    listMoneyRows: (query, signal) => listMoneyRows(api, query, signal),
    listPayoutsArriving: (query, signal) => listPayoutsArriving(api, query, signal),
    listInvoicesPaidApart: (query, signal) => listInvoicesPaidApart(api, query, signal),
    listDisputesMade: (query, signal) => listDisputesMade(api, query, signal),
    listSwept: (query, signal) => listSwept(api, query, signal),
    sweptInEvent,
    readBalance: (signal) => readBalance(api, signal),
    readChargeStanding: (id, signal) => readChargeStanding(api, id, signal),
    reportedSpan: (signal) => reportedSpan(api, signal),
    askBalanceReport: (query, signal) => askBalanceReport(api, query, signal),
    readBalanceReport: (id, signal) => readBalanceReport(api, id, signal),
    listPayoutsUnderWay: (at, signal) => listPayoutsUnderWay(api, at, signal),
    listEndpoints: (signal) => listEndpoints(api, signal),
  };
}

async function listEndpoints(
  api: StripeApi,
  signal: AbortSignal | undefined,
): Promise<readonly WebhookEndpoint[]> {
  const page = (paging: Paging) => api.sdk.webhookEndpoints.list(paging);
  const endpoints = await api.all("webhook_endpoints.list", page, signal);
  return endpoints.map((endpoint) => {
    const apiVersion = textOf(endpoint, "api_version");
    return {
      id: textOf(endpoint, "id"),
      url: textOf(endpoint, "url"),
      isEnabled: textOf(endpoint, "status") === "enabled",
      apiVersion: apiVersion === "" ? undefined : apiVersion,
      types: Array.isArray(endpoint.enabled_events) ? endpoint.enabled_events.map(String) : [],
    };
  });
}

async function readCustomer(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Buyer | undefined> {
  const expand = api.customerPath === "customer" ? [] : ["tax_ids"];
  const read = () => api.sdk.customers.retrieve(id, { expand });
  const customer = await api.one("customers.retrieve", read, signal);
  if (customer.deleted === true) return undefined;
  const nowhereElse = { invoice: undefined, session: undefined, charge: undefined };
  return parseBuyer({ customer, owner: customer, ...nowhereElse });
}

/** The balance is what every key of the hub may read; the account's id is a bonus. */
export async function checkAccess(
  api: StripeApi,
  signal: AbortSignal | undefined,
): Promise<Readonly<{ accountId: string; livemode: boolean }>> {
  const [balance, account] = await Promise.all([
    api.one("balance.retrieve", () => api.sdk.balance.retrieve(), signal),
    readAccount(api, signal),
  ]);
  return { accountId: textOf(account, "id"), livemode: balance.livemode === true };
}

/** A restricted key may not be allowed to; the balance has told by then whether it works at all. */
async function readAccount(
  api: StripeApi,
  signal: AbortSignal | undefined,
): Promise<Wire | undefined> {
  try {
    return await api.one(
      "accounts.retrieve_current",
      () => api.sdk.accounts.retrieveCurrent(),
      signal,
    );
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.code === "stripe.auth") return undefined;
    throw thrown;
  }
}

type Resource = Readonly<{
  resource: string;
  read: () => Promise<unknown>;
  write: (metadata: Metadata) => Promise<unknown>;
}>;

/** @throws HubError `stripe.object_missing` for an id of another kind */
function resourceOf(api: StripeApi, id: string): Resource {
  const { sdk } = api;
  switch (id.slice(0, id.indexOf("_") + 1)) {
    case "pi_":
      return {
        resource: "payment_intents",
        read: () => sdk.paymentIntents.retrieve(id),
        write: (metadata) => sdk.paymentIntents.update(id, { metadata: { ...metadata } }),
      };
    case "in_":
      return {
        resource: "invoices",
        read: () => sdk.invoices.retrieve(id),
        write: (metadata) => sdk.invoices.update(id, { metadata: { ...metadata } }),
      };
    case "ch_":
    case "py_":
      return {
        resource: "charges",
        read: () => sdk.charges.retrieve(id),
        write: (metadata) => sdk.charges.update(id, { metadata: { ...metadata } }),
      };
    case "re_":
    case "pyr_":
      return {
        resource: "refunds",
        read: () => sdk.refunds.retrieve(id),
        write: (metadata) => sdk.refunds.update(id, { metadata: { ...metadata } }),
      };
    case "cn_":
      return {
        resource: "credit_notes",
        read: () => sdk.creditNotes.retrieve(id),
        write: (metadata) => sdk.creditNotes.update(id, { metadata: { ...metadata } }),
      };
    case "dp_":
    case "du_":
      return {
        resource: "disputes",
        read: () => sdk.disputes.retrieve(id),
        // Whatever evidence somebody has staged would go to the bank with it otherwise.
        write: (metadata) => sdk.disputes.update(id, { metadata: { ...metadata }, submit: false }),
      };
    case "cus_":
      return {
        resource: "customers",
        read: () => sdk.customers.retrieve(id),
        write: (metadata) => sdk.customers.update(id, { metadata: { ...metadata } }),
      };
    case "po_":
      return {
        resource: "payouts",
        read: () => sdk.payouts.retrieve(id),
        write: (metadata) => sdk.payouts.update(id, { metadata: { ...metadata } }),
      };
    case "tu_":
      return {
        resource: "topups",
        read: () => sdk.topups.retrieve(id),
        write: (metadata) => sdk.topups.update(id, { metadata: { ...metadata } }),
      };
    default:
      throw new HubError("stripe.object_missing", `${id} is nothing whose metadata the hub keeps`, {
        facts: { object: id },
      });
  }
}

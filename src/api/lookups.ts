import type { FastifyInstance, FastifyReply } from "fastify";
import { type Money, toDecimal } from "../base/money.ts";
import type { CustomerStanding } from "../erp/lookups.ts";
import type { Answered, BookedDocument, OrderStanding, Wanted } from "../lookups/index.ts";
import {
  type CustomerStandingRow,
  CustomersParams,
  CustomersQuery,
  type DocumentsLookup,
  ItemQuery,
  LookupParams,
  LookupQuery,
  type OrderLookup,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/**
 * Questions that SL answers at once, below `/api/pairs/:pair/sl`. `within` is the time limit in
 * seconds, `fresh=1` passes the cache by; `Age` and `Cache-Control` say how old an answer is and
 * how long it may still be given.
 */
export function registerLookups(app: FastifyInstance, { lookups }: ApiDeps): void {
  app.get("/pairs/:pair/sl/customers", async (request, reply) => {
    const { pair } = readInput(CustomersParams, request.params);
    const { email, ...how } = readInput(CustomersQuery, request.query);
    const found = await lookups.customersByEmail(wantedOf(reply, pair, how), email);
    return { ...told(reply, found), customers: found.value.map(customerRow) };
  });

  app.get("/pairs/:pair/sl/customers/:id", async (request, reply) => {
    const { pair, id } = readInput(LookupParams, request.params);
    const how = readInput(LookupQuery, request.query);
    const found = await lookups.customer(wantedOf(reply, pair, how), id);
    return { ...told(reply, found), customer: customerRow(found.value) };
  });

  app.get("/pairs/:pair/sl/customers/:id/invoices", async (request, reply) => {
    const { pair, id } = readInput(LookupParams, request.params);
    const how = readInput(LookupQuery, request.query);
    const found = await lookups.invoices(wantedOf(reply, pair, how), id);
    const invoices = found.value.map(({ amount, balance, ...rest }) => ({
      ...rest,
      currency: amount.currency,
      amount: toDecimal(amount),
      balance: toDecimal(balance),
    }));
    return { ...told(reply, found), invoices };
  });

  app.get("/pairs/:pair/sl/orders/:id", async (request, reply) => {
    const { pair, id } = readInput(LookupParams, request.params);
    const how = readInput(LookupQuery, request.query);
    const found = await lookups.order(wantedOf(reply, pair, how), id);
    return { ...told(reply, found), order: orderRow(found.value) };
  });

  app.get("/pairs/:pair/sl/items/:id", async (request, reply) => {
    const { pair, id: itemId } = readInput(LookupParams, request.params);
    const { site, customer, quantity, ...how } = readInput(ItemQuery, request.query);
    const asked = { itemId, site, customerId: customer, quantity };
    const found = await lookups.item(wantedOf(reply, pair, how), asked);
    const { basePrice, priceFor, available = null, ...rest } = found.value;
    const prices = { basePrice: toDecimal(basePrice), priceFor: decimalOrNull(priceFor) };
    return {
      ...told(reply, found),
      item: { ...rest, available, currency: basePrice.currency, ...prices },
    };
  });

  app.get("/pairs/:pair/sl/documents/:id", async (request, reply) => {
    const { pair, id } = readInput(LookupParams, request.params);
    const how = readInput(LookupQuery, request.query);
    const found = await lookups.documents(wantedOf(reply, pair, how), id);
    return { ...told(reply, found), documents: found.value.map(documentRow) };
  });
}

function wantedOf(
  reply: FastifyReply,
  pair: string,
  how: { fresh: boolean; within: number },
): Wanted {
  const gone = new AbortController();
  reply.raw.on("close", () => gone.abort());
  return { pair, isFresh: how.fresh, withinMs: how.within * 1_000, signal: gone.signal };
}

/** Says in the head how old the answer is, and gives what its body says of that. */
function told<T>(reply: FastifyReply, answered: Answered<T>) {
  const { readAt, isCached, ageMs, keepMs } = answered;
  const ageSeconds = Math.floor(ageMs / 1_000);
  reply.header("age", String(ageSeconds));
  // `max-age` counts from SL's answer, as `Age` does; only the caller itself may keep it.
  reply.header("cache-control", `private, max-age=${Math.floor(keepMs / 1_000)}`);
  return { readAt: readAt.toISOString(), isCached };
}

function customerRow(standing: CustomerStanding): CustomerStandingRow {
  const { customer, balance, prepaid, openOrders, shippedNotInvoiced } = standing;
  const { customerId, stripeId, name, email, status, classId, terms } = customer;
  return {
    ...{ customerId, stripeId, name, email, status, classId, terms },
    currency: balance.currency,
    balance: toDecimal(balance),
    prepaid: toDecimal(prepaid),
    openOrders: toDecimal(openOrders),
    shippedNotInvoiced: toDecimal(shippedNotInvoiced),
    creditLimit: decimalOrNull(standing.creditLimit),
    available: decimalOrNull(standing.available),
    creditStatus: standing.creditStatus,
    lastInvoicedOn: standing.lastInvoicedOn,
  };
}

function orderRow({ order, lines, shipments }: OrderStanding): OrderLookup["order"] {
  const { orderNumber, customerId, customerOrderNumber, stripeId, total } = order;
  return {
    ...{ orderNumber, customerId, customerOrderNumber, stripeId },
    state: stateOf(order),
    currency: total.currency,
    total: toDecimal(total),
    lines: [...lines],
    shipments: shipments.map(({ shipperId, isCancelled, ...shipment }) => ({
      ...{ shipperId, isCancelled },
      total: toDecimal(shipment.total),
      documentType: shipment.documentType,
      invoiceNumber: shipment.invoiceNumber,
      batNbr: shipment.batNbr,
    })),
  };
}

function stateOf(order: OrderStanding["order"]): OrderLookup["order"]["state"] {
  if (order.isCancelled) return "cancelled";
  if (order.isClosed) return "closed";
  if (order.isOnCreditHold) return "credit-hold";
  return order.isOnHold ? "on-hold" : "open";
}

function documentRow(document: BookedDocument): DocumentsLookup["documents"][number] {
  const { amount, balance, ...rest } = document;
  return {
    ...rest,
    currency: amount?.currency ?? null,
    amount: decimalOrNull(amount),
    balance: decimalOrNull(balance),
  };
}

function decimalOrNull(amount: Money | undefined): string | null {
  return amount === undefined ? null : toDecimal(amount);
}

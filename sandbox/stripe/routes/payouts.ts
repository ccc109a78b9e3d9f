import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { bankAccountId, formatPayout } from "../formatters/payouts.ts";
import { listPage } from "../http/listing.ts";
import { isWithin } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkedCurrency, payoutUnit } from "../money/currencies.ts";
import { availableBalance } from "../operations/balance-sums.ts";
import {
  addPayout,
  cancelPayout,
  changePayout,
  instantFee,
  payoutOf,
  reversePayout,
} from "../operations/payouts.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

function create({ world, params }: Call): Wire {
  const amount = params.integer("amount");
  if (amount === undefined) throw parameterMissing("amount");
  const currency = payableCurrency(world, params.required("currency"));
  const method = params.oneOf("method", ["standard", "instant"]) ?? "standard";
  const destination = params.text("destination") ?? bankAccountId(currency);
  if (destination !== bankAccountId(currency)) {
    throw resourceMissing("external account", destination, "destination");
  }
  checkAmount(amount, currency);
  const taken = amount + (method === "instant" ? instantFee(world, amount) : 0);
  if (taken > availableBalance(world, currency)) {
    const message =
      "You have insufficient funds in your Stripe account for this transfer. " +
      "Your card balance is too low.";
    throw invalidRequest(message, "balance_insufficient");
  }
  const payout = addPayout(world, {
    amount,
    currency,
    method,
    description: params.text("description") ?? null,
    metadata: params.metadata(),
    statement_descriptor: params.text("statement_descriptor") ?? null,
  });
  return formatPayout(world, payout);
}

/** A currency in which the account has a balance and a bank account. */
export function payableCurrency(world: World, text: string): string {
  const currency = checkedCurrency(text);
  if (world.settings.settlementCurrencies.includes(currency)) return currency;
  const message = `Sorry, you don't have any external accounts in that currency (${currency}).`;
  throw invalidRequest(message, undefined, "currency");
}

function checkAmount(amount: number, currency: string): void {
  if (amount < 1) {
    const message = "This value must be greater than or equal to 1.";
    throw invalidRequest(message, "parameter_invalid_integer", "amount");
  }
  const unit = payoutUnit(currency);
  if (amount % unit === 0) return;
  const message = `Invalid amount: a payout in ${currency} is a multiple of ${unit}.`;
  throw invalidRequest(message, "payout_amount_invalid", "amount");
}

function update({ world, params, id }: Call): Wire {
  const before = payoutOf(world, id);
  const metadata = params.metadata(before.metadata);
  return formatPayout(world, changePayout(world, before, { event: "payout.updated", metadata }));
}

function reverse({ world, params, id }: Call): Wire {
  return formatPayout(world, reversePayout(world, payoutOf(world, id), params.metadata()));
}

function list(call: Call): Wire {
  const { world, params } = call;
  const status = params.text("status");
  const destination = params.text("destination");
  const arrives = params.timeRange("arrival_date");
  return listPage(call, {
    table: world.tables.payout,
    kind: "payout",
    url: "/v1/payouts",
    bucket: { index: "status", value: status },
    where: (row) =>
      (destination === undefined || row.destination === destination) &&
      isWithin(arrives, row.arrival_date),
    format: (row) => formatPayout(world, row),
  });
}

export const payoutRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/payouts",
    accepts: `amount currency description destination metadata method payout_method source_type
      statement_descriptor`,
    run: create,
  },
  {
    method: "GET",
    path: "/v1/payouts",
    accepts: `${PAGING} arrival_date created destination status`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/payouts/:id",
    accepts: "",
    run: ({ world, id }) => formatPayout(world, payoutOf(world, id)),
  },
  { method: "POST", path: "/v1/payouts/:id", accepts: "metadata", run: update },
  {
    method: "POST",
    path: "/v1/payouts/:id/cancel",
    accepts: "",
    run: ({ world, id }) => formatPayout(world, cancelPayout(world, payoutOf(world, id))),
  },
  { method: "POST", path: "/v1/payouts/:id/reverse", accepts: "metadata", run: reverse },
];

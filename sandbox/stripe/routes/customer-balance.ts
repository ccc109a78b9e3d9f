import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatCustomerBalance } from "../formatters/credit-notes.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { checkedCurrency } from "../money/currencies.ts";
import { moveBalance } from "../operations/customer-balance.ts";
import type { CustomerBalanceRow } from "../store/credit-rows.ts";
import type { Wire } from "../wire.ts";
import { customerOf } from "./customers.ts";

function create({ world, params, id }: Call): Wire {
  const customer = customerOf(world, id);
  const amount = params.integer("amount");
  if (amount === undefined) throw parameterMissing("amount");
  const currency = checkedCurrency(params.required("currency"));
  if (customer.currency !== null && customer.currency !== currency) {
    const message = `The customer's balance is in ${customer.currency}, not ${currency}.`;
    throw invalidRequest(message, undefined, "currency");
  }
  const row = moveBalance(world, customer, {
    amount,
    currency,
    type: "adjustment",
    description: params.text("description") ?? null,
    metadata: params.metadata(),
  });
  return formatCustomerBalance(world, row);
}

function rowOf({ world, id, part }: Call): CustomerBalanceRow {
  const row = world.tables.customer_balance_transaction.get(part);
  if (row?.customer === id) return row;
  throw resourceMissing("customer balance transaction", part);
}

function update(call: Call): Wire {
  const { world, params } = call;
  const before = rowOf(call);
  const description = params.clearable("description");
  const row = world.tables.customer_balance_transaction.put({
    ...before,
    description: description === undefined ? before.description : description,
    metadata: params.metadata(before.metadata),
  });
  return formatCustomerBalance(world, row);
}

function list(call: Call): Wire {
  const { world, id, params } = call;
  const invoice = params.text("invoice");
  return listPage(call, {
    table: world.tables.customer_balance_transaction,
    kind: "customer_balance_transaction",
    url: `/v1/customers/${id}/balance_transactions`,
    bucket: { index: "customer", value: id },
    where: (row) => invoice === undefined || row.invoice === invoice,
    format: (row) => formatCustomerBalance(world, row),
  });
}

const PATH = "/v1/customers/:id/balance_transactions";

export const customerBalanceRoutes: readonly Route[] = [
  {
    method: "POST",
    path: PATH,
    accepts: "amount currency description metadata",
    run: create,
  },
  { method: "GET", path: PATH, accepts: `${PAGING} created invoice`, run: list },
  {
    method: "GET",
    path: `${PATH}/:part`,
    accepts: "",
    run: (call) => formatCustomerBalance(call.world, rowOf(call)),
  },
  { method: "POST", path: `${PATH}/:part`, accepts: "description metadata", run: update },
];

import { invalidRequest, parameterMissing } from "../errors.ts";
import { formatTopup } from "../formatters/payouts.ts";
import { listPage } from "../http/listing.ts";
import { isWithin } from "../http/params.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { addTopup, cancelTopup, topupOf } from "../operations/topups.ts";
import type { Wire } from "../wire.ts";
import { payableCurrency } from "./payouts.ts";

function create({ world, params }: Call): Wire {
  const amount = params.integer("amount");
  if (amount === undefined) throw parameterMissing("amount");
  if (amount < 1) {
    const message = "This value must be greater than or equal to 1.";
    throw invalidRequest(message, "parameter_invalid_integer", "amount");
  }
  const topup = addTopup(world, {
    amount,
    currency: payableCurrency(world, params.required("currency")),
    description: params.text("description") ?? null,
    metadata: params.metadata(),
    statement_descriptor: params.text("statement_descriptor") ?? null,
    transfer_group: params.text("transfer_group") ?? null,
  });
  return formatTopup(world, topup);
}

/** Stripe tells of no update of a top-up but its ends. */
function update({ world, params, id }: Call): Wire {
  const before = topupOf(world, id);
  const description = params.clearable("description");
  const row = world.tables.topup.put({
    ...before,
    description: description === undefined ? before.description : description,
    metadata: params.metadata(before.metadata),
  });
  return formatTopup(world, row);
}

function list(call: Call): Wire {
  const { world, params } = call;
  const amounts = params.timeRange("amount");
  return listPage(call, {
    table: world.tables.topup,
    kind: "topup",
    url: "/v1/topups",
    bucket: { index: "status", value: params.text("status") },
    where: (row) => isWithin(amounts, row.amount),
    format: (row) => formatTopup(world, row),
  });
}

export const topupRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/topups",
    accepts: `amount currency description metadata payment_method payment_method_options source
      statement_descriptor transfer_group`,
    run: create,
  },
  { method: "GET", path: "/v1/topups", accepts: `${PAGING} amount created status`, run: list },
  {
    method: "GET",
    path: "/v1/topups/:id",
    accepts: "",
    run: ({ world, id }) => formatTopup(world, topupOf(world, id)),
  },
  { method: "POST", path: "/v1/topups/:id", accepts: "description metadata", run: update },
  {
    method: "POST",
    path: "/v1/topups/:id/cancel",
    accepts: "",
    run: ({ world, id }) => formatTopup(world, cancelTopup(world, topupOf(world, id))),
  },
];

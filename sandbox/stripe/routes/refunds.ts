import { invalidRequest, parameterMissing, resourceMissing } from "../errors.ts";
import { formatRefund } from "../formatters/money.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { emit } from "../operations/emit.ts";
import { checkedRefundAmount, moveRefund, refundCharge, refundOf } from "../operations/refunds.ts";
import type { ChargeRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { chargeOf } from "./charges.ts";
import { intentOf } from "./payment-intents.ts";

const REASONS = ["duplicate", "fraudulent", "requested_by_customer"];
const CREATE = `amount currency customer instructions_email metadata origin payment_intent reason
  refund_application_fee reverse_transfer`;

function create({ world, params, id }: Call): Wire {
  const named = id === "" ? params.text("charge") : id;
  const charge = chargeToRefund(world, named, params.text("payment_intent"));
  const amount = checkedRefundAmount(world, charge, params.integer("amount"));
  const refund = refundCharge(world, charge, {
    amount,
    reason: params.oneOf("reason", REASONS) ?? null,
    metadata: params.metadata(),
    instructions_email: params.text("instructions_email") ?? null,
  });
  return formatRefund(world, refund);
}

function chargeToRefund(
  world: World,
  charge: string | undefined,
  intent: string | undefined,
): ChargeRow {
  if (charge !== undefined) return chargeOf(world, charge, "charge");
  if (intent === undefined) throw parameterMissing("payment_intent");
  const latest = intentOf(world, intent, "payment_intent").latest_charge;
  return chargeOf(world, latest ?? "", "payment_intent");
}

function retrieve({ world, id, part }: Call): Wire {
  const refund = refundOf(world, part === "" ? id : part);
  if (part !== "" && refund.charge !== id) throw resourceMissing("refund", part);
  return formatRefund(world, refund);
}

function update({ world, params, id }: Call): Wire {
  const before = refundOf(world, id);
  const row = { ...before, metadata: params.metadata(before.metadata) };
  const wire = formatRefund(world, world.tables.refund.put(row));
  emit(world, "refund.updated", wire, formatRefund(world, before));
  emit(world, "charge.refund.updated", wire, formatRefund(world, before));
  return wire;
}

/** Only a refund that waits for the customer can be called off through the API, as at Stripe. */
function cancel({ world, id }: Call): Wire {
  const refund = refundOf(world, id);
  if (refund.status !== "requires_action") {
    throw invalidRequest(`Refund ${id} is ${refund.status}; it cannot be canceled.`);
  }
  return formatRefund(world, moveRefund(world, refund, { status: "canceled" }));
}

function list(call: Call): Wire {
  const { world, params, id } = call;
  const intent = params.text("payment_intent");
  const charge = id === "" ? params.text("charge") : id;
  return listPage(call, {
    table: world.tables.refund,
    kind: "refund",
    url: id === "" ? "/v1/refunds" : `/v1/charges/${id}/refunds`,
    bucket:
      charge === undefined
        ? { index: "payment_intent", value: intent }
        : { index: "charge", value: charge },
    where: (row) => intent === undefined || row.payment_intent === intent,
    format: (row) => formatRefund(world, row),
  });
}

export const refundRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/refunds", accepts: `${CREATE} charge`, run: create },
  {
    method: "GET",
    path: "/v1/refunds",
    accepts: `${PAGING} charge created payment_intent`,
    run: list,
  },
  { method: "GET", path: "/v1/refunds/:id", accepts: "", run: retrieve },
  { method: "POST", path: "/v1/refunds/:id", accepts: "metadata", run: update },
  { method: "POST", path: "/v1/refunds/:id/cancel", accepts: "", run: cancel },
  { method: "GET", path: "/v1/charges/:id/refunds", accepts: PAGING, run: list },
  { method: "POST", path: "/v1/charges/:id/refunds", accepts: CREATE, run: create },
  { method: "GET", path: "/v1/charges/:id/refunds/:part", accepts: "", run: retrieve },
];

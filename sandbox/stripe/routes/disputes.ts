import { invalidRequest, resourceMissing } from "../errors.ts";
import { formatDispute } from "../formatters/disputes.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { closeDispute, putDispute, submitEvidence } from "../operations/disputes.ts";
import type { DisputeRow } from "../store/balance-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** A dispute by its id. */
export function disputeOf(world: World, id: string): DisputeRow {
  const row = world.tables.dispute.get(id);
  if (row === undefined) throw resourceMissing("dispute", id);
  return row;
}

/** Keeps evidence, and hands it to the bank unless `submit` is false. */
function update({ world, params, id }: Call): Wire {
  const before = disputeOf(world, id);
  const given = params.wire("evidence");
  const evidence = given === undefined ? before.evidence : { ...before.evidence, ...given };
  const metadata = params.metadata(before.metadata);
  const kept = putDispute(world, before, { evidence, metadata });
  const isSubmitted = given !== undefined && params.boolean("submit") !== false;
  return formatDispute(world, isSubmitted ? submitEvidence(world, kept) : kept);
}

/** Gives in: the dispute is lost, an inquiry ends. */
function close({ world, id }: Call): Wire {
  const dispute = disputeOf(world, id);
  const isInquiry = dispute.status.startsWith("warning_");
  if (["won", "lost", "prevented", "warning_closed"].includes(dispute.status)) {
    throw invalidRequest(`Dispute ${id} is already closed.`, "dispute_already_closed");
  }
  const end = isInquiry ? "warning_closed" : "lost";
  return formatDispute(world, closeDispute(world, dispute, end));
}

function list(call: Call): Wire {
  const { world, params } = call;
  const charge = params.text("charge");
  const intent = params.text("payment_intent");
  return listPage(call, {
    table: world.tables.dispute,
    kind: "dispute",
    url: "/v1/disputes",
    bucket:
      charge === undefined
        ? { index: "payment_intent", value: intent }
        : { index: "charge", value: charge },
    where: (row) => intent === undefined || row.payment_intent === intent,
    format: (row) => formatDispute(world, row),
  });
}

export const disputeRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/disputes",
    accepts: `${PAGING} charge created payment_intent`,
    run: list,
  },
  {
    method: "GET",
    path: "/v1/disputes/:id",
    accepts: "",
    run: ({ world, id }) => formatDispute(world, disputeOf(world, id)),
  },
  {
    method: "POST",
    path: "/v1/disputes/:id",
    accepts: "evidence intended_submission_method metadata submit",
    run: update,
  },
  { method: "POST", path: "/v1/disputes/:id/close", accepts: "", run: close },
];

import type { Dispute, DisputeClosing } from "../canonical/dispute.ts";
import { listEvents } from "./list-events.ts";
import { parseLedgerRow } from "./list-rows.ts";
import { createReads } from "./reads.ts";
import type { StripeApi } from "./stripe-api.ts";
import type { ToMoney } from "./units.ts";
import {
  amountOf,
  asWire,
  idOf,
  instantOf,
  isWire,
  metadataOf,
  objectOf,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

const CLOSED = "charge.dispute.closed";

/** See `StripePort.readDisputes`. */
export async function readDisputes(
  api: StripeApi,
  chargeId: string,
  signal?: AbortSignal,
): Promise<readonly Dispute[]> {
  const listed = await api.all(
    "disputes.list",
    (paging) => api.sdk.disputes.list({ ...paging, charge: chargeId }),
    signal,
  );
  return listed
    .map((dispute) => parseDispute(dispute, api.toMoney))
    .sort((a, b) => a.openedAt.getTime() - b.openedAt.getTime() || compareIds(a, b));
}

/** See `StripePort.readDispute`. */
export async function readDispute(
  api: StripeApi,
  disputeId: string,
  signal?: AbortSignal,
): Promise<Dispute> {
  return parseDispute(await createReads(api, signal).dispute(disputeId), api.toMoney);
}

function compareIds(a: Dispute, b: Dispute): number {
  return a.disputeId < b.disputeId ? -1 : 1;
}

/**
 * A dispute with the rows that it has, those of other balances left out.
 *
 * @throws HubError `stripe.shape` where id, charge, amount, status, time or a row cannot be read:
 *   what follows from such a dispute would be a guess
 */
export function parseDispute(dispute: Wire, toMoney: ToMoney): Dispute {
  const disputeId = textOf(dispute, "id");
  if (!/^(dp|du)_/.test(disputeId)) throw shapeError(disputeId || "A dispute", "has no dp_ id");
  const chargeId = idOf(dispute, "charge");
  if (chargeId === undefined) throw shapeError(disputeId, "names no charge");
  const openedAt = instantOf(dispute, "created");
  if (openedAt === undefined) throw shapeError(disputeId, "has no created");
  const status = textOf(dispute, "status");
  if (status === "") throw shapeError(disputeId, "has no status");
  const evidence = objectOf(dispute, "evidence_details");
  return {
    disputeId,
    chargeId,
    paymentIntentId: idOf(dispute, "payment_intent"),
    amount: amountOf(dispute, "amount", toMoney),
    status,
    reason: textOf(dispute, "reason"),
    networkReasonCode: textOf(dispute, "network_reason_code"),
    openedAt,
    evidenceDueAt: instantOf(evidence, "due_by"),
    hasEvidence: evidence?.has_evidence === true,
    rows: rowsOf(dispute, disputeId)
      .map((row) => parseLedgerRow(row, toMoney))
      .filter(({ balanceType }) => balanceType === "payments"),
    metadata: metadataOf(dispute),
    livemode: dispute.livemode === true,
  };
}

function rowsOf(dispute: Wire, disputeId: string): readonly Wire[] {
  const rows = dispute.balance_transactions;
  if (!Array.isArray(rows)) throw shapeError(disputeId, "has no list of balance_transactions");
  return rows.map((row: unknown) => {
    if (isWire(row)) return row;
    throw shapeError(disputeId, "has a balance transaction that is no object");
  });
}

/** See `StripePort.readDisputeClosings`. */
export async function readDisputeClosings(
  api: StripeApi,
  dispute: Pick<Dispute, "disputeId" | "openedAt">,
  signal?: AbortSignal,
): Promise<readonly DisputeClosing[]> {
  const found: DisputeClosing[] = [];
  const query = { from: dispute.openedAt, types: [CLOSED] };
  for await (const { events } of listEvents(api, query, signal)) {
    for (const { createdAt, body } of events) {
      const closing = parseClosing(asWire(JSON.parse(body), CLOSED), dispute.disputeId);
      if (closing !== undefined) found.push({ status: closing, at: createdAt });
    }
  }
  return found;
}

/** The verdict that an event tells of a dispute; undefined where it tells of another, or none. */
function parseClosing(event: Wire, disputeId: string): string | undefined {
  const told = objectOf(objectOf(event, "data"), "object");
  if (textOf(told, "id") !== disputeId) return undefined;
  const status = textOf(told, "status");
  return status === "won" || status === "lost" ? status : undefined;
}

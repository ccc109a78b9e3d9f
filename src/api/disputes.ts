import type { FastifyInstance } from "fastify";
import { money, toDecimal } from "../base/money.ts";
import { type DisputeRow, DisputesQuery } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readPage } from "./paging.ts";
import { readInput } from "./request-input.ts";

/** `GET /api/disputes`: disputes with their deadlines, their money and SL's documents. */
export function registerDisputes(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/disputes", async (request) => {
    const query = readInput(DisputesQuery, request.query);
    const { pair, stage, open, over, id, before, limit } = query;
    await requireKnownPair(deps, pair);
    const found = await readPage<DisputeSqlRow>(deps.pool, {
      select: SELECT_SQL,
      numberColumn: "d.seq",
      filters: [
        { column: "d.pair", value: pair },
        { column: "d.stage", value: stage },
        {
          condition: (place) => `(d.waits_for <> '') = ${place}::boolean`,
          value: open?.toString(),
        },
        { condition: (place) => `d.is_over = ${place}::boolean`, value: over?.toString() },
        {
          condition: (place) => `${place} in (d.dispute_id, d.charge_id, d.lane_key)`,
          value: id,
        },
      ],
      before,
      limit,
      numberOf: (row) => row.seq,
    });
    return { rows: found.rows.map(toRow), next: found.next };
  });
}

const SELECT_SQL = `select d.seq::text as seq, d.pair, d.dispute_id, d.charge_id, d.lane_key,
  d.status, d.reason, d.network_reason_code, d.currency, d.amount::text as amount, d.settled_in,
  d.withdrawn::text as withdrawn, d.reinstated::text as reinstated, d.fees::text as fees,
  d.lost::text as lost, d.recovered::text as recovered, d.stage, d.is_over, d.opened_at,
  d.evidence_due_at, d.has_evidence, d.waits_for, d.changed_at, d.looked_at,
  coalesce((
    select jsonb_agg(jsonb_build_object('purpose', i.purpose, 'part', i.part) || i.receipt
      order by i.created_at, i.key)
    from intent i
    where i.pair = d.pair and i.object = d.dispute_id and i.stage = 'done'
      -- What was taken back, and what took it back, stands for nothing of the dispute.
      and i.reversed_by is null and i.purpose <> 'reverse'
      and i.receipt ? 'refNbr'), '[]') as documents
  from dispute d`;

type DisputeSqlRow = {
  seq: string;
  pair: string;
  dispute_id: string;
  charge_id: string;
  lane_key: string;
  status: string;
  reason: string;
  network_reason_code: string;
  currency: string;
  amount: string;
  settled_in: string;
  withdrawn: string;
  reinstated: string;
  fees: string;
  lost: string;
  recovered: string;
  stage: DisputeRow["stage"];
  is_over: boolean;
  opened_at: Date;
  evidence_due_at: Date | null;
  has_evidence: boolean;
  waits_for: string;
  changed_at: Date;
  looked_at: Date;
  documents: DisputeRow["documents"];
};

function toRow(row: DisputeSqlRow): DisputeRow {
  const settled = (minor: bigint | string) => toDecimal(money(BigInt(minor), row.settled_in));
  return {
    seq: row.seq,
    pair: row.pair,
    disputeId: row.dispute_id,
    chargeId: row.charge_id,
    laneKey: row.lane_key,
    status: row.status,
    reason: row.reason,
    networkReasonCode: row.network_reason_code,
    amount: toDecimal(money(BigInt(row.amount), row.currency)),
    currency: row.currency,
    settledIn: row.settled_in,
    withdrawn: settled(row.withdrawn),
    reinstated: settled(row.reinstated),
    held: settled(BigInt(row.withdrawn) - BigInt(row.reinstated)),
    fees: settled(row.fees),
    lost: settled(row.lost),
    recovered: settled(row.recovered),
    stage: row.stage,
    isOver: row.is_over,
    openedAt: row.opened_at.toISOString(),
    evidenceDueAt: row.evidence_due_at?.toISOString() ?? null,
    hasEvidence: row.has_evidence,
    waitsFor: row.waits_for,
    changedAt: row.changed_at.toISOString(),
    lookedAt: row.looked_at.toISOString(),
    documents: row.documents.map(toDocument),
  };
}

function toDocument(one: DisputeRow["documents"][number]): DisputeRow["documents"][number] {
  const { purpose, part, type, refNbr, batNbr, documentDate, period } = one;
  return { purpose, part, type, refNbr, batNbr, documentDate, period };
}

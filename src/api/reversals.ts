import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import { toJson } from "../base/json.ts";
import { toDecimal } from "../base/money.ts";
import { withTransaction } from "../db/index.ts";
import {
  askReversal,
  findScope,
  type ListedReversal,
  listReversals,
  originalName,
  type ReversalPlan,
  rebookLane,
  withdrawReversal,
} from "../runs/index.ts";
import { noteAct } from "./acts.ts";
import {
  NumberedParams,
  RebookRequest,
  type ReversalPlanAnswer,
  type ReversalRow,
  ReversalsQuery,
  type ReverseAnswer,
  ReverseRequest,
  WithdrawRequest,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { entriesOfDraft } from "./entries.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";
import { instantOrNull } from "./rows.ts";

/** `/api/reversals`: booked documents taken back by reversing ones, and booked again. */
export function registerReversals(app: FastifyInstance, deps: ApiDeps): void {
  app.post("/reversals", (request) => reverse(deps, readInput(ReverseRequest, request.body)));

  app.get("/reversals", async (request) => {
    const wanted = readInput(ReversalsQuery, request.query);
    await requireKnownPair(deps, wanted.pair);
    return { rows: (await listReversals(deps.pool, wanted)).map(toRow) };
  });

  app.get("/reversals/:id", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    const [found] = await listReversals(deps.pool, { id });
    if (found === undefined) throw new HubError("api.not_found", `There is no reversal ${id}`);
    return toRow(found);
  });

  app.post("/reversals/:id/rebook", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    const { by, reason = "without a reason", dryRun } = readInput(RebookRequest, request.body);
    return withTransaction(deps.pool, async (tx) => {
      const reversal = await rebookLane(tx, id, { by, dryRun });
      const { pair, laneKey, named } = reversal;
      const words = `${named} is booked again: ${reason}`;
      if (!dryRun) {
        await noteAct(tx, { pair, laneKey, by, act: "rebooked", words });
      }
      return { isDryRun: dryRun, reversal: toRow(reversal) };
    });
  });

  app.post("/reversals/:id/withdraw", async (request) => {
    const { id } = readInput(NumberedParams, request.params);
    const { by, reason = "without a reason", dryRun } = readInput(WithdrawRequest, request.body);
    return withTransaction(deps.pool, async (tx) => {
      const reversal = await withdrawReversal(tx, id, { by, dryRun });
      const { pair, laneKey, named } = reversal;
      const words = `reversal ${id} of ${named}: ${reason}`;
      if (!dryRun) {
        await noteAct(tx, { pair, laneKey, by, act: "withdrawn", words });
      }
      return { isDryRun: dryRun, reversal: toRow(reversal) };
    });
  });
}

async function reverse(
  deps: ApiDeps,
  request: z.output<typeof ReverseRequest>,
): Promise<ReverseAnswer> {
  const { id: named, all, by, reason, date, rebook, version, dryRun } = request;
  await requireKnownPair(deps, request.pair);
  const scope = await findScope(deps.pool, { named, pair: request.pair, all });
  const plan = await deps.planReversal(scope, { by, reason, date });
  const shown = toPlan(plan);
  if (dryRun) return { isDryRun: true, plan: shown, reversal: null };
  if (version !== plan.version) {
    throw new HubError("conflict.version", `The plan for ${named} is at version ${plan.version}`, {
      facts: { field: "version", example: plan.version },
      cure: "Look at the plan (dryRun: true), and send its version.",
    });
  }
  const asked = await withTransaction(deps.pool, async (tx) => {
    const id = await askReversal(tx, plan, { named, rebook, by, reason });
    const { pair, laneKey } = plan;
    const names = [
      ...plan.orders.map(({ orderNumber }) => `order ${orderNumber}`),
      ...plan.documents.map(({ original }) => originalName(original)),
    ];
    const words = `reversal ${id} of ${names.join(", ")}: ${reason}`;
    await noteAct(tx, { pair, laneKey, by, act: "reversed", words });
    return present((await listReversals(tx, { id }))[0], `reversal ${id}`);
  });
  return { isDryRun: false, plan: shown, reversal: toRow(asked) };
}

function toPlan(plan: ReversalPlan): ReversalPlanAnswer {
  const { pair, laneKey, dated, period, version, exchange } = plan;
  return {
    ...{ pair, laneKey, dated, period, version, exchange },
    notAgain: [...plan.notAgain],
    byHand: [...plan.byHand],
    orders: plan.orders.map(({ total, steps, ...order }) => ({
      ...order,
      amount: toDecimal(total),
      currency: total.currency,
      steps: [...steps],
    })),
    documents: plan.documents.map(({ original, draft }) => {
      const { numbers, amount, ...of } = original;
      const type = draft.kind === "journal" ? "GJ" : draft.type;
      const worth = draft.rate?.worth;
      // The entries are told from drafts as they are saved.
      const saved: unknown = JSON.parse(toJson(draft));
      return {
        ...of,
        original: { ...numbers },
        amount: toDecimal(amount),
        currency: amount.currency,
        worth: worth === undefined ? null : `${toDecimal(worth)} ${worth.currency}`,
        type,
        description: draft.description,
        entries: entriesOfDraft(saved, type),
      };
    }),
    applications: plan.applications.map(({ payer, target, amount }) => {
      const money = `${toDecimal(amount)} ${amount.currency}`;
      return `${money} of ${payer.type} ${payer.refNbr} to ${target.type} ${target.refNbr}`;
    }),
  };
}

function toRow(found: ListedReversal): ReversalRow {
  const { askedAt, reversedAt, rebookedAt, withdrawnAt, documents, ...same } = found;
  return {
    ...same,
    askedAt: askedAt.toISOString(),
    reversedAt: instantOrNull(reversedAt),
    rebookedAt: instantOrNull(rebookedAt),
    withdrawnAt: instantOrNull(withdrawnAt),
    documents: documents.map((one) => ({ ...one })),
  };
}

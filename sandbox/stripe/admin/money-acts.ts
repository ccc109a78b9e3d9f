import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatDispute } from "../formatters/disputes.ts";
import { formatRefund } from "../formatters/money.ts";
import {
  closeDispute,
  openDispute,
  putDispute,
  reinstateDispute,
  winDispute,
  withdrawDispute,
} from "../operations/disputes.ts";
import { moveRefund, refundOf } from "../operations/refunds.ts";
import { chargeOf } from "../routes/charges.ts";
import { disputeOf } from "../routes/disputes.ts";
import type { DisputeRow } from "../store/balance-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import type { AdminParts } from "./parts.ts";

const RefundMove = z.strictObject({
  status: z.enum(["pending", "requires_action", "succeeded", "failed", "canceled"]),
  reason: z.string().optional(),
  isAtNewRate: z.boolean().optional(),
});

const Money = { amount: z.number().int().optional(), fee: z.number().int().optional() };
const NewDispute = z.strictObject({
  ...Money,
  reason: z.string().optional(),
  inquiry: z.boolean().optional(),
  prevented: z.boolean().optional(),
});
const Disputed = z.strictObject(Money);
const DisputeEnd = z.strictObject({
  ...Money,
  outcome: z.enum(["won", "lost", "warning_closed"]),
  /** Whether the money of a win comes at once; else by the act `reinstate`. */
  reinstate: z.boolean().default(true),
});
const DisputeMove = z.strictObject({
  status: z.enum([
    "warning_needs_response",
    "warning_under_review",
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
  ]),
});

/** What banks and Stripe's own people do to money that has left or entered the balance. */
export function serveMoneyMoves(app: FastifyInstance, { world }: AdminParts): void {
  app.post<{ Params: { id: string } }>("/_sandbox/refunds/:id/move", (request) => {
    const move = RefundMove.parse(request.body);
    return world.change(() => {
      return formatRefund(world, moveRefund(world, refundOf(world, request.params.id), move));
    });
  });
  serveDisputes(app, world);
}

type ById = { Params: { id: string } };

function serveDisputes(app: FastifyInstance, world: World): void {
  const act = (id: string, work: (dispute: DisputeRow) => void): Wire =>
    world.change(() => {
      work(disputeOf(world, id));
      return formatDispute(world, disputeOf(world, id));
    });
  app.post<ById>("/_sandbox/charges/:id/dispute", (request) => {
    const { inquiry, prevented, ...given } = NewDispute.parse(request.body ?? {});
    return world.change(() => {
      const charge = chargeOf(world, request.params.id);
      const how = { ...given, isInquiry: inquiry, isPrevented: prevented };
      return formatDispute(world, openDispute(world, charge, how));
    });
  });
  app.post<ById>("/_sandbox/disputes/:id/withdraw", (request) => {
    const money = Disputed.parse(request.body ?? {});
    return act(request.params.id, (dispute) => withdrawDispute(world, dispute, money));
  });
  app.post<ById>("/_sandbox/disputes/:id/reinstate", (request) => {
    const money = Disputed.parse(request.body ?? {});
    return act(request.params.id, (dispute) => reinstateDispute(world, dispute, money));
  });
  app.post<ById>("/_sandbox/disputes/:id/move", (request) => {
    const change = DisputeMove.parse(request.body);
    return act(request.params.id, (dispute) => putDispute(world, dispute, change));
  });
  app.post<ById>("/_sandbox/disputes/:id/close", (request) => {
    const { outcome, reinstate, ...money } = DisputeEnd.parse(request.body);
    return act(request.params.id, (dispute) =>
      outcome === "won" && reinstate
        ? winDispute(world, dispute, money)
        : closeDispute(world, dispute, outcome),
    );
  });
}

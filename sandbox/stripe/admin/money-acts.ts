import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatRefund } from "../formatters/money.ts";
import { moveRefund } from "../operations/refunds.ts";
import { refundOf } from "../routes/refunds.ts";
import type { AdminParts } from "./parts.ts";

const RefundMove = z.strictObject({
  status: z.enum(["pending", "requires_action", "succeeded", "failed", "canceled"]),
  reason: z.string().optional(),
});

/** What banks and Stripe's own people do to money that has left or entered the balance. */
export function serveMoneyMoves(app: FastifyInstance, { world }: AdminParts): void {
  app.post<{ Params: { id: string } }>("/_sandbox/refunds/:id/move", (request) => {
    const move = RefundMove.parse(request.body);
    return world.change(() => {
      return formatRefund(world, moveRefund(world, refundOf(world, request.params.id), move));
    });
  });
}

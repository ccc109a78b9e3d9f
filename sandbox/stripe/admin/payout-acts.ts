import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatPayout, formatTopup } from "../formatters/payouts.ts";
import { stepPayout } from "../operations/payout-steps.ts";
import {
  addPayout,
  failPayout,
  payOutAll,
  payOutAvailable,
  payoutOf,
} from "../operations/payouts.ts";
import { reverseTopup, settleTopup, topupOf } from "../operations/topups.ts";
import type { PayoutRow } from "../store/balance-rows.ts";
import type { AdminParts } from "./parts.ts";

const NewPayout = z.strictObject({
  amount: z.number().int(),
  currency: z.string(),
  method: z.enum(["standard", "instant"]).default("standard"),
  arrival_date: z.number().int().optional(),
});
const Now = z.strictObject({ currency: z.string().optional() });
const Failure = z.strictObject({ code: z.string().optional(), message: z.string().optional() });
const Settle = z.strictObject({ failure_code: z.string().optional() });

type ById = { Params: { id: string } };

/** What a bank and Stripe's schedule do to payouts and top-ups. */
export function servePayoutActs(app: FastifyInstance, { world }: AdminParts): void {
  const change = (work: () => PayoutRow) => formatPayout(world, world.change(work));
  // Of any amount, whatever the balance: negative ones are collected from the bank.
  app.post("/_sandbox/payouts", (request) => {
    const { arrival_date, ...given } = NewPayout.parse(request.body);
    const arrival = arrival_date === undefined ? {} : { arrival_date };
    return change(() => addPayout(world, { ...given, ...arrival }));
  });
  app.post("/_sandbox/payouts/now", (request) => {
    const { currency } = Now.parse(request.body ?? {});
    const made = world.change(() =>
      currency === undefined ? payOutAll(world) : [payOutAvailable(world, currency) ?? []].flat(),
    );
    return { payouts: made.map(({ id }) => formatPayout(world, payoutOf(world, id))) };
  });
  app.post<ById>("/_sandbox/payouts/:id/step", (request) =>
    change(() => stepPayout(world, payoutOf(world, request.params.id))),
  );
  app.post<ById>("/_sandbox/payouts/:id/fail", (request) => {
    const failure = Failure.parse(request.body ?? {});
    return change(() => failPayout(world, payoutOf(world, request.params.id), failure));
  });
  app.post<ById>("/_sandbox/topups/:id/settle", (request) => {
    const { failure_code } = Settle.parse(request.body ?? {});
    const topup = () => settleTopup(world, topupOf(world, request.params.id), failure_code);
    return formatTopup(world, world.change(topup));
  });
  app.post<ById>("/_sandbox/topups/:id/reverse", (request) => {
    const topup = () => reverseTopup(world, topupOf(world, request.params.id));
    return formatTopup(world, world.change(topup));
  });
}

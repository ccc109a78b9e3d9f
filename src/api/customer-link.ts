import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { HubError } from "../base/errors.ts";
import { withTransaction } from "../db/index.ts";
import { wakeLanes } from "../lanes/index.ts";
import { linkCustomer, linkedCustomerId } from "../links/index.ts";
import { guestObject } from "../runs/index.ts";
import { noteAct } from "./acts.ts";
import { type LinkAnswer, LinkRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { readInput } from "./request-input.ts";

/** `POST /api/customers/link`: a person corrects which SL customer a buyer is. */
export function registerCustomerLink(app: FastifyInstance, deps: ApiDeps): void {
  app.post("/customers/link", async (request) => {
    const wanted = readInput(LinkRequest, request.body);
    await requireKnownPair(deps, wanted.pair);
    return link(deps, wanted);
  });
}

/**
 * @throws HubError `api.invalid` for a buyer that nobody knows, and as `customers.check` and
 *   `customers.assertBuyer`
 */
async function link(deps: ApiDeps, wanted: z.output<typeof LinkRequest>): Promise<LinkAnswer> {
  const { pair, by, reason, force, dryRun } = wanted;
  const object = objectOf(wanted.object);
  // Both sides are asked before the transaction: nothing is locked while they answer.
  if (OF_STRIPE.test(object) && !force) await deps.customers.assertBuyer(pair, object);
  const { customerId, name } = await deps.customers.check(pair, wanted.customerId);
  return withTransaction(deps.pool, async (tx) => {
    const before = await linkedCustomerId(tx, pair, object);
    if (before === undefined && !OF_STRIPE.test(object)) throw unknown(wanted.object);
    const was = before === undefined ? "" : `, was ${before}`;
    const effects = [
      `${wanted.object} is booked on ${customerId} (${name}) from now on${was}`,
      before === undefined
        ? "nothing of it was booked before: see that the id is right"
        : "what stands in SL stays where it is: `slipway reverse` takes it back",
    ];
    const answer = { object, customerId, before: before ?? null, effects };
    if (dryRun) return { isDryRun: true, ...answer };
    await linkCustomer(tx, { pair, stripeId: object, customerId });
    const words = `${effects[0]}: ${reason}`;
    await noteAct(tx, { pair, laneKey: object, by, act: "linked", words });
    // The customer's own lane remembers what both sides say, so that changes count from now on.
    if (object.startsWith("cus_")) await wakeLanes(tx, [{ pair, key: object }]);
    return { isDryRun: false, ...answer };
  });
}

const OF_STRIPE = /^cus_\w+$/;

/** A guest is known by the e-mail address. */
function objectOf(named: string): string {
  return named.includes("@") ? (guestObject(named) ?? named) : named;
}

function unknown(named: string): HubError {
  return new HubError("api.invalid", `object: no buyer "${named}" was ever booked`, {
    facts: { field: "object", example: "cus_Nf1" },
    cure: "Name the Stripe customer, or the e-mail address that a guest has bought with.",
  });
}

import { expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { customerDesk } from "./customer-desk.ts";

/** A desk whose Stripe answers with this, or throws it. */
function deskOf(answer: object | undefined) {
  const readCustomer = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return customerDesk(() => ({ stripe: { readCustomer } }) as unknown as PairRuntime);
}

test.each([
  ["is missing", new HubError("stripe.object_missing", "No such customer")],
  ["is deleted", undefined],
])("a buyer that %s at Stripe is refused with what to do", async (_why, answer) => {
  await expect(deskOf(answer).assertBuyer("acme-us", "cus_1")).rejects.toMatchObject({
    code: "api.invalid",
    message: "object: Stripe has no customer cus_1",
    facts: { field: "object" },
  });
});

test("a buyer that Stripe has is fine, and Stripe away is not the buyer's fault", async () => {
  const away = new HubError("stripe.unavailable", "Stripe does not answer");

  await expect(deskOf({ stripeCustomerId: "cus_1" }).assertBuyer("a", "cus_1")).resolves.toBe(
    undefined,
  );
  await expect(deskOf(away).assertBuyer("a", "cus_1")).rejects.toBe(away);
});

import { expect, it } from "vitest";
import { openWorkbench, refusal } from "./workbench.ts";

const CREATE = { amount: 500, currency: "usd" };

it("a rate limit hits the next requests of a pattern and no others", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/faults", { method: "GET", path: "/v1/charges*", status: 429, times: 2 });

  const errors = [await refusal(stripe.charges.list()), await refusal(stripe.charges.list())];

  expect(errors.map((error) => error.statusCode)).toEqual([429, 429]);
  expect(errors[0]?.headers?.["stripe-rate-limited-reason"]).toBe("global-rate");
  await stripe.charges.list();
  await stripe.customers.list();
});

it("an error before the commit leaves nothing and runs again under its key", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await admin("/faults", { method: "POST", status: 500, times: 1 });
  const options = { idempotencyKey: "key-1" };

  const error = await refusal(stripe.paymentIntents.create(CREATE, options));

  expect(error.statusCode).toBe(500);
  expect(await rows("payment_intent")).toEqual([]);
  await stripe.paymentIntents.create(CREATE, options);
  expect(await rows("payment_intent")).toHaveLength(1);
});

it("a stored 500 is replayed for as long as its key is known", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await admin("/faults", { method: "POST", status: 500, times: 1, stored: true });
  const options = { idempotencyKey: "key-1" };

  const first = await refusal(stripe.paymentIntents.create(CREATE, options));
  const again = await refusal(stripe.paymentIntents.create(CREATE, options));

  expect([first.statusCode, again.statusCode]).toEqual([500, 500]);
  expect(await rows("payment_intent")).toEqual([]);
});

it.each(["error", "drop"])(
  "an answer lost after the commit by %s is there on retry",
  async (action) => {
    const { stripe, admin, rows } = await openWorkbench();
    // The SDK itself sends once more after a dropped connection, whatever its retry setting.
    await admin("/faults", {
      method: "POST",
      action,
      when: "after",
      times: action === "drop" ? 2 : 1,
    });
    const options = { idempotencyKey: "key-1" };

    await refusal(stripe.paymentIntents.create(CREATE, options));

    const [committed] = await rows("payment_intent");
    const again = await stripe.paymentIntents.create(CREATE, options);
    expect(again.id).toBe(committed?.id);
    expect(await rows("payment_intent")).toHaveLength(1);
  },
);

it("a dropped connection before the commit leaves nothing", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await admin("/faults", { method: "POST", action: "drop", times: 2 });

  const error = await refusal(stripe.paymentIntents.create(CREATE));

  expect(error.type).toBe("StripeConnectionError");
  expect(await rows("payment_intent")).toEqual([]);
});

it("a hanging request gives no answer while others are served", async () => {
  const { stripe, admin } = await openWorkbench();
  await admin("/faults", { method: "GET", path: "/v1/balance", action: "hang", times: 1 });

  const hanging = refusal(stripe.balance.retrieve({}, { timeout: 200 }));
  await stripe.customers.list();

  expect((await hanging).type).toBe("StripeConnectionError");
});

it("an object can be made missing for a while", async () => {
  const { stripe, admin } = await openWorkbench();
  const customer = await stripe.customers.create();
  await admin("/faults", { path: `/v1/customers/${customer.id}`, action: "missing", times: 1 });

  const error = await refusal(stripe.customers.retrieve(customer.id));

  expect(error).toMatchObject({ statusCode: 404, code: "resource_missing" });
  expect((await stripe.customers.retrieve(customer.id)).id).toBe(customer.id);
});

it("chances are the same for the same seed", async () => {
  const { stripe, admin } = await openWorkbench();
  const outcomes: string[] = [];
  for (let round = 0; round < 2; round++) {
    await admin("/faults/clear", {});
    await admin("/faults", { path: "/v1/customers", status: 503, probability: 0.5, seed: 3 });
    const calls: boolean[] = [];
    for (let index = 0; index < 20; index++) {
      calls.push(
        await stripe.customers.list().then(
          () => true,
          () => false,
        ),
      );
    }
    outcomes.push(calls.map((ok) => (ok ? "1" : "0")).join(""));
  }

  expect(outcomes[0]).toBe(outcomes[1]);
  expect(outcomes[0]).toMatch(/0/);
  expect(outcomes[0]).toMatch(/1/);
});

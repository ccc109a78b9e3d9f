import Stripe from "stripe";
import { expect, it } from "vitest";
import { expanded, openWorkbench, pay, refusal, type Workbench } from "./workbench.ts";

function post(bench: Workbench, path: string, body: string, headers = {}): Promise<Response> {
  return fetch(`${bench.sandbox.url}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${bench.sandbox.secretKey}`,
      "content-type": "application/x-www-form-urlencoded",
      ...headers,
    },
    body,
  });
}

it("a wrong key is refused with 401 and shown masked", async () => {
  const { sandbox } = await openWorkbench();
  const stranger = new Stripe("sk_test_wrong_wrong", {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
  });

  const error = await refusal(stranger.customers.list());

  expect(error).toMatchObject({ statusCode: 401, type: "StripeAuthenticationError" });
  expect(error.message).not.toContain("wrong_wrong");
});

it("a key as the user of Basic is taken too", async () => {
  const { sandbox } = await openWorkbench();
  const basic = Buffer.from(`${sandbox.secretKey}:`).toString("base64");

  const answer = await fetch(`${sandbox.url}/v1/balance`, {
    headers: { authorization: `Basic ${basic}` },
  });

  expect(answer.status).toBe(200);
  expect(answer.headers.get("request-id")).toMatch(/^req_/);
});

it("an id that is not there is resource_missing", async () => {
  const { stripe } = await openWorkbench();

  const error = await refusal(stripe.charges.retrieve("ch_nothing"));

  expect(error).toMatchObject({ statusCode: 404, code: "resource_missing" });
});

it("a missing and an unknown parameter are named", async () => {
  const bench = await openWorkbench();

  const missing = await refusal(bench.stripe.products.create({ name: "" }));
  const unknown = await post(bench, "/v1/customers", "nonsense=1");

  expect(missing).toMatchObject({ statusCode: 400, param: "name" });
  expect(unknown.status).toBe(400);
  expect(await unknown.json()).toMatchObject({
    error: { code: "parameter_unknown", param: "nonsense", type: "invalid_request_error" },
  });
});

it("an unknown URL is 404 in Stripe's error shape", async () => {
  const bench = await openWorkbench();

  const answer = await post(bench, "/v1/nothing/here", "");

  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error" } });
});

it("parameters of older clients are still taken", async () => {
  const bench = await openWorkbench();
  const body = "amount=2000&currency=usd&payment_method_types[]=card&payment_method_types[]=link";

  const answer = await post(bench, "/v1/payment_intents", body);

  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ payment_method_types: ["card", "link"] });
});

it("an idempotency key replays the first answer and makes nothing twice", async () => {
  const { stripe, rows } = await openWorkbench();
  const idempotencyKey = "key-1";
  const params = { amount: 500, currency: "usd" };

  const first = await stripe.paymentIntents.create(params, { idempotencyKey });
  const second = await stripe.paymentIntents.create(params, { idempotencyKey });

  expect(second.id).toBe(first.id);
  expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
  expect(await rows("payment_intent")).toHaveLength(1);
});

it("an idempotency key with other parameters is refused", async () => {
  const { stripe, rows } = await openWorkbench();
  const idempotencyKey = "key-1";
  await stripe.paymentIntents.create({ amount: 500, currency: "usd" }, { idempotencyKey });

  const error = await refusal(
    stripe.paymentIntents.create({ amount: 501, currency: "usd" }, { idempotencyKey }),
  );

  expect(error).toMatchObject({ statusCode: 400, type: "StripeIdempotencyError" });
  expect(await rows("payment_intent")).toHaveLength(1);
});

it("a decline is replayed under its key, without a second charge", async () => {
  const { stripe, rows } = await openWorkbench();
  const attempt = () =>
    stripe.paymentIntents.create(
      { amount: 500, currency: "usd", confirm: true, payment_method: "pm_card_chargeDeclined" },
      { idempotencyKey: "key-1" },
    );

  const first = await refusal(attempt());
  const second = await refusal(attempt());

  expect([first.statusCode, second.statusCode]).toEqual([402, 402]);
  expect(await rows("charge")).toHaveLength(1);
});

it("a key is forgotten after a day and runs again", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  const attempt = () =>
    stripe.customers.create({ email: "a@example.com" }, { idempotencyKey: "key-1" });
  await attempt();

  await admin("/clock", { advanceMs: 86_400_000 });
  await attempt();

  expect(await rows("customer")).toHaveLength(2);
});

it("pages run newest first without a gap or a repeat", async () => {
  const { stripe } = await openWorkbench();
  const made: string[] = [];
  for (let index = 0; index < 25; index++) {
    made.push((await stripe.customers.create({ name: `n${index}` })).id);
  }

  const seen: string[] = [];
  for await (const customer of stripe.customers.list({ limit: 10 })) seen.push(customer.id);

  expect(seen).toEqual(made.toReversed());
  const back = await stripe.customers.list({ limit: 3, ending_before: made[20] ?? "" });
  expect(back.data.map((row) => row.id)).toEqual([made[23], made[22], made[21]]);
  expect(back.has_more).toBe(true);
});

it("customers are found by their exact e-mail address", async () => {
  const { stripe } = await openWorkbench();
  await stripe.customers.create({ email: "one@example.com" });
  const two = await stripe.customers.create({ email: "two@example.com" });

  const found = await stripe.customers.list({ email: "two@example.com" });

  expect(found.data.map((row) => row.id)).toEqual([two.id]);
  await stripe.customers.del(two.id);
  expect((await stripe.customers.list({ email: "two@example.com" })).data).toEqual([]);
});

it("expansion reaches through lists and nested objects", async () => {
  const { stripe } = await openWorkbench();
  const customer = await stripe.customers.create({ name: "Jenny" });
  await pay(stripe, { customer: customer.id });

  const { data } = await stripe.balanceTransactions.list({
    expand: ["data.source.payment_intent.customer"],
  });

  expect(data[0]?.source).toMatchObject({
    object: "charge",
    payment_intent: { object: "payment_intent", customer: { name: "Jenny" } },
  });
});

it("a field that cannot be expanded is refused", async () => {
  const { stripe } = await openWorkbench();
  const { charge } = await pay(stripe);

  const error = await refusal(stripe.charges.retrieve(charge.id, { expand: ["currency"] }));

  expect(error.message).toContain("cannot be expanded (currency)");
});

it("a request in an old version gets the old shapes", async () => {
  const { stripe } = await openWorkbench();
  const { intent, charge } = await pay(stripe);

  const old: unknown = await stripe.paymentIntents.retrieve(
    intent.id,
    {},
    { apiVersion: "2020-08-27" },
  );

  expect(old).toMatchObject({ charges: { data: [{ id: charge.id, refunds: { data: [] } }] } });
  expect(old).not.toHaveProperty("latest_charge");
});

it("prices made with a product carry it expanded", async () => {
  const { stripe } = await openWorkbench();

  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 1250,
    product_data: { name: "Shirt", metadata: { InvtID: "SHIRT" } },
    expand: ["product"],
  });

  expect(expanded(price.product)).toMatchObject({ name: "Shirt", metadata: { InvtID: "SHIRT" } });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { PINNED_API_VERSION } from "./stripe-api.ts";
import { openShop, type Shop } from "./testing/shop.ts";

const READER = "rk_test_reader123";
const MINIMAL = "rk_test_minimal1";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
  const minimal = [
    ...["balance", "balance_transactions", "products", "prices", "checkout", "events"],
    ...["webhook_endpoints", "refunds", "invoice_payments", "payouts", "topups", "disputes"],
  ].map((resource) => `${resource}:read`);
  const written = ["charges", "payment_intents", "invoices", "customers"];
  await shop.admin("settings", {
    restrictedKeys: {
      [READER]: ["balance:read", "charges:read", "customers:write"],
      [MINIMAL]: [...minimal, ...written.map((resource) => `${resource}:write`)],
    },
  });
});
afterAll(() => shop.close());

test("a secret key may do all that the hub needs", async () => {
  const permissions = await shop.setup().permissions();

  expect(permissions.filter(({ isGranted }) => !isGranted)).toEqual([]);
  expect(permissions).toHaveLength(18);
});

test("each right that a restricted key lacks is named with what it is for", async () => {
  const permissions = await shop.setup(READER).permissions();

  const granted = permissions.filter(({ isGranted }) => isGranted);
  expect(granted.map(({ resource, right }) => `${resource} ${right}`)).toEqual([
    "Balance read",
    "Charges and Refunds read",
    "Customers read",
    "Customers write",
  ]);
  expect(permissions).toContainEqual({
    resource: "Invoices",
    right: "write",
    why: "SL's numbers in metadata",
    isGranted: false,
  });
});

test("the minimal key passes, and asking for rights changes nothing at Stripe", async () => {
  const intent = await shop.pay();
  const before = await shop.stripe.events.list({ limit: 100 });

  const permissions = await shop.setup(MINIMAL).permissions();

  expect(permissions.filter(({ isGranted }) => !isGranted)).toEqual([]);
  expect(await shop.stripe.events.list({ limit: 100 })).toEqual(before);
  expect((await shop.stripe.paymentIntents.retrieve(intent.id)).metadata).toEqual({});
});

test("a key that Stripe does not know is refused, not found without rights", async () => {
  await expect(shop.setup("rk_test_unknown12").permissions()).rejects.toMatchObject({
    code: "stripe.auth",
  });
});

test("an endpoint is made at the pinned version, listed, and taken away", async () => {
  const url = "https://hub.example.com/webhooks/stripe/acme-us";

  const { id, secret } = await shop.setup().createWebhookEndpoint(url, ["charge.succeeded"]);
  const listed = await shop.setup().webhookEndpoints();
  await shop.setup().deleteWebhookEndpoint(id);

  expect(secret).toMatch(/^whsec_/);
  expect(listed).toEqual([
    { id, url, isEnabled: true, apiVersion: PINNED_API_VERSION, types: ["charge.succeeded"] },
  ]);
  expect(await shop.setup().webhookEndpoints()).toEqual([]);
});

test("the newest charges are told by the payments they belong to", async () => {
  const first = await shop.pay();
  const second = await shop.pay();

  const keys = await shop.setup().newestCharges(2);

  expect(keys).toHaveLength(2);
  expect(keys).toEqual(expect.arrayContaining([first.id, second.id]));
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openShop, type Shop, saleOf } from "./testing/shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
beforeEach(async () => {
  await shop.admin("reset", {});
  shop.calls.length = 0;
});

describe("trouble", () => {
  test.each([
    [429, "stripe.rate_limited"],
    [500, "stripe.unavailable"],
    [503, "stripe.unavailable"],
    [401, "stripe.auth"],
    [403, "stripe.auth"],
    [400, "stripe.refused"],
  ])("status %i is %s", async (status, code) => {
    await shop.admin("faults", { path: "/v1/payment_intents/*", action: "error", status });

    await expect(shop.port.readLane("pi_1")).rejects.toMatchObject({ code });
    expect(shop.calls.some((call) => call.outcome === code)).toBe(true);
  });

  test("a dropped connection is stripe.unavailable", async () => {
    await shop.admin("faults", { path: "/v1/payment_intents/*", action: "drop" });

    await expect(shop.port.readLane("pi_1")).rejects.toMatchObject({ code: "stripe.unavailable" });
  });

  test("one dropped connection is tried again at once", async () => {
    const intent = await shop.pay();
    await shop.admin("faults", { path: "/v1/payment_intents/*", action: "drop", times: 1 });

    expect(saleOf(await shop.port.readLane(intent.id)).paymentIntentId).toBe(intent.id);
  });

  test("an unknown id is stripe.object_missing", async () => {
    await expect(shop.port.readLane("pi_unknown")).rejects.toMatchObject({
      code: "stripe.object_missing",
    });
    await expect(shop.port.readLane("re_1")).rejects.toMatchObject({
      code: "stripe.object_missing",
    });
    await expect(shop.port.readMetadata("re_1")).rejects.toMatchObject({
      code: "stripe.object_missing",
    });
  });

  test("a wrong key is stripe.auth, and the message holds no key", async () => {
    const wrong = shop.portWithKey("sk_test_wrong_key_1234567890");
    const failure = await wrong.checkAccess().catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: "stripe.auth" });
    expect(JSON.stringify(failure) + String(failure)).not.toContain("sk_test");
  });

  test("an abort ends the wait for a hanging call", async () => {
    await shop.admin("faults", { path: "/v1/payment_intents/*", action: "hang", delayMs: 2000 });

    await expect(shop.port.readLane("pi_1", AbortSignal.timeout(50))).rejects.toMatchObject({
      code: "stripe.unavailable",
    });
  });
});

describe("metadata", () => {
  test("is merged into what is there, and an empty text removes a key", async () => {
    const intent = await shop.pay({ metadata: { keep: "1", drop: "2" } });
    await shop.port.writeMetadata(intent.id, { DynamicsSL_InvoiceNbr: "000123", drop: "" });

    expect(await shop.port.readMetadata(intent.id)).toEqual({
      keep: "1",
      DynamicsSL_InvoiceNbr: "000123",
    });
  });

  test("is kept on customers, charges and invoices alike", async () => {
    const customer = await shop.stripe.customers.create({ name: "Acme" });
    const intent = await shop.pay({ customer: customer.id });
    const invoice = await shop.stripe.invoices.create({ customer: customer.id });
    const objects = [customer.id, String(intent.latest_charge), invoice.id];
    for (const id of objects) await shop.port.writeMetadata(id, { DynamicsSL_CustomerID: "C300" });
    const kept = await Promise.all(objects.map((id) => shop.port.readMetadata(id)));

    expect(kept.map((metadata) => metadata?.DynamicsSL_CustomerID)).toEqual([
      "C300",
      "C300",
      "C300",
    ]);
  });
});

test("access names the account and its mode", async () => {
  expect(await shop.port.checkAccess()).toEqual({
    accountId: expect.stringMatching(/^acct_/) as string,
    livemode: false,
  });
});

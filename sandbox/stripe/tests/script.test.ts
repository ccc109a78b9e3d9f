import { expect, it } from "vitest";
import { openReceiver, openWorkbench, subscribe, until } from "./workbench.ts";

const START = Date.parse("2026-03-01T12:00:00Z");
const HOUR_MS = 3_600_000;

it("makes each object of a script at its own moment, and what came due on its day", async () => {
  const { admin, rows } = await openWorkbench();
  await admin("/clock", { shiftMs: START - Date.now() });
  await admin("/settings", { payoutArrivesAfterDays: 1 });
  const paid = { amount: 5_000, currency: "usd", confirm: true };

  const played = await admin("/script", {
    acts: [
      {
        at: START + HOUR_MS,
        path: "/v1/payment_intents",
        body: { ...paid, payment_method: "pm_card_bypassPending" },
        name: "sale",
      },
      { at: START + 2 * HOUR_MS, path: "/_sandbox/payouts/now", name: "payout" },
      {
        at: START + 72 * HOUR_MS,
        path: "/v1/refunds",
        body: { charge: "{{sale.latest_charge}}", amount: 700 },
      },
    ],
    shiftMs: START + 80 * HOUR_MS - Date.now(),
  });

  expect(played).toEqual({ made: 3, refused: [] });
  const made = (await rows("balance_transaction")).map(({ type, created }) => [
    type,
    new Date(Number(created) * 1000).toISOString().slice(0, 13),
  ]);
  expect(made).toEqual([
    ["charge", "2026-03-01T13"],
    ["payout", "2026-03-01T14"],
    ["refund", "2026-03-04T12"],
  ]);
  const arrived = (await rows("event")).find(({ type }) => type === "payout.paid");
  expect(arrived?.created).toBe(Date.parse("2026-03-02T00:00:00Z") / 1000);
});

it("tells which acts of a script were refused, and goes on with the others", async () => {
  const { admin, rows } = await openWorkbench();
  const body = { amount: 5_000, currency: "usd", confirm: true };

  const { made, refused } = await admin("/script", {
    acts: [
      {
        at: Date.now(),
        path: "/v1/payment_intents",
        body: { ...body, payment_method: "pm_card_chargeDeclined" },
      },
      { at: Date.now(), path: "/v1/customers", body: { name: "Ada" } },
    ],
    shiftMs: 0,
  });

  expect(made).toBe(1);
  expect(refused).toMatchObject([{ index: 0, status: 402 }]);
  expect(await rows("customer")).toHaveLength(1);
});

it("a spread delivery comes by chance within its time, signed with the sandbox's own", async () => {
  const { admin, stripe } = await openWorkbench();
  const receiver = await openReceiver();
  const { secret } = await subscribe(stripe, receiver);
  await admin("/webhooks", { spreadMs: HOUR_MS, ownTime: true, seed: 3 });

  await admin("/clock", { shiftMs: START - Date.now() });
  await stripe.customers.create({ name: "Ada" });
  const atOnce = await admin("/webhooks");
  await admin("/clock", { shiftMs: START + HOUR_MS - Date.now() });
  const delivery = await until("the webhook", () => receiver.got[0]);

  expect(atOnce).toMatchObject({ state: { queued: 0, inFlight: 0, pending: 1 } });
  const signedAt = Number(/t=(\d+)/.exec(delivery.signature)?.[1]) * 1000;
  expect(Math.abs(signedAt - START - HOUR_MS)).toBeLessThan(10_000);
  const now = Math.floor((START + HOUR_MS) / 1000);
  expect(() =>
    stripe.webhooks.constructEvent(delivery.body, delivery.signature, secret, 300, undefined, now),
  ).not.toThrow();
});

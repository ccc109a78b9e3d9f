import { afterAll, beforeAll, expect, test } from "vitest";
import { openShop, type Shop } from "./testing/shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

test("the balance holds what the rows add up to, whether available or not", async () => {
  await shop.pay();
  const rows = [];
  for await (const page of shop.port.listRows({ from: new Date(0) })) rows.push(...page.rows);

  const [usd] = await shop.port.readBalance();

  const net = rows.reduce((total, row) => total + row.net.minor, 0n);
  expect((usd?.available.minor ?? 0n) + (usd?.pending.minor ?? 0n)).toBe(net);
  expect(net).toBeGreaterThan(0n);
});

test("a charge is pending until its bank has paid, and other ids are no charge", async () => {
  const paid = await shop.pay();
  const debit = await shop.pay({ payment_method: "pm_usBankAccount_success" });
  const standing = async (id: unknown) =>
    (await shop.port.readChargeStanding(String(id)))?.standing;
  const before = await standing(debit.latest_charge);
  await shop.admin(`payment_intents/${debit.id}/settle`, { succeeds: false });

  expect(await standing(paid.latest_charge)).toBe("succeeded");
  expect([before, await standing(debit.latest_charge)]).toEqual(["pending", "failed"]);
  const refund = await shop.stripe.refunds.create({ charge: String(paid.latest_charge) });
  expect(await shop.port.readChargeStanding(refund.id)).toEqual({
    chargeId: paid.latest_charge,
    standing: "succeeded",
  });
  expect(await standing("ch_unknown")).toBeUndefined();
  expect(await standing(paid.id)).toBeUndefined();
});

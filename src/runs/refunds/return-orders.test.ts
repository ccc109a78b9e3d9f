import { describe, expect, test } from "vitest";
import { money } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { ShipmentReading } from "../../erp/port.ts";
import type { RunContext } from "../context.ts";
import { type AwaitedReturn, awaitReturns } from "./return-orders.ts";

const NOW = new Date("2026-06-01T12:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const usd = (minor: number) => money(minor, "USD");

const SALE = { document: { identity: "pi_1" } } as unknown as Sale;

function awaited(refundId: string, minor: number, ageMs: number): AwaitedReturn {
  const createdAt = new Date(NOW.getTime() - ageMs);
  return { refundId, customerId: "C300", createdAt, left: usd(minor), refundIds: ["re_1", "re_2"] };
}

type Memo = Readonly<{ amount: number; open?: number; isReleased?: boolean; takenBy?: string }>;

/** A pair that waits for `waitDays`, whose order O1 has these credit memos of returns in SL. */
function aContext(waitDays: number, memos: readonly Memo[] = []): RunContext {
  const orders = memos.map((memo, at) => ({
    ...memo,
    number: `RM${at + 1}`,
    refNbr: `CM${at + 1}`,
  }));
  const order = {
    stage: "done",
    draft: { orderDate: "2026-03-01" },
    receipt: { orderNumber: "O1" },
  };
  const taken = (object: string) =>
    orders
      .filter(({ takenBy }) => takenBy === object)
      .map(({ refNbr }) => ({ stage: "done", draft: { payer: { type: "CM", refNbr } } }));
  return {
    pair: { settings: { order: { waitDays }, cutoff: { zone: "UTC" } } },
    door: {
      clock: { now: () => NOW },
      store: { find: () => order, parts: (object: string) => taken(object) },
      erp: {
        orders: {
          findReturns: async () =>
            orders.map(({ number }) => ({ orderNumber: number, original: "O1" })),
          readShipments: async (number: string) =>
            orders.filter((one) => one.number === number).map(shipmentOf),
        },
        readBatch: async (_screen: string, batNbr: string) => {
          const memo = orders.find(({ number }) => number === batNbr);
          if (memo === undefined) return undefined;
          const { amount, open = amount, isReleased = true, refNbr } = memo;
          const document = { type: "CM", refNbr, amount: usd(amount), balance: usd(open) };
          return { isReleased, documents: [document] };
        },
      },
    },
  } as unknown as RunContext;
}

function shipmentOf({ number, refNbr, amount }: Memo & { number: string; refNbr: string }) {
  const plain = { shipperId: `S-${number}`, orderNumber: number, isCancelled: false };
  const memo = { total: usd(amount), batNbr: number, invoiceNumber: refNbr, documentType: "CM" };
  return { ...plain, ...memo } satisfies ShipmentReading;
}

describe("refunds that wait for their return orders", () => {
  test("are looked at as often as the youngest wants, and named with what is owed", async () => {
    const both = [awaited("re_1", 7_500, 5 * DAY_MS), awaited("re_2", 1_250, 60_000)];

    expect(await awaitReturns(aContext(90), SALE, both)).toEqual({
      dueInMs: 2 * 60_000,
      waitsFor: "a return order of O1 in SL for re_1 (75.00 USD), re_2 (12.50 USD)",
    });
  });

  test("wait for nothing where there are none", async () => {
    expect(await awaitReturns(aContext(90, [{ amount: 7_500 }]), SALE, [])).toBeUndefined();
  });

  test("park once the oldest has waited for longer than order.wait-days", async () => {
    const both = [awaited("re_1", 7_500, 3 * DAY_MS + 1), awaited("re_2", 1_250, HOUR_MS)];

    await expect(awaitReturns(aContext(3), SALE, both)).rejects.toMatchObject({
      code: "erp.order_return_open",
      message: "No return of order O1 for more than 3 days: re_1 (75.00 USD), re_2 (12.50 USD)",
      facts: {
        orderNumber: "O1",
        refunds: "re_1 (75.00 USD), re_2 (12.50 USD)",
        setting: "order.wait-days",
      },
    });
    const inTime = [awaited("re_1", 7_500, 3 * DAY_MS)];
    expect(await awaitReturns(aContext(3), SALE, inTime)).toMatchObject({ dueInMs: 4 * HOUR_MS });
  });

  test.each([
    ["over another amount", { amount: 5_000 }, "50.00"],
    ["of which a person has applied a part", { amount: 9_000, open: 7_500 }, "75.00"],
  ])("park at once for a credit memo %s", async (_what, memo, open) => {
    const one = [awaited("re_1", 7_500, HOUR_MS)];

    await expect(awaitReturns(aContext(90, [memo]), SALE, one)).rejects.toMatchObject({
      code: "erp.order_return_open",
      message:
        `Credit memo CM1 of a return of order O1 has ${open} USD open, ` +
        "which is the amount of none of its refunds: re_1 (75.00 USD)",
      facts: { orderNumber: "O1", refNbr: "CM1", open },
    });
  });

  test.each([
    ["is not released", { amount: 5_000, isReleased: false }],
    ["has nothing open", { amount: 5_000, open: 0 }],
    ["another refund has taken", { amount: 5_000, takenBy: "re_2" }],
  ])("go on waiting beside a credit memo that %s", async (_what, memo) => {
    const one = [awaited("re_1", 7_500, HOUR_MS)];

    expect(await awaitReturns(aContext(90, [memo]), SALE, one)).toMatchObject({
      waitsFor: "a return order of O1 in SL for re_1 (75.00 USD)",
    });
  });
});

import { describe, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { openWorld, type Row, type World } from "../support/world.ts";
import {
  documentsOf,
  expectBookedOnce,
  expectParked,
  expectParkedUnbooked,
  memosInBooks,
  openlyParked,
  resume,
  trimmed,
  untilQuiet,
} from "./books.ts";
import { checkOut, type Order, pay } from "./orders.ts";

async function inWorld(baseCurrency: string, act: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld({}, { baseCurrency });
  try {
    await act(world);
  } finally {
    await world.close();
  }
}

const CURRENCY_EXPONENT = "currency-exponents.UGX";

/** An order in shillings whose invoice is booked and whose payment SL refuses. */
async function halfBooked(world: World): Promise<Order> {
  const match = { service: "paymentApplication", actionType: "ADD" };
  const effect = { kind: "refuse", message: "Message 6900: locked", messageNbr: 6900 };
  await world.slAdmin("/faults", { match, effect });
  const order = await pay(world, 1_234_500, { currency: "ugx" });
  await expectParked(world, order, "erp.refused");
  return order;
}

async function setExponent(world: World, value: number): Promise<void> {
  await world.set(CURRENCY_EXPONENT, value);
}

async function exponentCheck(world: World): Promise<Row | undefined> {
  const init = { method: "POST", body: { pair: world.pair } };
  const { checks } = await world.api<{ checks: Row[] }>("/api/doctor", init);
  return checks.find((check) => check.name === "currency-exponents");
}

/** One released invoice of the order stands in SL, and nothing else of it. */
async function expectInvoiceAlone(world: World, order: Order): Promise<void> {
  const documents = await documentsOf(world, [order.id, ...order.chargeIds]);
  expect(documents.map((row) => [trimmed(row.DocType), row.OrigDocAmt])).toEqual([
    ["IN", order.total],
  ]);
}

describe("an account that counts shillings otherwise than Stripe's table", () => {
  test("is booked by the pair's currency-exponents", async () => {
    await inWorld("UGX", async (world) => {
      await setExponent(world, 0);

      const order = await pay(world, 500, { currency: "ugx", decimals: 0 });

      const { invoice } = await expectBookedOnce(world, order);
      expect(invoice.OrigDocAmt).toBe(500);
      expect(await exponentCheck(world)).toMatchObject({
        state: "warning",
        text: "amounts are read as UGX with 0 decimals instead of 2",
      });
    });
  });

  test("whose setting changes keeps what is booked, and what is begun parks", async () => {
    await inWorld("UGX", async (world) => {
      const booked = await pay(world, 500, { currency: "ugx" });
      await expectBookedOnce(world, booked);
      const begun = await halfBooked(world);
      await setExponent(world, 0);

      await world.stripe.charges.update(booked.chargeIds[0] ?? "", { description: "touched" });
      await resume(world, begun);
      const parked = await expectParked(world, begun, "conflict.draft_changed");

      expect(String(parked.cure)).toContain("currency-exponents");
      await expectInvoiceAlone(world, begun);
      await expectBookedOnce(world, booked);
      await setExponent(world, 2);
      await resume(world, begun);
      await expectBookedOnce(world, begun);
    });
  });
});

describe("a company whose books are in another currency", () => {
  test.each([
    ["JPY", 5_000, 0],
    ["KWD", 10_500, 3],
    ["KWD", 12_345_670, 3],
    ["ISK", 50_000, 2],
    ["UGX", 1_234_500, 2],
  ] as const)(
    "books %s of %i minor units to the last decimal",
    async (currency, minor, decimals) => {
      await inWorld(currency, async (world) => {
        const order = await pay(world, minor, { currency: currency.toLowerCase(), decimals });

        const { invoice, payments } = await expectBookedOnce(world, order);

        const currencies = [invoice, ...payments].map((row) => trimmed(row.CuryId));
        expect(currencies).toEqual([currency, currency]);
      });
    },
  );

  test("takes back whole kronur of each line, where SL keeps no others", async () => {
    await inWorld("ISK", async (world) => {
      const where = { CuryId: "ISK" };
      await world.slAdmin("/rows", { table: "Currncy", where, set: { DecPl: 0 } });
      const product_data = { name: "Shirt", metadata: { InvtID: "TSHIRT" } };
      const line = (unit_amount: number) => ({
        quantity: 1,
        price_data: { currency: "isk", unit_amount, product_data },
      });
      const order = await checkOut(world, { line_items: [line(50_000), line(100_000)] });
      await expectBookedOnce(world, order);

      const refund = { charge: order.chargeIds[0] ?? "", amount: 70_000 };
      const { id } = await world.stripe.refunds.create(refund);
      await until("the refund to be worked on", async () => {
        return (await memosInBooks(world, id)).length > 1;
      });
      await untilQuiet(world, order.id);

      expect(await openlyParked(world, order.id)).toEqual([]);
      expect(await memosInBooks(world, id)).toEqual([
        "DM 700 open 0: 1095 -700",
        "CM 700 open 0: 4100 233, 4100 467",
      ]);
    });
  });

  test("parks a charge in dollars", async () => {
    await inWorld("JPY", async (world) => {
      const order = await pay(world, 1_000);

      const parked = await expectParkedUnbooked(world, order, "mapping.currency_unsupported");

      expect(String(parked.reason)).toContain("JPY");
    });
  });

  test("parks a currency that SL keeps with too few decimals", async () => {
    await inWorld("KWD", async (world) => {
      const where = { CuryId: "KWD" };
      await world.slAdmin("/rows", { table: "Currncy", where, set: { DecPl: 2 } });
      const order = await pay(world, 10_500, { currency: "kwd", decimals: 3 });

      await expectParkedUnbooked(world, order, "money.precision");
    });
  });
});

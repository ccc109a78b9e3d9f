import { describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce, expectParkedUnbooked, trimmed } from "./books.ts";
import { pay } from "./orders.ts";

async function inWorld(baseCurrency: string, act: (world: World) => Promise<void>): Promise<void> {
  const world = await openWorld({}, { baseCurrency });
  try {
    await act(world);
  } finally {
    await world.close();
  }
}

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

import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const OF_A_CARD = /"(?:fingerprint|exp_month|exp_year|iin)"\s*:\s*(?:"[^"*]|[1-9])/;

/** Every row of every table of the hub, as text; bytes as the text that they are. */
async function everythingStored(): Promise<string[]> {
  const tables = await world.sql(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await world.sql(`select * from "${String(name)}"`);
    for (const row of rows) {
      const values = Object.values(row);
      texts.push(values.map((value) => asText(value)).join("\n"));
    }
  }
  return texts;
}

function asText(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text ?? "";
}

test("nothing that the hub stores of an order shows the secret of its PaymentIntent", async () => {
  const order = await pay(world, 2_200);
  await expectBookedOnce(world, order);
  const { client_secret } = await world.stripe.paymentIntents.retrieve(order.id);

  const texts = await everythingStored();

  expect(texts.some((text) => text.includes('"client_secret"'))).toBe(true);
  expect(client_secret).toContain(`${order.id}_secret_`);
  expect(texts.filter((text) => text.includes(client_secret ?? ""))).toEqual([]);
});

test("nothing that the hub stores of an order shows a card's expiry or fingerprint", async () => {
  const order = await pay(world, 3_300);
  await expectBookedOnce(world, order);
  const charges = await world.stripe.charges.list({ payment_intent: order.id });
  const card = charges.data[0]?.payment_method_details?.card;

  const texts = await everythingStored();

  expect(OF_A_CARD.test(JSON.stringify(card))).toBe(true);
  expect(texts.some((text) => text.includes(`"last4"`) && text.includes("4242"))).toBe(true);
  expect(texts.filter((text) => OF_A_CARD.test(text))).toEqual([]);
  expect(texts.filter((text) => text.includes(card?.fingerprint ?? "none told"))).toEqual([]);
});

import { hash } from "node:crypto";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../test/support/postgres.ts";
import { openPool } from "../db/index.ts";
import { startIntake } from "./testing/intake-server.ts";
import { aChargeEvent, aWebhook, post } from "./testing/webhook.ts";

let database: TestDatabase;
let pool: Pool;
let intake: Awaited<ReturnType<typeof startIntake>>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { applicationName: "stored-body-test", max: 4 });
  intake = await startIntake(pool);
});
afterAll(async () => {
  await intake.close();
  await pool.end();
  await database.drop();
});

async function stored(id: string) {
  const result = await pool.query<{ body: Buffer; signed_sha256: Buffer | null }>(
    "select body, signed_sha256 from event where stripe_event_id = $1",
    [id],
  );
  return result.rows[0];
}

test("card data is not stored, the hash of what was signed is", async () => {
  const card = { brand: "visa", exp_month: 12, fingerprint: "Xt5EWLLDS7FJjR1c", last4: "4242" };
  const object = { id: "ch_c", payment_intent: "pi_c", payment_method_details: { card } };
  const webhook = aWebhook(aChargeEvent("evt_card", { data: { object } }));

  const response = await post(intake.url, webhook);

  expect(response.status).toBe(200);
  const row = await stored("evt_card");
  const text = row?.body.toString() ?? "";
  expect(text).toContain('"brand":"visa","exp_month":0 ,"fingerprint":"****************"');
  expect(text).toContain('"last4":"4242"');
  expect(text).toHaveLength(webhook.body.length);
  expect(row?.signed_sha256?.toString("hex")).toBe(hash("sha256", webhook.body));
});

test("an event without card data is stored as it was signed", async () => {
  const webhook = aWebhook(aChargeEvent("evt_no_card"));

  await post(intake.url, webhook);

  expect(await stored("evt_no_card")).toEqual({ body: webhook.body, signed_sha256: null });
});

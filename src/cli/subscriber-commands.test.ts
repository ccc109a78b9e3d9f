import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "../../test/support/postgres.ts";
import { type Served, serveApi, TEST_TOKEN } from "../api/testing/serve-api.ts";
import { openPool } from "../db/index.ts";
import { tellSome } from "../subscribers/testing/tell-some.ts";
import { runCommand } from "./testing/run-command.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
let api: Served;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.url, { max: 5, applicationName: "subscriber-commands-test" });
  api = await serveApi(pool);
  await tellSome(pool, ["pi_1", "pi_2"]);
});

afterAll(async () => {
  await api?.close();
  await pool?.end();
  await database?.drop();
});

const slipway = (...args: string[]) =>
  runCommand([...args, "--url", api.url, "--token", TEST_TOKEN]);

test("a subscriber is added with its secret shown once, listed, shown and removed", async () => {
  const url = "https://shop.example.com/slipway?key=of-the-shop";
  const added = await slipway("subscribers", "add", "shop", url, "--types", "order.booked");
  const again = await slipway("subscribers", "add", "shop", url);
  const [listed, shown] = await Promise.all([
    slipway("subscribers", "list", "--json"),
    slipway("subscribers", "show", "shop"),
  ]);
  const removed = await slipway("subscribers", "remove", "shop");

  expect(added.out).toMatch(/^shop is added\nSecret, shown this once: whsec_[\w+/]{43}=\n$/);
  const secret = added.out.match(/whsec_\S+/)?.[0] ?? "";
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("already")]);
  expect(JSON.parse(listed.out)).toMatchObject({ id: "shop", types: ["order.booked"] });
  expect(shown.out).toContain("types        order.booked\npairs        all\n");
  expect(listed.out + shown.out).not.toContain(secret);
  expect(listed.out + shown.out).not.toContain("of-the-shop");
  expect(removed.code).toBe(0);
});

test("the stream prints a line for each event, and with --json the event itself", async () => {
  const [lines, json, misspelt] = await Promise.all([
    slipway("stream"),
    slipway("stream", "--json", "--from", "1"),
    slipway("stream", "--types", "order.boked"),
  ]);

  expect(lines.out).toMatch(/ {2}1 {2}order\.booked {2}acme-us pi_1 {2}object=pi_1\n.*pi_2\n$/);
  expect(JSON.parse(json.out)).toMatchObject({ position: "2", key: "pi_2", version: 1 });
  expect(misspelt.code).toBe(2);
});

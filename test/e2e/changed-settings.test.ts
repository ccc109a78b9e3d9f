import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Trace } from "../../src/api/contract.ts";
import { settingsPath } from "../../src/config/index.ts";
import { until } from "../support/wait.ts";
import { openWorld, type World } from "../support/world.ts";
import { expectBookedOnce } from "./books.ts";
import { pay } from "./orders.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await expectBookedOnce(world, await pay(world, 1_100));
});

afterAll(async () => {
  await world.close();
});

const set = (path: string, value: string | null) =>
  world.api(`/api/pairs/${world.pair}`, { method: "PATCH", body: { path, value } });

test.each([
  ["zone", "America/New_York", "Asia/Tokyo"],
  ["clearing account", "1095/", "1096/"],
])("a pair whose %s was edited by hand is paused until the old one is back", async (...row) => {
  const [, old, other] = row;
  const file = settingsPath(world.home);
  const before = readFileSync(file, "utf8");
  const edited = before.replace(old, other);
  writeFileSync(file, edited);
  await world.restartHub();

  const order = await pay(world, 2_200);
  const held = await until("the order to be held back for the setting", async () => {
    const { lanes } = await world.api<Trace>(`/api/trace/${order.id}`);
    return lanes.find(({ heldBack }) => heldBack?.startsWith("config.booked_otherwise: ") === true);
  });
  const runs = await world.sql("select 1 from run where lane_key = $1", [order.id]);
  writeFileSync(file, before);
  await world.restartHub();

  expect(edited).not.toBe(before);
  expect(held.heldBack).toContain(old);
  expect(runs).toEqual([]);
  await expectBookedOnce(world, order);
});

test("another clearing account is refused under books, and a new currency taken", async () => {
  await expect(set("accounts.clearing.USD", "1096/000000000000")).rejects.toThrow(
    /422 .*"field":"pairs\.\w+\.accounts\.clearing\.USD","example":"1095\/000000000000"/,
  );
  await expect(set("accounts.clearing.USD", "1095/000000000001")).rejects.toThrow(
    "on 1095/000000000000; with 1095/000000000001 in its place",
  );
  await set("accounts.clearing.EUR", "1097/000000000000");
});

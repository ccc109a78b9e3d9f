import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActRow, Trace } from "../../src/api/contract.ts";
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

async function history(): Promise<readonly ActRow[]> {
  return (await world.api<{ rows: ActRow[] }>("/api/acts?act=configured")).rows;
}

const set = (path: string, value: string) =>
  world.api(`/api/pairs/${world.pair}`, { method: "PATCH", body: { path, value, by: "maria" } });

test.each([
  ["zone", "time-zone", "America/New_York", "Asia/Tokyo"],
  ["clearing account", "accounts.clearing.USD", "1095/", "1096/"],
])("a pair whose %s was edited by hand is paused until the old one is back", async (...row) => {
  const [, setting, old, other] = row;
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
  const [told] = await history();
  writeFileSync(file, before);
  await world.restartHub();

  expect(edited).not.toBe(before);
  expect(held.heldBack).toContain(old);
  expect(runs).toEqual([]);
  expect(told).toMatchObject({ pair: world.pair, laneKey: null, by: "slipway.yaml" });
  expect(told?.changes.map((change) => change.setting)).toEqual([setting]);
  expect(told?.changes[0]?.before).toContain(old);
  expect(told?.changes[0]?.after).toContain(other);
  await expectBookedOnce(world, order);
});

test("another clearing account is refused under books, and a new currency taken", async () => {
  const [newest] = await history();

  await expect(set("accounts.clearing.USD", "1096/000000000000")).rejects.toThrow(
    /422 .*"field":"pairs\.\w+\.accounts\.clearing\.USD","example":"1095\/000000000000"/,
  );
  await expect(set("accounts.clearing.USD", "1095/000000000001")).rejects.toThrow(
    "on 1095/000000000000; with 1095/000000000001 in its place",
  );
  const afterwards = await history();
  await set("accounts.clearing.EUR", "1096/000000000000");

  expect(afterwards[0]?.id).toBe(newest?.id);
  expect((await history())[0]).toMatchObject({
    ...{ by: "maria", words: 'accounts.clearing.EUR: not set → "1096/000000000000"' },
  });
});

test("the history tells who changed which setting, and shows no secret", async () => {
  await set("terms.paid", "30");
  await set("sl.password", "another one");
  await set("terms.paid", "01");
  const seen = await history();

  expect(seen.slice(0, 3).map(({ by, words }) => `${by} ${words}`)).toEqual([
    'maria terms.paid: "30" → "01"',
    "maria sl.password: another secret",
    'maria terms.paid: "01" → "30"',
  ]);
  expect(seen.at(-1)).toMatchObject({ pair: world.pair, by: "the API" });
  expect(seen.at(-1)?.words).toMatch(/^a new pair, with \d+ settings$/);
  const shown = JSON.stringify(seen);
  expect(world.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  expect(shown).not.toMatch(/another one|enc:v1:/);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type DynamicsSlSandbox,
  startDynamicsSlSandbox,
} from "../../sandbox/dynamics-sl/server.ts";
import { SlClient } from "../../sandbox/dynamics-sl/tests/client.ts";
import { aLine, placeOpen } from "../../sandbox/dynamics-sl/tests/orders.ts";
import { runCommand } from "./testing/run-command.ts";
import type { Ran } from "./testing/run-slipway.ts";

let sandbox: DynamicsSlSandbox;
let client: SlClient;

beforeAll(async () => {
  sandbox = await startDynamicsSlSandbox();
  client = new SlClient(sandbox.url, sandbox.credentials);
});
afterAll(() => sandbox.close());

function run(...args: readonly string[]): Promise<Ran> {
  return runCommand(["sandbox", ...args, "--sl-url", sandbox.url]);
}

test("an order is shipped in part, then listed with its invoice", async () => {
  const ordNbr = await placeOpen(client, [aLine(3, 10), aLine(1, 20)]);

  const shipped = await run("ship", ordNbr, "--lines", "1,2", "--qty", "2,1");
  const listed = await run("orders", "--customer", "C300");

  expect(shipped.code).toBe(0);
  expect(shipped.out).toMatch(/^Shipped S\d+: 40\.00 USD, invoice I\d+ in batch \d+, released\.$/m);
  expect(shipped.out).toContain(`Order ${ordNbr} of C300: open, 50.00 USD, 10.00 not shipped`);
  expect(listed.out).toMatch(/^Order +Customer /);
  expect(listed.out).toMatch(
    new RegExp(`^${ordNbr} +C300 .* open +50\\.00 +10\\.00 +USD +I\\d+$`, "m"),
  );
});

test("shippers without invoice are invoiced together", async () => {
  const orders = [await placeOpen(client, [aLine(1, 10)]), await placeOpen(client, [aLine(1, 5)])];
  const told: string[] = [];
  for (const ordNbr of orders) told.push((await run("ship", ordNbr, "--no-invoice")).out);
  const shippers = told.map((out) => /^Shipped (\w+)/.exec(out)?.[1] ?? "");

  const ran = await run("invoice", ...shippers);

  expect(told[1]).toContain(`Shipped ${shippers[1]}: 5.00 USD, not invoiced yet.`);
  expect(ran.out).toMatch(/^Invoice I\d+ in batch \d+, status U\.$/m);
});

test("goods of an order come back by an order of their own", async () => {
  const ordNbr = await placeOpen(client, [aLine(3, 10)]);
  await run("ship", ordNbr);

  const ran = await run("return", ordNbr, "--lines", "1", "--qty", "2", "--type", "cm");
  const wrong = await run("return", ordNbr, "--type", "so");

  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(
    /^Taken back by CMS\d+: 20\.00 USD, invoice CM\d+ in batch \d+, released\.$/m,
  );
  expect(ran.out).toMatch(/^Order CMO\d+ of C300: closed, 20\.00 USD/m);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("makes no credit memos")]);
});

test("the schedule is set, and a pause that is none is wrong usage", async () => {
  const set = await run("schedule", "3600", "--json");
  const wrong = await run("schedule", "soon");

  expect(JSON.parse(set.out)).toEqual({ shipEverySeconds: 3600 });
  expect(await client.admin("GET", "/switches")).toMatchObject({ shipEverySeconds: 3600 });
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('not "soon"')]);
});

test("JSON of an order that is cancelled is JSON", async () => {
  const ordNbr = await placeOpen(client, [aLine(1, 10)]);

  const ran = await run("cancel", ordNbr, "--json");

  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.out)).toMatchObject({ ordNbr, status: "C", cancelled: true });
});

test("what SL refuses is told in its words and is no mistake of usage", async () => {
  const ran = await run("ship", "O9999999");

  expect([ran.code, ran.out]).toEqual([1, ""]);
  expect(ran.err).toContain("Order O9999999 not found");
});

test.each([
  ["a quantity without its line", ["--qty", "2"], "--qty and --price need --lines"],
  ["more quantities than lines", ["--lines", "1", "--qty", "2,3"], "2 values for 1 lines"],
  ["a line that is no number", ["--lines", "first"], 'such as 1,2, not "first"'],
  ["a quantity that is none", ["--lines", "1", "--qty", "-2"], 'such as 2 or 4.50, not "-2"'],
])("%s is wrong usage", async (_what, flags, reason) => {
  const ran = await run("ship", "O0005001", ...flags);

  expect(ran.code).toBe(2);
  expect(ran.err).toContain(reason);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startStripeSandbox } from "../../sandbox/stripe/server.ts";
import { demoStatePath } from "../demo/demo-state.ts";
import { writeState } from "./hub-state.ts";
import { runSlipway } from "./testing/run-slipway.ts";

let home: string;
let sandbox: Awaited<ReturnType<typeof startStripeSandbox>>;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "slipway-buy-"));
  sandbox = await startStripeSandbox({});
  const stripePort = Number(new URL(sandbox.url).port);
  writeState(demoStatePath(home), { stripePort, stripeKey: sandbox.secretKey });
});

afterAll(async () => {
  await sandbox.close();
  rmSync(home, { recursive: true, force: true });
});

test("a cart is paid with its discount and its tax, and names its items", async () => {
  const items = ["WIDGET:30.00:2", "GADGET:80.00"];
  const flags = ["--tax", "10", "--discount", "50", "--shipping", "5", "--order", "1001"];

  const ran = await runSlipway(["sandbox", "buy", ...items, ...flags, "--home", home, "--json"]);

  const bought = JSON.parse(ran.out) as { paymentIntentId: string; amount: string };
  expect(bought.amount).toBe("82.00 USD");
  const stripe = new Stripe(sandbox.secretKey, {
    host: "127.0.0.1",
    port: Number(new URL(sandbox.url).port),
    protocol: "http",
  });
  const intent = await stripe.paymentIntents.retrieve(bought.paymentIntentId);
  expect(intent).toMatchObject({ status: "succeeded", metadata: { order_id: "1001" } });
  const products = await stripe.products.list();
  expect(products.data.map(({ metadata }) => metadata.InvtID)).toEqual(["GADGET", "WIDGET"]);
});

test.each([
  ["no price", ["WIDGET"], '"WIDGET" is no item with its price: TSHIRT:20.00:2'],
  ["a price of three decimals", ["WIDGET:1.005"], "is an amount such as 30.00"],
  ["no whole quantity", ["WIDGET:1.00:0"], '"WIDGET:1.00:0" is no item with its price'],
  ["a tax of everything", ["WIDGET:1.00", "--tax", "100"], "--tax takes a percentage"],
])("with %s nothing is bought and the reason is told", async (_name, words, reason) => {
  const ran = await runSlipway(["sandbox", "buy", ...words, "--home", home]);

  expect(ran.code).not.toBe(0);
  expect(ran.err).toContain(reason);
});

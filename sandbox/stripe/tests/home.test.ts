import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Stripe from "stripe";
import { afterEach, expect, it } from "vitest";
import { openReceiver, openWorkbench, pay, subscribe, until } from "./workbench.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const homes: string[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "stripe-sandbox-"));
  homes.push(home);
  return home;
}

type Ready = { ready: boolean; url: string; secretKey: string };

async function startMain(home: string, port = "0"): Promise<Ready & { child: ChildProcess }> {
  const child = spawn(process.execPath, [MAIN, "--home", home, "--port", port], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  return { ...(JSON.parse(line) as Ready), child };
}

function sdk({ url, secretKey }: Ready): Stripe {
  const port = new URL(url).port;
  return new Stripe(secretKey, { host: "127.0.0.1", port, protocol: "http" });
}

it("a sandbox that was killed finds its rows, key and port again", async () => {
  const home = newHome();
  const first = await startMain(home);
  const { charge } = await pay(sdk(first), { metadata: { order: "1" } });
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const second = await startMain(home, new URL(first.url).port);

  expect(second).toMatchObject({ url: first.url, secretKey: first.secretKey });
  const found = await sdk(second).charges.retrieve(charge.id);
  expect(found).toMatchObject({ id: charge.id, metadata: { order: "1" } });
  expect((await sdk(second).events.list()).data).toHaveLength(3);
});

it("a sandbox stops cleanly when it is asked to", async () => {
  const { child } = await startMain(newHome());

  child.kill("SIGTERM");

  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(0);
});

it("a torn last line is a commit that never was", async () => {
  const home = newHome();
  const first = await openWorkbench({ home });
  const customer = await first.stripe.customers.create();
  await first.sandbox.close();
  appendFileSync(join(home, "rows.jsonl"), '[{"table":"customer","key":"cus_torn","row":{"id"');

  const second = await openWorkbench({ home });

  expect((await second.rows("customer")).map((row) => row.id)).toEqual([customer.id]);
});

it("deliveries that were owed go out after a restart", async () => {
  const home = newHome();
  const first = await openWorkbench({ home });
  const receiver = await openReceiver();
  await subscribe(first.stripe, receiver);
  await first.admin("/webhooks", { pause: true });
  await first.stripe.customers.create();
  await first.sandbox.close();

  const second = await openWorkbench({ home });
  await second.admin("/webhooks", { pause: false });

  await until("the delivery", () => receiver.got.length === 1);
  expect(receiver.got[0]?.type).toBe("customer.created");
});

it("a charge whose capture was under way is booked after a restart", async () => {
  const home = newHome();
  const first = await openWorkbench({ home });
  await first.admin("/settings", { asyncCaptureDelayMs: 50 });
  await first.admin("/clock", { freeze: true });
  const { charge } = await pay(first.stripe);
  await first.sandbox.close();

  const second = await openWorkbench({ home });

  const look = () => second.stripe.charges.retrieve(charge.id);
  await expect
    .poll(async () => (await look()).balance_transaction, { timeout: 5000 })
    .toMatch(/^txn_/);
});

it("a restore brings back exactly what the snapshot held", async () => {
  const { stripe, admin, rows } = await openWorkbench({ home: newHome() });
  const kept = await stripe.customers.create({ name: "Kept" });
  await admin("/snapshot", { name: "before" });
  await stripe.customers.update(kept.id, { name: "Changed" });
  await pay(stripe);

  await admin("/restore", { name: "before" });

  expect(await rows("customer")).toMatchObject([{ id: kept.id, name: "Kept" }]);
  expect(await rows("charge")).toEqual([]);
  expect((await stripe.events.list()).data).toHaveLength(1);
});

it("a restored state is the one a restart finds", async () => {
  const home = newHome();
  const first = await openWorkbench({ home });
  await first.stripe.customers.create({ name: "Kept" });
  await first.admin("/snapshot", { name: "before" });
  await first.stripe.customers.create({ name: "Lost" });
  await first.admin("/restore", { name: "before" });
  await first.sandbox.close();

  const second = await openWorkbench({ home });

  expect((await second.rows("customer")).map((row) => row.name)).toEqual(["Kept"]);
});

it("a reset leaves an empty account under the same key", async () => {
  const { stripe, admin, rows } = await openWorkbench();
  await pay(stripe);

  await admin("/reset", {});

  expect(await rows("charge")).toEqual([]);
  expect((await stripe.balance.retrieve()).pending).toMatchObject([{ amount: 0 }]);
});

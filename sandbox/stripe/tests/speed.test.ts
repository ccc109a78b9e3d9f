import { createServer } from "node:http";
import { expect, it } from "vitest";
import { openReceiver, openWorkbench, pay, serve, subscribe, until } from "./workbench.ts";

// Beside a bare server in the same moments, as shares far below what they are: they catch a scan
// over all rows, and no busy core.
const READS_SHARE = 0.1;
const DELIVERIES_SHARE = 0.1;
const ROUNDS = 4;
const AT_ONCE = 20;

/** Milliseconds that `count` calls take, so many at once. */
async function msOf(count: number, call: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, call));
  }
  return performance.now() - startedMs;
}

it("simple reads are a tenth as fast as a bare server's at least", async () => {
  const { sandbox, stripe } = await openWorkbench();
  const { charge } = await pay(stripe);
  const headers = { authorization: `Bearer ${sandbox.secretKey}` };
  const url = `${sandbox.url}/v1/charges/${charge.id}`;
  const read = async (from: string) => (await fetch(from, { headers })).text();
  const text = await read(url);
  const bareUrl = await serve(createServer((_request, response) => response.end(text)));

  let [sandboxMs, bareMs] = [0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    sandboxMs += await msOf(160, () => read(url));
    bareMs += await msOf(160, () => read(bareUrl));
  }

  console.log(`reads, share of a bare server's: ${(bareMs / sandboxMs).toFixed(2)}`);
  expect(bareMs / sandboxMs).toBeGreaterThan(READS_SHARE);
});

it("events are delivered a tenth as fast as bare posts at least", async () => {
  const { stripe, admin } = await openWorkbench();
  const receiver = await openReceiver();
  await subscribe(stripe, receiver);
  const events = 400;
  await admin("/webhooks", { pause: true });
  await msOf(events, () => stripe.customers.create());

  const startedMs = performance.now();
  await admin("/webhooks", { pause: false });
  await until("all deliveries", () => receiver.got.length === events);
  const deliveredMs = performance.now() - startedMs;
  const [first] = receiver.got;
  const post = { method: "POST", body: first?.body ?? "" };
  const bareMs = await msOf(events, async () => (await fetch(receiver.url, post)).text());

  console.log(`deliveries, share of bare posts: ${(bareMs / deliveredMs).toFixed(2)}`);
  expect(bareMs / deliveredMs).toBeGreaterThan(DELIVERIES_SHARE);
});

import { expect, it } from "vitest";
import { openReceiver, openWorkbench, pay, subscribe, until } from "./workbench.ts";

// Floors, far below what a free machine does: they catch a scan over all rows, not a busy core.
const READS_PER_SECOND = 300;
const DELIVERIES_PER_SECOND = 200;

it("simple reads are answered at 300 a second", async () => {
  const { sandbox, stripe } = await openWorkbench();
  const { charge } = await pay(stripe);
  const headers = { authorization: `Bearer ${sandbox.secretKey}` };
  const url = `${sandbox.url}/v1/charges/${charge.id}`;
  const reads = 600;

  const startedMs = performance.now();
  const read = async () => (await fetch(url, { headers })).text();
  for (let done = 0; done < reads; done += 20) {
    await Promise.all(Array.from({ length: 20 }, read));
  }
  const seconds = (performance.now() - startedMs) / 1000;

  console.log(`reads: ${Math.round(reads / seconds)}/s`);
  expect(reads / seconds).toBeGreaterThan(READS_PER_SECOND);
});

it("events are delivered at 200 a second", async () => {
  const { stripe, admin } = await openWorkbench();
  const receiver = await openReceiver();
  await subscribe(stripe, receiver);
  const events = 400;
  await admin("/webhooks", { pause: true });
  for (let made = 0; made < events; made += 20) {
    await Promise.all(Array.from({ length: 20 }, () => stripe.customers.create()));
  }

  const startedMs = performance.now();
  await admin("/webhooks", { pause: false });
  await until("all deliveries", () => receiver.got.length === events);
  const seconds = (performance.now() - startedMs) / 1000;

  console.log(`deliveries: ${Math.round(events / seconds)}/s`);
  expect(events / seconds).toBeGreaterThan(DELIVERIES_PER_SECOND);
});

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import type { CustomerDraft } from "../../erp/port.ts";
import { aCustomer } from "../../erp/testing/contract-drafts.ts";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { type CustomerReceipt, createCustomer } from "./create-customer.ts";

let bench: WriteBench;

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(() => bench.next());

/** SL answers each create of a customer with HTTP 500, and all looks at it well. */
const failAlways = () =>
  bench.site.admin("POST", "/faults", {
    ...{ match: { service: "customerMaintenance", actionType: "ADD" }, times: null },
    effect: { kind: "http", status: 500 },
  });

/** A worker that takes over makes the customer of this test, as far as it goes now. */
async function create() {
  const door = await bench.aWorker();
  const object = `cus_create_${bench.nr()}`;
  await door.store.load([object]);
  const slot = { object, purpose: "customer", part: "" } as const;
  const planned = await door.store.ensure<CustomerDraft, CustomerReceipt>(slot, (key) => ({
    draft: { ...aCustomer(bench.nr()), key, customerId: `CREATE${bench.nr()}` },
    notes: [],
  }));
  return createCustomer(door, planned);
}

const ended = () => create().catch((thrown: unknown) => thrown as HubError);

test("a create that SL fails at for minutes is tried again, and counts once", async () => {
  await failAlways();
  for (let run = 0; run < 6; run += 1) {
    expect(await ended()).toMatchObject({ category: "transient" });
    await bench.letPass(30_000);
  }
  await bench.site.admin("DELETE", "/faults");

  const made = await create();

  expect(made.stage).toBe("done");
  expect(await bench.site.connector.readCustomer(`CREATE${bench.nr()}`)).toBeDefined();
});

test("a create that SL always answers with HTTP 500 ends at a person", async () => {
  await failAlways();
  const ends: unknown[] = [];
  for (let run = 0; run < 12 && ends.length === 0; run += 1) {
    const end = await ended();
    if (end instanceof HubError && end.category !== "transient") ends.push(end);
    await bench.letPass(HORIZON_MS);
  }

  expect(ends).toMatchObject([{ code: "erp.unanswered", facts: { step: "create", count: 4 } }]);
});

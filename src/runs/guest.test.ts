import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../../test/support/wait.ts";
import { asGuest } from "./guest.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import { openWriteBench, type WriteBench } from "./testing/write-bench.ts";

let bench: WriteBench;
let pair: PairRuntime;

beforeAll(async () => {
  bench = await openWriteBench();
  const settings = { id: "acme", sl: { callLimit: 2 } };
  const own = { id: "acme", settings, erp: bench.site.connector } as unknown as PairRuntime;
  const { signal } = new AbortController();
  pair = asGuest(own, { pool: bench.pool, owner: "guest-test", signal });
});
beforeEach(() => bench.next());
afterAll(() => bench.close());

const PROBES = {
  period: "202612",
  currency: "USD",
  documentDate: "2026-12-01",
  terms: "01",
  receivable: { account: "1210", subaccount: "000000000000" },
  sales: { account: "4010", subaccount: "000000000000" },
  cash: { account: "1095", subaccount: "000000000000" },
  newKey: () => "P".repeat(26),
  customerId: "",
  autoApplyCustomerId: "",
  foreignCurrency: "",
};

async function guests(): Promise<number> {
  const found = await bench.pool.query("select 1 from guest_call where pair = 'acme'");
  return found.rowCount ?? 0;
}

/** Each call to SL lasts long enough to be seen. */
async function slowDown(): Promise<void> {
  await bench.site.fault({}, { kind: "latency", ms: 150 });
}

test("a call takes a place for as long as it lasts", async () => {
  await slowDown();

  const calling = pair.erp.check();
  const seen = await until("the guest's place", guests);
  const { companyId } = await calling;

  expect(seen).toBe(1);
  expect(companyId.trim()).not.toBe("");
  expect(await guests()).toBe(0);
});

test("a call about a sales order takes a place as well", async () => {
  await slowDown();

  const reading = pair.erp.orders.read("O9999999");
  const seen = await until("the guest's place", guests);
  const order = await reading;

  expect([seen, order]).toEqual([1, undefined]);
  expect(await guests()).toBe(0);
});

test("a call that is given up waits for no place any longer", async () => {
  await bench.pool.query("insert into hub_process (id) values ('other')");
  await bench.pool.query(
    "insert into guest_call (pair, process, ticket) values ('acme', 'other', 'long')",
  );

  const startedMs = performance.now();
  const asked = pair.erp.check(AbortSignal.timeout(200));
  await expect(asked).rejects.toMatchObject({ code: "erp.unavailable" });

  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await bench.pool.query("delete from guest_call");
});

test("what the connector knows by itself is answered without a call or a promise", () => {
  const source = pair.erp.sourceOf("find-by-key");
  const learned = pair.erp.learn({}) as unknown;

  expect(source).toBeTypeOf("string");
  expect(learned).toBeUndefined();
  expect(pair.erp.capabilities["find-by-key"]).toBeTypeOf("string");
  expect(pair.erp.name).toBe("ctapi");
});

test("each probe takes a place, and so does cleaning up after them", async () => {
  const { probes, cleanUp } = pair.erp.openProbes(PROBES);
  await slowDown();

  const asking = probes.find(({ name }) => name === "reserve-invoice")?.run();
  const seen = await until("the probe's place", guests);
  const finding = await asking;
  await cleanUp();

  expect(seen).toBe(1);
  expect(finding).toMatchObject({ answer: "yes" });
  expect(await guests()).toBe(0);
});

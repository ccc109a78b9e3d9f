import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { Waiting } from "../waiting.ts";

const saying = (words: string | RegExp): unknown => expect.stringMatching(words);

let bench: WriteBench;
const aWorker: WriteBench["aWorker"] = (options) => bench.aWorker(options);
const book: WriteBench["book"] = (door, change) => bench.book(door, change);

beforeAll(async () => {
  bench = await openWriteBench();
  await bench.site.admin("POST", "/switches", { emptyInvoiceBatches: false });
});

afterAll(() => bench.close());

beforeEach(async () => {
  await bench.next();
  bench.site.connector.learn({ "reserve-invoice": "no" });
});

const ADD = { service: "invoiceAndMemo", operation: "editScreen", actionType: "ADD" };
const RELEASE = { service: "invoiceAndMemo", operation: "editScreen", actionType: "RELEASENOW" };
const READ = { service: "invoiceAndMemo", operation: "getScreenByBatNbr" };
const OPEN = { code: "erp.outcome_open" };

async function voidInSl(batNbr: string): Promise<void> {
  await bench.site.admin("POST", `/batches/AR/${batNbr.trim()}/void`, {});
}

/** An ADD that commits after the horizon, beside the one that was sent then. */
async function twoBatches(stoppedAt: "read" | "release"): Promise<void> {
  await bench.site.fault(ADD, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);
  await bench.letPass(HORIZON_MS);
  await bench.site.fault(stoppedAt === "read" ? READ : RELEASE, { kind: "deadlock" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.busy" });
  await bench.site.admin("POST", "/clock", { action: "advance", ms: 400_000 });
}

/** The batches of this test, the known one first: the late one has the higher number. */
async function knownAndLate(): Promise<readonly [string, string]> {
  const numbers = (await bench.invoicesInSl()).map((row) => row.BatNbr.trim()).sort();
  return [numbers[0] ?? "", numbers[1] ?? ""];
}

async function releasedInSl(): Promise<string[]> {
  const rows = await bench.invoicesInSl();
  return rows.filter((row) => row.Rlsed === 1).map((row) => row.BatNbr.trim());
}

test("an invoice is added on hold, read, released and has its receipt", async () => {
  const done = await book(await aWorker());

  expect(done).toMatchObject({ stage: "done", receipt: { type: "IN", period: "202603" } });
  expect(done.attempts.map(({ step, outcome }) => [step, outcome])).toEqual([
    ["add", "ok"],
    ["release", "ok"],
  ]);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a hub that lost its database takes over a later generation, and adds nothing", async () => {
  await expect(book(await aWorker(), { terms: "99" })).rejects.toMatchObject({
    code: "erp.refused",
  });
  const mended = await book(await aWorker());
  await bench.loseIntents();

  const door = await aWorker({ mustLookUp: true });
  const first = await book(door);
  const done = await book(door);

  expect([mended.identity.generation, first.stage]).toEqual([1, "abandoned"]);
  expect(done.receipt).toEqual(mended.receipt);
  expect(await bench.invoicesInSl()).toHaveLength(1);
});

test("an ADD lost before its commit is sent again after the horizon only", async () => {
  await bench.site.fault(ADD, { kind: "drop", commit: "never" });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);

  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.letPass(HORIZON_MS);
  const done = await book(await aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(done.attempts.filter(({ step }) => step === "add")).toHaveLength(2);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("an ADD lost after its commit is found by its key and released", async () => {
  await bench.site.fault(ADD, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);

  const done = await book(await aWorker());

  expect(done.attempts.filter(({ step }) => step === "add")).toHaveLength(1);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("an ADD that commits late but within the horizon is found and released once", async () => {
  await bench.site.fault(ADD, { kind: "drop", commit: "later", afterMs: 310_000 });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);
  await expect(book(await aWorker())).rejects.toBeInstanceOf(Waiting);

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 310_000 });
  await bench.letPass(310_000);
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a second batch that appears before the release keeps both unreleased", async () => {
  await twoBatches("read");

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.key_taken" });

  expect((await bench.invoicesInSl()).map((row) => row.Rlsed)).toEqual([0, 0]);
});

test("a second batch that appears after the release is never released", async () => {
  await bench.site.fault(ADD, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);
  await bench.letPass(HORIZON_MS);
  await book(await aWorker());

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 400_000 });
  await book(await aWorker());

  const [known] = await knownAndLate();
  expect(await bench.invoicesInSl()).toHaveLength(2);
  expect(await releasedInSl()).toEqual([known]);
});

test("with the late batch voided the known one is released", async () => {
  await twoBatches("release");
  const [known, late] = await knownAndLate();

  await voidInSl(late);
  await book(await aWorker());

  expect(await releasedInSl()).toEqual([known]);
});

test("with the known batch voided the late one takes its place", async () => {
  await twoBatches("read");
  const [known, late] = await knownAndLate();

  await voidInSl(known);
  const done = await book(await aWorker());

  expect(done).toMatchObject({ batNbr: late, identity: { generation: 0 } });
  expect(await releasedInSl()).toEqual([late]);
});

test("once a release was sent only that batch may be released", async () => {
  await twoBatches("release");
  const [known] = await knownAndLate();

  await voidInSl(known);

  await expect(book(await aWorker())).rejects.toMatchObject({
    code: "conflict.key_taken",
    cure: "Void these batches too, then resume.",
  });
  expect(await releasedInSl()).toEqual([]);
});

test("two voided batches make room for the next generation", async () => {
  await twoBatches("release");
  for (const row of await bench.invoicesInSl()) await voidInSl(row.BatNbr);

  const given = await book(await aWorker());
  const done = await book(await aWorker());

  expect(given.stage).toBe("abandoned");
  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
});

/** A worker that stops for ever inside the ADD, once SL has or has not been asked. */
async function killedInAdd(reachesSl: boolean): Promise<void> {
  const door = await aWorker();
  const { connector } = bench.site;
  const arrived = new Promise<void>((resolve, reject) => {
    const add: typeof connector.add = async (draft) => {
      if (reachesSl) await connector.add(draft);
      resolve();
      return new Promise(() => {});
    };
    book({ ...door, erp: { ...connector, add } }).catch(reject);
  });
  await arrived;
}

test.each([
  ["before its send reaches SL", false, 2],
  ["after SL's commit, before it is noted", true, 1],
])("a worker killed %s leaves one released invoice", async (_when, reachesSl, sends) => {
  await killedInAdd(reachesSl);

  const next = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.letPass(HORIZON_MS);
  const done = await book(await aWorker());

  expect(next instanceof Waiting).toBe(!reachesSl);
  expect(done.attempts.filter(({ step }) => step === "add")).toHaveLength(sends);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a look-up that lags behind an answered ADD is waited for", async () => {
  await bench.site.admin("POST", "/switches", { viewLagMs: 60_000 });
  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);

  await bench.site.admin("POST", "/switches", { viewLagMs: 0 });
  const done = await book(await aWorker());

  expect(waiting).toMatchObject({ waitsFor: saying("the views to show batch") });
  expect(done.stage).toBe("done");
});

test("a half-saved ADD is never released", async () => {
  await bench.site.fault(ADD, { kind: "half-save", lines: 1, end: "drop" });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);
  await bench.letPass(HORIZON_MS);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });

  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 0 }]);
});

test("a refused ADD makes room for the mended draft under the next key", async () => {
  await expect(book(await aWorker(), { terms: "99" })).rejects.toMatchObject({
    code: "erp.refused",
  });

  const done = await book(await aWorker());

  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a hub that lost its database takes over what was added", async () => {
  const first = await book(await aWorker());
  await bench.pool.query("delete from receipt");
  await bench.pool.query("delete from attempt where key = $1", [first.key]);
  await bench.pool.query("delete from intent where key = $1", [first.key]);

  const done = await book(await aWorker());

  expect(done.receipt).toEqual(first.receipt);
  expect(await bench.invoicesInSl()).toHaveLength(1);
});

test("without empty batches and without views nothing is written", async () => {
  const blind = bench.site.connect({
    capabilities: { "reserve-invoice": "no", "find-by-key": "no" },
  });
  const door = { ...(await aWorker()), erp: blind };

  const parked = await book(door).catch((thrown: unknown) => thrown);

  expect(parked).toMatchObject({
    code: "config.no_safe_write",
    category: "config",
    cure: saying(/views of site\/sql.*empty batches/),
  });
  expect(await bench.invoicesInSl()).toEqual([]);
});

test("views that are installed after a run parked are found by the next one", async () => {
  await bench.site.admin("POST", "/switches", { viewsInstalled: false });
  await bench.site.connector.check();
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "config.no_safe_write" });

  await bench.site.admin("POST", "/switches", { viewsInstalled: true });
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
});

test("a site that was never probed says in its refusal how to be asked", async () => {
  bench.site.connector.learn({ "reserve-invoice": "probe" });

  await expect(book(await aWorker())).rejects.toMatchObject({
    code: "erp.refused",
    cure: saying("slipway doctor --probe"),
  });
});

test("a batch whose document only the views show is waited for", async () => {
  await bench.site.fault(ADD, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject(OPEN);
  await bench.site.admin("POST", "/switches", { batchLagMs: 60_000 });

  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.site.admin("POST", "/switches", { batchLagMs: 0 });
  await book(await aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(await releasedInSl()).toHaveLength(1);
});

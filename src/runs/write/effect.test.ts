import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import { anInvoice } from "../../erp/testing/contract-drafts.ts";
import { HORIZON_MS, openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { Waiting } from "../waiting.ts";
import type { Door } from "./door.ts";

let bench: WriteBench;
const aWorker: WriteBench["aWorker"] = (options) => bench.aWorker(options);
const book: WriteBench["book"] = (door, change) => bench.book(door, change);

beforeAll(async () => {
  bench = await openWriteBench();
});

afterAll(() => bench.close());

beforeEach(() => bench.next());

const FILL = { service: "invoiceAndMemo", operation: "editScreen", actionType: "UPDATE" };
const RELEASE = { service: "invoiceAndMemo", operation: "editScreen", actionType: "RELEASENOW" };
const RESERVE = { service: "invoiceAndMemo", operation: "editBatch" };

test("an invoice is reserved, filled, read, released and has its receipt", async () => {
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(done.receipt).toMatchObject({ type: "IN", customerId: "C300", period: "202603" });
  expect(done.attempts.map(({ step, outcome }) => [step, outcome])).toEqual([
    ["reserve", "ok"],
    ["fill", "ok"],
    ["release", "ok"],
  ]);
});

test("a worker that starts again on a booked document sends nothing", async () => {
  await book(await aWorker());
  await bench.site.admin("DELETE", "/calls");

  await book(await aWorker());

  const calls = (await bench.site.admin("GET", "/calls")) as { total: number };
  expect(JSON.stringify(calls)).not.toContain("editScreen");
});

test("a lost answer to a committed fill is settled by reading", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "first" });

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  const done = await book(await aWorker());

  expect(done.attempts.filter(({ step }) => step === "fill")).toHaveLength(1);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("an answer lost before the commit waits out the horizon, then fills once more", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "never" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.letPass(HORIZON_MS);
  const done = await book(await aWorker());

  expect(waiting).toBeInstanceOf(Waiting);
  expect(done.attempts.filter(({ step }) => step === "fill")).toHaveLength(2);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("G59 a fill that commits late but within the horizon is found and released once", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "later", afterMs: 310_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await expect(book(await aWorker())).rejects.toBeInstanceOf(Waiting);

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 310_000 });
  await bench.letPass(310_000);
  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("G60 a fill that commits after the horizon parks the doubly filled batch", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);
  await bench.site.fault(FILL, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 400_000 });
  await bench.letPass(HORIZON_MS);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });
  const held = await bench.invoicesInSl();
  expect(held.map((row) => row.Rlsed)).toEqual([0, 0]);
});

/** SL answers each such call with HTTP 500, and all others well, until the faults are gone. */
const failAlways = (match: typeof FILL | typeof RESERVE) =>
  bench.site.admin("POST", "/faults", {
    ...{ match, times: null },
    effect: { kind: "http", status: 500 },
  });

/** Workers that come one after the other, each a horizon later, until one ends for a person. */
async function untilGivenUp(): Promise<unknown> {
  for (let run = 1; run <= 40; run += 1) {
    const end = await book(await aWorker()).catch((thrown: unknown) => thrown);
    const isForPerson = end instanceof HubError && end.category !== "transient";
    if (isForPerson || !(end instanceof Error)) return end;
    await bench.letPass(HORIZON_MS);
  }
  return "goes on for ever";
}

test.each([
  ["reserve", RESERVE],
  ["fill", FILL],
  ["release", RELEASE],
])("a %s that SL always answers with HTTP 500 ends at a person", async (step, match) => {
  await failAlways(match);
  const parked = await untilGivenUp();
  const sent = async () => {
    const done = await book(await aWorker());
    return done.attempts.filter((attempt) => attempt.step === step).length;
  };

  expect(parked).toMatchObject({ code: "erp.unanswered", category: "erp", facts: { step } });

  // Whoever resumes before the cause is mended is told again; after it the document is booked.
  expect(await untilGivenUp()).toMatchObject({ code: "erp.unanswered" });
  await bench.site.admin("DELETE", "/faults");
  expect(await sent()).toBe(9);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("the last release is given up only once it can take effect no more", async () => {
  for (const ms of [5_000, 20_000, 60_000, 180_000]) {
    await bench.site.fault(
      RELEASE,
      ms < 180_000
        ? { kind: "drop", commit: "never" }
        : { kind: "drop", commit: "later", afterMs: 310_000 },
    );
    await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
    await bench.letPass(ms);
  }
  const amid = await book(await aWorker()).catch((thrown: unknown) => thrown);

  await bench.site.admin("POST", "/clock", { action: "advance", ms: 310_000 });
  const done = await book(await aWorker());

  expect(amid).toBeInstanceOf(Waiting);
  expect(done.attempts.filter(({ step }) => step === "release")).toHaveLength(4);
});

test("after a second fill nothing is released before neither can come any more", async () => {
  await bench.site.fault(FILL, { kind: "drop", commit: "later", afterMs: 400_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);
  await bench.site.fault(FILL, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  await expect(book(await aWorker())).rejects.toBeInstanceOf(Waiting);
  const early = await bench.invoicesInSl();
  await bench.letPass(HORIZON_MS);
  await book(await aWorker());

  expect(early).toMatchObject([{ Rlsed: 0 }]);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a batch half filled without an answer is no conflict within the horizon", async () => {
  await bench.site.fault(FILL, { kind: "half-save", lines: 1, end: "drop" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const early = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.letPass(HORIZON_MS);

  expect(early).toBeInstanceOf(Waiting);
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });
});

test("another batch than the one that was chosen for release is never taken for it", async () => {
  await bench.site.fault(RELEASE, { kind: "drop", commit: "never" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  const object = `in_effect_${bench.nr()}`;
  await bench.pool.query("update intent set release_key = '999999' where object = $1", [object]);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.key_taken" });
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 0 }]);
});

test("where a released batch takes documents, a late fill is seen before the receipt", async () => {
  const setClosed = async (answer: "yes" | "no") => {
    bench.site.connector.learn({ "closed-after-release": answer });
    await bench.site.admin("POST", "/switches", { releasedBatchesClosed: answer === "yes" });
  };
  onTestFinished(() => setClosed("yes"));
  await setClosed("no");
  await bench.site.fault(FILL, { kind: "drop", commit: "later", afterMs: 600_000 });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });
  await bench.letPass(HORIZON_MS);

  const waiting = await book(await aWorker()).catch((thrown: unknown) => thrown);
  await bench.site.admin("POST", "/clock", { action: "advance", ms: 600_000 });
  await bench.letPass(HORIZON_MS);
  const parked = await book(await aWorker()).catch((thrown: unknown) => thrown);

  expect(waiting).toMatchObject({ dueInMs: expect.closeTo(HORIZON_MS, -4) as unknown });
  expect(parked).toMatchObject({ code: "conflict.batch_content", facts: { documents: 2 } });
});

test("a voided batch is given up and the next generation is booked", async () => {
  await bench.site.fault(FILL, { kind: "half-save", lines: 1, end: "answer" });
  const conflict = await book(await aWorker()).catch((thrown: unknown) => thrown);
  const [half] = await bench.invoicesInSl();
  await bench.site.admin("POST", `/batches/AR/${half?.BatNbr.trim()}/void`, {});

  const given = await book(await aWorker());
  const done = await book(await aWorker());

  expect(conflict).toMatchObject({ code: "conflict.batch_content" });
  expect(given.stage).toBe("abandoned");
  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
  expect((await bench.invoicesInSl()).filter((row) => row.Rlsed === 1)).toHaveLength(1);
});

test("a lost answer to a release is settled by reading", async () => {
  await bench.site.fault(RELEASE, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a document that SL took a minute to save is waited for where reads lag", async () => {
  const worker = await bench.aWorker();
  const fill: Door["erp"]["fill"] = async (...filling) => {
    await bench.letPass(60_000);
    await bench.site.admin("POST", "/switches", { batchLagMs: 60_000 });
    return worker.erp.fill(...filling);
  };

  const first = bench.book({ ...worker, erp: { ...worker.erp, fill } });
  await expect(first).rejects.toBeInstanceOf(Waiting);
  const second = bench.book(await bench.aWorker());
  await expect(second).rejects.toBeInstanceOf(Waiting);
  await bench.site.admin("POST", "/switches", { batchLagMs: 0 });
  const done = await bench.book(await bench.aWorker());

  expect(done.attempts.map(({ step }) => step)).toEqual(["reserve", "fill", "release"]);
});

test("a lost answer to a reservation costs an empty batch and nothing else", async () => {
  await bench.site.fault(RESERVE, { kind: "drop", commit: "first" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.outcome_open" });

  const done = await book(await aWorker());

  expect(done.attempts.filter(({ step }) => step === "reserve")).toHaveLength(2);
  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 1 }]);
});

test("a deadlock victim is sent again under the same key", async () => {
  await bench.site.fault(FILL, { kind: "deadlock" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.busy" });

  const done = await book(await aWorker());

  expect(done.stage).toBe("done");
  expect(await bench.invoicesInSl()).toHaveLength(1);
});

test("a refused draft makes room for the mended one", async () => {
  const unknown = { ...anInvoice(bench.nr()), terms: "99" };
  await expect(book(await aWorker(), { terms: unknown.terms })).rejects.toMatchObject({
    code: "erp.refused",
  });

  const done = await book(await aWorker());

  expect(done).toMatchObject({ stage: "done", identity: { generation: 1 } });
  expect((await bench.invoicesInSl()).filter((row) => row.Rlsed === 1)).toHaveLength(1);
});

test("a hub that lost its database takes over what SL holds", async () => {
  const first = await book(await aWorker());
  await bench.loseIntents();

  const done = await book(await aWorker({ mustLookUp: true }));

  expect(done.receipt).toEqual(first.receipt);
  expect(await bench.invoicesInSl()).toHaveLength(1);
});

test("a hub that lost its database takes over a later generation, too", async () => {
  await expect(book(await aWorker(), { terms: "99" })).rejects.toMatchObject({
    code: "erp.refused",
  });
  const mended = await book(await aWorker());
  expect(mended.identity.generation).toBe(1);
  await bench.loseIntents();

  const door = await aWorker({ mustLookUp: true });
  const first = await book(door);
  const done = await book(door);

  expect(first).toMatchObject({ stage: "abandoned", identity: { generation: 0 } });
  expect(done.receipt).toEqual(mended.receipt);
  expect(await bench.invoicesInSl()).toHaveLength(1);
});

test("a batch that a stranger added a document to is never released", async () => {
  await bench.site.fault(RELEASE, { kind: "deadlock" });
  await expect(book(await aWorker())).rejects.toMatchObject({ code: "erp.busy" });
  const [ours] = await bench.invoicesInSl();
  const foreign = { ...anInvoice(9_000 + bench.nr()), stripeId: "typed by hand" };
  await bench.site.connector.fill(ours?.BatNbr.trim() ?? "", foreign);

  await expect(book(await aWorker())).rejects.toMatchObject({ code: "conflict.batch_content" });

  expect(await bench.invoicesInSl()).toMatchObject([{ Rlsed: 0 }]);
});

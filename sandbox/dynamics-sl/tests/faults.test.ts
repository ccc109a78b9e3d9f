import { expect, test } from "vitest";
import type { SlClient } from "./client.ts";
import { anInvoice, aSite, at, edit, INVOICE, release, reserve } from "./site.ts";

async function setFault(site: SlClient, fault: Readonly<Record<string, unknown>>): Promise<void> {
  await site.admin("POST", "/faults", fault);
}

const FILL = { service: INVOICE, operation: "editScreen", actionType: "UPDATE" };

async function fill(site: SlClient, batNbr: string): Promise<unknown> {
  return edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 50));
}

test("a drop before the commit saves nothing", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "drop", commit: "never" } });

  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");

  expect(await site.rows("ARDoc")).toEqual([]);
});

test("a drop after the commit saves the document once", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "drop", commit: "first" } });

  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");

  expect(await site.rows("ARDoc", { BatNbr: batNbr })).toHaveLength(1);
});

test("a late answer comes after the document is saved", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "late-answer", ms: 300 } });
  let isAnswered = false;

  const filling = fill(site, batNbr).finally(() => {
    isAnswered = true;
  });
  while ((await site.rows("ARDoc", { BatNbr: batNbr })).length === 0)
    expect(isAnswered).toBe(false);
  const wasAnswered = isAnswered;
  await filling;

  expect(wasAnswered).toBe(false);
  expect(await site.rows("ARDoc", { BatNbr: batNbr })).toHaveLength(1);
});

test("a late commit takes effect when the frozen clock reaches it, not before", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await site.admin("POST", "/clock", { action: "freeze" });
  await setFault(site, {
    match: FILL,
    effect: { kind: "drop", commit: "later", afterMs: 300_000 },
  });
  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");

  await site.admin("POST", "/clock", { action: "advance", ms: 299_999 });
  const before = await site.rows("ARDoc");
  await site.admin("POST", "/clock", { action: "advance", ms: 1 });

  expect(before).toEqual([]);
  expect(await site.rows("ARDoc")).toHaveLength(1);
});

test("a late commit into a batch that is released meanwhile changes nothing", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await site.admin("POST", "/clock", { action: "freeze" });
  await setFault(site, {
    match: FILL,
    effect: { kind: "drop", commit: "later", afterMs: 300_000 },
  });
  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");
  await fill(site, batNbr);
  await release(site, INVOICE, batNbr);

  await site.admin("POST", "/clock", { action: "advance", ms: 300_000 });

  expect(await site.rows("ARDoc")).toHaveLength(1);
});

test("a late commit into a batch that is still held makes the second document", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await site.admin("POST", "/clock", { action: "freeze" });
  await setFault(site, { match: FILL, effect: { kind: "drop", commit: "later", afterMs: 60_000 } });
  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");
  await fill(site, batNbr);

  await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });

  expect(await site.rows("ARDoc", { BatNbr: batNbr })).toHaveLength(2);
});

test.each([
  [true, 1],
  [false, 0],
])("HTTP 503 with commit %s leaves %i documents", async (commit, count) => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "http", status: 503, commit } });

  await expect(fill(site, batNbr)).rejects.toThrow("HTTP 503");

  expect(await site.rows("ARDoc")).toHaveLength(count);
});

test.each([
  ["fault", "deadlock victim"],
  ["errorMessage", "deadlock victim"],
])("a deadlock victim as %s is rolled back", async (as, message) => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "deadlock", as } });

  await expect(fill(site, batNbr)).rejects.toThrow(message);

  expect(await site.rows("ARDoc")).toEqual([]);
});

test("a refusal comes in the body of a successful answer", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "refuse", message: "Custom rule says no" } });

  const { status, body } = await site.raw(INVOICE, "editScreen", {
    actionType: "UPDATE",
    inScreen: anInvoice(batNbr, 50),
  });

  expect(status).toBe(200);
  expect(body).toContain("Custom rule says no");
});

test("a half-saved batch holds the document without its lines", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await setFault(site, { match: FILL, effect: { kind: "half-save", lines: 0 } });

  await expect(fill(site, batNbr)).rejects.toThrow("fetch failed");

  expect(await site.rows("ARDoc")).toHaveLength(1);
  expect(await site.rows("ARTran")).toEqual([]);
});

test("a stuck release books nothing and locks the batch for its time", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await fill(site, batNbr);
  await site.admin("POST", "/clock", { action: "freeze" });
  const match = { service: INVOICE, operation: "editScreen", actionType: "RELEASENOW" };
  await setFault(site, { match, effect: { kind: "stuck-release", lockMs: 60_000 } });
  await expect(release(site, INVOICE, batNbr)).rejects.toThrow("fetch failed");
  const locked = await release(site, INVOICE, batNbr);
  await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });

  const answer = await release(site, INVOICE, batNbr);

  expect(at(locked, "errorMessage")).toContain("locked by another release");
  expect(at(answer, "myBatch", "Status")).toBe("U");
});

test("an injected refusal of the credentials is a 401", async () => {
  const site = await aSite();
  await setFault(site, { effect: { kind: "auth" } });

  const { status } = await site.raw(INVOICE, "getScreenByBatNbr", { batNbr: "000316" });

  expect(status).toBe(401);
});

test("a fault hits as often as it says and counts its hits", async () => {
  const site = await aSite();
  await setFault(site, { effect: { kind: "http", status: 500 }, times: 2, skip: 1 });
  const statuses: number[] = [];
  for (const batNbr of ["1", "2", "3", "4"]) {
    statuses.push((await site.raw(INVOICE, "getScreenByBatNbr", { batNbr })).status);
  }

  const [fault] = await site.admin<readonly { hits: number }[]>("GET", "/faults");

  expect(statuses).toEqual([200, 500, 500, 200]);
  expect(fault?.hits).toBe(2);
});

test("faults by chance repeat with their seed", async () => {
  const runs: string[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const site = await aSite();
    await setFault(site, {
      effect: { kind: "http", status: 500 },
      times: null,
      probability: 0.5,
      seed: 7,
    });
    let run = "";
    for (let call = 0; call < 20; call += 1) {
      run +=
        (await site.raw(INVOICE, "getScreenByBatNbr", { batNbr: "1" })).status === 500 ? "x" : ".";
    }
    runs.push(run);
  }

  expect(runs[0]).toBe(runs[1]);
  expect(runs[0]).toMatch(/x/);
  expect(runs[0]).toMatch(/\./);
});

test("lagging views miss fresh rows while reads by batch see them", async () => {
  const site = await aSite();
  await site.admin("POST", "/clock", { action: "freeze" });
  await site.admin("POST", "/switches", { viewLagMs: 5000 });
  const batNbr = await reserve(site, INVOICE);

  const early = await site.view("xslw_BatchByKey", [["BatNbr", "=", batNbr]]);
  const read = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });
  await site.admin("POST", "/clock", { action: "advance", ms: 5000 });
  const late = await site.view("xslw_BatchByKey", [["BatNbr", "=", batNbr]]);

  expect(early).toEqual([]);
  expect(at(read, "myBatch", "BatNbr")).toBe(batNbr);
  expect(late).toHaveLength(1);
});

test("lagging reads by batch show the state of before", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await fill(site, batNbr);
  await site.admin("POST", "/clock", { action: "freeze" });
  await site.admin("POST", "/switches", { batchLagMs: 5000 });
  await release(site, INVOICE, batNbr);

  const early = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });
  await site.admin("POST", "/clock", { action: "advance", ms: 5000 });
  const late = await site.struct(INVOICE, "getScreenByBatNbr", { batNbr });

  expect([at(early, "myBatch", "Status"), at(late, "myBatch", "Status")]).toEqual(["H", "U"]);
});

test("calls are counted by operation and action", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  await fill(site, batNbr);

  const report = await site.admin<{ counts: Record<string, { ok: number }> }>("GET", "/calls");

  expect(report.counts["invoiceAndMemo.editBatch:ADD"]?.ok).toBe(1);
  expect(report.counts["invoiceAndMemo.editScreen:UPDATE"]?.ok).toBe(1);
});

import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aLine, placeOpen, ship } from "./orders.ts";
import {
  anInvoice,
  aRestartableSite,
  aSite,
  edit,
  INVOICE,
  releasedInvoice,
  reserve,
} from "./site.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sandbox-sl-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("a restart finds rows, counters, switches and credentials again", async () => {
  const first = await aRestartableSite({ home });
  await releasedInvoice(first.client, 50);
  await first.client.admin("POST", "/switches", { padded: false });
  const before = await first.client.rows("ARDoc");
  await first.stop();

  const second = await aRestartableSite({ home });
  const after = await second.client.rows("ARDoc");
  const switches = await second.client.admin<{ padded: boolean }>("GET", "/switches");
  const next = await reserve(second.client, INVOICE);
  await second.stop();

  expect(after).toEqual(before);
  expect(switches.padded).toBe(false);
  expect(next).toBe("000317");
  expect(second.client.credentials).toEqual(first.client.credentials);
});

test("a home of an earlier version gets order management at its next start", async () => {
  const first = await aRestartableSite({ home });
  await first.client.admin("POST", "/rows", { table: "SOType", where: {}, remove: true });
  await first.stop();

  const second = await aRestartableSite({ home });
  const ordNbr = await placeOpen(second.client, [aLine(1, 5)]);
  await second.stop();

  expect(ordNbr).toBe("O0005001");
});

test("a copy with an invoice that waits for its release goes on where it stood", async () => {
  const site = await aSite();
  await site.admin("POST", "/switches", { orderInvoiceLagMs: 60_000 });
  await ship(site, await placeOpen(site, [aLine(1, 5)]));
  await site.admin("POST", "/snapshots", { name: "waiting" });
  await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });
  const released = await site.rows("ARDoc", { Rlsed: "1" });

  await site.admin("POST", "/restore", { name: "waiting" });
  const restored = await site.rows("ARDoc", { Rlsed: "1" });
  await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });

  expect([released.length, restored.length]).toEqual([1, 0]);
  expect(await site.rows("ARDoc", { Rlsed: "1" })).toHaveLength(1);
});

test("a torn last line of the journal is a commit that never happened", async () => {
  const first = await aRestartableSite({ home });
  await reserve(first.client, INVOICE);
  await first.stop();
  appendFileSync(join(home, "journal.ndjson"), '[{"table":"Batch","key":"AR');

  const second = await aRestartableSite({ home });
  const batches = await second.client.rows("Batch");
  await second.stop();

  expect(batches).toHaveLength(1);
});

test("an older copy of the database comes back whole, also after a restart", async () => {
  const first = await aRestartableSite({ home });
  await releasedInvoice(first.client, 50);
  await first.client.admin("POST", "/snapshots", { name: "yesterday" });
  await releasedInvoice(first.client, 60);
  await first.stop();

  const second = await aRestartableSite({ home });
  await second.client.admin("POST", "/restore", { name: "yesterday" });
  const documents = await second.client.rows("ARDoc");
  const again = await releasedInvoice(second.client, 70);
  await second.stop();

  expect(documents.map((row) => row.CuryOrigDocAmt)).toEqual([50]);
  expect(again).toBe("000502");
});

test("a reset brings the seed back", async () => {
  const site = await aSite();
  const before = await site.admin("GET", "/tables");
  await releasedInvoice(site, 50);

  await site.admin("POST", "/reset");

  expect(await site.admin("GET", "/tables")).toEqual(before);
  expect(await reserve(site, INVOICE)).toBe("000316");
});

test("a refused save leaves no number used and no row behind", async () => {
  const site = await aSite();
  const batNbr = await reserve(site, INVOICE);
  const bad = anInvoice(batNbr, 50, { line: { Acct: "9999" } });
  await expect(edit(site, INVOICE, "UPDATE", bad)).rejects.toThrow("Account 9999 not found");

  expect(await site.rows("RefNbr")).toEqual([]);
  expect((await site.rows("ARSetup"))[0]).toMatchObject({ LastRefNbr: "000500" });
});

test("parallel saves each get a number of their own", async () => {
  const site = await aSite();

  const numbers = await Promise.all(Array.from({ length: 20 }, () => reserve(site, INVOICE)));

  expect(new Set(numbers).size).toBe(20);
});

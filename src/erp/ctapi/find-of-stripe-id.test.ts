import { afterAll, beforeAll, expect, test } from "vitest";
import { type SandboxSite, startSandboxSite } from "./testing/sandbox-site.ts";

let site: SandboxSite;

beforeAll(async () => {
  site = await startSandboxSite();
  await site.connector.check();
});

afterAll(() => site.close());

/** Batches of a day that a person's hand, and no screen, has put there. */
async function putBatches(Module: string, count: number): Promise<void> {
  for (let at = 1; at <= count; at += 1) {
    const BatNbr = String(800_000 + at);
    const set = { CpnyID: "0060", Status: "P", Rlsed: 1, User1: "day:2026-03-10", CuryDrTot: 5 };
    const where = { Module, BatNbr };
    await site.admin("POST", "/rows", { table: "Batch", where, set, create: true });
  }
}

test("a day of more batches than a page shows is found whole", async () => {
  await putBatches("AR", 230);
  await putBatches("GL", 3);

  const found = await site.connector.findOfStripeId("day:2026-03-10");

  expect(found.map(({ screen, batNbr }) => `${screen} ${batNbr}`)).toEqual([
    "journal 800001",
    "journal 800002",
    "journal 800003",
  ]);
});

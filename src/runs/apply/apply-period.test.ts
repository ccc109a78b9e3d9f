import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type DocumentDraft, screenOf } from "../../erp/port.ts";
import { anInvoice, aPayment, keyOf, usd } from "../../erp/testing/contract-drafts.ts";
import { openWriteBench, type WriteBench } from "../testing/write-bench.ts";
import { applyLater } from "./apply.ts";

let bench: WriteBench;
let drafts = 100;

beforeAll(async () => {
  bench = await openWriteBench();
});
beforeEach(async () => {
  await bench.next();
  await bench.site.admin("POST", "/switches", { applyReleased: true, viewsInstalled: true });
  bench.site.connector.learn({});
});
afterAll(() => bench.close());

const MARCH = { period: "202603", documentDate: "2026-03-10" };
const APRIL = { period: "202604", documentDate: "2026-04-02" };

/** Books a document past the hub, and gives its number. */
async function released(draft: DocumentDraft): Promise<string> {
  drafts += 1;
  const { connector } = bench.site;
  const { batNbr } = await connector.add({ ...draft, key: keyOf(drafts) } as DocumentDraft);
  await connector.release(screenOf(draft), batNbr);
  const reading = await connector.readBatch(screenOf(draft), batNbr);
  return reading?.documents[0]?.refNbr ?? "";
}

test.each([
  ["its invoice, where that is the later one", MARCH, APRIL, "202601", "202604"],
  ["its payment, where that is the later one", APRIL, MARCH, "202601", "202604"],
  ["the first open one, where both are closed", MARCH, APRIL, "202605", "202605"],
])("an application is in the period of %s", async (...[, paid, owed, firstOpen, expected]) => {
  const invoice = await released(anInvoice(0, owed));
  const refNbr = `P${drafts}`;
  await released({ ...aPayment(0, []), ...paid, refNbr });
  const door = await bench.aWorker();
  const object = `ch_period_${bench.nr()}`;
  await door.store.load([object]);

  const { batNbr } = await applyLater(door, {
    ...{ object, part: invoice, stripeId: object, amount: usd(4_000) },
    payer: { type: "PA", customerId: "C300", refNbr },
    target: { type: "IN", refNbr: invoice },
    ...{ firstOpenPeriod: firstOpen, mayReleaseAtOnce: true },
  });

  expect((await bench.site.connector.readBatch("payment", batNbr))?.period).toBe(expected);
});

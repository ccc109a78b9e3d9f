import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { zero } from "../base/money.ts";
import { compareBatch } from "./compare.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "./port.ts";
import { aLine, anInvoice, aPayment, headOf, usd } from "./testing/contract-drafts.ts";
import { bookingWith, CONNECTORS } from "./testing/contract-site.ts";

// What every connector must do; each runs against the ERP sandbox it is made for.

const FILL = { operation: "editScreen", actionType: "UPDATE" };
const RELEASE = { operation: "editScreen", actionType: "RELEASENOW" };
const fails = (code: string): unknown => expect.objectContaining({ name: "HubError", code });

describe.each(CONNECTORS)("%s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;
  const { filled, booked, documentIn } = bookingWith(() => erp);

  beforeEach(async () => {
    site = await start();
    erp = site.connector;
  });

  afterEach(() => site.close());

  describe("an invoice", () => {
    test("is reserved as an empty held batch that carries its key", async () => {
      const draft = anInvoice(1);

      const { batNbr } = await erp.reserve(headOf(draft));

      expect(await erp.readBatch("invoice", batNbr)).toEqual({
        batNbr,
        key: draft.key,
        state: "held",
        isReleased: false,
        period: "202603",
        currency: "USD",
        documents: [],
        applied: [],
      });
    });

    test("reads back as it was asked for, held and released", async () => {
      const draft = anInvoice(1);
      const batNbr = await filled(draft);

      const held = await erp.readBatch("invoice", batNbr);
      await erp.release("invoice", batNbr);
      const released = await erp.readBatch("invoice", batNbr);

      expect(held?.state).toBe("held");
      expect(held && compareBatch(draft, held)).toEqual([]);
      expect(released).toMatchObject({ state: "released", isReleased: true });
      expect(released && compareBatch(draft, released)).toEqual([]);
      expect(released?.documents).toMatchObject([
        { type: "IN", balance: usd(10_000), isReleased: true, stripeId: "in_1" },
      ]);
    });

    test("keeps texts that XML and SL make difficult", async () => {
      const text = 'R&D <"O\'Neil">';
      const draft = anInvoice(1, { description: text, note: `${text}\u0000 \u{1f600}` });

      const batNbr = await filled(draft);

      const held = await erp.readBatch("invoice", batNbr);
      expect(held && compareBatch(draft, held)).toEqual([]);
      const rows = await site.admin("GET", `/rows?table=ARDoc&BatNbr=${batNbr}`);
      expect(JSON.stringify(rows)).toContain(JSON.stringify(text).slice(1, -1));
    });

    test("keeps mapped user fields of every kind", async () => {
      const userFields = { User3: "12.5", User5: "WEB", User7: "2026-03-09" };

      const batNbr = await filled(anInvoice(1, { userFields }));

      const rows = await site.admin("GET", `/rows?table=ARDoc&BatNbr=${batNbr}`);
      expect(JSON.stringify(rows)).toMatch(/"User3":12.5/);
      expect(JSON.stringify(rows)).toMatch(/"User5":"WEB/);
      expect(JSON.stringify(rows)).toMatch(/"User7":"2026-03-09/);
    });
  });

  describe("a payment", () => {
    test("closes the invoices it is applied to and leaves its rest open", async () => {
      const first = await booked(anInvoice(1, { lines: [aLine(5_000, "", "4020")] }));
      const second = await booked(anInvoice(2, { lines: [aLine(3_000, "", "4020")] }));
      const draft = aPayment(3, [
        [first, 5_000],
        [second, 3_000],
      ]);
      const batNbr = await filled(draft);

      const held = await erp.readBatch("payment", batNbr);
      await erp.release("payment", batNbr);
      const released = await erp.readBatch("payment", batNbr);

      expect(held && compareBatch(draft, held)).toEqual([]);
      expect(released && compareBatch(draft, released)).toEqual([]);
      expect(released?.isReleased).toBe(true);
      expect(await erp.readReleased("PA", "c300", draft.refNbr)).toMatchObject({
        balance: usd(2_000),
        batNbr,
      });
      expect(await erp.readReleased("IN", "C300", first)).toMatchObject({ balance: zero("USD") });
      expect(await erp.readReleased("IN", "C300", second)).toMatchObject({ balance: zero("USD") });
    });

    test("without an application stays open in full", async () => {
      const draft = aPayment(1, []);

      const refNbr = await booked(draft);

      expect(refNbr).toBe(draft.refNbr);
      expect(await erp.readReleased("PA", "C300", refNbr)).toMatchObject({ balance: usd(10_000) });
    });

    test("above what an invoice has left is refused", async () => {
      const invoice = await booked(anInvoice(1, { lines: [aLine(9_999, "", "4020")] }));
      const draft = aPayment(2, [[invoice, 10_000]]);
      const { batNbr } = await erp.reserve(headOf(draft));

      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.refused"));
    });

    test("for an invoice that is not released is suspended with SL's number", async () => {
      const batch = await filled(anInvoice(1));
      const invoice = (await documentIn("invoice", batch))?.refNbr ?? "";
      const batNbr = await filled(aPayment(2, [[invoice, 10_000]]));

      const release = erp.release("payment", batNbr);

      await expect(release).rejects.toMatchObject({
        code: "erp.refused",
        facts: { messageNbr: 12306 },
      });
      expect((await erp.readBatch("payment", batNbr))?.state).toBe("suspended");
    });
  });

  describe("release", () => {
    test("a second time is harmless", async () => {
      const batNbr = await filled(anInvoice(1));
      await erp.release("invoice", batNbr);

      await erp.release("invoice", batNbr);

      expect((await documentIn("invoice", batNbr))?.balance).toEqual(usd(10_000));
    });

    test("by two workers at once books once, and neither of them fails", async () => {
      const batNbr = await filled(anInvoice(1));
      const other = site.connect();

      await Promise.all([erp.release("invoice", batNbr), other.release("invoice", batNbr)]);

      const rows = await site.admin("GET", `/rows?table=GLTran&BatNbr=${batNbr}`);
      expect((await erp.readBatch("invoice", batNbr))?.isReleased).toBe(true);
      expect(JSON.stringify(rows).match(/"LineNbr"/g)).toHaveLength(3);
    });

    test("without an answer leaves the outcome open and reading tells it", async () => {
      const [lost, late] = [await filled(anInvoice(1)), await filled(anInvoice(2))];
      await site.fault(RELEASE, { kind: "drop", commit: "first" });
      await expect(erp.release("invoice", lost)).rejects.toEqual(fails("erp.outcome_open"));
      await site.fault(RELEASE, { kind: "drop", commit: "never" });
      await expect(erp.release("invoice", late)).rejects.toEqual(fails("erp.outcome_open"));

      expect((await erp.readBatch("invoice", lost))?.isReleased).toBe(true);
      expect((await erp.readBatch("invoice", late))?.isReleased).toBe(false);
    });

    test("of a batch that does not exist says so", async () => {
      await expect(erp.release("invoice", "999999")).rejects.toEqual(fails("erp.not_found"));
      expect(await erp.readBatch("invoice", "999999")).toBeUndefined();
    });
  });

  describe("a fill", () => {
    test("into a released batch is refused and adds nothing", async () => {
      const draft = anInvoice(1);
      const batNbr = await filled(draft);
      await erp.release("invoice", batNbr);

      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.refused"));

      expect((await erp.readBatch("invoice", batNbr))?.documents).toHaveLength(1);
    });

    test("into a batch that does not exist is refused", async () => {
      await expect(erp.fill("999999", anInvoice(1))).rejects.toEqual(fails("erp.refused"));
    });

    test("that was dropped before its commit is open, and the batch stays empty", async () => {
      const draft = anInvoice(1);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.fault(FILL, { kind: "drop", commit: "never" });

      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.outcome_open"));

      expect((await erp.readBatch("invoice", batNbr))?.documents).toEqual([]);
    });

    test.each([
      ["dropped", { kind: "drop", commit: "first" }],
      ["answered by a broken proxy", { kind: "http", status: 503, commit: true }],
    ])("that was %s after its commit is open, and the batch holds it", async (_how, effect) => {
      const draft = anInvoice(1);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.fault(FILL, effect);

      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.outcome_open"));

      const reading = await erp.readBatch("invoice", batNbr);
      expect(reading && compareBatch(draft, reading)).toEqual([]);
    });

    test("that commits long after its connection was lost shows up then", async () => {
      const draft = anInvoice(1);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.admin("POST", "/clock", { action: "freeze" });
      await site.fault(FILL, { kind: "drop", commit: "later", afterMs: 300_000 });
      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.outcome_open"));

      await site.admin("POST", "/clock", { action: "advance", ms: 299_000 });
      const before = await erp.readBatch("invoice", batNbr);
      await site.admin("POST", "/clock", { action: "advance", ms: 2_000 });
      const after = await erp.readBatch("invoice", batNbr);

      expect(before?.documents).toEqual([]);
      expect(after && compareBatch(draft, after)).toEqual([]);
    });

    test("that commits beside a second one is seen as two documents", async () => {
      const draft = anInvoice(1);
      const batNbr = await filled(draft);
      await erp.fill(batNbr, draft);

      const reading = await erp.readBatch("invoice", batNbr);

      expect(reading?.documents).toHaveLength(2);
      expect(reading && compareBatch(draft, reading)).toEqual([
        { what: "number of documents", expected: "1", found: "2" },
      ]);
    });

    test("that was saved without all its lines differs by the missing line", async () => {
      const draft = anInvoice(1);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.fault(FILL, { kind: "half-save", lines: 1, end: "drop" });
      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.outcome_open"));

      const reading = await erp.readBatch("invoice", batNbr);

      const differences = reading && compareBatch(draft, reading);
      expect(differences?.map(({ what }) => what)).toEqual(["line"]);
    });

    test("whose application was not saved differs by it", async () => {
      const invoice = await booked(anInvoice(1));
      const draft = aPayment(2, [[invoice, 10_000]]);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.fault(FILL, { kind: "half-save", lines: 0, end: "answer" });
      await erp.fill(batNbr, draft);

      const reading = await erp.readBatch("payment", batNbr);

      const differences = reading && compareBatch(draft, reading);
      expect(differences?.map(({ what }) => what)).toEqual(["application"]);
    });
  });

  describe("trouble", () => {
    test("a refusal carries SL's words and number", async () => {
      await site.fault(FILL, { kind: "refuse", message: "No such terms", messageNbr: 8013 });
      const { batNbr } = await erp.reserve(headOf(anInvoice(1)));

      await expect(erp.fill(batNbr, anInvoice(1))).rejects.toMatchObject({
        code: "erp.refused",
        facts: { messageNbr: 8013 },
      });
    });

    test.each(["fault", "errorMessage"])("a deadlock victim (%s) may be sent again", async (as) => {
      const draft = anInvoice(1);
      const { batNbr } = await erp.reserve(headOf(draft));
      await site.fault(FILL, { kind: "deadlock", as });

      await expect(erp.fill(batNbr, draft)).rejects.toEqual(fails("erp.busy"));
      await erp.fill(batNbr, draft);

      expect((await erp.readBatch("invoice", batNbr))?.documents).toHaveLength(1);
    });

    test("a batch that a crashed release locks is busy, not refused", async () => {
      const batNbr = await filled(anInvoice(1));
      await site.fault(RELEASE, { kind: "stuck-release", lockMs: 600_000, end: "drop" });
      await expect(erp.release("invoice", batNbr)).rejects.toEqual(fails("erp.outcome_open"));

      await expect(erp.release("invoice", batNbr)).rejects.toEqual(fails("erp.busy"));

      expect((await erp.readBatch("invoice", batNbr))?.isReleased).toBe(false);
    });

    test.each([
      ["password", { password: "wrong" }],
      ["site", { siteId: "TEST" }],
      ["site key", { siteKey: "wrong" }],
      ["company", { companyId: "9999" }],
    ])("a wrong %s is an authentication error before any work", async (_what, changes) => {
      const stranger = site.connect(changes);

      await expect(stranger.reserve(headOf(anInvoice(1)))).rejects.toEqual(fails("erp.auth"));
      await expect(stranger.check()).rejects.toEqual(fails("erp.auth"));
    });

    test("a server that is down is unavailable for reads and writes", async () => {
      await erp.reserve(headOf(anInvoice(1)));
      const { url } = site;
      await site.close();

      await expect(erp.reserve(headOf(anInvoice(2)))).rejects.toEqual(fails("erp.unavailable"));
      await expect(erp.readCustomer("C300")).rejects.toEqual(fails("erp.unavailable"));
      expect(url).toContain("127.0.0.1");
      site = await start();
    });

    test("a closed period is refused in SL's words", async () => {
      const head = headOf(anInvoice(1, { period: "202512" }));

      await expect(erp.reserve(head)).rejects.toEqual(fails("erp.refused"));
    });

    test("another currency than the ledger's is not tried", async () => {
      const head = { ...headOf(anInvoice(1)), currency: "EUR" };

      await expect(erp.reserve(head)).rejects.toEqual(fails("mapping.currency_unsupported"));
    });
  });
});

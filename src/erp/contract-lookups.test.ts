import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareBatch } from "./compare.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "./port.ts";
import { aCustomer, anInvoice, aPayment, headOf, keyOf } from "./testing/contract-drafts.ts";
import { bookingWith, CONNECTORS } from "./testing/contract-site.ts";

// What every connector must find; each runs against the ERP sandbox it is made for.

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

  describe("a single ADD", () => {
    test("saves batch and document together, on hold", async () => {
      const invoice = anInvoice(1);
      const { batNbr } = await erp.add(invoice);
      const held = await erp.readBatch("invoice", batNbr);
      await erp.release("invoice", batNbr);
      const paid = aPayment(2, [[(await documentIn("invoice", batNbr))?.refNbr ?? "", 10_000]]);

      const added = await erp.add(paid);

      const reading = await erp.readBatch("payment", added.batNbr);
      expect(held?.state).toBe("held");
      expect(held && compareBatch(invoice, held)).toEqual([]);
      expect(reading && compareBatch(paid, reading)).toEqual([]);
    });

    test("whose answer is lost is an open outcome, found by its key", async () => {
      await site.fault(
        { operation: "editScreen", actionType: "ADD" },
        { kind: "drop", commit: "first" },
      );

      await expect(erp.add(anInvoice(1))).rejects.toEqual(fails("erp.outcome_open"));

      expect(await erp.findBatches(anInvoice(1).key)).toMatchObject([
        { screen: "invoice", state: "held", isReleased: false, stripeId: "in_1" },
      ]);
    });

    test("stands beside another of the same key, each with its state", async () => {
      const first = await erp.add(anInvoice(1));
      const second = await erp.add(anInvoice(1));
      await erp.release("invoice", second.batNbr);
      await erp.reserve(headOf(aPayment(2, [])));

      const batches = await erp.findBatches(anInvoice(1).key);
      const { rows, isLast } = await erp.listUnreleased(1);

      expect(batches.map(({ batNbr, state }) => [batNbr, state])).toEqual([
        [first.batNbr, "held"],
        [second.batNbr, "released"],
      ]);
      expect([rows.map(({ screen }) => screen), isLast]).toEqual([["invoice", "payment"], true]);
    });
  });

  describe("looking up", () => {
    test("by key finds held, released and empty batches, and nothing else", async () => {
      await booked(anInvoice(1));
      const held = await filled(anInvoice(2));
      const { batNbr: empty } = await erp.reserve(headOf(aPayment(3, [])));

      expect(await erp.findByKey(keyOf(1))).toMatchObject([{ type: "IN", isReleased: true }]);
      expect(await erp.findByKey(keyOf(2))).toMatchObject([
        { type: "IN", batNbr: held, isReleased: false, screen: "invoice", customerId: "C300" },
      ]);
      expect(await erp.findByKey(keyOf(3))).toMatchObject([
        { type: "", refNbr: "", batNbr: empty, screen: "payment", isReleased: false },
      ]);
      expect(await erp.findByKey(keyOf(4))).toEqual([]);
    });

    test("by key sees a document only once the view has caught up", async () => {
      await site.admin("POST", "/clock", { action: "freeze" });
      await site.admin("POST", "/switches", { viewLagMs: 20_000 });
      const batNbr = await filled(anInvoice(1));

      const before = await erp.findByKey(keyOf(1));
      const byBatch = await erp.readBatch("invoice", batNbr);
      await site.admin("POST", "/clock", { action: "advance", ms: 21_000 });

      expect(before).toEqual([]);
      expect(byBatch?.documents).toHaveLength(1);
      expect(await erp.findByKey(keyOf(1))).toHaveLength(1);
    });

    test("by batch may lag too, and then shows the batch as it was", async () => {
      await site.admin("POST", "/clock", { action: "freeze" });
      const { batNbr } = await erp.reserve(headOf(anInvoice(1)));
      await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });
      await site.admin("POST", "/switches", { batchLagMs: 5_000 });
      await erp.fill(batNbr, anInvoice(1));

      const before = await erp.readBatch("invoice", batNbr);
      await site.admin("POST", "/clock", { action: "advance", ms: 6_000 });
      const after = await erp.readBatch("invoice", batNbr);

      expect(before?.documents).toEqual([]);
      expect(after?.documents).toHaveLength(1);
    });

    test("the newest keyed documents come first, those of others not at all", async () => {
      const numbers = [
        await filled(anInvoice(1)),
        await filled(anInvoice(2)),
        await filled(anInvoice(3)),
      ];
      await filled(anInvoice(4, { key: "typed by somebody" }));

      const newest = await erp.newestKeyed(2);

      expect(newest.map(({ batNbr }) => batNbr)).toEqual([numbers[2], numbers[1]]);
      expect(await erp.newestKeyed(10)).toHaveLength(3);
    });

    test("all keyed documents come in pages until one is empty", async () => {
      await filled(anInvoice(1));
      await filled(anInvoice(2));
      await filled(anInvoice(3));

      const first = await erp.listKeyed(1);

      expect(first.rows.map(({ key }) => key)).toEqual([keyOf(1), keyOf(2), keyOf(3)]);
      expect(first.rows[0]).toMatchObject({ period: "202603", documentDate: "2026-03-10" });
      expect(first.isLast).toBe(true);
    });
  });

  test("what others keep in the fields of ours is told with the first document", async () => {
    await filled(anInvoice(1));
    const before = await erp.listFieldUse();
    const batNbr = await filled(anInvoice(2, { key: "PO 4711", stripeId: "" }));

    const after = await erp.listFieldUse();

    expect(before).toEqual([]);
    expect(after).toEqual([{ field: "User2", count: 1, batNbr, value: "PO 4711" }]);

    const set = { CpnyID: "OTHER" };
    await site.admin("POST", "/rows", { table: "ARDoc", where: { BatNbr: batNbr }, set });
    expect(await erp.listFieldUse()).toEqual([]);
  });

  test("the accounts of Cash Manager come with its switches", async () => {
    await erp.check();

    const cash = await erp.readCashAccounts();

    const subaccount = "000000000000";
    expect(cash).toEqual({
      isFedByLedger: true,
      accounts: [
        { account: "1010", subaccount, takesLedger: true },
        { account: "1030", subaccount, takesLedger: true },
      ],
    });
  });

  describe("customers", () => {
    test("a created customer reads back under its id and with its class's defaults", async () => {
      await erp.createCustomer(aCustomer(1));

      expect(await erp.readCustomer("s000000001")).toEqual({
        customerId: "S000000001",
        key: keyOf(1),
        stripeId: "cus_1",
        name: "Ada Lovelace",
        addressLine1: "1 Main St",
        addressLine2: "",
        city: "New York",
        state: "NY",
        zip: "10001",
        country: "US",
        email: "ada_1@example.com",
        phone: "",
        status: "active",
        currency: "USD",
        classId: "RETAIL",
        terms: "01",
        autoApply: false,
        hasPrepay: true,
        taxNumbers: { TaxRegNbr: "", TaxExemptNbr: "" },
        receivable: { account: "1210", subaccount: "000000000000" },
      });
    });

    test("a taken id is refused as taken and nothing is changed", async () => {
      await erp.createCustomer(aCustomer(1));
      const second = aCustomer(2, { customerId: "S000000001", name: "Somebody else" });

      await expect(erp.createCustomer(second)).rejects.toMatchObject({
        code: "erp.refused",
        facts: { taken: true },
      });
      expect((await erp.readCustomer("S000000001"))?.name).toBe("Ada Lovelace");
    });

    test("another refusal is not taken for a taken id", async () => {
      const draft = aCustomer(1, { classId: "NOCLS" });

      await expect(erp.createCustomer(draft)).rejects.toMatchObject({
        code: "erp.refused",
        facts: { taken: false },
      });
      expect(await erp.readCustomer(draft.customerId)).toBeUndefined();
    });

    test("a creation without an answer is open, and reading tells it", async () => {
      await site.fault({ operation: "editScreen" }, { kind: "drop", commit: "first" });

      await expect(erp.createCustomer(aCustomer(1))).rejects.toEqual(fails("erp.outcome_open"));

      expect((await erp.readCustomer("S000000001"))?.key).toBe(keyOf(1));
    });

    test("are found by the exact address whatever its letter case, and by no other", async () => {
      await erp.createCustomer(aCustomer(1, { email: "Ada@Example.com" }));
      await erp.createCustomer(aCustomer(2, { email: "ada@example.com" }));
      await erp.createCustomer(aCustomer(3, { email: "ada@example.com.au" }));

      const found = await erp.findCustomersByEmail("ADA@example.com");

      expect(found.map(({ customerId }) => customerId)).toEqual(["S000000001", "S000000002"]);
      expect(await erp.findCustomersByEmail("da@example.com")).toEqual([]);
      expect(await erp.findCustomersByEmail("")).toEqual([]);
    });

    test("show their status, currency and whether SL applies by itself", async () => {
      expect(await erp.readCustomer("C302")).toMatchObject({ status: "inactive" });
      expect(await erp.readCustomer("C303")).toMatchObject({ status: "hold" });
      expect(await erp.readCustomer("C304")).toMatchObject({ currency: "EUR" });
      expect(await erp.readCustomer("C305")).toMatchObject({ autoApply: true });
      expect(await erp.readCustomer("C30")).toBeUndefined();
      expect(await erp.readCustomer("")).toBeUndefined();
    });

    test("that carry a key are listed", async () => {
      await erp.createCustomer(aCustomer(1));

      const listed = await erp.listKeyedCustomers(1);

      expect(listed.rows.map(({ customerId }) => customerId)).toEqual(["S000000001"]);
    });
  });
});

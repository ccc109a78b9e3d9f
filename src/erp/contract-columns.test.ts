import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ColumnTable, columnsOf } from "./columns.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import { type ColumnRecord, type EntryDraft, type ErpConnector, screenOf } from "./port.ts";
import { aCustomer, anInvoice, aPayment, headOf } from "./testing/contract-drafts.ts";
import { CONNECTORS } from "./testing/contract-site.ts";

// What every connector must read; each runs against the ERP sandbox it is made for.

describe.each(CONNECTORS)("columns by %s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;
  let invoice: ColumnRecord & { table: "ARDoc" };
  let payment: ColumnRecord & { table: "ARDoc" };
  let customer: ColumnRecord & { table: "Customer" };

  beforeAll(async () => {
    site = await start();
    erp = site.connector;
    const draft = aCustomer(1, { userFields: { User7: "2026-02-28" } });
    await erp.createCustomer(draft);
    customer = { table: "Customer", customerId: draft.customerId };
    const { customerId } = draft;
    invoice = await booked(
      anInvoice(1, { customerId, userFields: { User3: "1.5", User5: "SOUTH" } }),
    );
    payment = await booked(aPayment(2, [[invoice.refNbr, 9_999]], { customerId }));
  });

  afterAll(() => site.close());

  beforeEach(async () => {
    await site.admin("POST", "/switches", { floatNoise: false });
  });

  /** Books a draft to its release; gives the document as a record to read. */
  async function booked(draft: EntryDraft) {
    const { batNbr } = await erp.reserve(headOf(draft));
    await erp.fill(batNbr, draft);
    await erp.release(screenOf(draft), batNbr);
    const refNbr = (await erp.readBatch(screenOf(draft), batNbr))?.documents[0]?.refNbr ?? "";
    return { table: "ARDoc", screen: screenOf(draft), batNbr, refNbr } as const;
  }

  function read(record: ColumnRecord, ...columns: readonly string[]) {
    return erp.readColumns(record, { columns, baseCurrency: "USD" });
  }

  async function set(table: string, where: object, values: object): Promise<void> {
    await site.admin("POST", "/rows", { table, where, set: values });
  }

  test("a text comes without its padding, a date as a date, a flag as its number", async () => {
    expect(await read(invoice, "DocType", "User5", "DocDate", "DueDate", "Rlsed", "User8")).toEqual(
      {
        DocType: "IN",
        User5: "SOUTH",
        DocDate: "2026-03-10",
        DueDate: "2026-03-10",
        Rlsed: "1",
        User8: "",
      },
    );
  });

  test("an amount has its currency's decimals, also where SL sends noise", async () => {
    await site.admin("POST", "/switches", { floatNoise: true });

    expect(await read(invoice, "CuryOrigDocAmt", "DocBal", "User3", "CuryRate")).toEqual({
      CuryOrigDocAmt: "100.00",
      DocBal: "0.01",
      User3: "1.5",
      CuryRate: "1",
    });
    expect(await read(payment, "OrigDocAmt", "CuryDocBal")).toEqual({
      OrigDocAmt: "100.00",
      CuryDocBal: "0.01",
    });
  });

  test("a batch is read by its own columns", async () => {
    const { screen, batNbr } = payment;

    const found = await read({ table: "Batch", screen, batNbr }, "BatNbr", "Status", "CtrlTot");

    expect(found).toEqual({ BatNbr: batNbr, Status: "U", CtrlTot: "100.00" });
  });

  test("a customer is read by its own columns", async () => {
    const where = { CustId: customer.customerId };
    await set("Customer", where, { CrLmt: 2_500.5, TradeDisc: 12.5, Territory: "SE" });

    expect(await read(customer, "Name", "CrLmt", "TradeDisc", "Territory", "User7")).toEqual({
      Name: "Ada Lovelace",
      CrLmt: "2500.50",
      TradeDisc: "12.5",
      Territory: "SE",
      User7: "2026-02-28",
    });
  });

  test("a record that SL does not have reads as undefined", async () => {
    expect(await read({ table: "Customer", customerId: "NOBODY" }, "Name")).toBeUndefined();
    expect(await read({ ...invoice, refNbr: "999999" }, "DocBal")).toBeUndefined();
    expect(await read({ ...invoice, batNbr: "999999" }, "DocBal")).toBeUndefined();
  });

  test.each(["ARDoc", "Batch", "Customer"] as const)(
    "every column of %s that settings may name is in the site's contract and reads",
    async (table: ColumnTable) => {
      const columns = [...columnsOf(table).keys()];
      const { screen, batNbr } = invoice;
      const record = {
        ARDoc: invoice,
        Batch: { table: "Batch", screen, batNbr },
        Customer: customer,
      };

      const found = await read(record[table] as ColumnRecord, ...columns);

      expect(await erp.missingColumns(table, columns)).toEqual([]);
      expect(Object.keys(found ?? {})).toEqual(columns);
    },
  );

  test("columns that hold card or bank data are none", async () => {
    const secrets = ["CardNbr", "CardHldrName", "CardExpDate", "AcctNbr", "BankID"];

    expect(await erp.missingColumns("Customer", [...secrets, "Name"])).toEqual(secrets);
    await expect(read(customer, "CardNbr")).rejects.toMatchObject({ code: "erp.contract" });
  });
});

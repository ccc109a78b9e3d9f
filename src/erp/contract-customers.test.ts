import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import type { CustomerAddressDraft, ErpConnector } from "./port.ts";
import { aCustomer } from "./testing/contract-drafts.ts";
import { CONNECTORS } from "./testing/contract-site.ts";

// What every connector must do for customers that SL has; each runs against its ERP sandbox.

const ID = "S000000001";

const HARBOUR: CustomerAddressDraft = {
  customerId: ID,
  shipToId: "SHARBOUR",
  description: "Boston, US",
  stripeId: "pi_1",
  name: "Grace Hopper",
  addressLine1: "5 Harbour Rd",
  addressLine2: "",
  city: "Boston",
  state: "MA",
  zip: "02110",
  country: "US",
  phone: "",
};

describe.each(CONNECTORS)("%s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;

  beforeEach(async () => {
    site = await start();
    erp = site.connector;
    await erp.createCustomer(aCustomer(1, { taxNumbers: { TaxRegNbr: "DE123456789" } }));
  });

  afterEach(() => site.close());

  async function rowOf(table: string, name: string): Promise<Record<string, unknown> | undefined> {
    const rows = (await site.admin("GET", `/rows?table=${table}`)) as Record<string, unknown>[];
    return rows.find((row) => String(row[name]).trim() === ID);
  }

  test("an update changes the named texts and their bill-to, and nothing else", async () => {
    const before = await rowOf("Customer", "CustId");

    await erp.updateCustomer(ID, { name: "Ada King", email: "king@example.com" });

    const after = await rowOf("Customer", "CustId");
    const changed = Object.keys(after ?? {}).filter((name) => after?.[name] !== before?.[name]);
    expect(changed.filter((name) => !name.startsWith("LUpd_")).sort()).toEqual([
      "BillName",
      "EMailAddr",
      "Name",
    ]);
    expect(String(after?.TaxRegNbr).trim()).toBe("DE123456789");
  });

  test("a bill-to that a person has made another one stays", async () => {
    const set = { BillName: "Payables Ltd" };
    await site.admin("POST", "/rows", { table: "Customer", where: { CustId: ID }, set });

    await erp.updateCustomer(ID, { name: "Ada King" });

    const row = await rowOf("Customer", "CustId");
    expect([row?.Name, row?.BillName].map((text) => String(text).trim())).toEqual([
      "Ada King",
      "Payables Ltd",
    ]);
  });

  test("an update of nobody, and one whose answer is lost, are told apart", async () => {
    const gone = erp.updateCustomer("S000000009", { name: "Nobody" });
    await expect(gone).rejects.toMatchObject({ code: "erp.not_found" });

    await site.fault({ actionType: "UPDATE" }, { kind: "drop", commit: "first" });
    const lost = erp.updateCustomer(ID, { name: "Ada King" });

    await expect(lost).rejects.toMatchObject({ code: "erp.outcome_open" });
    expect((await erp.readCustomer(ID))?.name).toBe("Ada King");
  });

  test("what SL writes off by itself is read as its set-up of receivables says", async () => {
    const before = await erp.readSmallBalances();
    const set = { AutoApplyWO: 1, SBLimit: 2.5 };
    await site.admin("POST", "/rows", { table: "ARSetup", where: { SetupId: "AR" }, set });

    expect(before).toEqual({ isAutomatic: false, limit: "0" });
    expect(await erp.readSmallBalances()).toEqual({ isAutomatic: true, limit: "2.5" });
  });

  test("customers are found by name in any letter case, and never by a wild card", async () => {
    await erp.createCustomer(aCustomer(2, { name: "ada lovelace" }));
    await erp.createCustomer(aCustomer(3, { name: "Ada Lovelace Jr" }));

    const found = await erp.findCustomersByName("ADA Lovelace");

    expect(found.map(({ customerId }) => customerId)).toEqual([ID, "S000000002"]);
    expect(await erp.findCustomersByName("Ada%")).toEqual([]);
  });

  test("a ship-to address reads back, and its id cannot be taken twice", async () => {
    const { description, stripeId, ...reading } = HARBOUR;
    await erp.createShipTo(HARBOUR);

    const second = erp.createShipTo({ ...HARBOUR, city: "Reno" });

    await expect(second).rejects.toMatchObject({ code: "erp.refused", facts: { taken: true } });
    expect(await erp.readShipTo(ID, "sharbour")).toEqual(reading);
    expect(await erp.readShipTo(ID, "SOTHER")).toBeUndefined();
    expect(await erp.readShipTo("C300", HARBOUR.shipToId)).toBeUndefined();
    expect([description, stripeId]).toEqual(["Boston, US", "pi_1"]);
  });

  test("a ship-to whose answer is lost is open, and one in no state of SL is refused", async () => {
    await site.fault({ operation: "editSOAddress" }, { kind: "drop", commit: "first" });
    const lost = erp.createShipTo(HARBOUR);
    await expect(lost).rejects.toMatchObject({ code: "erp.outcome_open" });

    const strange = erp.createShipTo({ ...HARBOUR, shipToId: "SXX", state: "XX" });

    await expect(strange).rejects.toMatchObject({ code: "erp.refused", facts: { taken: false } });
    expect(await erp.readShipTo(ID, HARBOUR.shipToId)).toBeDefined();
  });
});

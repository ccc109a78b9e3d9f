import { expect, test } from "vitest";
import type { SentStruct, SlClient } from "./client.ts";
import { anInvoice, aSite, at, edit, INVOICE, KEY, reserve } from "./site.ts";

const CUSTOMERS = "customerMaintenance";

function aCustomer(changes: SentStruct = {}): SentStruct {
  return {
    myCustomer: {
      CustId: "SLW2ABCDEFG",
      Name: "Ada Lovelace",
      ClassId: "RETAIL",
      EMailAddr: "ada@example.com",
      Status: "A",
      User1: "cus_1",
      User2: KEY,
      ...changes,
    },
    customerNote: { sNoteText: "cus_1 in full" },
  };
}

async function add(site: SlClient, changes: SentStruct = {}): Promise<string> {
  const screen = await edit(site, CUSTOMERS, "ADD", aCustomer(changes));
  return at(screen, "myCustomer", "CustId");
}

test("a new customer takes over its class and gets a DEFAULT ship-to", async () => {
  const site = await aSite();

  await add(site);

  const [customer] = await site.rows("Customer", { CustId: "SLW2ABCDEFG" });
  expect(customer).toMatchObject({ ArAcct: "1210", Terms: "01", CuryId: "USD", AutoApply: 0 });
  expect(await site.rows("SOAddress", { CustId: "SLW2ABCDEFG", ShipToId: "DEFAULT" })).toHaveLength(
    1,
  );
});

test("a CustId that exists is refused whatever its letter case", async () => {
  const site = await aSite();
  await add(site);

  await expect(add(site, { CustId: "slw2abcdefg" })).rejects.toThrow("already exists");
});

test("a blank CustId is numbered", async () => {
  const site = await aSite();

  const ids = [await add(site, { CustId: "" }), await add(site, { CustId: "" })];

  expect(ids).toEqual(["C000001", "C000002"]);
});

test("an update changes only what it sends", async () => {
  const site = await aSite();
  await add(site);
  const before = await site.struct(CUSTOMERS, "getCustomerByExactID", { custID: "SLW2ABCDEFG" });

  await edit(site, CUSTOMERS, "UPDATE", {
    myCustomer: { ...(before as unknown as SentStruct), Phone: "555-0100" },
  });

  const [after] = await site.rows("Customer", { CustId: "SLW2ABCDEFG" });
  expect(after).toMatchObject({ Phone: "555-0100", Name: "Ada Lovelace", User2: KEY });
});

test.each([
  ["class", { ClassId: "NONE" }, "Customer class NONE not found"],
  ["terms", { Terms: "99" }, "Terms 99 not found"],
  ["country", { Country: "XX" }, "Country XX not found"],
  ["state", { State: "ZZ" }, "State ZZ not found"],
  ["account", { ArAcct: "1299" }, "Account 1299 is inactive"],
  ["name", { Name: "" }, "Name is required"],
])("a customer with an unusable %s is refused", async (_what, changes, message) => {
  const site = await aSite();

  await expect(add(site, changes)).rejects.toThrow(message);
});

test("VALIDATEONLY checks a customer and saves nothing", async () => {
  const site = await aSite();

  await edit(site, CUSTOMERS, "VALIDATEONLY", aCustomer());

  expect(await site.rows("Customer", { CustId: "SLW2ABCDEFG" })).toEqual([]);
});

test("the customer is found by its key in the view and by parameters", async () => {
  const site = await aSite();
  await add(site);

  const viewed = await site.view("xslw_CustomerByKey", [["User2", "=", KEY]]);
  const listed = await site.list(CUSTOMERS, "getCustomers", {
    currentPageNumber: 1,
    pageSize: 10,
    parms: { nameValuePairs: [{ name: "EMailAddr", value: "ada@example.com" }] },
  });

  expect(viewed.map((row) => row.CustId?.trim())).toEqual(["SLW2ABCDEFG"]);
  expect(listed.map((row) => at(row, "CustId"))).toEqual(["SLW2ABCDEFG"]);
});

test("the note of a customer comes back with its screen", async () => {
  const site = await aSite();
  await add(site);

  const screen = await site.struct(CUSTOMERS, "getScreenByCustID", { custID: "SLW2ABCDEFG" });

  expect(at(screen, "customerNote", "sNoteText")).toBe("cus_1 in full");
});

test("an unknown customer is an empty screen and an absent result", async () => {
  const site = await aSite();

  const screen = await site.struct(CUSTOMERS, "getScreenByCustID", { custID: "NOBODY" });
  const exact = await site.struct(CUSTOMERS, "getCustomerByExactID", { custID: "NOBODY" });

  expect(screen.myCustomer).toBeUndefined();
  expect(exact).toEqual({});
});

test.each([
  ["inactive", "C302", false, "is inactive"],
  ["on hold, where the site refuses that,", "C303", true, "is on hold"],
])(
  "a document for a customer that is %s is refused",
  async (_state, CustId, holdRefused, message) => {
    const site = await aSite();
    await site.admin("POST", "/switches", { holdRefused });
    const batNbr = await reserve(site, INVOICE);

    const saving = edit(site, INVOICE, "UPDATE", anInvoice(batNbr, 5, { document: { CustId } }));

    await expect(saving).rejects.toThrow(message);
  },
);

test("pages of customers are as long as asked", async () => {
  const site = await aSite();

  const page = await site.list(CUSTOMERS, "getCustomers", { currentPageNumber: 2, pageSize: 3 });

  expect(page.map((row) => at(row, "CustId"))).toEqual(["C303", "C304", "C305"]);
});

import { describe, expect, test } from "vitest";
import { loadContracts, type Operation, type ServiceContract } from "../contract/contract.ts";
import { SERVICE_NAMES } from "../contract/served.ts";
import { readRequest } from "../soap/request.ts";
import type { SentStruct, SlClient } from "./client.ts";
import { aLine, anOrder, place, ship } from "./orders.ts";
import {
  anInvoice,
  aPayment,
  aSite,
  at,
  INVOICE,
  releasedInvoice,
  releasedPayment,
  reserve,
} from "./site.ts";

const contracts = loadContracts();

/** Operations that answer an untyped DataSet, for which the contract says nothing. */
const UNTYPED = new Set(["ping", "getNextCounter"]);

/** The contract with its answers as calls, so that the strict reader can check an answer. */
function answersAsCalls(service: ServiceContract): ServiceContract {
  const operations = new Map<string, Operation>();
  for (const operation of service.operations.values()) {
    const name = `${operation.name}Response`;
    operations.set(name, { ...operation, name, input: operation.output });
  }
  return { ...service, operations };
}

/** Arguments with which each operation finds something. */
const ARGUMENTS: Readonly<Record<string, SentStruct>> = {
  editBatch: { actionType: "ADD", inItem: { Status: "H", PerPost: "202603" } },
  editNote: { actionType: "ADD", noteLevel: "BATCH", inSnote: { sNoteText: "text" } },
  editSOAddress: { actionType: "ADD", inItem: { CustId: "C300", ShipToId: "DOCK2", Name: "Dock" } },
  editCustomer: { actionType: "ADD", inItem: { Name: "New", ClassId: "COMM" } },
  applyPayment: { actionType: "ADD", custID: "C300", paymentRefNbr: "KY3E3RUCE5" },
  searchInvoiceAndMemo: {
    startDocDate: "2026-01-01T00:00:00",
    endDocDate: "2026-12-31T00:00:00",
  },
  getARSetupValue: { fieldName: "PerNbr" },
  getCustomerValue: { custID: "C300", fieldName: "Name" },
  deleteLineItem: { ordNbr: "O0005002", lineRef: "00002" },
  loadOrderEmailAddress: { type: "BILL" },
  saveOrderEmailAddress: { type: "SHIP", emailAddress: "ann@example.com" },
  getOrders: { actionType: "SEARCH", ordersParams: "CUSTID|C300;" },
};

const SCREENS: Readonly<Record<string, SentStruct>> = {
  invoiceAndMemo: anInvoice("", 5),
  paymentApplication: aPayment("", 5, {}, { document: { RefNbr: "OTHER" } }),
  customerMaintenance: { myCustomer: { Name: "New", ClassId: "COMM" } },
};

const CASES = SERVICE_NAMES.flatMap((service) =>
  [...(contracts.get(service)?.operations.keys() ?? [])]
    .filter((operation) => !UNTYPED.has(operation) && service !== "quickQuery")
    .map((operation) => [service, operation] as const),
);

/** A released invoice and payment, and an empty batch, as arguments that name them. */
async function paid(site: SlClient): Promise<SentStruct> {
  const invoiceRefNbr = await releasedInvoice(site, 50);
  await releasedPayment(site, 50, {});
  return { batNbr: await reserve(site, INVOICE), invoiceRefNbr, applyAmount: 50 };
}

/** An order that is shipped and invoiced, with tax, a charge and a note; and one that is open. */
async function ordered(site: SlClient): Promise<SentStruct> {
  const inOrder = anOrder(
    [aLine(1, 5, { Taxable: 1 })],
    { AdminHold: false, TaxID00: "NYTAX", notes: "left at the door" },
    [{ MiscChrgID: "SHIPPING", CuryMiscChrg: 2 }],
  );
  const ordNbr = at(await place(site, inOrder), "OrdNbr");
  await place(site, anOrder([aLine(1, 5), aLine(1, 6)]));
  const shipperId = (await ship(site, ordNbr)).shippers[0]?.shipperId ?? "";
  return { inOrder, ordNbr, orderNumber: ordNbr, shipperID: shipperId, ShipperID: shipperId };
}

describe("answers by the contract", () => {
  test.each(CASES)(
    "%s.%s answers in the contract's names, order and types",
    async (name, operation) => {
      const service = contracts.get(name);
      if (service === undefined) throw new Error(`no contract of ${name}`);
      const site = await aSite();
      const found =
        name === "orders" || name === "shippers" ? await ordered(site) : await paid(site);
      const args: SentStruct = {
        custID: "C300",
        shipToID: "DEFAULT",
        invtID: "TSHIRT",
        actionType: "ADD",
        inScreen: SCREENS[name] ?? { myBatch: { Status: "H", PerPost: "202603" } },
        ...found,
        ...ARGUMENTS[operation],
      };

      const { status, body } = await site.raw(name, operation, args);

      expect(status).toBe(200);
      expect(/<error(?:Message|String)>([^<]+)</.exec(body)?.[1]).toBeUndefined();
      expect(() => readRequest(answersAsCalls(service), body, true)).not.toThrow();
    },
  );

  test("a refused row operation answers a whole row with the reason", async () => {
    const site = await aSite();
    const service = contracts.get(INVOICE);
    if (service === undefined) throw new Error("no contract");

    const { body } = await site.raw(INVOICE, "editBatch", {
      actionType: "ADD",
      inItem: { Status: "P" },
    });

    expect(body).toContain("A batch cannot be saved with status P");
    expect(() => readRequest(answersAsCalls(service), body, true)).not.toThrow();
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aLine, ORDERS, type OrderSummary, placeOpen, setHold, ship } from "./orders.ts";
import {
  aPayment,
  aRestartableSite,
  aSite,
  at,
  edit,
  ledgerBalance,
  PAYMENT,
  release,
  releasedPayment,
  reserve,
} from "./site.ts";

describe("from order to invoice", () => {
  test("a shipped order is one released invoice of journal type OM, and closed", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(3, 10)]);

    const shipped = await ship(site, ordNbr);

    const [shipper] = shipped.shippers;
    expect(shipped).toMatchObject({ status: "C", cancelled: false, unshipped: 0 });
    expect(shipper).toMatchObject({ status: "C", invcNbr: "I005001", total: 30, released: true });
    const [batch] = await site.rows("Batch", { Module: "AR", BatNbr: shipper?.arBatNbr ?? "" });
    expect(batch).toMatchObject({ JrnlType: "OM", EditScrnNbr: "08010", Status: "U", CrTot: 30 });
    const [invoice] = await site.rows("ARDoc", { RefNbr: "I005001" });
    expect(invoice).toMatchObject({ DocType: "IN", OrdNbr: ordNbr, CuryDocBal: 30, Rlsed: 1 });
    expect(invoice?.CustOrdNbr).toBe("cs_1042");
    const [line] = await site.rows("ARTran", { RefNbr: "I005001", TranClass: "N", DrCr: "C" });
    expect(line).toMatchObject({ OrdNbr: ordNbr, ShipperID: shipper?.shipperId, Qty: 3 });
    const [balances] = await site.rows("AR_Balances", { CustID: "C300" });
    expect(balances).toMatchObject({ CurrBal: 30, TotOpenOrd: 0, TotShipped: 0 });
  });

  test("the wire shows shippers by order, by id and as a screen", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(1, 10)], {}, [
      { MiscChrgID: "TAX", CuryMiscChrg: 0.89 },
    ]);
    await ship(site, ordNbr);

    const [head] = await site.table(ORDERS, "getShipHead", { orderNumber: ordNbr });
    const screen = await site.struct("shippers", "getScreenByShipperID", { ShipperID: "s0005001" });
    const [header] = await site.list("shippers", "getSOShipHeaders", { shipperID: "S0005001" });

    expect(head?.ShipperID).toBe("S0005001".padEnd(15));
    expect(head).toMatchObject({ CuryTotInvc: "10.89", Status: "C", ARDocType: "IN" });
    expect(at(screen, "mySOShipHeader", "ARBatNbr")).toBe(head?.ARBatNbr?.trim());
    expect(at(screen, "mySOShipLine", "SOShipLine", "QtyShip")).toBe("1");
    expect(at(screen, "mySOShipMisc", "SOShipMisc", "CuryMiscChrg")).toBe("0.89");
    expect(at(header, "InvcNbr")).toBe("I005001");
    expect(await ledgerBalance(site, "2200")).toBe(-0.89);
  });

  test("stock leaves by the shipper alone, with its cost in the ledger", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(4, 10), aLine(1, 99, { InvtID: "SETUP" })]);
    const stock = async (): Promise<unknown> => {
      const [row] = await site.rows("ItemSite", { InvtID: "WIDGET", SiteID: "MAIN" });
      return [row?.QtyOnHand, row?.QtyCustOrd, row?.QtyShipNotInv, row?.QtyAvail];
    };
    const ordered = await stock();

    await ship(site, ordNbr, { invoice: false });
    const shipped = await stock();
    await site.admin("POST", "/shippers/invoice", { shippers: ["S0005001"] });

    expect([ordered, shipped]).toEqual([
      [500, 4, 0, 496],
      [500, 0, 4, 496],
    ]);
    expect(await stock()).toEqual([496, 0, 0, 496]);
    const bins = await site.list("shippers", "getWhseLocs", { invtID: "WIDGET", siteID: "MAIN" });
    expect([at(bins[0], "WhseLoc"), at(bins[0], "QtyOnHand")]).toEqual(["A-01", "496"]);
    expect([await ledgerBalance(site, "5000"), await ledgerBalance(site, "1300")]).toEqual([
      80, -80,
    ]);
  });

  test("parts of an order make a shipper and an invoice each", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(3, 30), aLine(1, 60)], {}, [
      { MiscChrgID: "SHIPPING", CuryMiscChrg: 7 },
    ]);

    const first = await ship(site, ordNbr, { lines: [{ lineRef: "1", quantity: 2 }] });
    const second = await ship(site, ordNbr);

    expect(first).toMatchObject({ status: "O", unshipped: 90 });
    expect(first.lines.map(({ shipped, open }) => [shipped, open])).toEqual([
      [2, 1],
      [0, 1],
    ]);
    expect(second.status).toBe("C");
    // Charges go with the first shipper.
    expect(second.shippers.map(({ invcNbr, total }) => [invcNbr, total])).toEqual([
      ["I005001", 67],
      ["I005002", 90],
    ]);
  });

  test("several orders stand on one invoice, each shipper with its own total", async () => {
    const site = await aSite();
    const orders = [await placeOpen(site, [aLine(1, 10)]), await placeOpen(site, [aLine(1, 25)])];
    for (const ordNbr of orders) await ship(site, ordNbr, { invoice: false });
    const before = await site.rows("ARDoc");

    await site.admin("POST", "/shippers/invoice", { shippers: ["S0005001", "S0005002"] });

    expect(before).toEqual([]);
    const [invoice, ...others] = await site.rows("ARDoc");
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({ RefNbr: "I005001", CuryOrigDocAmt: 35, OrdNbr: "" });
    const shippers = await site.rows("SOShipHeader", { InvcNbr: "I005001" });
    expect(shippers.map((row) => row.CuryTotInvc)).toEqual([10, 25]);
    const lines = await site.rows("ARTran", { RefNbr: "I005001", TranClass: "N", DrCr: "C" });
    expect(lines.map((row) => row.OrdNbr)).toEqual(orders);
  });

  test("price and freight at shipping may differ from the order", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(2, 10)]);

    const shipped = await ship(site, ordNbr, {
      lines: [{ lineRef: "1", price: 9.995 }],
      freight: 4.5,
    });

    expect(shipped.shippers[0]?.total).toBe(24.49);
    expect(await ledgerBalance(site, "4050")).toBe(-4.5);
    expect(await ledgerBalance(site, "1200")).toBe(24.49);
  });

  test("where SL re-prices, a price typed by hand stays", async () => {
    const site = await aSite();
    await site.admin("POST", "/switches", { repriceAtShipping: true });
    const lines = [aLine(1, 10), aLine(1, 10, { ManualPrice: 1 })];
    const ordNbr = await placeOpen(site, lines);

    const shipped = await ship(site, ordNbr);

    expect(shipped.shippers[0]?.total).toBe(43.33);
  });

  test("tax and whole-order discount are spread over the shippers", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(
      site,
      [aLine(1, 30, { Taxable: 1 }), aLine(1, 70, { Taxable: 1 })],
      { TaxID00: "NYTAX", CuryWholeOrdDisc: 10 },
    );

    await ship(site, ordNbr, { lines: [{ lineRef: "1" }] });
    const shipped = await ship(site, ordNbr);

    // 27.00 and 63.00 after discount, taxed at 8.875 %.
    expect(shipped.shippers.map(({ total }) => total)).toEqual([29.4, 68.59]);
    expect(await ledgerBalance(site, "4090")).toBe(10);
    expect(await ledgerBalance(site, "2200")).toBe(-7.99);
  });

  test("a short order is closed with what was shipped", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(5, 10)]);

    const shipped = await ship(site, ordNbr, {
      lines: [{ lineRef: "1", quantity: 3 }],
      short: true,
    });

    expect(shipped).toMatchObject({ status: "C", cancelled: false, unshipped: 0 });
    expect((await site.rows("SOLine"))[0]).toMatchObject({ QtyShip: 3, QtyCloseShip: 2 });
  });

  test("a return for credit makes a credit memo and brings stock back", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(2, 10, { ReasonCd: "DMG" })], { SOTypeID: "RFC" });

    const shipped = await ship(site, ordNbr);

    const [memo] = await site.rows("ARDoc");
    expect(memo).toMatchObject({ DocType: "CM", RefNbr: "IR005001", CuryDocBal: 20 });
    expect(shipped.status).toBe("C");
    expect(await ledgerBalance(site, "4010")).toBe(20);
    const [stock] = await site.rows("ItemSite", { InvtID: "WIDGET", SiteID: "MAIN" });
    expect([stock?.QtyOnHand, stock?.QtyCustOrd]).toEqual([502, 0]);
  });

  test("an order in euros is invoiced in euros at its rate", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(3, 33.33)], { CustID: "C304" });

    await ship(site, ordNbr);

    const [invoice] = await site.rows("ARDoc");
    expect(invoice).toMatchObject({ CuryId: "EUR", CuryDocBal: 99.99, DocBal: 109.99, Rlsed: 1 });
  });
});

describe("what is not shipped", () => {
  test("holds, quotes, closed orders and what is not there are refused", async () => {
    const site = await aSite();
    const held = await placeOpen(site, [aLine(1, 1)], { AdminHold: true });
    const credit = await placeOpen(site, [aLine(1, 1)], { CustID: "C303" });
    const quote = await placeOpen(site, [aLine(1, 1)], { SOTypeID: "Q" });
    const large = await placeOpen(site, [aLine(41, 1, { InvtID: "GADGET" })]);
    const done = await placeOpen(site, [aLine(1, 1)]);
    await ship(site, done);

    await expect(ship(site, held)).rejects.toThrow("is on administrative hold");
    await expect(ship(site, credit)).rejects.toThrow("is on credit hold");
    await expect(ship(site, quote)).rejects.toThrow("has nothing to ship");
    await expect(ship(site, done)).rejects.toThrow("is closed");
    await expect(ship(site, "O1")).rejects.toThrow("Order O1 not found");
    await expect(ship(site, large, { lines: [{ lineRef: "1", quantity: 42 }] })).rejects.toThrow(
      "Line 00001: only 41 are open",
    );
    await expect(ship(site, large, { lines: [{ lineRef: "1" }] })).rejects.toThrow(
      "Line 00001: only 40 are on hand",
    );
    expect((await ship(site, large)).lines).toMatchObject([{ shipped: 40, open: 1 }]);
  });

  test("a cancelled order keeps its invoices and ships no more", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(5, 10)]);
    await ship(site, ordNbr, { lines: [{ lineRef: "1", quantity: 2 }] });

    const cancelled = await site.admin<OrderSummary>("POST", `/orders/${ordNbr}/cancel`);

    expect(cancelled).toMatchObject({ status: "C", cancelled: true, unshipped: 0 });
    expect(cancelled.shippers).toHaveLength(1);
    const [stock] = await site.rows("ItemSite", { InvtID: "WIDGET", SiteID: "MAIN" });
    expect([stock?.QtyOnHand, stock?.QtyCustOrd]).toEqual([498, 0]);
    await expect(ship(site, ordNbr)).rejects.toThrow("is closed");
    await expect(setHold(site, ordNbr, true)).rejects.toThrow("is closed");
    await expect(setHold(site, ordNbr, false)).resolves.toBeUndefined();
  });
});

test("a cancelled shipper gives its goods and charges back to the order", async () => {
  const site = await aSite();
  const ordNbr = await placeOpen(site, [aLine(5, 10)], {}, [
    { MiscChrgID: "SHIPPING", CuryMiscChrg: 7 },
  ]);
  await ship(site, ordNbr, { lines: [{ lineRef: "1", quantity: 2 }], invoice: false });

  const reopened = await site.admin<OrderSummary>("POST", "/shippers/S0005001/cancel");
  const shipped = await ship(site, ordNbr);

  expect(reopened).toMatchObject({ status: "O", unshipped: 57, lines: [{ shipped: 0, open: 5 }] });
  expect(shipped.shippers).toMatchObject([
    { shipperId: "S0005001", cancelled: true, invcNbr: "" },
    { shipperId: "S0005002", cancelled: false, total: 57, invcNbr: "I005001" },
  ]);
  await expect(site.admin("POST", "/shippers/S0005002/cancel")).rejects.toThrow("is closed");
});

describe("by itself", () => {
  test("the schedule ships what is not on hold, on the sandbox's clock", async () => {
    const site = await aSite();
    await site.admin("POST", "/switches", { shipEverySeconds: 3600 });
    const open = await placeOpen(site, [aLine(1, 10)]);
    const held = await placeOpen(site, [aLine(1, 10)], { AdminHold: true });

    await site.admin("POST", "/clock", { action: "advance", ms: 1_800_000 });
    await site.admin("POST", "/switches", { padded: false });
    await site.admin("POST", "/clock", { action: "advance", ms: 1_800_000 });
    const first = await site.rows("SOHeader", { Status: "C" });
    await setHold(site, held, false);
    await site.admin("POST", "/clock", { action: "advance", ms: 3_600_000 });

    expect(first.map((row) => row.OrdNbr)).toEqual([open]);
    expect(await site.rows("SOHeader", { Status: "C" })).toHaveLength(2);
  });

  test("an invoice waits in B for its release, also over a restart", async ({ onTestFinished }) => {
    const home = await temporaryFolder(onTestFinished);
    const before = await aRestartableSite({ home });
    await before.client.admin("POST", "/switches", { orderInvoiceLagMs: 60_000 });
    const ordNbr = await placeOpen(before.client, [aLine(1, 10)]);
    const shipped = await ship(before.client, ordNbr);
    await before.stop();
    const after = await aRestartableSite({ home });
    onTestFinished(after.stop);
    const state = async (): Promise<unknown> => (await after.client.rows("ARDoc"))[0]?.Rlsed;
    const waiting = await state();

    await after.client.admin("POST", "/clock", { action: "advance", ms: 60_000 });

    expect(shipped).toMatchObject({ status: "C", shippers: [{ released: false }] });
    expect([waiting, await state()]).toEqual([0, 1]);
  });

  test("the schedule puts a customer's shippers on one invoice where it wants that", async () => {
    const site = await aSite();
    await site.admin("POST", "/customers", { custId: "C301", consolidated: true });
    await site.admin("POST", "/switches", { shipEverySeconds: 60 });
    await placeOpen(site, [aLine(1, 10)], { CustID: "C301" });
    await placeOpen(site, [aLine(1, 25)], { CustID: "C301" });
    await placeOpen(site, [aLine(1, 7)]);

    await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });

    const documents = await site.rows("ARDoc");
    expect(documents.map((row) => [row.CustId, row.CuryDocBal]).sort()).toEqual([
      ["C300", 7],
      ["C301", 35],
    ]);
  });

  test("where SL does not release by itself a person does", async () => {
    const site = await aSite();
    await site.admin("POST", "/switches", { orderInvoicesReleased: false });
    const ordNbr = await placeOpen(site, [aLine(1, 10)]);
    const shipped = await ship(site, ordNbr);
    const batNbr = shipped.shippers[0]?.arBatNbr ?? "";
    const [waiting] = await site.rows("Batch", { Module: "AR", BatNbr: batNbr });

    const released = await release(site, "invoiceAndMemo", batNbr);

    expect(waiting).toMatchObject({ Status: "B", Rlsed: 0 });
    expect([at(released, "errorMessage"), at(released, "myBatch", "Status")]).toEqual(["", "U"]);
  });
});

describe("money of an order", () => {
  test("a prepayment without a prepay account does not leave its batch (6928)", async () => {
    const site = await aSite();
    const none = { PrePayAcct: "", PrePaySub: "" };
    await site.admin("POST", "/rows", { table: "Customer", where: { CustId: "C300" }, set: none });
    await site.admin("POST", "/rows", { table: "ARSetup", where: { SetupId: "AR" }, set: none });

    const paying = releasedPayment(site, 100, {}, { document: { DocType: "PP" } });

    await expect(paying).rejects.toThrow("Message 6928: Account of PP KY3E3RUCE5 is blank");
    expect(await ledgerBalance(site, "1095")).toBe(0);
  });

  test("a released prepayment is applied to the invoice in a reserved batch", async () => {
    const site = await aSite();
    const ordNbr = await placeOpen(site, [aLine(3, 30)]);
    await releasedPayment(site, 100, {}, { document: { DocType: "PP", OrdNbr: ordNbr } });
    const [before] = await site.rows("AR_Balances", { CustID: "C300" });
    const shipped = await ship(site, ordNbr);
    const refNbr = shipped.shippers[0]?.invcNbr ?? "";

    const batNbr = await reserve(site, PAYMENT);
    const over = aPayment(batNbr, 0, { [refNbr]: 90.01 }, { document: EXISTING });
    await expect(edit(site, PAYMENT, "UPDATE", over)).rejects.toThrow(
      `Amount applied exceeds the open balance of IN ${refNbr}`,
    );
    await edit(
      site,
      PAYMENT,
      "UPDATE",
      aPayment(batNbr, 0, { [refNbr]: 90 }, { document: EXISTING }),
    );
    const [pending] = await site.rows("ARDoc", { DocType: "PP" });
    const released = await release(site, PAYMENT, batNbr);

    expect(before).toMatchObject({ CurrBal: 0, TotPrePay: 100, TotOpenOrd: 90 });
    expect(pending).toMatchObject({ ApplBatNbr: batNbr, OrdNbr: ordNbr, CuryDocBal: 100 });
    expect(at(released, "errorMessage")).toBe("");
    expect((await site.rows("ARDoc", { DocType: "PP" }))[0]).toMatchObject({
      CuryDocBal: 10,
      ApplBatNbr: "",
    });
    expect((await site.rows("ARDoc", { RefNbr: refNbr }))[0]).toMatchObject({ OpenDoc: 0 });
    const [after] = await site.rows("AR_Balances", { CustID: "C300" });
    expect(after).toMatchObject({ CurrBal: 0, TotPrePay: 10, TotOpenOrd: 0 });
    expect([await ledgerBalance(site, "2100"), await ledgerBalance(site, "1200")]).toEqual([
      -10, 0,
    ]);
  });
});

/** The prepayment of `releasedPayment` as an existing document. */
const EXISTING = { DocType: "PP", BatNbr: "000316", Rlsed: 1 };

async function temporaryFolder(
  onTestFinished: (run: () => Promise<void>) => void,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-orders-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

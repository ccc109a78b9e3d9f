import { describe, expect, test } from "vitest";
import { placeOrder } from "../rules/orders/place.ts";
import type { Struct } from "../soap/request.ts";
import { type Answer, rowsIn, type SentStruct } from "./client.ts";
import { aWorld } from "./order-world.ts";
import { aLine, anOrder, ORDERS, place, setHold } from "./orders.ts";
import { aSite, at, KEY, releasedPayment } from "./site.ts";

type Changes = Readonly<{ header?: SentStruct; line?: SentStruct; charge?: SentStruct }>;

function items(order: Answer): readonly Answer[] {
  const list = order.orderItems as { orderItem?: readonly Answer[] } | undefined;
  return list?.orderItem ?? [];
}

describe("placing", () => {
  test("an order is saved open and held, with its keys, lines and totals", async () => {
    const site = await aSite();

    const placed = await place(site, anOrder([aLine(3, 10), aLine(1, 99.5, { InvtID: "SETUP" })]));

    expect(at(placed, "OrdNbr")).toBe("O0005001");
    const read = await site.struct(ORDERS, "getOrder", { orderNumber: "O0005001" });
    expect(read).toEqual(placed);
    expect(at(read, "AdminHold")).toBe("true");
    expect(at(read, "Status")).toBe("O");
    expect([at(read, "User1"), at(read, "User2")]).toEqual(["pi_1", KEY]);
    expect(read.CustOrdNbr).toBe("cs_1042".padEnd(25));
    expect(at(read, "CuryTotOrd")).toBe("129.5");
    expect(items(read).map((line) => [at(line, "LineRef"), at(line, "CuryTotOrd")])).toEqual([
      ["00001", "30"],
      ["00002", "99.5"],
    ]);
    expect(at(items(read)[0], "Schedules", "schedule", "QtyOrd")).toBe("3");
  });

  test("bill-to and ship-to come from the customer unless they are typed", async () => {
    const site = await aSite();

    const own = await place(site, anOrder([aLine(1, 5)]));
    const typed = await place(
      site,
      anOrder([aLine(1, 5)], { ShipName: "Ann Lee", ShipCity: "Troy" }),
    );

    expect([at(own, "BillName"), at(own, "ShipCity")]).toEqual(["Alpine Sports", "New York"]);
    expect([at(typed, "ShipName"), at(typed, "ShipCity"), at(typed, "ShipZip")]).toEqual([
      "Ann Lee",
      "Troy",
      "",
    ]);
  });

  test("miscellaneous charges of the DataSet are priced, booked and shown", async () => {
    const site = await aSite();
    const charges = [
      { MiscChrgID: "TAX", CuryMiscChrg: 2.66, Descr: "NY tax" },
      { MiscChrgID: "SHIPPING", CuryMiscChrg: "5.00" },
    ];

    const placed = await place(site, anOrder([aLine(3, 10)], {}, charges));

    expect(at(placed, "CuryTotMisc")).toBe("7.66");
    expect(at(placed, "CuryTotOrd")).toBe("37.66");
    const shown = rowsIn(placed.miscCharges);
    expect(
      shown.map((row) => [row.MiscChrgID?.trim(), row.CuryMiscChrg, row.MiscAcct?.trim()]),
    ).toEqual([
      ["TAX", "2.66", "2200"],
      ["SHIPPING", "5", "4050"],
    ]);
  });

  test("SL prices for -999876 and taxes by the order's tax ids", async () => {
    const site = await aSite();
    const lines = [aLine(3, -999876, { Taxable: -1 }), aLine(1, 10, { Taxable: 0 })];

    const placed = await place(site, anOrder(lines, { TaxID00: "NYTAX" }));

    expect(at(items(placed)[0], "CurySlsPrice")).toBe("33.33");
    expect(at(items(placed)[0], "CuryCost")).toBe("20");
    // 8.875 % of 99.99 is 8.874, rounded once.
    expect([at(placed, "CuryTotTxbl"), at(placed, "CuryTotTax")]).toEqual(["99.99", "8.87"]);
    expect(at(placed, "CuryTotOrd")).toBe("118.86");
    expect(at(placed, "taxes", "SOTax", "CuryMerchTax")).toBe("8.87");
  });

  test("a price keeps the four decimals of the set-up", async () => {
    const site = await aSite();

    const placed = await place(site, anOrder([aLine(300, 0.339967)]));

    expect(at(items(placed)[0], "CurySlsPrice")).toBe("0.34");
    expect(at(placed, "CuryTotOrd")).toBe("102");
  });

  test("an order in euros keeps both currencies", async () => {
    const site = await aSite();

    const placed = await place(site, anOrder([aLine(2, 50)], { CustID: "C304" }));

    const [row] = await site.rows("SOHeader", { OrdNbr: at(placed, "OrdNbr") });
    expect(row).toMatchObject({ CuryID: "EUR", CuryRate: 1.1, CuryTotOrd: 100, TotOrd: 110 });
  });

  test.each<[string, Changes, string]>([
    ["an unknown customer", { header: { CustID: "NOBODY" } }, "8013: Customer NOBODY not found"],
    ["an inactive customer", { header: { CustID: "C302" } }, "Customer C302 is inactive"],
    ["an unknown order type", { header: { SOTypeID: "ZZ" } }, "8013: Order type ZZ not found"],
    ["an inactive order type", { header: { SOTypeID: "OLD" } }, "Order type OLD is inactive"],
    ["unknown terms", { header: { TermsID: "77" } }, "8013: Terms 77 not found"],
    ["an unknown ship-to", { header: { ShiptoID: "D9" } }, "8013: Ship-to address D9 not found"],
    ["an unknown ship via", { header: { ShipViaID: "UFO" } }, "8013: Ship via UFO not found"],
    ["an unknown tax", { header: { TaxID00: "MOON" } }, "8013: Tax MOON not found"],
    ["a date that is none", { header: { OrdDate: "soon" } }, "OrdDate soon is not a date"],
    [
      "a number longer than its column",
      { header: { CustOrdNbr: "x".repeat(26) } },
      "String or binary data would be truncated: SOHeader.CustOrdNbr holds 25 characters",
    ],
    ["an unknown item", { line: { InvtID: "NIX" } }, "8013: Inventory item NIX not found"],
    ["an inactive item", { line: { InvtID: "OLDITEM" } }, "Inventory item OLDITEM is inactive"],
    ["a quantity of zero", { line: { QtyOrd: 0 } }, "92: Line 1: Quantity ordered must be greater"],
    [
      "an unknown charge",
      { charge: { MiscChrgID: "NIX", CuryMiscChrg: 1 } },
      "8013: Miscellaneous charge NIX not found",
    ],
  ])("%s is refused and no order is saved", (_what, changes, message) => {
    const world = aWorld();
    const header = anOrder([], changes.header) as Struct;
    const lines = [aLine(1, 1, changes.line) as Struct];
    const charges = changes.charge === undefined ? [] : [changes.charge as Struct];

    const placing = (): unknown =>
      world.store.commit(() => placeOrder(world, { header, lines, charges }));

    expect(placing).toThrow(message);
    expect(world.store.count("SOHeader")).toBe(0);
    expect(world.store.get("SOType", "0060", "SO")?.LastOrdNbr).toBe("0005000");
  });

  test("calculateOrderTotals prices and saves nothing", async () => {
    const site = await aSite();

    const priced = await site.struct(ORDERS, "calculateOrderTotals", {
      inOrder: anOrder([aLine(3, 10)]),
    });

    expect([at(priced, "CuryTotOrd"), at(priced, "OrdNbr")]).toEqual(["30", ""]);
    expect(await site.rows("SOHeader")).toEqual([]);
  });
});

describe("changing", () => {
  test("a deleted line leaves the order priced anew", async () => {
    const site = await aSite();
    const lines = [aLine(2, 10, { Taxable: 1 }), aLine(3, 100, { Taxable: 1 })];
    const ordNbr = at(await place(site, anOrder(lines, { TaxID00: "NYTAX" })), "OrdNbr");

    const answer = await site.call(ORDERS, "deleteLineItem", { ordNbr, lineRef: "2" });

    const read = await site.struct(ORDERS, "getOrder", { orderNumber: ordNbr });
    expect(answer).toBe("true");
    expect(items(read)).toHaveLength(1);
    expect([at(read, "CuryTotOrd"), at(read, "CuryUnshippedBalance")]).toEqual(["21.78", "21.78"]);
    expect((await site.rows("AR_Balances", { CustID: "C300" }))[0]?.TotOpenOrd).toBe(21.78);
    expect((await site.rows("ItemSite", { SiteID: "MAIN" }))[0]?.QtyCustOrd).toBe(2);
    const gone = site.call(ORDERS, "deleteLineItem", { ordNbr, lineRef: "2" });
    await expect(gone).rejects.toThrow(`Order ${ordNbr} has no line 2`);
  });

  test("ctAPI keeps e-mail addresses beside the order", async () => {
    const site = await aSite();
    const inOrder = anOrder([aLine(1, 1)], { billEmail: "ap@alpine.example" });
    const ordNbr = at(await place(site, inOrder), "OrdNbr");

    const emailAddress = "dock@alpine.example";
    await site.call(ORDERS, "saveOrderEmailAddress", { ordNbr, type: "SHIP", emailAddress });

    const read = await site.struct(ORDERS, "getOrder", { orderNumber: ordNbr });
    expect([at(read, "billEmail"), at(read, "shipEmail")]).toEqual([
      "ap@alpine.example",
      emailAddress,
    ]);
  });
});

describe("credit", () => {
  test("an order of a customer on hold is saved on credit hold, or refused", async () => {
    const site = await aSite();

    const saved = await place(site, anOrder([aLine(1, 1)], { CustID: "C303" }));
    await site.admin("POST", "/switches", { creditRefusesOrders: true });
    const refused = place(site, anOrder([aLine(1, 1)], { CustID: "C303" }));

    expect(at(saved, "CreditHold")).toBe("1");
    expect(at(saved, "businessRuleViolations", "businessRuleViolation", "fatal")).toBe("false");
    await expect(refused).rejects.toThrow("Customer C303 is on credit hold");
  });

  test("open orders count against the limit, prepayments do not lower it", async () => {
    const site = await aSite();
    await site.admin("POST", "/customers", { custId: "C300", creditLimit: 100 });
    await releasedPayment(site, 500, {}, { document: { DocType: "PP" } });

    const first = await place(site, anOrder([aLine(1, 60)]));
    const second = await place(site, anOrder([aLine(1, 60)]));

    expect([at(first, "CreditHold"), at(second, "CreditHold")]).toEqual(["0", "1"]);
    const [balances] = await site.rows("AR_Balances", { CustID: "C300" });
    expect([balances?.TotOpenOrd, balances?.TotPrePay]).toEqual([120, 500]);
  });
});

describe("holding and finding", () => {
  test("the administrative hold goes off and on again", async () => {
    const site = await aSite();
    const ordNbr = at(await place(site, anOrder([aLine(1, 1)])), "OrdNbr");

    await setHold(site, ordNbr, false);
    const off = await site.struct(ORDERS, "getOrder", { orderNumber: ordNbr });
    await setHold(site, ordNbr.toLowerCase(), true);
    const on = await site.struct(ORDERS, "getOrder", { orderNumber: ordNbr });

    expect([at(off, "AdminHold"), at(on, "AdminHold")]).toEqual(["false", "true"]);
    await expect(setHold(site, "O9999999", true)).rejects.toThrow("Order O9999999 not found");
  });

  test("orders are searched by customer and date, page by page", async () => {
    const site = await aSite();
    for (const date of ["2026-03-09", "03/10/2026", "2026-03-11T08:00:00"]) {
      await place(site, anOrder([aLine(1, 1)], { OrdDate: date }));
    }
    await place(site, anOrder([aLine(1, 1)], { CustID: "C301" }));
    const search = (
      ordersParams: string,
      pageSize = "",
    ): Promise<readonly Record<string, string>[]> =>
      site.table(ORDERS, "getOrders", {
        actionType: "SEARCH",
        currentPageNumber: "1",
        pageSize,
        ordersParams,
        ordersSortBy: "OrdDate DESC",
      });

    const all = await search("CUSTID|C300;BEGINDATE|03/10/2026;ENDDATE|2026-03-11;");
    const paged = await search("CUSTID|C300;", "2");

    expect(all.map((row) => row.OrdNbr?.trim())).toEqual(["O0005003", "O0005002"]);
    expect(all[0]?.User2).toBe(KEY.padEnd(30));
    expect(paged.map((row) => [row.counter, row.totalEntries, row.totalPages])).toEqual([
      ["1", "3", "2"],
      ["2", "3", "2"],
    ]);
    await expect(search("CUSTORDNBR|cs_1042;")).rejects.toThrow("searched by CUSTORDNBR");
  });

  test("an order that is not there is an absent result", async () => {
    const site = await aSite();

    expect(await site.struct(ORDERS, "getOrder", { orderNumber: "O1" })).toEqual({});
    expect(await site.table(ORDERS, "getShipHead", { orderNumber: "O1" })).toEqual([]);
    expect(await site.table(ORDERS, "getOrderPayments", { orderNumber: "O1" })).toEqual([]);
  });

  test("the view finds an order by its key, also while it is held", async () => {
    const site = await aSite();
    await place(site, anOrder([aLine(2, 5)]));

    const rows = await site.view("xslw_OrderByKey", [["User2", "=", KEY]]);

    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ Status: "O", AdminHold: "1", CuryTotOrd: "10" });
    expect(rows[0]?.OrdNbr?.trim()).toBe("O0005001");
    expect(await site.view("xslw_OrderByKey", [["User2", "=", "NOBODY"]])).toEqual([]);
  });

  test("the view lags behind where the site's does, reads by number do not", async () => {
    const site = await aSite();
    await site.admin("POST", "/switches", { viewLagMs: 60_000 });
    await place(site, anOrder([aLine(2, 5)]));
    const byKey = (): Promise<readonly unknown[]> =>
      site.view("xslw_OrderByKey", [["User2", "=", KEY]]);
    const before = await byKey();

    const read = await site.struct(ORDERS, "getOrder", { orderNumber: "O0005001" });
    await site.admin("POST", "/clock", { action: "advance", ms: 61_000 });

    expect([before.length, at(read, "OrdNbr")]).toEqual([0, "O0005001"]);
    expect(await byKey()).toHaveLength(1);
  });

  test("a payment that a person typed on an order is listed", async () => {
    const site = await aSite();
    const ordNbr = at(await place(site, anOrder([aLine(2, 5)])), "OrdNbr");

    await site.admin("POST", `/orders/${ordNbr}/payments`, { amount: 4 });

    const paid = await site.table(ORDERS, "getOrderPayments", { orderNumber: ordNbr });
    expect(paid.map((row) => row.CuryPmtAmt)).toEqual(["4"]);
    const read = await site.struct(ORDERS, "getOrder", { orderNumber: ordNbr });
    expect([at(read, "CuryTotPmt"), at(read, "CuryBalDue")]).toEqual(["4", "6"]);
  });

  test("order types are listed with what they do", async () => {
    const site = await aSite();

    const types = await site.table(ORDERS, "getOrderTypes");

    const behaviors = types.map((row) => `${row.SOTypeID?.trim()} ${row.Behavior?.trim()}`);
    expect(behaviors).toContain("SO SO");
    expect(behaviors).toContain("RFC RMA");
  });
});

describe("faults", () => {
  test.each([
    ["dropped before", { kind: "drop", commit: "never" }, 0],
    ["dropped after", { kind: "drop", commit: "first" }, 1],
    ["answered 500 after", { kind: "http", status: 500, commit: true }, 1],
    ["broken off half-way through", { kind: "half-save", lines: 1 }, 1],
  ])("a placeOrder %s its commit gives no answer", async (_what, effect, orders) => {
    const site = await aSite();
    await site.admin("POST", "/faults", { match: { operation: "placeOrder" }, effect });

    await expect(place(site, anOrder([aLine(1, 1), aLine(1, 2)]))).rejects.toThrow();

    expect(await site.rows("SOHeader")).toHaveLength(orders);
    const lines = await site.rows("SOLine");
    expect(lines).toHaveLength(effect.kind === "half-save" ? 1 : 2 * orders);
  });

  test("a late commit puts the order there when the clock says so", async () => {
    const site = await aSite();
    await site.admin("POST", "/faults", {
      match: { service: "orders", contains: KEY },
      effect: { kind: "drop", commit: "later", afterMs: 60_000 },
    });

    await expect(place(site, anOrder([aLine(1, 1)]))).rejects.toThrow();
    const before = await site.rows("SOHeader");
    await site.admin("POST", "/clock", { action: "advance", ms: 60_000 });

    expect(before).toEqual([]);
    expect(await site.rows("SOHeader")).toHaveLength(1);
  });

  test("refusals are errorString of an order, and a fault where nothing is answered", async () => {
    const site = await aSite();
    const ordNbr = at(await place(site, anOrder([aLine(1, 1)])), "OrdNbr");
    await expect(place(site, anOrder([aLine(1, 1, { InvtID: "NIX" })]))).rejects.toThrow(
      "Message 8013: Inventory item NIX not found",
    );
    const refuse = { kind: "refuse", message: "Order is locked", messageNbr: 7012 };
    await site.admin("POST", "/faults", { match: { service: "orders" }, effect: refuse, times: 2 });

    await expect(place(site, anOrder([aLine(1, 1)]))).rejects.toThrow(
      "Message 7012: Order is locked",
    );
    await expect(setHold(site, ordNbr, false)).rejects.toThrow("Message 7012: Order is locked");
    expect(await site.rows("SOHeader", { AdminHold: "1" })).toHaveLength(1);
  });

  test("an order may be saved although the answer says no", async () => {
    const site = await aSite();
    const effect = { kind: "refuse", message: "Confirmation could not be sent", commit: true };
    await site.admin("POST", "/faults", { match: { operation: "placeOrder" }, effect });

    await expect(place(site, anOrder([aLine(1, 1)]))).rejects.toThrow("could not be sent");

    expect(await site.rows("SOHeader", { User2: KEY })).toHaveLength(1);
  });

  test("a hold that is dropped after its commit is off", async () => {
    const site = await aSite();
    const ordNbr = at(await place(site, anOrder([aLine(1, 1)])), "OrdNbr");
    await site.admin("POST", "/faults", {
      match: { operation: "adminHoldFlag" },
      effect: { kind: "drop", commit: "first" },
    });

    await expect(setHold(site, ordNbr, false)).rejects.toThrow();

    expect((await site.rows("SOHeader"))[0]?.AdminHold).toBe(0);
  });
});

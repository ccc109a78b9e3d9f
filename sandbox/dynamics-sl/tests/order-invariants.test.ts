import fc from "fast-check";
import { expect, test } from "vitest";
import { addBatch, SCREENS } from "../rules/batches.ts";
import { cancelOrder, cancelShipper, closeShort } from "../rules/orders/closing.ts";
import { updateShippers } from "../rules/orders/invoicing.ts";
import { placeOrder, setAdminHold } from "../rules/orders/place.ts";
import {
  ROUND_ORDERS_MAX,
  type ShipRequest,
  shipDueOrders,
  shipOrder,
} from "../rules/orders/shipping.ts";
import { savePayment } from "../rules/payments.ts";
import { releaseBatch } from "../rules/release.ts";
import { Refusal } from "../soap/fault.ts";
import type { Column } from "../tables/columns.ts";
import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { aWorld } from "./order-world.ts";
import { SUB } from "./site.ts";

const CUSTOMERS = ["C300", "C301", "C304"];

type Kind =
  | "place"
  | "ship"
  | "shipAll"
  | "invoice"
  | "hold"
  | "unhold"
  | "short"
  | "cancel"
  | "drop"
  | "pay";

type Step = Readonly<{
  kind: Kind;
  /** Which order, customer or shipper the step takes. */
  pick: number;
  /** Quantities of the lines to order, or of the first lines to ship. */
  quantities: readonly number[];
  cents: number;
  isTaxed: boolean;
  isReturn: boolean;
  waits: boolean;
}>;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Kind[]>(
    ...(["place", "place", "place", "ship", "ship", "ship", "shipAll", "invoice"] as const),
    ...(["hold", "unhold", "unhold", "short", "cancel", "drop", "pay", "pay", "pay"] as const),
  ),
  pick: fc.nat({ max: 20 }),
  quantities: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
  cents: fc.integer({ min: 0, max: 50_000 }),
  isTaxed: fc.boolean(),
  isReturn: fc.boolean(),
  waits: fc.boolean(),
});

function chosen(rows: Iterable<Row>, pick: number): Row | undefined {
  const all = [...rows];
  return all[pick % Math.max(all.length, 1)];
}

function place(world: World, own: Step): void {
  placeOrder(world, {
    header: {
      CustID: CUSTOMERS[own.pick % CUSTOMERS.length] ?? "",
      SOTypeID: own.isReturn && own.waits ? "RFC" : "SO",
      AdminHold: own.waits,
      CuryWholeOrdDisc: own.isReturn ? 0.05 : 0,
      CuryTotFrt: own.isReturn ? 4.99 : 0,
      TaxID00: own.isTaxed ? "NYTAX" : "",
    },
    lines: own.quantities.map((quantity, index) => ({
      InvtID: index === 1 ? "SETUP" : "WIDGET",
      QtyOrd: quantity,
      CurySlsPrice: own.cents / 100 + index,
      CuryCost: -999876,
      Taxable: own.isTaxed && index !== 1 ? 1 : 0,
    })),
    charges: own.isTaxed ? [] : [{ MiscChrgID: "TAX", CuryMiscChrg: 1.11 }],
  });
}

function ship(world: World, own: Step): void {
  const order = chosen(world.store.all("SOHeader"), own.pick);
  if (order === undefined) return;
  const lines = own.quantities.map((quantity, index) => ({
    lineRef: String(index + 1),
    quantity,
    ...(own.isTaxed ? { price: own.cents / 100 } : {}),
  }));
  const request: ShipRequest = { ordNbr: text(order, "OrdNbr"), lines, isInvoiced: !own.waits };
  const isHeld = num(order, "AdminHold") === 1;
  shipOrder(world, { ...request, isShort: own.isReturn, freight: own.cents % 7 });
  if (isHeld) throw new Error("an order on hold was shipped");
}

function invoice(world: World, own: Step): void {
  const shipper = chosen(world.store.find("SOShipHeader", "byStep", "4040000"), own.pick);
  if (shipper === undefined) return;
  const together = world.store
    .find("SOShipHeader", "byCustomerStep", text(shipper, "CustID"), "4040000")
    .filter((row) => text(row, "SOTypeID") === text(shipper, "SOTypeID"));
  updateShippers(world, together);
}

function dropShipper(world: World, own: Step): void {
  const shipper = chosen(world.store.find("SOShipHeader", "byStep", "4040000"), own.pick);
  if (shipper !== undefined) cancelShipper(world, text(shipper, "ShipperID"));
}

/** A prepayment on an order; where an invoice is open it is applied, as far as it goes. */
function pay(world: World, own: Step): void {
  const order = chosen(world.store.all("SOHeader"), own.pick);
  if (order === undefined || own.cents === 0) return;
  const currency = text(order, "CuryID");
  const amount = own.cents / 100;
  const custId = text(order, "CustID");
  const [open] = world.store
    .find("ARDoc", "byCustomer", custId)
    .filter((row) => text(row, "DocType") === "IN" && num(row, "OpenDoc") === 1);
  const applied = Math.min(amount, num(open, "CuryDocBal"));
  const batch = addBatch(world, SCREENS.application, {
    CuryId: currency,
    CuryCrTot: amount,
    CuryCtrlTot: amount,
  });
  savePayment(world, batch, {
    document: {
      CustId: custId,
      DocType: own.isTaxed ? "PP" : "PA",
      RefNbr: `P${text(batch, "BatNbr")}`,
      BankAcct: currency === "EUR" ? "1096" : "1095",
      BankSub: SUB,
      CuryOrigDocAmt: amount,
      OrdNbr: text(order, "OrdNbr"),
    },
    lines:
      applied > 0
        ? [{ DrCr: "U", CostType: "IN", SiteId: text(open, "RefNbr"), CuryTranAmt: applied }]
        : [],
    note: undefined,
  });
  const { problem } = releaseBatch(world, batch);
  if (problem !== undefined) throw new Error(problem.text);
}

const STEPS: Readonly<Record<Step["kind"], (world: World, own: Step, ordNbr: string) => unknown>> =
  {
    place,
    ship,
    invoice,
    pay,
    drop: dropShipper,
    shipAll: (world) => shipDueOrders(world),
    hold: (world, _own, ordNbr) => setAdminHold(world, ordNbr, true),
    unhold: (world, _own, ordNbr) => setAdminHold(world, ordNbr, false),
    short: (world, _own, ordNbr) => closeShort(world, ordNbr),
    cancel: (world, _own, ordNbr) => cancelOrder(world, ordNbr),
  };

/** Takes one step; refusals are part of the game, errors are not. */
function take(world: World, own: Step): void {
  const ordNbr = text(chosen(world.store.all("SOHeader"), own.pick), "OrdNbr");
  const run = (): unknown => STEPS[own.kind](world, own, ordNbr);
  try {
    // Rounds of the process manager commit order by order.
    if (own.kind === "shipAll") run();
    else world.store.commit(run);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function cents(value: number): number {
  return Math.round(value * 100);
}

function sum(rows: Iterable<Row>, value: (row: Row) => number): number {
  return [...rows].reduce((total, row) => total + value(row), 0);
}

function checkLedger(world: World): void {
  const { store } = world;
  const lines = [...store.all("GLTran")];
  const batches = Map.groupBy(lines, (row) => `${text(row, "Module")} ${text(row, "BatNbr")}`);
  for (const [name, own] of batches) {
    const base = sum(own, (row) => cents(num(row, "DrAmt")) - cents(num(row, "CrAmt")));
    const cury = sum(own, (row) => cents(num(row, "CuryDrAmt")) - cents(num(row, "CuryCrAmt")));
    expect([name, base, cury]).toEqual([name, 0, 0]);
  }
  const documents = [...store.all("ARDoc")].filter((row) => num(row, "Rlsed") === 1);
  const owed = (types: readonly string[]): number =>
    sum(
      documents.filter((row) => types.includes(text(row, "DocType"))),
      (row) => cents(num(row, "DocBal")),
    );
  const receivables = lines.filter((row) => ["1200", "1210"].includes(text(row, "Acct")));
  const booked = sum(receivables, (row) => cents(num(row, "DrAmt")) - cents(num(row, "CrAmt")));
  expect(booked).toBe(owed(["IN", "DM"]) - owed(["CM", "PA"]));
  for (const row of documents) expect(num(row, "CuryDocBal")).toBeGreaterThanOrEqual(0);
}

/** Lines of shippers that are not cancelled. */
function standing(world: World): readonly Row[] {
  return [...world.store.all("SOShipLine")].filter(
    (row) =>
      num(world.store.get("SOShipHeader", world.companyId, text(row, "ShipperID")), "Cancelled") ===
      0,
  );
}

function checkOrders(world: World): void {
  const { store } = world;
  const shipped = Map.groupBy(
    standing(world),
    (row) => `${text(row, "OrdNbr")} ${text(row, "OrdLineRef")}`,
  );
  for (const line of store.all("SOLine")) {
    const own = shipped.get(`${text(line, "OrdNbr")} ${text(line, "LineRef")}`) ?? [];
    const quantities = ["QtyShip", "QtyOpenShip", "QtyCloseShip"].map((name) => num(line, name));
    expect(quantities.reduce((total, one) => total + one, 0)).toBe(num(line, "QtyOrd"));
    expect(sum(own, (row) => num(row, "QtyShip"))).toBe(num(line, "QtyShip"));
  }
  for (const order of store.all("SOHeader")) {
    const ordNbr = text(order, "OrdNbr");
    const isOpen =
      store.find("SOLine", "byOrder", ordNbr).some((row) => num(row, "QtyOpenShip") > 0) ||
      store.find("SOShipHeader", "byOrder", ordNbr).some((row) => text(row, "Status") === "O");
    expect([ordNbr, text(order, "Status")]).toEqual([ordNbr, isOpen ? "O" : "C"]);
  }
  for (const shipper of store.all("SOShipHeader")) {
    const isInvoiced = text(shipper, "Status") === "C" && num(shipper, "Cancelled") === 0;
    expect([text(shipper, "InvcNbr") !== "", text(shipper, "ARBatNbr") !== ""]).toEqual([
      isInvoiced,
      isInvoiced,
    ]);
  }
  const invoiced = [...store.all("SOShipHeader")].filter((row) => text(row, "InvcNbr") !== "");
  for (const [refNbr, own] of Map.groupBy(invoiced, (row) => text(row, "InvcNbr"))) {
    const [document] = store.find("ARDoc", "byRefNbr", refNbr);
    expect([refNbr, sum(own, (row) => cents(num(row, "CuryTotInvc")))]).toEqual([
      refNbr,
      cents(num(document, "CuryOrigDocAmt")),
    ]);
    expect(num(document, "Rlsed")).toBe(1);
  }
}

function checkExposure(world: World): void {
  const { store } = world;
  for (const custId of CUSTOMERS) {
    const balances = store.get("AR_Balances", custId, world.companyId);
    const own = (table: string): readonly Row[] =>
      [...store.all(table)].filter(
        (row) => text(row, "CustID") === custId && text(row, "Status") === "O",
      );
    expect(cents(num(balances, "TotOpenOrd"))).toBe(
      sum(own("SOHeader"), (row) => cents(num(row, "UnshippedBalance"))),
    );
    expect(cents(num(balances, "TotShipped"))).toBe(
      sum(own("SOShipHeader"), (row) => cents(num(row, "TotInvc"))),
    );
  }
  const ofWidgets = (rows: Iterable<Row>, types: readonly string[]): readonly Row[] =>
    [...rows].filter((row) => {
      const order = store.get("SOHeader", world.companyId, text(row, "OrdNbr"));
      return text(row, "InvtID") === "WIDGET" && types.includes(text(order, "SOTypeID"));
    });
  const gone = (status: string, types: readonly string[]): number =>
    sum(ofWidgets(standing(world), types), (row) =>
      text(row, "Status") === status ? num(row, "QtyShip") : 0,
    );
  const stock = store.get("ItemSite", "WIDGET", "MAIN");
  expect(num(stock, "QtyOnHand")).toBe(500 - gone("C", ["SO"]) + gone("C", ["RFC"]));
  expect(num(stock, "QtyShipNotInv")).toBe(gone("O", ["SO"]));
  expect(num(stock, "QtyCustOrd")).toBe(
    sum(ofWidgets(store.all("SOLine"), ["SO"]), (row) => num(row, "QtyOpenShip")),
  );
}

/** What no SQL Server would hold: a column of another table, text in a number, text too long. */
function strangeCells(world: World): readonly string[] {
  const { store } = world;
  return store.tableNames().flatMap((table) =>
    [...store.all(table)].flatMap((row) =>
      Object.entries(row)
        .filter(([name, value]) => !fits(store.definition(table).columns.get(name), value))
        .map(([name, value]) => `${table}.${name} = ${value}`),
    ),
  );
}

function fits(column: Column | undefined, value: string | number): boolean {
  if (column === undefined) return false;
  if (column.kind === "int" || column.kind === "float") return typeof value === "number";
  if (typeof value !== "string") return false;
  return column.kind === "date" || column.width === 0 || value.length <= column.width;
}

test("orders, stock, balances and ledger agree after any history", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: "max" }), (steps) => {
      const world = aWorld();
      for (const own of steps) take(world, own);
      checkLedger(world);
      checkOrders(world);
      checkExposure(world);
      expect(strangeCells(world)).toEqual([]);
      world.clock.close();
    }),
    { numRuns: 60 },
  );
});

test("a round ships a bounded number of orders, the oldest first", () => {
  const world = aWorld();
  const input = {
    header: { CustID: "WEBSHOP" },
    lines: [{ InvtID: "TSHIRT", QtyOrd: 1, CurySlsPrice: 20 }],
    charges: [],
  };
  world.store.commit(() => {
    for (let count = 0; count <= ROUND_ORDERS_MAX; count += 1) placeOrder(world, input);
  });

  const rounds = [shipDueOrders(world), shipDueOrders(world), shipDueOrders(world)];

  expect(rounds.map((round) => round.length)).toEqual([ROUND_ORDERS_MAX, 1, 0]);
  expect(text(rounds[0]?.[0], "OrdNbr")).toBe("O0005001");
  world.clock.close();
});

test("what is shipped in parts comes to the order's total", () => {
  const quantities = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(quantities, fc.integer({ min: 1, max: 99_999 }), (counts, price) => {
      const world = aWorld();
      const order = world.store.commit(() =>
        placeOrder(world, {
          header: { CustID: "C300", CuryWholeOrdDisc: 0.01, CuryTotFrt: 3.33 },
          lines: counts.map((count) => ({
            InvtID: "WIDGET",
            QtyOrd: count,
            CurySlsPrice: price / 100,
          })),
          charges: [{ MiscChrgID: "TAX", CuryMiscChrg: 2.02 }],
        }),
      );
      for (const [index, count] of counts.entries()) {
        for (let piece = 0; piece < count; piece += 1) {
          const lines = [{ lineRef: String(index + 1), quantity: 1 }];
          world.store.commit(() => shipOrder(world, { ordNbr: text(order, "OrdNbr"), lines }));
        }
      }
      const shippers = [...world.store.all("SOShipHeader")];
      const total = sum(shippers, (row) => cents(num(row, "CuryTotInvc")));
      expect(total).toBe(cents(num(order, "CuryTotOrd")));
      world.clock.close();
    }),
    { numRuns: 25 },
  );
});

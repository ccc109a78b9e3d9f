import { Refusal } from "../../soap/fault.ts";
import type { Struct } from "../../soap/request.ts";
import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { addBatch, BATCH_STATUS, SCREENS } from "../batches.ts";
import { linesOf, saveInvoice } from "../invoices.ts";
import { releaseBatch } from "../release.ts";
import { closeWhenDone } from "./closing.ts";
import { putShipper } from "./credit.ts";
import {
  DOCUMENT_OF_BEHAVIOR,
  NEXT_STEP,
  ORDER_SCREENS,
  ORDER_STATUS,
  partsOfShipper,
} from "./fields.ts";
import { relieveStock } from "./inventory-batch.ts";
import { takeOrderNumber } from "./numbers.ts";

const SLOTS = ["00", "01", "02", "03"] as const;

/**
 * Updates shippers (40.400): one invoice over all of them in an AR batch of journal type OM, an
 * inventory batch for what is stocked, and both numbers on each shipper; part of a commit.
 *
 * @throws Refusal when a shipper is done already, or they cannot stand on one invoice
 */
export function updateShippers(world: World, shippers: readonly Row[]): Row {
  const [first] = shippers;
  if (first === undefined) throw new Refusal("No shipper to invoice");
  for (const shipper of shippers) assertTogether(first, shipper);
  const type = world.store.get("SOType", world.companyId, text(first, "SOTypeID"));
  if (type === undefined)
    throw new Refusal(`Order type ${text(first, "SOTypeID")} not found`, 8013);
  const invcNbr = takeOrderNumber(
    world,
    type,
    "invoice",
    (number) => world.store.get("RefNbr", number) !== undefined,
  );
  const docType = DOCUMENT_OF_BEHAVIOR[text(type, "Behavior")] ?? "IN";
  const batch = saveBatch(world, shippers, { invcNbr, docType });
  const inBatNbr = relieveStock(world, shippers, { batch, invcNbr, docType });
  for (const shipper of shippers) {
    closeShipper(world, shipper, {
      ARBatNbr: text(batch, "BatNbr"),
      ARDocType: docType,
      INBatNbr: inBatNbr,
      InvcNbr: invcNbr,
      InvcDate: world.today(),
      PerPost: text(batch, "PerPost"),
    });
  }
  for (const ordNbr of new Set(shippers.map((row) => text(row, "OrdNbr")))) {
    closeWhenDone(world, ordNbr, { InvcNbr: invcNbr, InvcDate: world.today() });
  }
  releaseByItself(world, batch);
  return world.store.get("Batch", "AR", text(batch, "BatNbr")) ?? batch;
}

const SHARED_COLUMNS = ["CustID", "CuryID", "TermsID", "SOTypeID", "ARAcct", "ARSub"] as const;

/**
 * Invoices the waiting shippers of customers with `ConsolInv`, as many together as may stand on one
 * invoice; what SL refuses waits for the next round.
 */
export function invoiceConsolidated(world: World): void {
  const waiting = world.store
    .find("SOShipHeader", "byStep", NEXT_STEP.updateShipper)
    .filter((shipper) => num(shipper, "ConsolInv") === 1);
  const groups = Map.groupBy(waiting, (shipper) =>
    SHARED_COLUMNS.map((column) => text(shipper, column)).join("\u0001"),
  );
  for (const shippers of groups.values()) {
    try {
      world.store.commit(() => updateShippers(world, shippers));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** One invoice takes shippers of one customer, currency, terms and order type. */
function assertTogether(first: Row, shipper: Row): void {
  const name = `Shipper ${text(shipper, "ShipperID")}`;
  if (text(shipper, "Status") !== ORDER_STATUS.open) throw new Refusal(`${name} is closed`);
  for (const column of SHARED_COLUMNS) {
    if (text(first, column) === text(shipper, column)) continue;
    throw new Refusal(`${name} differs in ${column} and needs an invoice of its own`);
  }
}

type Numbers = Readonly<{ invcNbr: string; docType: "IN" | "DM" | "CM" }>;

function saveBatch(world: World, shippers: readonly Row[], { invcNbr, docType }: Numbers): Row {
  const [first = {}] = shippers;
  const decimals = decimalsOf(world, text(first, "CuryID"));
  const total = sumOf(
    shippers.map((row) => num(row, "CuryTotInvc")),
    decimals,
  );
  const money = {
    CuryId: text(first, "CuryID"),
    CuryRate: num(first, "CuryRate"),
    CuryMultDiv: text(first, "CuryMultDiv"),
    CuryRateType: text(first, "CuryRateType"),
  };
  const batch = addBatch(world, SCREENS.orderInvoice, {
    ...money,
    Status: BATCH_STATUS.balanced,
    Descr: `Shipper ${text(first, "ShipperID")}`,
    CuryCrTot: total,
    CuryCtrlTot: total,
  });
  const document = saveInvoice(world, batch, {
    document: {
      ...money,
      ...documentColumns(world, shippers, { invcNbr, docType }),
      CuryOrigDocAmt: total,
    },
    lines: shippers.flatMap((shipper) => documentLines(world, shipper, docType)),
    note: undefined,
    isTaxFinal: true,
  });
  for (const line of linesOf(world.store, document)) {
    world.store.patch("ARTran", line, { JrnlType: "OM" });
  }
  return world.store.patch("Batch", batch, {
    CrTot: num(document, "OrigDocAmt"),
    CtrlTot: num(document, "OrigDocAmt"),
  });
}

/** The column's value where all shippers agree in it; an invoice over several orders names none. */
function agreed(shippers: readonly Row[], columnName: string): string {
  const values = new Set(shippers.map((row) => text(row, columnName)));
  return values.size === 1 ? ([...values][0] ?? "") : "";
}

function documentColumns(world: World, shippers: readonly Row[], numbers: Numbers): Struct {
  const [first = {}] = shippers;
  const ordNbr = agreed(shippers, "OrdNbr");
  const terms = world.store.get("Terms", text(first, "TermsID"));
  return {
    CustId: text(first, "CustID"),
    DocType: numbers.docType,
    RefNbr: numbers.invcNbr,
    BankAcct: text(first, "ARAcct"),
    BankSub: text(first, "ARSub"),
    CustOrdNbr: agreed(shippers, "CustOrdNbr"),
    DocDate: world.today(),
    DocDesc: ordNbr === "" ? "Several orders" : `Order ${ordNbr}`,
    DueDate: daysAfter(world.today(), num(terms, "DueIntrv")),
    OrdNbr: ordNbr,
    SlsperId: text(first, "SlsperID"),
    Terms: text(first, "TermsID"),
    ...documentTaxes(world, shippers),
  };
}

function daysAfter(date: string, days: number): string {
  const moved = Date.parse(`${date.slice(0, 10)}T00:00:00Z`) + days * 86_400_000;
  return `${new Date(moved).toISOString().slice(0, 10)}T00:00:00`;
}

/** The shippers' taxes by id in the document's slots; no tax is rounded a second time. */
function documentTaxes(world: World, shippers: readonly Row[]): Struct {
  const decimals = decimalsOf(world, text(shippers[0], "CuryID"));
  const rows = shippers.flatMap((shipper) =>
    partsOfShipper(world.store, "SOShipTax", text(shipper, "ShipperID")),
  );
  const byTax = [...Map.groupBy(rows, (row) => text(row, "TaxID"))].slice(0, SLOTS.length);
  return Object.fromEntries(
    byTax.flatMap(([taxId, own], index): readonly (readonly [string, string | number])[] => {
      const slot = SLOTS[index] ?? "00";
      const sum = (name: string): number =>
        sumOf(
          own.map((row) => num(row, name)),
          decimals,
        );
      return [
        [`TaxId${slot}`, taxId],
        [`CuryTaxTot${slot}`, sum("CuryTotTax")],
        [`CuryTxblTot${slot}`, sum("CuryTotTxbl")],
        [`TaxTot${slot}`, sum("TotTax")],
        [`TxblTot${slot}`, sum("TotTxbl")],
      ];
    }),
  );
}

function documentLines(world: World, shipper: Row, docType: string): readonly Struct[] {
  const shared = {
    DrCr: docType === "CM" ? "D" : "C",
    OrdNbr: text(shipper, "OrdNbr"),
    ShipperCpnyID: text(shipper, "CpnyID"),
    ShipperID: text(shipper, "ShipperID"),
    TaxCalced: "Y",
    TranType: docType,
  };
  const line = (acct: string, sub: string, amount: number, more: Struct): Struct => ({
    ...shared,
    Acct: acct,
    Sub: sub,
    CuryTranAmt: amount,
    TranAmt: amount,
    ...more,
  });
  const shipperId = text(shipper, "ShipperID");
  const goods = partsOfShipper(world.store, "SOShipLine", shipperId).map((row) =>
    line(text(row, "SlsAcct"), text(row, "SlsSub"), num(row, "CuryTotInvc"), {
      CuryUnitPrice: num(row, "CurySlsPrice"),
      InvtId: text(row, "InvtID"),
      Qty: num(row, "QtyShip"),
      ShipperLineRef: text(row, "LineRef"),
      SiteId: text(row, "SiteID"),
      TaxCat: text(row, "TaxCat"),
      TranDesc: text(row, "Descr").slice(0, 30),
      UnitDesc: text(row, "UnitDesc"),
      UnitPrice: num(row, "SlsPrice"),
    }),
  );
  const charges = partsOfShipper(world.store, "SOShipMisc", shipperId).map((row) =>
    line(text(row, "MiscAcct"), text(row, "MiscSub"), num(row, "CuryMiscChrg"), {
      TranClass: "M",
      TranDesc: text(row, "Descr").slice(0, 30),
    }),
  );
  const others = [
    { columns: ["FrtAcct", "FrtSub"], amount: num(shipper, "CuryTotFrtInvc"), kind: "F" },
    { columns: ["DiscAcct", "DiscSub"], amount: -num(shipper, "CuryWholeOrdDisc"), kind: "D" },
  ]
    .filter(({ amount }) => amount !== 0)
    .map(({ columns: [acct = "", sub = ""], amount, kind }) =>
      line(text(shipper, acct), text(shipper, sub), amount, {
        TranClass: kind,
        TranDesc: kind === "F" ? "Freight" : "Order discount",
      }),
    );
  return [...goods, ...charges, ...others];
}

function closeShipper(world: World, shipper: Row, numbers: Row): void {
  const shipperId = text(shipper, "ShipperID");
  putShipper(world, {
    ...shipper,
    ...numbers,
    NextFunctionClass: "",
    NextFunctionID: "",
    Status: ORDER_STATUS.closed,
    ...world.audit(ORDER_SCREENS.update, shipper),
  });
  for (const line of partsOfShipper(world.store, "SOShipLine", shipperId)) {
    world.store.patch("SOShipLine", line, { Status: ORDER_STATUS.closed });
    const ordered = world.store.get(
      "SOLine",
      world.companyId,
      text(line, "OrdNbr"),
      text(line, "OrdLineRef"),
    );
    if (ordered === undefined) continue;
    const left = num(ordered, "QtyToInvc") - num(line, "QtyShip");
    world.store.patch("SOLine", ordered, { QtyToInvc: roundTo(left, 6) });
  }
}

/** True for a batch that the update of shippers made. */
export function isOrderInvoice(batch: Row): boolean {
  return text(batch, "Module") === "AR" && text(batch, "JrnlType") === "OM";
}

/** Releases the batch of an update at once or after the lag, where SL does so by itself. */
export function releaseByItself(world: World, batch: Row): void {
  if (!world.switches.orderInvoicesReleased) return;
  const lagMs = world.switches.orderInvoiceLagMs;
  if (lagMs === 0) {
    world.store.commit(() => releaseBatch(world, batch));
    return;
  }
  const batNbr = text(batch, "BatNbr");
  world.clock.after(lagMs, () => {
    const current = world.store.get("Batch", "AR", batNbr);
    // A person may have released or voided it meanwhile, or a restore have taken it away.
    if (current === undefined || !isOrderInvoice(current)) return;
    if (text(current, "Status") !== BATCH_STATUS.balanced) return;
    world.store.commit(() => releaseBatch(world, current));
  });
}

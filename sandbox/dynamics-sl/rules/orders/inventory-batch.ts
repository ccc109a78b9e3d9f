import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { decimalsOf, roundTo, sumOf } from "../amounts.ts";
import { BATCH_STATUS } from "../batches.ts";
import { nextLineNumber, nextNumber } from "../numbering.ts";
import { ORDER_SCREENS, partsOfShipper } from "./fields.ts";
import { changeStock, stockEffect, stockOf } from "./stock.ts";

type Invoice = Readonly<{ batch: Row; invcNbr: string; docType: "IN" | "DM" | "CM" }>;

/**
 * Takes what the shippers hold out of stock, or for a return back in, by a released batch of
 * module IN with ledger lines at average cost; its number, blank when nothing is stocked.
 */
export function relieveStock(world: World, shippers: readonly Row[], invoice: Invoice): string {
  const effect = stockEffect(world, text(shippers[0], "SOTypeID"));
  if (effect === "none") return "";
  const lines = shippers
    .flatMap((row) => partsOfShipper(world.store, "SOShipLine", text(row, "ShipperID")))
    .filter((line) => stockOf(world, line) !== undefined);
  if (lines.length === 0) return "";
  const sign = effect === "return" ? 1 : -1;
  const batNbr = takeInventoryBatch(world);
  const costs = lines.map((line) => {
    const cost = issueLine(world, line, { batNbr, sign, invoice });
    changeStock(world, line, {
      QtyOnHand: sign * num(line, "QtyShip"),
      QtyShipNotInv: effect === "return" ? 0 : -num(line, "QtyShip"),
    });
    return cost;
  });
  const total = sumOf(costs, decimalsOf(world, world.baseCurrency));
  world.store.put("Batch", {
    ...takenFrom(invoice.batch),
    DateEnt: text(invoice.batch, "DateEnt"),
    BatNbr: batNbr,
    BaseCuryID: world.baseCurrency,
    BatType: "N",
    CrTot: total,
    CtrlTot: total,
    CuryCrTot: total,
    CuryCtrlTot: total,
    CuryId: world.baseCurrency,
    CuryMultDiv: "M",
    CuryRate: 1,
    DrTot: total,
    CuryDrTot: total,
    EditScrnNbr: ORDER_SCREENS.update,
    JrnlType: "OM",
    Module: "IN",
    Rlsed: 1,
    Status: BATCH_STATUS.unposted,
    ...world.audit(ORDER_SCREENS.update),
  });
  return batNbr;
}

function takenFrom(batch: Row): Row {
  const names = ["BalanceType", "CpnyID", "LedgerID", "OrigCpnyID", "PerEnt", "PerPost"];
  return Object.fromEntries(names.map((name) => [name, text(batch, name)]));
}

function takeInventoryBatch(world: World): string {
  const setup = world.store.get("INSetup", "IN");
  if (setup === undefined) throw new Error("the set-up row of INSetup is missing");
  let number = nextNumber(text(setup, "LastBatNbr"));
  while (world.store.get("Batch", "IN", number) !== undefined) number = nextNumber(number);
  world.store.patch("INSetup", setup, { LastBatNbr: number });
  return number;
}

function issueLine(
  world: World,
  line: Row,
  { batNbr, sign, invoice }: Readonly<{ batNbr: string; sign: 1 | -1; invoice: Invoice }>,
): number {
  const decimals = decimalsOf(world, world.baseCurrency);
  const unitCost = num(stockOf(world, line), "AvgCost");
  const cost = roundTo(num(line, "QtyShip") * unitCost, decimals);
  const shared = {
    BatNbr: batNbr,
    CpnyID: world.companyId,
    FiscYr: text(invoice.batch, "PerPost").slice(0, 4),
    JrnlType: "OM",
    PerPost: text(invoice.batch, "PerPost"),
    RefNbr: invoice.invcNbr,
    Rlsed: 1,
    TranDate: world.today(),
    TranDesc: text(line, "Descr").slice(0, 30),
    TranType: invoice.docType,
    ...world.audit(ORDER_SCREENS.update),
  };
  world.store.put("INTran", {
    ...shared,
    Acct: text(line, "InvAcct"),
    ARDocType: invoice.docType,
    COGSAcct: text(line, "COGSAcct"),
    COGSSub: text(line, "COGSSub"),
    ExtCost: cost,
    InvtID: text(line, "InvtID"),
    InvtMult: sign,
    Qty: num(line, "QtyShip"),
    RecordID: world.store.nextIdentity("INTran", "RecordID"),
    ShipperID: text(line, "ShipperID"),
    ShipperLineRef: text(line, "LineRef"),
    SiteID: text(line, "SiteID"),
    Sub: text(line, "InvSub"),
    TranAmt: num(line, "TotInvc"),
    UnitCost: unitCost,
    UnitDesc: text(line, "UnitDesc"),
  });
  if (cost === 0) return 0;
  const sides = [
    { acct: text(line, "COGSAcct"), sub: text(line, "COGSSub"), isDebit: sign === -1 },
    { acct: text(line, "InvAcct"), sub: text(line, "InvSub"), isDebit: sign === 1 },
  ];
  for (const { acct, sub, isDebit } of sides) {
    const amounts = isDebit ? { DrAmt: cost, CuryDrAmt: cost } : { CrAmt: cost, CuryCrAmt: cost };
    world.store.put("GLTran", {
      ...shared,
      ...takenFrom(invoice.batch),
      ...amounts,
      Acct: acct,
      BaseCuryID: world.baseCurrency,
      CuryId: world.baseCurrency,
      CuryMultDiv: "M",
      CuryRate: 1,
      LineNbr: nextLineNumber(world.store.find("GLTran", "byBatch", "IN", batNbr)),
      Module: "IN",
      Posted: "U",
      Sub: sub,
    });
  }
  return cost;
}

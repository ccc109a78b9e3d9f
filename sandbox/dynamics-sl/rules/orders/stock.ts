import { num, type Row, text } from "../../tables/store.ts";
import type { World } from "../../world.ts";
import { roundTo } from "../amounts.ts";
import { orderSetup } from "./fields.ts";

type StockChange = Readonly<
  Partial<Record<"QtyCustOrd" | "QtyOnHand" | "QtyShipNotInv" | "QtyOnBO", number>>
>;

/** What shippers of each behaviour do to stock: take out of it, or bring back. */
const EFFECT_OF_BEHAVIOR: Readonly<Record<string, "issue" | "return">> = {
  SO: "issue",
  MO: "issue",
  WC: "issue",
  RMA: "return",
};

/** What shippers of an order type do to stock; credit and debit memos leave it alone. */
export function stockEffect(world: World, typeId: string): "issue" | "return" | "none" {
  const type = world.store.get("SOType", world.companyId, typeId);
  return EFFECT_OF_BEHAVIOR[text(type, "Behavior")] ?? "none";
}

/** The stock row of a line's item at its site, or undefined for what is not stocked. */
export function stockOf(world: World, line: Row): Row | undefined {
  const product = world.store.get("Inventory", text(line, "InvtID"));
  if (num(product, "StkItem") === 0) return undefined;
  return (
    world.store.get("ItemSite", text(line, "InvtID"), text(line, "SiteID")) ?? {
      InvtID: text(line, "InvtID"),
      SiteID: text(line, "SiteID"),
      CpnyID: world.companyId,
    }
  );
}

/** Moves the stock of a line's item by `change`; nothing for what is not stocked. */
export function changeStock(world: World, line: Row, change: StockChange): void {
  const row = stockOf(world, line);
  if (row === undefined) return;
  const places = num(orderSetup(world), "DecPlQty");
  const moved = Object.fromEntries(
    Object.entries(change).map(([name, by]) => [name, roundTo(num(row, name) + by, places)]),
  );
  const stock: Row = { ...row, ...moved };
  const available =
    num(stock, "QtyOnHand") - num(stock, "QtyCustOrd") - num(stock, "QtyShipNotInv");
  world.store.put("ItemSite", {
    ...stock,
    QtyAvail: roundTo(available, places),
    TotCost: roundTo(num(stock, "QtyOnHand") * num(stock, "AvgCost"), 2),
  });
  if (change.QtyOnHand === undefined) return;
  const whseLoc = text(stock, "DfltWhseLoc") || "A-01";
  const bin = world.store.get("Location", text(stock, "InvtID"), text(stock, "SiteID"), whseLoc);
  world.store.put("Location", {
    InvtID: text(stock, "InvtID"),
    SiteID: text(stock, "SiteID"),
    WhseLoc: whseLoc,
    QtyOnHand: roundTo(num(bin, "QtyOnHand") + change.QtyOnHand, places),
  });
}

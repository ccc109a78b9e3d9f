import { amountColumns, textColumn, type View } from "./view.ts";

/** What lies of each item in each warehouse, and what of it is available. */
export const itemStock: View = {
  name: "xslw_ItemStock",
  description: "Stock of items by warehouse",
  module: "IN",
  columns: [
    textColumn("InvtID", 30),
    textColumn("SiteID", 10),
    textColumn("CpnyID", 10),
    ...amountColumns("QtyOnHand", "QtyAvail"),
  ],
  rows: (_world, reader, equal) => {
    const invtId = equal.get("INVTID");
    return invtId === undefined
      ? reader.all("ItemSite")
      : reader.find("ItemSite", "byItem", invtId);
  },
};

import { text } from "../tables/store.ts";
import { type Handlers, matches, show, showAll } from "./handler.ts";
import { about, byId, ping } from "./lookups.ts";

/** 10.250 Inventory Items: reads. Prices are `StkBasePrc`; quantities are asked of `shippers`. */
export const inventoryItems: Handlers = {
  about,
  ping,
  getScreenByInvtID: (call) => {
    const { store } = call.world;
    const invtId = call.text("invtID");
    const row = store.get("Inventory", invtId);
    if (row === undefined) return { errorMessage: "" };
    const sites = store.get("INDfltSites", invtId, call.world.companyId);
    return {
      myInventory: show(call.world, "Inventory", row),
      myInventoryADG: show(call.world, "InventoryADG", store.get("InventoryADG", invtId)),
      myINDfltSites: show(call.world, "INDfltSites", sites),
      errorMessage: "",
    };
  },
  getInventoryByID: (call) =>
    showAll(
      call.world,
      "Inventory",
      [...call.world.store.all("Inventory")]
        .filter((row) => matches(text(row, "InvtID"), call.text("invtID")))
        .sort((a, b) => text(a, "InvtID").localeCompare(text(b, "InvtID"))),
    ),
  getInventoryADGByID: byId("InventoryADG", "InvtID", "invtID"),
  getINDfltSitesByID: byId("INDfltSites", "InvtID", "invtID"),
  getSitesByID: byId("Site", "SiteId", "siteID"),
};

/** Columns that look-ups alone read: SL's names, of types that the published contracts show. */
export type LookupColumn =
  // AR_Balances
  | "CrLmt"
  | "CurrBal"
  | "FutureBal"
  | "LastInvcDate"
  | "TotOpenOrd"
  | "TotPrePay"
  | "TotShipped"
  // Inventory and the sites it is kept at
  | "DfltSiteID"
  | "StkBasePrc"
  | "StkUnit"
  // WhseLocObject, and the view of stock
  | "QtyAvail"
  | "QtyOnHand"
  | "WhseLoc"
  // SOLine
  | "QtyShip";

/**
 * Operations that look-ups alone call. They are not locked: a site without one books all the same,
 * and the look-up that needs it is refused by name.
 */
export const LOOKUP_OPERATIONS = {
  customerMaintenance: ["getCustomerBalances"],
  paymentApplication: ["getOpenInvoices"],
  shippers: ["getSOLines", "getWhseLocs"],
} as const;

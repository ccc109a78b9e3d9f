import { base32, sha256 } from "../base/ids.ts";
import type { Sale, ShipTo } from "../canonical/sale.ts";
import type { PairSettings } from "../config/index.ts";
import type { CustomerAddressDraft, CustomerReading } from "../erp/port.ts";
import { fitAddress, singleLine } from "./address.ts";
import { fitText, shortStripeId } from "./text.ts";

/** SL's own name of the address that every customer has. */
export const DEFAULT_SHIP_TO = "DEFAULT";
/** Beginning of the ids of addresses that the hub adds. */
const PREFIX = "S";
const ID_WIDTH = 10;

/**
 * The ship-to address of a sale at its SL customer, or undefined where the goods go nowhere or to
 * the customer's own address. Its id is made from name and address as SL holds them, so that the
 * same address is found again whatever its letter case, and is never added twice.
 */
export function mapShipTo(
  sale: Sale,
  customer: CustomerReading,
  settings: PairSettings,
): CustomerAddressDraft | undefined {
  if (sale.shipTo === undefined) return undefined;
  const { name, phone, address } = sale.shipTo;
  const fitted = fitAddress(address, settings.customer.stateCountries);
  const recipient = fitText(name === "" ? customer.name : name, 60).text;
  const parts = {
    name: recipient,
    addressLine1: fitted.line1,
    addressLine2: fitted.line2,
    city: fitted.city,
    state: fitted.state,
    zip: fitted.zip,
    country: fitted.country,
  };
  if (identityOf(parts) === identityOf(customer)) return undefined;
  return {
    customerId: customer.customerId,
    shipToId: PREFIX + base32(sha256(identityOf(parts))).slice(0, ID_WIDTH - PREFIX.length),
    description: fitText([fitted.city, fitted.country].filter((part) => part !== "").join(", "), 30)
      .text,
    stripeId: shortStripeId(sale.document.identity),
    ...parts,
    phone: fitText(phone, 30).text,
  };
}

type Parts = Omit<
  CustomerAddressDraft,
  "customerId" | "shipToId" | "description" | "stripeId" | "phone"
>;

function identityOf(parts: Parts): string {
  const { name, addressLine1, addressLine2, city, state, zip, country } = parts;
  return [name, addressLine1, addressLine2, city, state, zip, country]
    .map((part) => part.trim().toLowerCase())
    .join("\n");
}

/** A ship-to on one line, for notes and user fields; empty where there is none. */
export function shipToLine(shipTo: ShipTo | undefined): string {
  if (shipTo === undefined) return "";
  return [shipTo.name.trim(), singleLine(shipTo.address)].filter((part) => part !== "").join(", ");
}

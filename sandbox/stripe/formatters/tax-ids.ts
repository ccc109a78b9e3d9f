import type { CustomerRow, TaxIdRow } from "../store/catalog-rows.ts";
import { type Wire, wireList } from "../wire.ts";

/** A tax id on the wire; the sandbox verifies none. */
export function formatTaxId(customer: string, row: TaxIdRow): Wire {
  return {
    id: row.id,
    object: "tax_id",
    country:
      row.type.slice(0, 2) === "eu" ? row.value.slice(0, 2) : row.type.slice(0, 2).toUpperCase(),
    created: row.created,
    customer,
    customer_account: null,
    livemode: false,
    owner: { type: "customer", customer },
    type: row.type,
    value: row.value,
    verification: null,
  };
}

/** All tax ids of a customer, newest first; nobody has more than a page of them. */
export function taxIdList(row: CustomerRow): Wire {
  const all = row.tax_ids.map((one) => formatTaxId(row.id, one)).toReversed();
  return wireList(`/v1/customers/${row.id}/tax_ids`, all, false);
}

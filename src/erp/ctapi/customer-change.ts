import { HubError } from "../../base/errors.ts";
import type { CustomerChange, CustomerTexts } from "../port.ts";
import type { CustomerColumn } from "./contract-columns.ts";
import { asRow, type WireRow } from "./envelope.ts";
import { absentIfUnknown } from "./read-batch.ts";
import type { Site } from "./site.ts";
import { isSameId, textOf } from "./wire-values.ts";

const SERVICE = "customerMaintenance";

/** The column of each text, and its twin of the bill-to address. */
export const TEXT_COLUMNS: Readonly<
  Record<keyof CustomerTexts, readonly [CustomerColumn] | readonly [CustomerColumn, CustomerColumn]>
> = {
  name: ["Name", "BillName"],
  addressLine1: ["Addr1", "BillAddr1"],
  addressLine2: ["Addr2", "BillAddr2"],
  city: ["City", "BillCity"],
  state: ["State", "BillState"],
  zip: ["Zip", "BillZip"],
  country: ["Country", "BillCountry"],
  phone: ["Phone", "BillPhone"],
  email: ["EMailAddr"],
};

/**
 * Reads the whole screen and saves it with the new texts; see `ErpConnector.updateCustomer`. What
 * the screen holds beside them goes back as it came.
 *
 * @throws HubError `erp.not_found` where SL has no such customer
 */
export async function updateCustomer(
  site: Site,
  wanted: Readonly<{ customerId: string; change: CustomerChange }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { customerId, change } = wanted;
  const write = { kind: "write", signal } as const;
  const answer = await absentIfUnknown(() =>
    site.client.call(
      SERVICE,
      "getScreenByCustID",
      { custID: customerId },
      { kind: "read", signal },
    ),
  );
  const screen = asRow(answer) ?? {};
  const before = asRow(screen.myCustomer);
  if (before === undefined || !isSameId(textOf(before, "CustId"), customerId)) {
    throw new HubError("erp.not_found", `SL has no customer ${customerId} any more`, {
      facts: { customerId },
    });
  }
  const inScreen = { ...screen, myCustomer: { ...before, ...changedColumns(before, change) } };
  const args = { actionType: "UPDATE", inScreen };
  const saved = asRow(await site.client.call(SERVICE, "editScreen", args, write));
  if (isSameId(textOf(asRow(saved?.myCustomer), "CustId"), customerId)) return;
  throw new HubError("erp.outcome_open", "SL answered without the customer's id", {
    facts: { customerId },
  });
}

/** A bill-to that a person has made another one stays. */
function changedColumns(
  before: WireRow,
  change: CustomerChange,
): Readonly<Partial<Record<CustomerColumn, string>>> {
  const columns: Partial<Record<CustomerColumn, string>> = {};
  for (const [text, [own, twin]] of Object.entries(TEXT_COLUMNS)) {
    const value = change[text as keyof CustomerTexts];
    if (value === undefined) continue;
    columns[own] = value;
    if (twin !== undefined && textOf(before, twin) === textOf(before, own)) columns[twin] = value;
  }
  const { TaxRegNbr, TaxExemptNbr } = change;
  if (TaxRegNbr !== undefined) columns.TaxRegNbr = TaxRegNbr;
  if (TaxExemptNbr !== undefined) columns.TaxExemptNbr = TaxExemptNbr;
  return columns;
}

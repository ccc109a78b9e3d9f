import { expect, test } from "vitest";
import type { Override } from "../../canonical/sale.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { withOverrides } from "../../mapping/index.ts";
import { aSale, someSettings, usd } from "../../mapping/testing/builders.ts";
import { type Finding, findNamedInvoices } from "./find-invoices.ts";

/** SL holds invoice 000123 of customer C300, released, with 300.00 open. */
const erp = {
  capabilities: { "find-by-key": "yes", "list-applications": "no" },
  findInvoices: async (refNbr: string) => [{ customerId: "C300", refNbr, isReleased: true }],
  readReleased: async () => ({ customerId: "C300", balance: usd(30_000) }),
} as unknown as ErpConnector;

const context = {
  pair: { settings: someSettings({ mode: "existing-invoice" }) },
  door: { erp },
} as unknown as Finding;

function find(named: string, overrides: readonly Override[] = []) {
  const metadata = { DynamicsSL_InvoiceNbr: named, DynamicsSL_CustomerID: "C300" };
  const metadataSources = [{ objectId: "pi_1", metadata }];
  const sale = withOverrides({ ...aSale(), metadata, metadataSources }, overrides);
  return findNamedInvoices(context, sale);
}

test("an invoice that is named with its customer is found once", async () => {
  expect(await find("C300/000123:20.00")).toMatchObject([
    { customerId: "C300", refNbr: "000123", asked: usd(2_000), open: usd(30_000) },
  ]);
});

test("the invoice that an edit of the case names counts instead of Stripe's", async () => {
  const edit = { field: "metadata", target: "DynamicsSL_InvoiceNbr", value: "000124" } as const;

  expect(await find("000123", [{ ...edit, by: "maria", reason: "typing mistake" }])).toMatchObject([
    { refNbr: "000124" },
  ]);
});

test("an invoice that is named with its customer and without it is named twice", async () => {
  await expect(find("000123, c300/000123:20.00")).rejects.toMatchObject({
    code: "mapping.invoices_invalid",
    facts: { customerId: "C300", refNbr: "000123" },
  });
});

import { expect, test } from "vitest";
import { columnsOf } from "../columns.ts";
import { createCtapiConnector } from "./connector.ts";
import { readContractLock } from "./contract-lock.ts";
import { SCRIPTED_USER, startScriptedSite } from "./testing/scripted-site.ts";

const lock = readContractLock();
const KINDS = {
  "xs:string": ["text"],
  "xs:double": ["document-amount", "base-amount", "number"],
  "xs:short": ["whole"],
  "xs:int": ["whole"],
  "xs:dateTime": ["date"],
} as Readonly<Record<string, readonly string[]>>;

test.each([
  ["ARDoc", lock.invoiceAndMemo.types.ARDoc],
  ["ARDoc", lock.paymentApplication.types.ARDoc],
  ["Batch", lock.invoiceAndMemo.types.Batch],
  ["Batch", lock.paymentApplication.types.Batch],
  ["Customer", lock.customerMaintenance.types.CustomerV2],
] as const)("the columns of %s agree with what the lock has of them", (table, elements = []) => {
  const columns = columnsOf(table);
  const locked = elements.filter(([name]) => !["errorMessage", "resultCode"].includes(name));

  const strange = locked.filter(
    ([name, type]) => KINDS[type]?.includes(columns.get(name) ?? "") !== true,
  );

  expect(locked.length).toBeGreaterThan(20);
  expect(strange).toEqual([]);
});

test("a site whose own contract lacks the column is asked for nothing", async () => {
  const site = await startScriptedSite(lock);
  const erp = createCtapiConnector({
    ...SCRIPTED_USER,
    baseUrl: site.url,
    siteId: "LIVE",
    companyId: "0060",
  });
  const record = { table: "Customer", customerId: "C300" } as const;

  const reading = erp.readColumns(record, {
    columns: ["Name", "Territory"],
    baseCurrency: "USD",
  });

  await expect(reading).rejects.toMatchObject({
    code: "erp.contract",
    message: "The site's contract does not show Customer.Territory",
  });
  expect(site.calls).toEqual([]);
  erp.close();
  await site.close();
});

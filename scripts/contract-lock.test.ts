import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COLUMN_FILE } from "../src/erp/columns.ts";
import { parseWsdl } from "../src/erp/ctapi/wsdl.ts";
import {
  generateColumns,
  generateContractLock,
  LOCK_FILE,
  PUBLISHED_CONTRACTS,
} from "./contract-lock.ts";

const hasPublished = existsSync(PUBLISHED_CONTRACTS);
if (!hasPublished) {
  console.log("skipped: the published contracts are not beside this checkout");
}

test.skipIf(!hasPublished)("the lock is what the published contracts say", () => {
  expect(readFileSync(LOCK_FILE, "utf8")).toBe(generateContractLock(PUBLISHED_CONTRACTS));
});

test.skipIf(!hasPublished)("the columns are what the published contracts show", () => {
  expect(readFileSync(COLUMN_FILE, "utf8")).toBe(generateColumns(PUBLISHED_CONTRACTS));
});

test.skipIf(!hasPublished)("both screens show the same columns of documents and batches", () => {
  const [invoices, payments] = ["invoiceAndMemo", "paymentApplication"].map((service) =>
    parseWsdl(service, readFileSync(new URL(`${service}.wsdl`, PUBLISHED_CONTRACTS), "utf8")),
  );

  expect(payments?.types.get("ARDoc")).toEqual(invoices?.types.get("ARDoc"));
  expect(payments?.types.get("Batch")).toEqual(invoices?.types.get("Batch"));
});

test.skipIf(!hasPublished)("the capital letter in the orders namespace is kept", () => {
  const source = readFileSync(new URL("orders.wsdl", PUBLISHED_CONTRACTS), "utf8");

  expect(parseWsdl("orders", source).namespace).toBe(
    "http://www.catalinaTechnology.com/services/ctDynamicsSL",
  );
});

test.skipIf(!hasPublished)("a type that extends another has both their elements", () => {
  const source = readFileSync(new URL("invoiceAndMemo.wsdl", PUBLISHED_CONTRACTS), "utf8");

  const customer = parseWsdl("invoiceAndMemo", source).types.get("customer");

  const names = customer?.map(({ name }) => name);
  expect(names).toContain("errorString");
  expect(names).toContain("businessRuleViolations");
});

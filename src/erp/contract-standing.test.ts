import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { SandboxSite } from "./ctapi/testing/sandbox-site.ts";
import type { ErpConnector } from "./port.ts";
import { aCustomer, anInvoice, aPayment } from "./testing/contract-drafts.ts";
import { bookingWith, CONNECTORS } from "./testing/contract-site.ts";

// What every connector must answer at once.

describe.each(CONNECTORS)("%s", (_name, start) => {
  let site: SandboxSite;
  let erp: ErpConnector;
  const { booked } = bookingWith(() => erp);

  beforeEach(async () => {
    site = await start();
    erp = site.connector;
  });

  afterEach(() => site.close());

  test("a customer's balance and open invoices follow what is released", async () => {
    const { customerId } = anInvoice(1);
    const before = await erp.lookups.customer(customerId, "USD");
    const invoice = await booked(anInvoice(1));

    const standing = await erp.lookups.customer(customerId, "USD");
    await booked(aPayment(2, [[invoice, 4_000]]));
    const open = await erp.lookups.openInvoices(customerId);

    expect(before).toMatchObject({ balance: money(0, "USD"), creditStatus: "no-limit" });
    expect(standing?.customer.customerId).toBe(customerId);
    expect(standing?.balance).toEqual(money(10_000, "USD"));
    expect(open).toMatchObject([{ type: "IN", refNbr: invoice, amount: money(10_000, "USD") }]);
    expect(open[0]?.balance).toEqual(money(6_000, "USD"));
    expect(open[0]?.dueDate).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test("a limit is told with what is left of it", async () => {
    const { customerId } = anInvoice(1);
    await site.admin("POST", "/rows", {
      table: "Customer",
      where: { CustId: customerId },
      set: { CrLmt: 50 },
    });
    await booked(anInvoice(1));

    const standing = await erp.lookups.customer(customerId, "USD");

    expect(standing).toMatchObject({ creditLimit: money(5_000, "USD"), creditStatus: "over" });
    expect(standing?.available?.minor).toBe(5_000n - (standing?.balance.minor ?? 0n));
  });

  test("an item is told with its prices and with what lies in a warehouse", async () => {
    const customer = aCustomer(1);
    await erp.createCustomer(customer);

    const item = await erp.lookups.item({
      itemId: "WIDGET",
      baseCurrency: "USD",
      price: { customerId: customer.customerId, quantity: "3", type: "SO" },
    });
    const east = await erp.lookups.item({ itemId: "WIDGET", baseCurrency: "USD", site: "EAST" });

    expect(item).toMatchObject({ itemId: "WIDGET", isStock: true, available: "500" });
    expect(item?.priceFor).toEqual(item?.basePrice);
    expect(item?.onHand).toEqual([{ place: "A-01", quantity: "500" }]);
    expect(east).toMatchObject({ priceFor: undefined, onHand: [{ quantity: "120" }] });
  });

  test("what SL does not have is undefined, or an empty list", async () => {
    expect(await erp.lookups.customer("NOBODY", "USD")).toBeUndefined();
    expect(await erp.lookups.openInvoices("NOBODY")).toEqual([]);
    expect(await erp.lookups.item({ itemId: "NOTHING", baseCurrency: "USD" })).toBeUndefined();
    expect(await erp.lookups.orderLines("O999999")).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import type { SalePayment } from "../canonical/sale.ts";
import type { JournalDraft } from "../erp/port.ts";
import { mapInvoice, mapPayment, mapPending, mapPendingBack, ownedRows } from "./index.ts";
import {
  aCustomer,
  aLine,
  anInvoiceContext,
  aPayment,
  aRow,
  aSale,
  someSettings,
  usd,
} from "./testing/builders.ts";

// Examples G7 and G8 of the booking rules with `pending-payments: in-transit`. 1095 is clearing,
// 2050 payments in process.

const settings = someSettings({
  "pending-payments": "in-transit",
  "accounts.in-process": "2050/000000000000",
});
const customer = aCustomer();
const context = { settings, key: "K".repeat(26), period: "202603", slDecimals: 2, livemode: false };

const submitted = aRow({ gross: usd(20_000), created: new Date("2026-03-13T15:00:00Z") });
const failed = aRow({
  id: "txn_2",
  category: "charge_failure",
  gross: usd(-20_000),
  fee: usd(0),
  created: new Date("2026-03-17T15:00:00Z"),
});

function debit(change: Partial<SalePayment> = {}): SalePayment {
  return aPayment({ amount: usd(20_000), rows: [submitted], ...change });
}

function entriesOf({ lines }: JournalDraft): string[] {
  return lines.map(({ side, account, amount }) => `${side} ${account.account} ${amount.minor}`);
}

describe("G8 a bank debit in transit", () => {
  test("is a journal of its row's day, clearing against payments in process", () => {
    const { draft } = mapPending(debit(), context);

    expect(entriesOf(draft)).toEqual(["debit 1095 20000", "credit 2050 20000"]);
    expect(draft).toMatchObject({ documentDate: "2026-03-13", currency: "USD" });
    expect(draft.lines.map(({ date, stripeId }) => [date, stripeId])).toEqual([
      ["2026-03-13", submitted.id],
      ["2026-03-13", submitted.id],
    ]);
    expect(draft.note).toContain(submitted.id);
  });

  test("is paid from there on the day of its success, and the row stays the journal's", () => {
    const payment = debit({ succeededAt: new Date("2026-03-17T15:00:00Z") });
    const document = {
      identity: "pi_1",
      source: "checkout",
      lines: [aLine({ gross: usd(20_000) })],
      total: usd(20_000),
    } as const;
    const sale = aSale({ document, payments: [payment] });
    const receivable = customer.receivable;

    const invoice = mapInvoice(sale, anInvoiceContext({ settings })).draft;
    const paid = mapPayment(sale, payment, {
      ...{ settings, key: "P".repeat(26), customer, period: "202603", slDecimals: 2 },
      invoice: { refNbr: "000123", balance: usd(20_000), receivable },
      numberTry: 0,
    }).draft;

    expect(invoice.documentDate).toBe("2026-03-17");
    expect(paid).toMatchObject({ documentDate: "2026-03-17", cash: { account: "2050" } });
    expect(ownedRows(payment)).toEqual([]);
    expect(ownedRows(debit())).toEqual([{ rowId: submitted.id, part: "gross" }]);
  });
});

describe("G7 a bank debit in transit that fails before success", () => {
  test("is taken back by the same sides swapped, on the day of the failure's row", () => {
    const { draft } = mapPendingBack(debit(), failed, context);

    expect(entriesOf(draft)).toEqual(["debit 2050 20000", "credit 1095 20000"]);
    expect(draft.documentDate).toBe("2026-03-17");
    expect(draft.lines.map(({ stripeId }) => stripeId)).toEqual(["txn_2", "txn_2"]);
  });

  test("is taken back from the account that it stands on, whatever is set by then", () => {
    const inProcess = { account: "2060", subaccount: "0" };
    const without = { ...context, settings: someSettings({}) };

    const { draft } = mapPendingBack(debit({ inProcess }), failed, without);

    expect(entriesOf(draft)).toEqual(["debit 2060 20000", "credit 1095 20000"]);
  });

  test("parks where another amount comes back than was submitted", () => {
    const other = { ...failed, gross: usd(-19_999) };

    expect(() => mapPendingBack(debit(), other, context)).toThrow(
      expect.objectContaining({ code: "mapping.amount_out_of_range" }) as Error,
    );
  });

  test("parks without an account of what is in process, by the setting's name", () => {
    const without = { ...context, settings: someSettings({}) };

    expect(() => mapPending(debit(), without)).toThrow(
      expect.objectContaining({
        code: "mapping.account_missing",
        facts: { setting: "accounts.in-process" },
      }) as Error,
    );
  });
});

import { describe, expect, test } from "vitest";
import { money } from "../base/money.ts";
import type { SaleLine } from "../canonical/sale.ts";
import type { InvoiceLineDraft } from "../erp/port.ts";
import {
  type Credited,
  cellsOf,
  creditableInvoice,
  creditableSale,
  creditableUnknown,
  creditedByLines,
} from "./creditable.ts";
import { aLine, aSale, someSettings, usd } from "./testing/builders.ts";

const settings = someSettings();
/** A sale of 108.25 that the hub never booked. */
const document = creditableUnknown(aSale(), settings);

function lineOf(minor: number, more: Partial<InvoiceLineDraft> = {}): InvoiceLineDraft {
  return {
    ...{ amount: usd(minor), sales: settings.accounts.sales, itemId: "" },
    ...{ quantity: "1", unitPrice: "", description: "Returned", ...more },
  };
}

const left = (credited: Credited) =>
  cellsOf(document, credited).reduce((so, { booked, credited: taken }) => so + booked - taken, 0n);

test("a memo whose lines tell nothing has credited the taxes on them too", () => {
  const tax = { taxId: "NYTAX", amount: usd(825), taxable: usd(10_000) };

  expect(creditedByLines([lineOf(10_000, { taxes: [tax] })])).toEqual({ total: usd(10_825) });
});

test("memos that stand over more than was sold leave nothing of it to credit", () => {
  const dispute = { lines: [lineOf(10_825, { credits: 0 })] };
  const refund = creditedByLines([lineOf(4_000)]);

  expect(left([refund])).toBe(6_825n);
  expect(left([refund, dispute])).toBe(0n);
});

test("a loss beside what a memo gives back has credited nothing", () => {
  const loss = lineOf(1_000, { description: "Above what was left   " });

  expect(creditedByLines([lineOf(4_000), loss])).toEqual({ total: usd(4_000) });
});

test("a line that was sold counts, whatever it is called", () => {
  const lines = [lineOf(4_000, { credits: 0, description: "Above what was left" })];

  expect(left([creditedByLines(lines)])).toBe(6_825n);
  expect(creditedByLines([...lines, lineOf(500)])).toEqual({ total: usd(4_500) });
});

test("taxes that SL keeps on a line are credited with it", () => {
  const tax = { taxId: "STATE", amount: usd(825), taxable: usd(10_000) };
  const sold = [lineOf(10_000, { itemId: "CONSULT", taxes: [tax] })];
  const invoice = creditableInvoice({ refNbr: "", total: usd(10_825), lines: sold }, aSale());
  const memo = lineOf(3_000, { credits: 0, taxes: [{ ...tax, amount: usd(250) }] });

  const cells = cellsOf(invoice, [creditedByLines([memo])]);

  expect(cells.map((cell) => [cell.tax, cell.credited])).toEqual([
    ["", 3_000n],
    ["STATE", 250n],
  ]);
});

describe("the lines of an invoice", () => {
  const booked = ["HAT", "COAT"].map((itemId) => lineOf(5_000, { itemId }));
  const hat = aLine({ lineId: "il_1", productId: "prod_H" });
  const coat = aLine({ lineId: "il_2", productId: "prod_C" });
  const namesOf = (lines: readonly SaleLine[], change = {}) => {
    const sale = { ...aSale({ document: { lines } }), ...change };
    const invoice = { refNbr: "", total: usd(10_000), lines: booked };
    return creditableInvoice(invoice, sale).lines.map(({ names }) => names.join(" "));
  };
  const both = ["il_1 prod_H HAT", "il_2 prod_C COAT"];

  test("are called as Stripe calls what they sell", () => {
    expect(namesOf([hat, coat])).toEqual(both);
  });

  test("pass over credits among what was sold, which are no lines of it", () => {
    const credit = aLine({ lineId: "il_9", gross: usd(0), discount: usd(500) });

    expect(namesOf([credit, hat, coat])).toEqual(both);
  });

  test("have their items' names alone where others were sold", () => {
    expect(namesOf([hat, coat, aLine({ lineId: "il_3" })])).toEqual(["HAT", "COAT"]);
  });

  test("are called so too where the sale is booked at what was settled", () => {
    const presentment = aSale({ document: { lines: [hat, coat], total: money(10_000, "EUR") } });

    expect(namesOf([], { presentment })).toEqual(both);
  });
});

describe("what a charge paid for of which SL has made the document", () => {
  const shown = (total: number, lines: readonly SaleLine[]) => {
    const sale = aSale({ document: { lines, total: usd(10_825) } });
    const of = { refNbr: "000200", total: usd(total), settings };
    return creditableSale(sale, of).lines.map(({ kind, description, amount }) => {
      return `${kind} ${description} ${amount.minor}`;
    });
  };

  test("has the lines of the sale and its tax where it is all of it", () => {
    const whole = shown(10_825, [aLine({ tax: usd(825) })]);

    expect(whole).toEqual(["sold Consulting 10000", "tax Tax 825"]);
  });

  test("is one line of what was sold where it is a part of it", () => {
    expect(shown(5_000, [aLine({ tax: usd(825) })])).toEqual(["sold Stripe payment 5000"]);
  });

  test("is one line where a line of the sale is a credit", () => {
    const lines = [
      aLine({ gross: usd(12_000), tax: usd(825) }),
      aLine({ gross: usd(0), discount: usd(2_000) }),
    ];

    expect(shown(10_825, lines)).toEqual(["sold Stripe payment 10000", "tax Tax 825"]);
  });
});

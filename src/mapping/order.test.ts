import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import { sum } from "../base/money.ts";
import type { Sale, SaleDocument } from "../canonical/sale.ts";
import { mapOrder, orderDifference } from "./order.ts";
import {
  aBuyer,
  aCustomer,
  aLine,
  anItem,
  aPayment,
  aRow,
  aSale,
  someSettings,
  stockOf,
  usd,
} from "./testing/builders.ts";

const CHARGES = { tax: "TAX", shipping: "SHIP", rounding: "ROUND" };
const settings = someSettings({ mode: "sales-order", order: { charges: CHARGES } });
const shirt = anItem({ itemId: "TSHIRT", isStock: true });
const inventory = stockOf(anItem(), shirt);

function paidSale(document: Partial<SaleDocument>, change: Partial<Sale> = {}): Sale {
  const total = document.total ?? usd(10_825);
  const payments = [aPayment({ amount: total, rows: [aRow({ gross: total })] })];
  return aSale({ payments, ...change, document });
}

function map(sale: Sale, rounding?: ReturnType<typeof usd>) {
  const context = { settings, key: "K".repeat(26), customer: aCustomer(), inventory };
  return mapOrder(sale, { ...context, slDecimals: 2, rounding }).draft;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
  return "no error";
}

const stock = { productId: undefined, priceMetadata: { InvtID: "TSHIRT" } };

describe("the order of a sale", () => {
  test("has stock items with quantity and the price after discount", () => {
    const line = aLine({ ...stock, quantity: "3", gross: usd(9_000), discount: usd(900) });
    const draft = map(paidSale({ lines: [line], total: usd(8_100) }));

    expect(draft.lines).toEqual([
      {
        itemId: "TSHIRT",
        quantity: "3",
        unitPrice: "27.00",
        amount: usd(8_100),
        description: "Consulting",
      },
    ]);
    expect(draft.charges).toEqual([]);
  });

  test("bears tax, shipping and rounding as miscellaneous charges", () => {
    const lines = [aLine({ gross: usd(10_000), tax: usd(825) })];
    const draft = map(paidSale({ lines, shipping: usd(500), total: usd(11_326) }));

    expect(draft.charges.map(({ chargeId, amount }) => [chargeId, amount.minor])).toEqual([
      ["SHIP", 500n],
      ["TAX", 825n],
      ["ROUND", 1n],
    ]);
  });

  test("carries the merchant's order number, else the id of the sale", () => {
    const named = map(paidSale({}, { metadata: { order_id: "1001" } }));
    const nameless = map(paidSale({}));

    expect([named.customerOrderNumber, nameless.customerOrderNumber]).toEqual(["1001", "pi_1"]);
  });

  test("goes where Stripe says, cut to SL's widths with the whole in the note", () => {
    const address = { line1: "1 Navy Yard", line2: "", city: "Arlington", state: "Virginia" };
    const shipTo = {
      name: `Grace ${"x".repeat(60)}`,
      phone: "555",
      address: { ...address, postalCode: "22201", country: "US" },
    };
    const draft = map(paidSale({}, { shipTo }));

    expect(draft.shipTo).toMatchObject({ addressLine1: "1 Navy Yard", state: "VA", zip: "22201" });
    expect(draft.note).toContain(`Ship to in full: ${shipTo.name}`);
  });

  test.each([
    ["ada@example.com", "ada@example.com", false],
    ["иван@example.com", "", true],
    [`${"a".repeat(70)}@example.com`, "", true],
  ])("for %s has the e-mail address %j: a cut or spelled out one is another's", (...row) => {
    const [email, inSl, isNoted] = row;
    const draft = map(paidSale({}, { buyer: aBuyer({ email }) }));

    expect([draft.email, draft.note.includes(`E-mail: ${email}`)]).toEqual([inSl, isNoted]);
  });

  test("of a sale that is paid in part is not placed", () => {
    const payments = [aPayment({ amount: usd(5_000), rows: [aRow({ gross: usd(5_000) })] })];

    expect(codeOf(() => map(paidSale({}, { payments })))).toBe("mapping.order_unpaid");
  });

  test("keeps a free line, since it is to ship", () => {
    const free = aLine({ ...stock, quantity: "2", gross: usd(4_000), discount: usd(4_000) });
    const draft = map(paidSale({ lines: [aLine(), free], total: usd(10_000) }));

    expect(draft.lines.map(({ quantity, unitPrice }) => [quantity, unitPrice])).toEqual([
      ["1", "100.00"],
      ["2", "0.00"],
    ]);
  });

  test("is refused where no price gives the amount of its quantity", () => {
    const line = aLine({ ...stock, quantity: "99999999.5", gross: usd(1) });

    expect(codeOf(() => map(paidSale({ lines: [line], total: usd(1) })))).toBe(
      "mapping.order_total",
    );
  });

  test("parks where a charge has no id in the settings", () => {
    const bare = someSettings();
    const context = { settings: bare, key: "K", customer: aCustomer(), inventory };
    const sale = paidSale({ lines: [aLine()], shipping: usd(500), total: usd(10_500) });

    const act = () => mapOrder(sale, { ...context, slDecimals: 2, rounding: undefined });

    expect(codeOf(act)).toBe("mapping.account_missing");
  });

  test.each([
    [
      "more",
      2,
      [
        ["TAX", 825n],
        ["ROUND", 2n],
      ],
    ],
    [
      "less",
      -2,
      [
        ["TAX", 825n],
        ["ROUND", -2n],
      ],
    ],
  ] as const)("takes a rounding charge where SL makes %s of it", (_what, minor, expected) => {
    const draft = map(paidSale({}), usd(minor));

    expect(draft.charges.map(({ chargeId, amount }) => [chargeId, amount.minor])).toEqual(expected);
  });
});

describe("the difference to SL's own total", () => {
  const tolerant = someSettings({ mode: "sales-order", order: { charges: CHARGES, tolerance: 3 } });
  const totalsOf = (minor: number) => ({
    total: usd(minor),
    merchandise: usd(minor),
    charges: usd(0),
    freight: usd(0),
    tax: usd(0),
  });

  test("is none where both agree", () => {
    expect(orderDifference(map(paidSale({})), totalsOf(10_825), settings)).toBeUndefined();
  });

  test("is rounded away up to the tolerance, either way", () => {
    const draft = map(paidSale({}));

    expect(orderDifference(draft, totalsOf(10_822), tolerant)).toEqual(usd(3));
    expect(orderDifference(draft, totalsOf(10_828), tolerant)).toEqual(usd(-3));
  });

  test("parks beyond it, and at the first cent without one", () => {
    const draft = map(paidSale({}));

    expect(codeOf(() => orderDifference(draft, totalsOf(10_821), tolerant))).toBe(
      "mapping.order_total",
    );
    expect(codeOf(() => orderDifference(draft, totalsOf(10_826), settings))).toBe(
      "mapping.order_total",
    );
  });
});

const aCartLine = fc
  .record({
    quantity: fc.integer({ min: 1, max: 500 }),
    unit: fc.integer({ min: 0, max: 50_000 }),
    discount: fc.integer({ min: 0, max: 100 }),
    tax: fc.integer({ min: 0, max: 9_999 }),
  })
  .map(({ quantity, unit, discount, tax }) => {
    const gross = quantity * unit;
    return aLine({
      ...stock,
      quantity: String(quantity),
      gross: usd(gross),
      discount: usd(Math.floor((gross * discount) / 100)),
      tax: usd(tax),
    });
  });

test("lines and charges of any cart add up to Stripe's total, as SL multiplies them", () => {
  const cart = fc.record({
    lines: fc.array(aCartLine, { minLength: 1, maxLength: 12 }),
    shipping: fc.integer({ min: 0, max: 5_000 }),
    share: fc.integer({ min: 0, max: 50 }),
    residue: fc.integer({ min: -1, max: 1 }),
  });
  fc.assert(
    fc.property(cart, ({ lines, shipping, share, residue }) => {
      const net = lines.reduce((all, line) => all + line.gross.minor - line.discount.minor, 0n);
      const off = (net * BigInt(share)) / 100n;
      const tax = lines.reduce((all, line) => all + line.tax.minor, 0n);
      const total = net - off + tax + BigInt(shipping) + BigInt(residue);
      fc.pre(total > 0n);
      const draft = map(
        paidSale({
          lines,
          shipping: usd(shipping),
          documentDiscount: usd(off),
          total: usd(total),
        }),
      );
      const amounts = [...draft.lines, ...draft.charges].map(({ amount }) => amount);
      expect(sum(amounts, "USD").minor).toBe(total);
      const bySl = draft.lines.map(({ quantity, unitPrice }) =>
        Math.round((Number(quantity) * Math.round(Number(unitPrice) * 1e6)) / 1e4),
      );
      expect(bySl).toEqual(draft.lines.map(({ amount }) => Number(amount.minor)));
      expect(draft.lines.map(({ quantity }) => quantity)).toEqual(
        lines.map(({ quantity }) => quantity),
      );
    }),
    { numRuns: 100 },
  );
});

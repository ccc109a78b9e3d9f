import { describe, expect, test } from "vitest";
import { type Money, money, toDecimal } from "../../base/money.ts";
import { type Rate, worthOf } from "../../base/rate.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { DocumentDraft, RateQuery } from "../../erp/port.ts";
import {
  conversionOf,
  mapConversion,
  mapDayJournal,
  mapInvoice,
  mapPayment,
  mapRefundCash,
} from "../../mapping/index.ts";
import {
  aCustomer,
  aLine,
  anItem,
  aPayment,
  aRefund,
  aRow,
  aSale,
  someSettings,
  stockOf,
} from "../../mapping/testing/builders.ts";
import { aLedgerRow } from "../../mapping/testing/ledger-rows.ts";
import { crossingOfPayment, moneyOfPayment } from "../charges/payment-way.ts";
import type { PairRuntime } from "../pair-runtime.ts";
import { foreseeToClearing } from "../preview/foresee-to-clearing.ts";
import { valuerOf, type Worth } from "./value.ts";

// The examples of the booking rules, section 17, in currencies: what is sent, and what it is worth
// in dollars. What SL makes of it at application is compared end to end.

const SETTINGS = someSettings({
  "accounts.clearing": { USD: "1095/000000000000", EUR: "1096/000000000000" },
  "accounts.fee": { stripe: "6100/000000000000" },
});

/** SL's rates of the examples, each from its day on. */
const RATES: readonly (readonly [currency: string, from: string, value: string])[] = [
  ["EUR", "2026-03-12", "1.12"],
  ["EUR", "2026-01-01", "1.10"],
  ["GBP", "2026-03-12", "1.34"],
  ["GBP", "2026-03-01", "1.32"],
  ["JPY", "2026-01-01", "0.0066"],
  ["KWD", "2026-01-01", "3.25"],
];

function rateOf({ currency, date, base }: RateQuery): Rate | undefined {
  const found = RATES.find(([code, from]) => code === currency && from <= date);
  return found && { value: found[2], multDiv: "M", base };
}

type Site = Readonly<{ isMultiCurrency?: boolean; keepsRates?: "yes" | "no" | "probe" }>;

function pairAt({ isMultiCurrency = true, keepsRates = "yes" }: Site, settings = SETTINGS) {
  const reference = {
    rate: async (query: RateQuery) => rateOf(query),
    isMultiCurrency: async () => isMultiCurrency,
  };
  const erp = { capabilities: { "supplied-rate": keepsRates } };
  return { id: "acme", settings, reference, erp } as unknown as PairRuntime;
}

async function valuedAt<D extends DocumentDraft>(
  draft: D,
  worth?: Worth,
  site: Site = {},
): Promise<D> {
  const value = valuerOf(pairAt(site));
  return (await value({ draft, notes: [] }, worth)).draft;
}

function saleOf(total: Money, settled: Money): Sale & { payments: readonly [SalePayment] } {
  const none = money(0, total.currency);
  const line = aLine({ gross: total, discount: none, tax: none });
  const payment = aPayment({ amount: total, rows: [aRow({ gross: settled })], refunded: none });
  return {
    ...aSale({
      document: {
        ...{ lines: [line], total, documentDiscount: none, shipping: none, shippingTax: none },
        withoutCharge: { customerBalance: none, outOfBand: none, creditNotes: none },
      },
    }),
    payments: [payment],
  };
}

/** The documents of a sale with their worth: `IN EUR 100.00=110.00`. */
async function booksOf(total: Money, settled: Money): Promise<string[]> {
  const sale = saleOf(total, settled);
  const [payment] = sale.payments;
  const shared = { settings: SETTINGS, key: "K", customer: aCustomer(), period: "202603" };
  const slDecimals = 3;
  const terms = { termsId: "01", dueDays: 0, isInstalment: false };
  const inventory = stockOf(anItem({ itemId: "CONSULT" }));
  const invoice = mapInvoice(sale, { ...shared, terms, inventory, slDecimals }).draft;
  const unapplied = { ...shared, invoice: undefined, slDecimals, numberTry: 0 };
  const draft = mapPayment(sale, payment, unapplied).draft;
  const { worth } = await crossingOfPayment(pairAt({}), sale, payment);
  const valued = await valuedAt(draft, worth);
  const paid = `PA ${textOf(valued, draft.amount)} on ${draft.cash.account}`;
  return [
    `IN ${textOf(await valuedAt(invoice), invoice.total)}`,
    `${paid}, rate ${valued.rate?.value ?? "1"}`,
  ];
}

function textOf({ rate }: DocumentDraft, amount: Money): string {
  const worth = rate?.worth === undefined ? "" : `=${toDecimal(worthOf(amount, rate))}`;
  return `${amount.currency} ${toDecimal(amount)}${worth}`;
}

const eur = (minor: number) => money(minor, "EUR");
const usd = (minor: number) => money(minor, "USD");

describe("what is settled as itself", () => {
  test("G45: has SL's rate of its day, on clearing of its currency", async () => {
    expect(await booksOf(eur(5_000), eur(5_000))).toEqual([
      "IN EUR 50.00=55.00",
      "PA EUR 50.00=55.00 on 1096, rate 1.10",
    ]);
  });

  test("G45: fees of a day are worth what SL's rate of that day makes them", async () => {
    const row = aLedgerRow({
      ...{ category: "fee", gross: -150, currency: "EUR" },
      created: new Date("2026-03-12T15:00:00Z"),
    });
    const context = { settings: SETTINGS, object: "day:2026-03-12", key: "K", period: "202603" };
    const { draft } = mapDayJournal([{ row, part: "gross" }], { ...context, purpose: "fee" });

    const { rate, lines } = await valuedAt(draft);

    expect([rate?.value, rate?.worth]).toEqual(["1.12", usd(168)]);
    expect(lines.map(({ side, account }) => `${side} ${account.account}`)).toEqual([
      "debit 6100",
      "credit 1096",
    ]);
  });
});

describe("what is settled in the base currency", () => {
  test("G46: is worth exactly what Stripe has settled", async () => {
    expect(await booksOf(eur(10_000), usd(10_831))).toEqual([
      "IN EUR 100.00=110.00",
      "PA EUR 100.00=108.31 on 1095, rate 108.31/100.00",
    ]);
  });

  test("G46: its refund is worth what left the balance on its day", async () => {
    const created = new Date("2026-04-10T15:00:00Z");
    const row = aRow({ id: "txn_2", category: "refund", gross: usd(-10_702), created });
    const refund = aRefund({ amount: eur(10_000), row });
    const context = {
      ...{ settings: SETTINGS, key: "K", customer: aCustomer(), period: "202604" },
      ...{ slDecimals: 2, terms: "01", original: "000123" },
    };
    const { draft } = mapRefundCash(refund, row, context);

    const { rate } = await valuedAt(draft, { settled: usd(10_702) });

    expect([rate?.value, rate?.worth, rate?.date]).toEqual([
      "107.02/100.00",
      usd(10_702),
      "2026-04-10",
    ]);
    expect(draft.lines.map(({ sales }) => sales.account)).toEqual(["1095"]);
  });

  test("G52: yen and dinar keep their decimals", async () => {
    expect(await booksOf(money(5_000, "JPY"), usd(3_284))).toEqual([
      "IN JPY 5000=33.00",
      "PA JPY 5000=32.84 on 1095, rate 32.84/5000",
    ]);
    expect(await booksOf(money(10_500, "KWD"), usd(3_398))).toEqual([
      "IN KWD 10.500=34.13",
      "PA KWD 10.500=33.98 on 1095, rate 33.98/10.500",
    ]);
  });

  test.each(["no", "probe"] as const)("parks where a site's answer is %s", async (keepsRates) => {
    const draft = mapRefundCash(aRefund({ amount: eur(10_825) }), aRow({ gross: usd(-9_000) }), {
      ...{ settings: SETTINGS, key: "K", customer: aCustomer(), period: "202604" },
      ...{ slDecimals: 2, terms: "01", original: "" },
    }).draft;

    const valuing = valuedAt(draft, { settled: usd(9_000) }, { keepsRates });

    await expect(valuing).rejects.toMatchObject({ code: "mapping.currency_unsupported" });
  });
});

describe("what goes over the bridge", () => {
  const settings = someSettings({
    "accounts.clearing": SETTINGS.accounts.clearing,
    "accounts.bridge": "1290/000000000000",
  });

  /** Payment and journals as the examples write them: `PA GBP Dr 1290 80.00=105.93`. */
  async function bridged(sale: ReturnType<typeof saleOf>, keepsRates: "yes" | "no") {
    const [payment] = sale.payments;
    const pair = pairAt({ keepsRates }, settings);
    const { isBridged, worth } = await crossingOfPayment(pair, sale, payment);
    const shared = { settings, key: "K", customer: aCustomer(), period: "202603", isBridged };
    const unapplied = { ...shared, invoice: undefined, slDecimals: 2, numberTry: 0 };
    const draft = mapPayment(sale, payment, unapplied).draft;
    const paid = (await valuerOf(pair)({ draft, notes: [] }, worth)).draft;
    const booked = { worth: paid.rate?.worth ?? paid.amount, period: "202603" };
    const journals = await foreseeToClearing(pair, moneyOfPayment(pair, sale, payment), booked);
    return [
      `PA Dr ${paid.cash.account} ${textOf(paid, paid.amount)}`,
      ...journals.map(journalText),
    ];
  }

  function journalText({ draft }: Awaited<ReturnType<typeof foreseeToClearing>>[number]): string {
    const lines = draft.lines.map(({ side, role, account, amount }) => {
      const on = `${role} ${account.account}`;
      return `${side === "debit" ? "Dr" : "Cr"} ${on} ${textOf(draft, amount)}`;
    });
    return `GJ ${lines.join(" | ")}`;
  }

  const gbp = (minor: number) => money(minor, "GBP");

  test("is worth what SL's rate makes of what was settled, which the journal moves", async () => {
    expect(await bridged(saleOf(gbp(8_000), eur(9_210)), "yes")).toEqual([
      "PA Dr 1290 GBP 80.00=101.31",
      "GJ Dr clearing 1096 EUR 92.10=101.31 | Cr bridge 1290 EUR 92.10=101.31",
    ]);
  });

  test("has SL's rate where it keeps no other, and one journal takes the difference", async () => {
    expect(await bridged(saleOf(eur(10_000), usd(10_831)), "no")).toEqual([
      "PA Dr 1290 EUR 100.00=110.00",
      "GJ Dr clearing 1095 USD 108.31 | Cr bridge 1290 USD 110.00 | Dr fx-loss 6920 USD 1.69",
    ]);
  });

  test("at SL's own rate and in a third currency there are two journals", async () => {
    expect(await bridged(saleOf(gbp(8_000), eur(9_210)), "no")).toEqual([
      "PA Dr 1290 GBP 80.00=105.60",
      "GJ Dr clearing 1096 EUR 92.10=101.31 | Cr bridge 1290 EUR 92.10=101.31",
      "GJ Cr bridge 1290 USD 4.29 | Dr fx-loss 6920 USD 4.29",
    ]);
  });

  test("a charge in the base currency leaves its exchange to a journal as well", async () => {
    expect(await bridged(saleOf(usd(10_000), eur(9_210)), "yes")).toEqual([
      "PA Dr 1290 USD 100.00",
      "GJ Dr clearing 1096 EUR 92.10=101.31 | Cr bridge 1290 EUR 92.10=101.31",
      "GJ Dr bridge 1290 USD 1.31 | Cr fx-gain 6910 USD 1.31",
    ]);
  });

  test("without the account it parks, and names the setting", async () => {
    const sale = saleOf(gbp(8_000), eur(9_210));
    const context = { settings: SETTINGS, key: "K", customer: aCustomer(), period: "202603" };

    const mapping = () =>
      mapPayment(sale, sale.payments[0], {
        ...{ ...context, invoice: undefined, slDecimals: 2, numberTry: 0 },
      });

    expect(mapping).toThrow(/accounts\.bridge is not set/);
  });
});

describe("what Stripe converts", () => {
  const source = { sourceId: "conv_1", category: "other_adjustment", type: "adjustment" };
  const out = aLedgerRow({ ...source, id: "txn_1", gross: -100_000, currency: "EUR" });
  const into = aLedgerRow({ ...source, id: "txn_2", gross: 108_500 });
  const settings = someSettings({
    "accounts.clearing": SETTINGS.accounts.clearing,
    "accounts.bridge": "1290/000000000000",
  });
  const context = { settings, key: "K", period: "202603" };

  test("G51: goes over the bridge, which is at nothing in base currency after it", async () => {
    const conversion = conversionOf([into, out]);
    if (conversion === undefined) throw new Error("Two rows of one source are a conversion");

    const first = mapConversion(conversion, out, { ...context, otherWorth: undefined }).draft;
    const { rate } = await valuedAt(first);
    const second = mapConversion(conversion, into, { ...context, otherWorth: rate?.worth }).draft;

    const linesOf = ({ lines }: typeof first) =>
      lines.map(({ side, role, account, amount }) => {
        return `${side} ${role} ${account.account} ${toDecimal(amount)}`;
      });
    expect([linesOf(first), rate?.worth]).toEqual([
      ["credit clearing 1096 1000.00", "debit bridge 1290 1000.00"],
      usd(110_000),
    ]);
    expect(linesOf(second)).toEqual([
      "debit clearing 1095 1085.00",
      "credit bridge 1290 1100.00",
      "debit fx-loss 6920 15.00",
    ]);
  });

  test.each([
    ["one row alone", [out]],
    ["two rows of one currency", [out, { ...out, id: "txn_3" }]],
    ["rows of another balance", [out, { ...into, balanceType: "issuing" }]],
    ["rows of another category", [out, { ...into, category: "charge" }]],
  ])("is not %s", (_name, rows) => {
    expect(conversionOf(rows)).toBeUndefined();
  });
});

test("a site that keeps the base currency alone takes no other one", async () => {
  const { payments, ...sale } = saleOf(eur(5_000), eur(5_000));
  const draft = mapPayment({ ...sale, payments }, payments[0], {
    ...{ settings: SETTINGS, key: "K", customer: aCustomer(), period: "202603" },
    ...{ invoice: undefined, slDecimals: 2, numberTry: 0 },
  }).draft;

  const valuing = valuedAt(draft, undefined, { isMultiCurrency: false });

  await expect(valuing).rejects.toThrow(/MCActive is 0/);
});

test("a day before SL's first rate parks with the type and the day", async () => {
  const draft = mapRefundCash(
    aRefund({ amount: money(100, "CHF") }),
    aRow({ gross: money(-100, "CHF") }),
    {
      ...{ settings: someSettings({ "accounts.clearing": CHF_TOO }), key: "K" },
      ...{ customer: aCustomer(), period: "202603", slDecimals: 2, terms: "01", original: "" },
    },
  ).draft;

  await expect(valuedAt(draft)).rejects.toMatchObject({
    code: "mapping.rate_missing",
    facts: { currency: "CHF", base: "USD", type: "SPOT", date: "2026-03-10" },
  });
});

const CHF_TOO = { USD: "1095/000000000000", CHF: "1097/000000000000" };

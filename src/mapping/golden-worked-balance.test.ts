import { describe, expect, test } from "vitest";
import { shareOut } from "./index.ts";
import { usd } from "./testing/builders.ts";
import { GoldenBooks } from "./testing/golden-books.ts";
import type { GoldenOptions } from "./testing/golden-ledger.ts";

// More examples in the form of the booking rules, section 17, each worked out by hand; the sums
// stand above each. Base USD and zone America/New_York unless an example says otherwise.

const example = (text: string, options?: GoldenOptions) => new GoldenBooks(text, options);

describe("disputes", () => {
  // Withdrawn 60.00 and 40.00, given back 25.00: 75.00 are lost. -60.00 - 15.00 - 40.00 + 25.00.
  test("H13 a second withdrawal, a part given back, and the rest lost", () => {
    const books = example(`
      rows txn_1 dispute USD -60.00 fee 15.00 2026-04-02 | txn_2 dispute USD -40.00 2026-04-20
      rows txn_3 dispute_reversal USD 25.00 2026-05-10
      GJ USD 2026-04-02 Dr dispute-receivable 60.00 | Dr fee.dispute 15.00 | Cr clearing.USD 75.00
      GJ USD 2026-04-20 Dr dispute-receivable 40.00 | Cr clearing.USD 40.00
      GJ USD 2026-05-10 Dr clearing.USD 25.00 | Cr dispute-receivable 25.00
      GJ USD 2026-06-11 Dr bad-debt 75.00 | Cr dispute-receivable 75.00
      end dispute-receivable 0.00 · bad-debt 75.00 · fee.dispute 15.00
        ⇒ USD -90.00 = clearing.USD -90.00`);
    books.held(["txn_1", "txn_2", "txn_3"], [["lost", "2026-06-11"]]);

    books.agree();
  });

  // Lost 100.00 in June; the appeal brings 60.00 back in July without the fee: 40.00 stay lost.
  test("H14 a lost dispute of which an appeal brings a part back", () => {
    const books = example(`
      rows txn_1 dispute USD -100.00 fee 15.00 2026-04-02
        | txn_2 dispute_reversal USD 60.00 2026-07-08
      GJ USD 2026-04-02 Dr dispute-receivable 100.00 | Dr fee.dispute 15.00 | Cr clearing.USD 115.00
      GJ USD 2026-06-11 Dr bad-debt 100.00 | Cr dispute-receivable 100.00
      GJ USD 2026-07-08 Dr clearing.USD 60.00 | Cr bad-debt-recovered 60.00
      end dispute-receivable 0.00 · bad-debt 100.00 · bad-debt-recovered -60.00
        ⇒ USD -55.00 = clearing.USD -55.00`);
    books.held(["txn_1", "txn_2"], [["lost", "2026-06-11"]]);

    books.agree();
  });

  // The customer owes 108.25 until the bank gives it back; the fee is the merchant's.
  test("H15 policy customer: what was withdrawn is won and pays the debt", () => {
    const books = example(`
      rows txn_1 dispute USD -108.25 fee 15.00 2026-04-02
        | txn_2 dispute_reversal USD 108.25 2026-05-20
      DM USD 2026-04-02 Dr ar 108.25 | Cr clearing.USD 108.25
      GJ USD 2026-04-02 Dr fee.dispute 15.00 | Cr clearing.USD 15.00
      CM USD 2026-05-20 Dr clearing.USD 108.25 | Cr ar 108.25 ; applied to the DM
      end ar 0.00 · fee.dispute 15.00 ⇒ USD -15.00 = clearing.USD -15.00`);
    books.owed(["txn_1", "txn_2"]);

    books.agree();
  });

  // Taken 108.25 with 8.25 of tax; given back in two parts: of 50.00 goods 46.19 and tax 3.81, of
  // 58.25 what is left, 53.81 and 4.44.
  test("H16 reverse-sale: a won dispute comes back in two parts", () => {
    const books = example(`
      rows txn_1 charge USD 108.25 2026-03-10 | txn_2 dispute USD -108.25 2026-04-02
      rows txn_3 dispute_reversal USD 50.00 2026-05-20 | txn_4 dispute_reversal USD 58.25 2026-05-27
      IN USD 2026-03-10 Dr ar 108.25 | Cr sales 100.00 | Cr tax 8.25
      PA USD 2026-03-10 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-04-02 Dr ar 108.25 | Cr clearing.USD 108.25
      CM USD 2026-04-02 Dr returns.dispute 100.00 | Dr tax 8.25 | Cr ar 108.25
      CM USD 2026-05-20 Dr clearing.USD 50.00 | Cr ar 50.00
      DM USD 2026-05-20 Dr ar 50.00 | Cr returns.dispute 46.19 | Cr tax 3.81
      CM USD 2026-05-27 Dr clearing.USD 58.25 | Cr ar 58.25
      DM USD 2026-05-27 Dr ar 58.25 | Cr returns.dispute 53.81 | Cr tax 4.44
      end ar 0.00 · returns.dispute 0.00 · tax -8.25 ⇒ USD 108.25 = clearing.USD 108.25`);
    const sale = books.sale(["txn_1"], { goods: ["100.00 + 8.25"] });
    books.takenBack(sale, ["txn_2", "txn_3", "txn_4"]);

    books.agree();
  });
});

const arriving = (day: string) => new Date(`${day}T00:00:00Z`);

describe("payouts, fees and other rows", () => {
  // 600.00 come back from the bank three days later and go out again: the bank has 600.00 + 400.00.
  test("H17 two payouts of a month, the first of which fails after it was paid", () => {
    const books = example(`
      open stripe.USD 1000.00 | clearing.USD 1000.00
      rows txn_1 payout USD -600.00 2026-03-27 | txn_2 payout USD -400.00 2026-03-30
      rows txn_3 payout_reversal USD 600.00 2026-04-03 | txn_4 payout USD -600.00 2026-04-06
      GJ USD 2026-03-27 Dr transit.USD 600.00 | Cr clearing.USD 600.00
      GJ USD 2026-03-31 Dr bank.USD 600.00 | Cr transit.USD 600.00
      GJ USD 2026-04-03 Dr clearing.USD 600.00 | Cr bank.USD 600.00
      GJ USD 2026-03-30 Dr transit.USD 400.00 | Cr clearing.USD 400.00
      GJ USD 2026-04-01 Dr bank.USD 400.00 | Cr transit.USD 400.00
      GJ USD 2026-04-06 Dr transit.USD 600.00 | Cr clearing.USD 600.00
      GJ USD 2026-04-08 Dr bank.USD 600.00 | Cr transit.USD 600.00
      end transit.USD 0.00 · bank.USD 1000.00 ⇒ USD 0.00 = clearing.USD 0.00`);
    const [first, second, third] = ["txn_1", "txn_2", "txn_4"].map((id) => books.row(id));
    const failed = { state: "undone", status: "failed", undone: books.row("txn_3") } as const;
    const sixHundred = { row: first, amount: usd(60_000), arrivesAt: arriving("2026-03-31") };
    books.payout({ ...sixHundred, ...failed }, { isBooked: true });
    books.payout({ row: second, amount: usd(40_000), arrivesAt: arriving("2026-04-01") });
    books.payout({ row: third, amount: usd(60_000), arrivesAt: arriving("2026-04-08") });

    books.agree();
  });

  // The balance is 12.34 below zero, a fee of 5.00 lowers it to -17.34, and Stripe collects that.
  test("H18 a negative payout collects what a fee and refunds have left below zero", () => {
    const books = example(`
      open stripe.USD -12.34 | clearing.USD -12.34
      rows txn_1 fee USD -5.00 2026-04-02 "Billing - Usage Fee" | txn_2 payout USD 17.34 2026-04-03
      GJ USD 2026-04-02 Dr fee.billing 5.00 | Cr clearing.USD 5.00
      GJ USD 2026-04-03 Dr clearing.USD 17.34 | Cr transit.USD 17.34
      GJ USD 2026-04-07 Dr transit.USD 17.34 | Cr bank.USD 17.34
      end fee.billing 5.00 · transit.USD 0.00 · bank.USD -17.34 ⇒ USD 0.00 = clearing.USD 0.00`);
    books.day("fee", "2026-04-02");
    const row = books.row("txn_2");
    books.payout({ row, amount: usd(-1_734), arrivesAt: arriving("2026-04-07") });

    books.agree();
  });

  // Stripe fees 3.20 + 0.90 = 4.10, Billing 5.00, 1.20 given back: never netted, clearing 7.90.
  // 100.00 - 3.20 - 90.00 - 0.90 - 5.00 + 1.20 = 2.10.
  test("H19 the fees of a charge, of an instant payout, of Billing, and one given back", () => {
    const books = example(`
      rows txn_1 charge USD 100.00 fee 3.20 2026-04-04 | txn_2 payout USD -90.00 fee 0.90 2026-04-04
      rows txn_3 fee USD -5.00 2026-04-04 "Billing - Usage Fee" | txn_4 fee USD 1.20 2026-04-04
      IN USD 2026-04-04 Dr ar 100.00 | Cr sales 100.00
      PA USD 2026-04-04 Dr clearing.USD 100.00 | Cr ar 100.00
      GJ USD 2026-04-04 Dr transit.USD 90.00 | Cr clearing.USD 90.00
      GJ USD 2026-04-04 Dr bank.USD 90.00 | Cr transit.USD 90.00
      GJ USD 2026-04-04 Dr fee.stripe 4.10 | Dr fee.billing 5.00 | Cr fee.stripe 1.20
        | Cr clearing.USD 7.90
      end ar 0.00 · bank.USD 90.00 · fee.stripe 2.90 · fee.billing 5.00
        ⇒ USD 2.10 = clearing.USD 2.10`);
    books.sale(["txn_1"], { goods: ["100.00"] });
    const row = books.row("txn_2");
    books.payout({ row, amount: usd(9_000), method: "instant", arrivesAt: row.created });
    books.day("fee", "2026-04-04");

    books.agree();
  });

  // Each kind by itself against clearing, the row of the other balance nowhere:
  // -70.00 + 20.00 + 3.00 - 30.00 - 12.34 = -89.34.
  test("H20 a day with transfers both ways, an earning, a reserve and something unknown", () => {
    const books = example(`
      rows txn_1 transfer USD -70.00 2026-04-09 | txn_2 transfer_reversal USD 20.00 2026-04-09
      rows txn_3 platform_earning USD 3.00 2026-04-09
        | txn_4 risk_reserved_funds USD -30.00 2026-04-09
      rows txn_5* risk_reserved_funds USD 30.00 2026-04-09 | txn_6 brand_new USD -12.34 2026-04-09
      GJ USD 2026-04-09 Dr connect-payable 70.00 | Cr connect-payable 20.00
        | Cr platform-income 3.00 | Dr stripe-reserve 30.00 | Dr suspense 12.34
          | Dr clearing.USD 23.00 | Cr clearing.USD 112.34
      end connect-payable 50.00 · platform-income -3.00 · stripe-reserve 30.00 · suspense 12.34
        ⇒ USD -89.34 = clearing.USD -89.34`);
    books.day("category", "2026-04-09");

    books.agree();
  });

  // Without transit the bank has it on the day the balance falls, and gives it back from there.
  test("H21 payout.transit off: a payout that fails comes back from the bank", () => {
    const books = example(
      `
      open stripe.USD 250.00 | clearing.USD 250.00
      rows txn_1 payout USD -250.00 2026-03-30 | txn_2 payout_reversal USD 250.00 2026-04-02
      GJ USD 2026-03-30 Dr bank.USD 250.00 | Cr clearing.USD 250.00
      GJ USD 2026-04-02 Dr clearing.USD 250.00 | Cr bank.USD 250.00
      end bank.USD 0.00 · transit.USD 0.00 ⇒ USD 250.00 = clearing.USD 250.00`,
      { settings: { "payout.transit": "off" } },
    );
    const [row, undone] = [books.row("txn_1"), books.row("txn_2")];
    books.payout({ row, undone, amount: usd(25_000), state: "undone", status: "failed" });

    books.agree();
  });

  // 500.00 come from the bank; a payout of them is called off on its day and never left transit.
  test("H22 a manual payout and a top-up in one month, the payout cancelled", () => {
    const books = example(`
      rows txn_1 topup USD 500.00 2026-04-07 | txn_2 payout USD -500.00 2026-04-10
      rows txn_3 payout_reversal USD 500.00 2026-04-10
      GJ USD 2026-04-07 Dr clearing.USD 500.00 | Cr transit.USD 500.00
      GJ USD 2026-04-08 Dr transit.USD 500.00 | Cr bank.USD 500.00
      GJ USD 2026-04-10 Dr transit.USD 500.00 | Cr clearing.USD 500.00
      GJ USD 2026-04-10 Dr clearing.USD 500.00 | Cr transit.USD 500.00
      end transit.USD 0.00 · bank.USD -500.00 ⇒ USD 500.00 = clearing.USD 500.00`);
    const [row, out, undone] = ["txn_1", "txn_2", "txn_3"].map((id) => books.row(id));
    const both = { amount: usd(50_000), isAutomatic: false } as const;
    const arrivesAt = arriving("2026-04-08");
    books.payout({ ...both, kind: "topup", id: "tu_1", status: "succeeded", row, arrivesAt });
    books.payout({ ...both, row: out, undone, state: "undone", status: "canceled" });

    books.agree();
  });

  // The last second of 2026 in New York is 04:59:59Z of 1 January; a second later it is 2027.
  test("H23 fees of the last second of a year and of the first one after it", () => {
    const books = example(`
      rows txn_1 fee USD -3.20 2027-01-01T04:59:59Z | txn_2 fee USD -6.10 2027-01-01T05:00:00Z
      GJ USD 2026-12-31 Dr fee.stripe 3.20 | Cr clearing.USD 3.20 ; PerPost 202612
      GJ USD 2027-01-01 Dr fee.stripe 6.10 | Cr clearing.USD 6.10 ; PerPost 202701
      end fee.stripe 9.30 ⇒ USD -9.30 = clearing.USD -9.30`);
    books.day("fee", "2026-12-31");
    books.day("fee", "2027-01-01");

    books.agree();
  });
});

describe("periods, currencies and invoices of others", () => {
  // March is closed when all of it is read on 4 April: every document keeps its day, and April has
  // it. 80.00 - 2.62 - 20.00 - 50.00 = 7.38.
  test("H24 a sale, its refund, its fee and a payout of a closed month", () => {
    const books = example(
      `
      rows txn_1 charge USD 80.00 fee 2.62 2026-03-30 | txn_2 refund USD -20.00 2026-03-31
      rows txn_3 payout USD -50.00 2026-03-31
      IN USD 2026-03-30 Dr ar 80.00 | Cr sales 80.00 ; PerPost 202604
      PA USD 2026-03-30 Dr clearing.USD 80.00 | Cr ar 80.00 ; PerPost 202604
      DM USD 2026-03-31 Dr ar 20.00 | Cr clearing.USD 20.00 ; PerPost 202604
      CM USD 2026-03-31 Dr returns.requested 20.00 | Cr ar 20.00 ; PerPost 202604
      GJ USD 2026-03-31 Dr transit.USD 50.00 | Cr clearing.USD 50.00 ; PerPost 202604
      GJ USD 2026-04-02 Dr bank.USD 50.00 | Cr transit.USD 50.00
      GJ USD 2026-03-30 Dr fee.stripe 2.62 | Cr clearing.USD 2.62 ; PerPost 202604
      end ar 0.00 · transit.USD 0.00 · bank.USD 50.00 ⇒ USD 7.38 = clearing.USD 7.38`,
      { firstOpen: "202604" },
    );
    const sale = books.sale(["txn_1"], { goods: ["80.00"] });
    books.refund(sale, "txn_2");
    const row = books.row("txn_3");
    books.payout({ row, amount: usd(5_000), arrivesAt: arriving("2026-04-02") });
    books.day("fee", "2026-03-30");

    books.agree();
  });

  // No decimals at all. Tax to date: 491 x 1000 / 5400 = 90.9 -> 91; 491 x 3000 / 5400 = 272.8 ->
  // 273, so 182; the last takes 218. Goods 909 + 1818 + 2182 = 4909.
  test("H25 yen as the base currency: three refunds of a sale with tax", () => {
    const books = example(
      `
      rows txn_1 charge JPY 5400 fee 194 2026-03-10 | txn_2 refund JPY -1000 2026-03-11
      rows txn_3 refund JPY -2000 2026-03-12 | txn_4 refund JPY -2400 2026-03-13
      IN JPY 2026-03-10 Dr ar 5400 | Cr sales 4909 | Cr tax 491
      PA JPY 2026-03-10 Dr clearing.JPY 5400 | Cr ar 5400
      DM JPY 2026-03-11 Dr ar 1000 | Cr clearing.JPY 1000
      CM JPY 2026-03-11 Dr returns.requested 909 | Dr tax 91 | Cr ar 1000
      DM JPY 2026-03-12 Dr ar 2000 | Cr clearing.JPY 2000
      CM JPY 2026-03-12 Dr returns.requested 1818 | Dr tax 182 | Cr ar 2000
      DM JPY 2026-03-13 Dr ar 2400 | Cr clearing.JPY 2400
      CM JPY 2026-03-13 Dr returns.requested 2182 | Dr tax 218 | Cr ar 2400
      GJ JPY 2026-03-10 Dr fee.stripe 194 | Cr clearing.JPY 194
      end ar 0 · tax 0 · returns.requested 4909 · fee.stripe 194 ⇒ JPY -194 = clearing.JPY -194`,
      { base: "JPY" },
    );
    const sale = books.sale(["txn_1"], { goods: ["4909 + 491"] });
    for (const id of ["txn_2", "txn_3", "txn_4"]) books.refund(sale, id);
    books.day("fee", "2026-03-10");

    books.agree();
  });

  // Three decimals. Tax to date: 0.525 x 4.000 / 11.025 = 0.1905 -> 0.190; 0.525 x 8.000 / 11.025
  // = 0.3810 -> 0.381, so 0.191; the last takes 0.144. Goods 3.810 + 3.809 + 2.881 = 10.500.
  test("H26 dinars as the base currency: three refunds of a sale with tax", () => {
    const books = example(
      `
      rows txn_1 charge KWD 11.025 2026-03-10 | txn_2 refund KWD -4.000 2026-03-11
      rows txn_3 refund KWD -4.000 2026-03-12 | txn_4 refund KWD -3.025 2026-03-13
      IN KWD 2026-03-10 Dr ar 11.025 | Cr sales 10.500 | Cr tax 0.525
      PA KWD 2026-03-10 Dr clearing.KWD 11.025 | Cr ar 11.025
      DM KWD 2026-03-11 Dr ar 4.000 | Cr clearing.KWD 4.000
      CM KWD 2026-03-11 Dr returns.requested 3.810 | Dr tax 0.190 | Cr ar 4.000
      DM KWD 2026-03-12 Dr ar 4.000 | Cr clearing.KWD 4.000
      CM KWD 2026-03-12 Dr returns.requested 3.809 | Dr tax 0.191 | Cr ar 4.000
      DM KWD 2026-03-13 Dr ar 3.025 | Cr clearing.KWD 3.025
      CM KWD 2026-03-13 Dr returns.requested 2.881 | Dr tax 0.144 | Cr ar 3.025
      end ar 0.000 · tax 0.000 · returns.requested 10.500 ⇒ KWD 0.000 = clearing.KWD 0.000`,
      { base: "KWD" },
    );
    const sale = books.sale(["txn_1"], { goods: ["10.500 + 0.525"] });
    for (const id of ["txn_2", "txn_3", "txn_4"]) books.refund(sale, id);

    books.agree();
  });

  // 220.00 for invoices of 120.00, 80.00 and 55.50: the first two in full, 20.00 of the third, of
  // which 35.50 stay open.
  test("H27 three invoices of two customers and a charge that falls short of the last", () => {
    const invoice = (customerId: string, refNbr: string, open: number) => {
      return { customerId, refNbr, asked: undefined, open: usd(open) };
    };

    const { shares, rest } = shareOut(usd(22_000), [
      invoice("C1", "A", 12_000),
      invoice("C1", "B", 8_000),
      invoice("C2", "C", 5_550),
    ]);

    expect(shares).toEqual([
      {
        customerId: "C1",
        amount: usd(20_000),
        lines: [
          { refNbr: "A", amount: usd(12_000) },
          { refNbr: "B", amount: usd(8_000) },
        ],
      },
      { customerId: "C2", amount: usd(2_000), lines: [{ refNbr: "C", amount: usd(2_000) }] },
    ]);
    expect(rest).toEqual(usd(0));
  });
});

import { describe, test } from "vitest";
import { GoldenBooks } from "./testing/golden-books.ts";
import type { GoldenOptions } from "./testing/golden-ledger.ts";

// More examples in the form of the booking rules, section 17, each worked out by hand; the sums
// stand above each. Base USD and zone America/New_York unless an example says otherwise.

const example = (text: string, options?: GoldenOptions) => new GoldenBooks(text, options);

describe("sales and what goes back of them", () => {
  // Tax of the refund 8.25 x 33.33 / 108.25 = 2.540 -> 2.54, goods 30.79. The dispute takes the
  // other 74.92, and gives it back; 108.25 - 3.44 - 33.33 - 89.92 + 74.92 = 56.48.
  test("H1 a partial refund, then a dispute of the rest, which is won", () => {
    const books = example(`
      rows txn_1 charge USD 108.25 fee 3.44 2026-03-10 | txn_2 refund USD -33.33 2026-03-15
      rows txn_3 dispute USD -74.92 fee 15.00 2026-04-02
        | txn_4 dispute_reversal USD 74.92 2026-05-20
      IN USD 2026-03-10 Dr ar 108.25 | Cr sales 100.00 | Cr tax 8.25
      PA USD 2026-03-10 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-03-15 Dr ar 33.33 | Cr clearing.USD 33.33
      CM USD 2026-03-15 Dr returns.requested 30.79 | Dr tax 2.54 | Cr ar 33.33
      GJ USD 2026-04-02 Dr dispute-receivable 74.92 | Dr fee.dispute 15.00 | Cr clearing.USD 89.92
      GJ USD 2026-05-20 Dr clearing.USD 74.92 | Cr dispute-receivable 74.92
      GJ USD 2026-03-10 Dr fee.stripe 3.44 | Cr clearing.USD 3.44
      end ar 0.00 · sales -100.00 · tax -5.71 · returns.requested 30.79
        · dispute-receivable 0.00 · fee.dispute 15.00 · fee.stripe 3.44
          ⇒ USD 56.48 = clearing.USD 56.48`);
    const sale = books.sale(["txn_1"], { goods: ["100.00 + 8.25"] });
    books.refund(sale, "txn_2");
    books.held(["txn_3", "txn_4"], [["won", "2026-05-21"]]);
    books.day("fee", "2026-03-10");

    books.agree();
  });

  // Of 108.25 a refund took 33.33, so 74.92 is left to credit: tax 8.25 - 2.54 = 5.71, goods
  // 100.00 - 30.79 = 69.21. The other 33.33 of the dispute is a loss.
  test("H2 a dispute of the whole after a partial refund, by reverse-sale", () => {
    const books = example(`
      rows txn_1 charge USD 108.25 2026-03-10 | txn_2 refund USD -33.33 2026-03-15
      rows txn_3 dispute USD -108.25 fee 15.00 2026-04-02
      IN USD 2026-03-10 Dr ar 108.25 | Cr sales 100.00 | Cr tax 8.25
      PA USD 2026-03-10 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-03-15 Dr ar 33.33 | Cr clearing.USD 33.33
      CM USD 2026-03-15 Dr returns.requested 30.79 | Dr tax 2.54 | Cr ar 33.33
      DM USD 2026-04-02 Dr ar 108.25 | Cr clearing.USD 108.25
      CM USD 2026-04-02 Dr returns.dispute 69.21 | Dr tax 5.71 | Dr dispute-loss 33.33
        | Cr ar 108.25
      GJ USD 2026-04-02 Dr fee.dispute 15.00 | Cr clearing.USD 15.00
      end ar 0.00 · tax 0.00 · returns.requested 30.79 · returns.dispute 69.21
        · dispute-loss 33.33 ⇒ USD -48.33 = clearing.USD -48.33`);
    const sale = books.sale(["txn_1"], { goods: ["100.00 + 8.25"] });
    books.refund(sale, "txn_2");
    books.takenBack(sale, ["txn_3"]);

    books.agree();
  });

  // Goods 99.99 - 10.00 + 150.00 - 15.00 = 224.99, shipping 4.95, tax 7.98 + 11.99 + 0.44 = 20.41:
  // 250.35, one cent below 250.36. Tax to date: 20.41 x 50.00 / 250.36 = 4.076 -> 4.08; 20.41 x
  // 127.77 / 250.36 = 10.416 -> 10.42, so 6.34; the last takes 9.99. Goods 45.92, 71.43, 112.60.
  test("H3 discounts, shipping, tax and a cent, refunded in three parts with their residue", () => {
    const books = example(`
      rows txn_1 charge USD 250.36 2026-03-11 | txn_2 refund USD -50.00 2026-03-12
      rows txn_3 refund USD -77.77 2026-03-20 | txn_4 refund USD -122.59 2026-04-02
      IN USD 2026-03-11 Dr ar 250.36 | Cr sales 224.99 | Cr shipping 4.95 | Cr tax 20.41
        | Cr rounding 0.01
      PA USD 2026-03-11 Dr clearing.USD 250.36 | Cr ar 250.36
      DM USD 2026-03-12 Dr ar 50.00 | Cr clearing.USD 50.00
      CM USD 2026-03-12 Dr returns.duplicate 45.92 | Dr tax 4.08 | Cr ar 50.00
      DM USD 2026-03-20 Dr ar 77.77 | Cr clearing.USD 77.77
      CM USD 2026-03-20 Dr returns.requested 71.43 | Dr tax 6.34 | Cr ar 77.77
      DM USD 2026-04-02 Dr ar 122.59 | Cr clearing.USD 122.59
      CM USD 2026-04-02 Dr returns.requested 112.60 | Dr tax 9.99 | Cr ar 122.59
      end ar 0.00 · tax 0.00 · returns.duplicate 45.92 · returns.requested 184.03
        · rounding -0.01 ⇒ USD 0.00 = clearing.USD 0.00`);
    const goods = ["99.99 - 10.00 + 7.98", "150.00 - 15.00 + 11.99"];
    const sale = books.sale(["txn_1"], { goods, shipping: "4.95", shippingTax: "0.44" });
    books.refund(sale, "txn_2", { change: { reason: "duplicate" } });
    books.refund(sale, "txn_3");
    books.refund(sale, "txn_4");

    books.agree();
  });

  // Asked for on 30 March without a row: it is dated by its row of 2 April, and its failure by that
  // of 4 May. The customer has 60.00 to good: 60.00 - 60.00 + 60.00.
  test("H4 a refund that is pending over a month end and fails in the month after", () => {
    const books = example(`
      rows txn_1 charge USD 60.00 2026-03-20 | txn_2 refund USD -60.00 2026-04-02
      rows txn_3 refund_failure USD 60.00 2026-05-04
      IN USD 2026-03-20 Dr ar 60.00 | Cr sales 60.00
      PA USD 2026-03-20 Dr clearing.USD 60.00 | Cr ar 60.00
      DM USD 2026-04-02 Dr ar 60.00 | Cr clearing.USD 60.00
      CM USD 2026-04-02 Dr returns.requested 60.00 | Cr ar 60.00
      CM USD 2026-05-04 Dr clearing.USD 60.00 | Cr ar 60.00 ; stays open
      end ar -60.00 · sales -60.00 · returns.requested 60.00 ⇒ USD 60.00 = clearing.USD 60.00`);
    const sale = books.sale(["txn_1"], { goods: ["60.00"] });
    const createdAt = new Date("2026-03-30T16:00:00Z");
    const made = books.refund(sale, "txn_2", { change: { createdAt } });
    books.refundFails(sale, "txn_3", made);

    books.agree();
  });

  // 03:30Z of 11 March is 23:30 of the 10th in New York, 04:30Z is half past midnight, and
  // 03:59:59Z of 1 April the last second of March: 100.00 - 10.00 - 20.00 - 30.00 = 40.00.
  test("H5 several refunds of one day are parted by the midnight of the zone", () => {
    const books = example(`
      rows txn_1 charge USD 100.00 2026-03-11T03:00:00Z
        | txn_2 refund USD -10.00 2026-03-11T03:30:00Z
      rows txn_3 refund USD -20.00 2026-03-11T04:30:00Z
        | txn_4 refund USD -30.00 2026-04-01T03:59:59Z
      IN USD 2026-03-10 Dr ar 100.00 | Cr sales 100.00
      PA USD 2026-03-10 Dr clearing.USD 100.00 | Cr ar 100.00
      DM USD 2026-03-10 Dr ar 10.00 | Cr clearing.USD 10.00
      CM USD 2026-03-10 Dr returns.requested 10.00 | Cr ar 10.00
      DM USD 2026-03-11 Dr ar 20.00 | Cr clearing.USD 20.00
      CM USD 2026-03-11 Dr returns.requested 20.00 | Cr ar 20.00
      DM USD 2026-03-31 Dr ar 30.00 | Cr clearing.USD 30.00 ; PerPost 202603
      CM USD 2026-03-31 Dr returns.requested 30.00 | Cr ar 30.00 ; PerPost 202603
      end ar 0.00 · returns.requested 60.00 ⇒ USD 40.00 = clearing.USD 40.00`);
    const sale = books.sale(["txn_1"], { goods: ["100.00"] });
    for (const id of ["txn_2", "txn_3", "txn_4"]) books.refund(sale, id);

    books.agree();
  });

  // The credit of 100.00 that a failed refund left pays the next refund of 60.00: no memo of goods
  // a second time, 40.00 stay to good. 100.00 - 100.00 + 100.00 - 60.00 = 40.00.
  test("H6 a refund that failed is given again in part, from the credit it left", () => {
    const books = example(`
      rows txn_1 charge USD 100.00 2026-03-10 | txn_2 refund USD -100.00 2026-03-12
      rows txn_3 refund_failure USD 100.00 2026-03-18 | txn_4 refund USD -60.00 2026-03-20
      IN USD 2026-03-10 Dr ar 100.00 | Cr sales 100.00
      PA USD 2026-03-10 Dr clearing.USD 100.00 | Cr ar 100.00
      DM USD 2026-03-12 Dr ar 100.00 | Cr clearing.USD 100.00
      CM USD 2026-03-12 Dr returns.requested 100.00 | Cr ar 100.00
      CM USD 2026-03-18 Dr clearing.USD 100.00 | Cr ar 100.00
      DM USD 2026-03-20 Dr ar 60.00 | Cr clearing.USD 60.00 ; the open CM applied to it
      end ar -40.00 · returns.requested 100.00 ⇒ USD 40.00 = clearing.USD 40.00`);
    const sale = books.sale(["txn_1"], { goods: ["100.00"] });
    const failed = books.refund(sale, "txn_2");
    books.refundFails(sale, "txn_3", failed);
    books.refund(sale, "txn_4", { covered: "60.00" });

    books.agree();
  });

  // By reverse the sale stands again, so the next refunds take its tax anew: 8.25 x 50.00 / 108.25
  // = 3.811 -> 3.81, goods 46.19; the rest 58.25 has tax 4.44, goods 53.81.
  test("H7 a refund that failed by reverse is given again in two parts with their tax", () => {
    const settings = { "refund-failed": "reverse" };
    const books = example(
      `
      rows txn_1 charge USD 108.25 2026-03-10 | txn_2 refund USD -108.25 2026-03-12
      rows txn_3 refund_failure USD 108.25 2026-03-18 | txn_4 refund USD -50.00 2026-03-20
      rows txn_5 refund USD -58.25 2026-03-21
      IN USD 2026-03-10 Dr ar 108.25 | Cr sales 100.00 | Cr tax 8.25
      PA USD 2026-03-10 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-03-12 Dr ar 108.25 | Cr clearing.USD 108.25
      CM USD 2026-03-12 Dr returns.requested 100.00 | Dr tax 8.25 | Cr ar 108.25
      CM USD 2026-03-18 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-03-18 Dr ar 108.25 | Cr returns.requested 100.00 | Cr tax 8.25
      DM USD 2026-03-20 Dr ar 50.00 | Cr clearing.USD 50.00
      CM USD 2026-03-20 Dr returns.requested 46.19 | Dr tax 3.81 | Cr ar 50.00
      DM USD 2026-03-21 Dr ar 58.25 | Cr clearing.USD 58.25
      CM USD 2026-03-21 Dr returns.requested 53.81 | Dr tax 4.44 | Cr ar 58.25
      end ar 0.00 · tax 0.00 · returns.requested 100.00 ⇒ USD 0.00 = clearing.USD 0.00`,
      { settings },
    );
    const sale = books.sale(["txn_1"], { goods: ["100.00 + 8.25"] });
    books.refundFails(sale, "txn_3", books.refund(sale, "txn_2"));
    books.refund(sale, "txn_4");
    books.refund(sale, "txn_5");

    books.agree();
  });

  // First refund: tax 8.25 x 30.00 / 108.25 = 2.286 -> 2.29, goods 27.71. The note says its own
  // tax, 3.80, so goods 46.20. The last one completes: 8.25 - 2.29 - 3.80 = 2.16, goods 26.09.
  test("H8 a refund, a credit note with its own tax, and a last refund with the residue", () => {
    const books = example(`
      rows txn_1 charge USD 108.25 2026-03-10 | txn_2 refund USD -30.00 2026-03-12
      rows txn_3 refund USD -50.00 2026-03-20 | txn_4 refund USD -28.25 2026-03-25
      IN USD 2026-03-10 Dr ar 108.25 | Cr sales 100.00 | Cr tax 8.25
      PA USD 2026-03-10 Dr clearing.USD 108.25 | Cr ar 108.25
      DM USD 2026-03-12 Dr ar 30.00 | Cr clearing.USD 30.00
      CM USD 2026-03-12 Dr returns.requested 27.71 | Dr tax 2.29 | Cr ar 30.00
      CM USD 2026-03-20 Dr returns.credit-note 46.20 | Dr tax 3.80 | Cr ar 50.00
      DM USD 2026-03-20 Dr ar 50.00 | Cr clearing.USD 50.00 ; the note's CM applied to it
      DM USD 2026-03-25 Dr ar 28.25 | Cr clearing.USD 28.25
      CM USD 2026-03-25 Dr returns.requested 26.09 | Dr tax 2.16 | Cr ar 28.25
      end ar 0.00 · tax 0.00 · returns.requested 53.80 · returns.credit-note 46.20
        ⇒ USD 0.00 = clearing.USD 0.00`);
    const sale = books.sale(["txn_1"], { goods: ["100.00 + 8.25"] });
    books.refund(sale, "txn_2");
    books.creditNote(sale, { total: "50.00", tax: "3.80", day: "2026-03-20" });
    books.refund(sale, "txn_3", { isOfNote: true });
    books.refund(sale, "txn_4");

    books.agree();
  });

  // 120.00 authorised, 80.00 captured, 30.00 given back: 120.00 - 40.00 - 2.62 - 30.00 = 47.38.
  test("H9 a partial capture, of which a part is refunded", () => {
    const books = example(`
      rows txn_1 charge USD 120.00 fee 2.62 2026-03-12
        | txn_2 partial_capture_reversal USD -40.00 2026-03-12
      rows txn_3 refund USD -30.00 2026-03-20
      IN USD 2026-03-12 Dr ar 80.00 | Cr sales 80.00
      PA USD 2026-03-12 Dr clearing.USD 80.00 | Cr ar 80.00
      DM USD 2026-03-20 Dr ar 30.00 | Cr clearing.USD 30.00
      CM USD 2026-03-20 Dr returns.requested 30.00 | Cr ar 30.00
      GJ USD 2026-03-12 Dr fee.stripe 2.62 | Cr clearing.USD 2.62
      end ar 0.00 · sales -80.00 · returns.requested 30.00 · fee.stripe 2.62
        ⇒ USD 47.38 = clearing.USD 47.38`);
    const sale = books.sale(["txn_1", "txn_2"], { goods: ["80.00"] });
    books.refund(sale, "txn_3");
    books.day("fee", "2026-03-12");

    books.agree();
  });

  // The bank takes 90.00 back, a later charge pays the memo of that, and 40.00 of it go back from
  // the invoice: 90.00 - 90.00 + 90.00 - 40.00 = 50.00, and nobody owes anything.
  test("H10 a bank debit that is returned, paid again by another charge, refunded in part", () => {
    const books = example(`
      rows txn_1 charge USD 90.00 2026-03-02 | txn_2 charge_failure USD -90.00 2026-03-12
      rows txn_3 charge USD 90.00 2026-03-20 | txn_4 refund USD -40.00 2026-03-25
      IN USD 2026-03-02 Dr ar 90.00 | Cr sales 90.00
      PA USD 2026-03-02 Dr clearing.USD 90.00 | Cr ar 90.00
      DM USD 2026-03-12 Dr ar 90.00 | Cr clearing.USD 90.00
      PA USD 2026-03-20 Dr clearing.USD 90.00 | Cr ar 90.00
      DM USD 2026-03-25 Dr ar 40.00 | Cr clearing.USD 40.00
      CM USD 2026-03-25 Dr returns.requested 40.00 | Cr ar 40.00
      end ar 0.00 · sales -90.00 · returns.requested 40.00 ⇒ USD 50.00 = clearing.USD 50.00`);
    const sale = books.sale(["txn_1"], { goods: ["90.00"] });
    books.returned(sale, "txn_2");
    books.payAgain(sale, "txn_3");
    books.refund(sale, "txn_4");

    books.agree();
  });

  // 3 x 33.34 = 100.02, two cents above the total: off the largest line, the first of equals, so
  // sales are 100.00 and rounding is left alone, there and back.
  test("H11 two cents too much come off the largest line, and are refunded with it", () => {
    const books = example(`
      rows txn_1 charge USD 100.00 2026-03-10 | txn_2 refund USD -100.00 2026-03-11
      IN USD 2026-03-10 Dr ar 100.00 | Cr sales 100.00
      PA USD 2026-03-10 Dr clearing.USD 100.00 | Cr ar 100.00
      DM USD 2026-03-11 Dr ar 100.00 | Cr clearing.USD 100.00
      CM USD 2026-03-11 Dr returns.requested 100.00 | Cr ar 100.00
      end ar 0.00 · sales -100.00 · rounding 0.00 · returns.requested 100.00
        ⇒ USD 0.00 = clearing.USD 0.00`);
    const sale = books.sale(["txn_1"], { goods: ["33.34", "33.34", "33.34"] });
    books.refund(sale, "txn_2");

    books.agree();
  });

  // An invoice of 28 February, paid by two cards in March: the document has its own day, the period
  // is that of the first money. 120.00 + 80.00 - 5.70 = 194.30.
  test("H12 an invoice that was finalised the month before is paid by two charges", () => {
    const books = example(`
      rows txn_1 charge USD 120.00 fee 3.78 2026-03-02 | txn_2 charge USD 80.00 fee 1.92 2026-03-02
      IN USD 2026-02-28 Dr ar 200.00 | Cr sales 185.00 | Cr tax 15.00 ; PerPost 202603
      PA USD 2026-03-02 Dr clearing.USD 120.00 | Cr ar 120.00
      PA USD 2026-03-02 Dr clearing.USD 80.00 | Cr ar 80.00
      GJ USD 2026-03-02 Dr fee.stripe 5.70 | Cr clearing.USD 5.70
      end ar 0.00 · sales -185.00 · tax -15.00 · fee.stripe 5.70
        ⇒ USD 194.30 = clearing.USD 194.30`);
    books.sale(["txn_1", "txn_2"], { goods: ["185.00 + 15.00"], finalized: "2026-02-28" });
    books.day("fee", "2026-03-02");

    books.agree();
  });
});

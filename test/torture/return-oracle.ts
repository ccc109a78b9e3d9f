import { accountOf, type Books, minorOf } from "../oracle/books.ts";
import { numberOf, type Row, textOf } from "../oracle/rows.ts";
import type { ExpectedSale } from "../oracle/sales.ts";
import { dayOf } from "../oracle/stripe-rows.ts";

type Entries = readonly (readonly [account: string, minor: number])[];

/** What of the books, and of the oracle of orders, is needed to judge what came back. */
export type ReturnView = Readonly<{
  books: Books & Readonly<{ orders: readonly Row[]; shippers: readonly Row[] }>;
  refunds: readonly Row[];
  clearing: string;
  ar: string;
  zone: string;
  equal: (what: string, found: string | number, wanted: string | number) => void;
  entries: (row: Row, expected: Entries) => void;
  /** Says of released documents that they are expected. */
  see: (rows: readonly Row[]) => void;
}>;

const HUB_KEY = /^[A-Z2-7]{26}$/;

/**
 * With `order.refund: order` a refund is a debit memo on clearing. What its order's money has left
 * pays it first; the rest is closed by credit memos that SL has made of returns of that order, and
 * by no memo of the hub's. The hub takes one whole or leaves it: only people apply a part.
 */
export class ReturnCheck {
  readonly #view: ReturnView;

  constructor(view: ReturnView) {
    this.#view = view;
  }

  /** @returns what its refunds have taken of the money that the order had left */
  sale(sale: ExpectedSale, order: Row, left: number): number {
    const { equal, see } = this.#view;
    const credits = this.#credits(textOf(order, "OrdNbr"));
    see(credits);
    let covered = 0;
    let owed = 0;
    for (const refund of this.#refunds(sale)) {
      const minor = numberOf(refund, "amount");
      const own = Math.min(left - covered, minor);
      covered += own;
      owed += minor - own;
      this.#refund({ sale, refund, credits, own });
    }
    const total = credits.reduce((sum, row) => sum + minorOf(row, "CuryOrigDocAmt"), 0);
    equal(`returns of the order of ${sale.identity}`, total, owed);
    for (const credit of credits) this.#credit(credit);
    return covered;
  }

  /** All that went back of these sales. */
  total(sales: readonly ExpectedSale[]): number {
    const refunds = sales.flatMap((sale) => this.#refunds(sale));
    return refunds.reduce((sum, refund) => sum + numberOf(refund, "amount"), 0);
  }

  /** What was never captured belongs to the payment, though Stripe lists it as a refund. */
  #refunds({ payments }: ExpectedSale): Row[] {
    return this.#view.refunds
      .filter((row) => row.is_partial_capture !== true)
      .filter((row) => payments.some(({ chargeId }) => chargeId === textOf(row, "charge")))
      .toSorted((a, b) => numberOf(a, "created") - numberOf(b, "created"));
  }

  /** The credit memos of the shippers of orders that name this one as their original. */
  #credits(number: string): Row[] {
    const { orders, shippers, released } = this.#view.books;
    const returns = orders
      .filter((row) => textOf(row, "OrigOrdNbr") === number)
      .map((row) => textOf(row, "OrdNbr"));
    const batches = shippers
      .filter((row) => returns.includes(textOf(row, "OrdNbr")))
      .map((row) => textOf(row, "ARBatNbr"));
    return released.filter(
      (row) => textOf(row, "DocType") === "CM" && batches.includes(textOf(row, "BatNbr")),
    );
  }

  #refund(of: Readonly<{ sale: ExpectedSale; refund: Row; credits: Row[]; own: number }>): void {
    const { books, equal, entries, see, clearing, ar, zone } = this.#view;
    const { sale, refund, credits, own } = of;
    const id = textOf(refund, "id");
    const minor = numberOf(refund, "amount");
    const memos = books.released.filter(
      (row) => textOf(row, "DocType") === "DM" && textOf(row, "User1") === id,
    );
    see(memos);
    equal(`debit memos of ${id}`, memos.length, 1);
    const [memo] = memos;
    if (memo === undefined) return;
    equal(`amount of the memo of ${id}`, minorOf(memo, "CuryOrigDocAmt"), minor);
    equal(`open of the memo of ${id}`, minorOf(memo, "CuryDocBal"), 0);
    const date = dayOf(numberOf(refund, "created"), zone);
    equal(`date of the memo of ${id}`, textOf(memo, "DocDate").slice(0, 10), date);
    equal(`period of the memo of ${id}`, textOf(memo, "PerPost"), sale.period);
    entries(memo, [
      [accountOf(books, memo, "ArAcct") || ar, minor],
      [clearing, -minor],
    ]);
    const lines = books.adjustments.filter((row) => isBetween(row, "Adjd", memo));
    const byCredits = lines.filter((row) => credits.some((one) => isBetween(row, "Adjg", one)));
    const byMoney = lines.filter((row) => textOf(row, "AdjgDocType").startsWith("P"));
    equal(`money applied to the memo of ${id}`, sumOf(byMoney), own);
    equal(`returns applied to the memo of ${id}`, sumOf(byCredits), minor - own);
  }

  /** Of one that the hub has applied nothing goes anywhere else. */
  #credit(credit: Row): void {
    const { books, equal } = this.#view;
    const name = textOf(credit, "RefNbr");
    equal(`open of return ${name}`, minorOf(credit, "CuryDocBal"), 0);
    for (const row of books.adjustments.filter((one) => isBetween(one, "Adjg", credit))) {
      const batNbr = textOf(row, "AdjBatNbr");
      const batch = books.batches.find((one) => textOf(one, "BatNbr") === batNbr);
      if (!HUB_KEY.test(textOf(batch, "User2"))) continue;
      const whole = minorOf(credit, "CuryOrigDocAmt");
      equal(`what the hub applied of return ${name}`, minorOf(row, "CuryAdjdAmt"), whole);
    }
  }
}

/** Whether an application is from, or to, a document. */
function isBetween(row: Row, side: "Adjg" | "Adjd", document: Row): boolean {
  return (
    textOf(row, `${side}DocType`) === textOf(document, "DocType") &&
    textOf(row, `${side}RefNbr`) === textOf(document, "RefNbr") &&
    textOf(row, "CustId") === textOf(document, "CustId")
  );
}

function sumOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + minorOf(row, "CuryAdjdAmt"), 0);
}

import { type Accounts, accountsOf } from "../oracle/accounts.ts";
import {
  accountOf,
  type Books,
  emptyBatches,
  entriesOf,
  minorOf,
  readBooks,
} from "../oracle/books.ts";
import { People } from "../oracle/people.ts";
import { type Admin, type Row, textOf } from "../oracle/rows.ts";
import { type Expected, type ExpectedSale, expectFrom } from "../oracle/sales.ts";
import { tablesOf } from "../oracle/stripe-rows.ts";

/** What the oracle sees: the rows of both sandboxes and the pair's settings file. */
export type OracleView = Readonly<{
  sl: Admin;
  stripeAdmin: Admin;
  pairFile: Readonly<Record<string, unknown>>;
}>;

export type Findings = Readonly<{
  differences: readonly string[];
  /** What stands in SL without an effect on the books and belongs to no sale. */
  orphans: Readonly<{ documents: number; batches: number }>;
  /** Released documents. */
  documents: number;
}>;

/**
 * Says from Stripe's rows and the pair file alone what SL must hold, and compares. It shares no
 * code with the hub: an error on both sides would pass.
 */
export async function judge(view: OracleView): Promise<Findings> {
  const zone = String(view.pairFile["time-zone"]);
  const expected = await expectFrom(tablesOf(view.stripeAdmin), zone);
  const books = await readBooks(view.sl);
  return {
    differences: compareSales(view.pairFile, expected, books),
    orphans: { documents: books.unreleased.length, batches: emptyBatches(books) },
    documents: books.released.length,
  };
}

/** Where released documents are not exactly those of these sales, each of which has its own. */
export function compareSales(
  pairFile: OracleView["pairFile"],
  expected: Expected,
  books: Books,
): string[] {
  return new Check(pairFile, expected, books).all();
}

class Check {
  readonly #expected: Expected;
  readonly #books: Books;
  readonly #accounts: Accounts;
  readonly #differences: string[] = [];
  readonly #seen = new Set<Row>();
  readonly #people: People;

  constructor(pairFile: OracleView["pairFile"], expected: Expected, books: Books) {
    this.#expected = expected;
    this.#books = books;
    this.#accounts = accountsOf(pairFile);
    this.#people = new People(expected, books, (...compared) => this.#equal(...compared));
  }

  all(): string[] {
    for (const sale of this.#expected.sales) this.#sale(sale);
    for (const row of this.#books.released) {
      if (!this.#seen.has(row)) this.#differs(`released and not expected: ${nameOf(row)}`);
    }
    this.#keys();
    this.#people.all();
    return this.#differences;
  }

  #sale(sale: ExpectedSale): void {
    const invoice = this.#one("IN", sale.identity);
    const payments = sale.payments.map((payment) => this.#one("PA", payment.chargeId));
    if (invoice === undefined || payments.includes(undefined)) return;
    const found = payments.filter((row) => row !== undefined);
    this.#invoice(sale, invoice);
    for (const [at, row] of found.entries()) this.#payment(sale, at, row);
    this.#applied(sale, invoice, found);
    this.#people.one(sale, [invoice, ...found]);
    this.#writeBack(sale, invoice, found);
  }

  /** Exactly one released document of a type for a Stripe id. */
  #one(type: string, stripeId: string): Row | undefined {
    const found = this.#books.released.filter(
      (row) => textOf(row, "DocType") === type && textOf(row, "User1") === stripeId,
    );
    for (const row of found) this.#seen.add(row);
    if (found.length === 1) return found[0];
    this.#differs(
      `${found.length} released ${type} for ${stripeId}: ${found.map(nameOf).join(", ")}`,
    );
    return undefined;
  }

  #invoice(sale: ExpectedSale, row: Row): void {
    const { totalMinor, taxMinor, shippingMinor, identity } = sale;
    this.#equal(`total of IN ${identity}`, minorOf(row, "CuryOrigDocAmt"), totalMinor);
    this.#equal(`base total of IN ${identity}`, minorOf(row, "OrigDocAmt"), totalMinor);
    this.#equal(`date of IN ${identity}`, textOf(row, "DocDate").slice(0, 10), sale.date);
    this.#equal(`period of IN ${identity}`, textOf(row, "PerPost"), sale.period);
    const { sales, tax, shipping } = this.#accounts;
    this.#entries(row, [
      [this.#receivableOf(row), totalMinor],
      [sales, -(totalMinor - taxMinor - shippingMinor)],
      [tax, -taxMinor],
      [shipping, -shippingMinor],
    ]);
  }

  #payment(sale: ExpectedSale, at: number, row: Row): void {
    const payment = sale.payments[at];
    if (payment === undefined) return;
    const { chargeId, minor, date } = payment;
    this.#equal(`amount of PA ${chargeId}`, minorOf(row, "CuryOrigDocAmt"), minor);
    this.#equal(`date of PA ${chargeId}`, textOf(row, "DocDate").slice(0, 10), date);
    this.#equal(`period of PA ${chargeId}`, textOf(row, "PerPost"), sale.period);
    this.#entries(row, [
      [this.#accounts.clearing, minor],
      [this.#receivableOf(row), -minor],
    ]);
  }

  /** AR is back at zero; only what was paid beyond the invoice stays with the payment. */
  #applied(sale: ExpectedSale, invoice: Row, payments: readonly Row[]): void {
    const { identity, totalMinor } = sale;
    const paid = sale.payments.reduce((so, payment) => so + payment.minor, 0);
    const applied = Math.min(paid, totalMinor);
    this.#equal(
      `open balance of IN ${identity}`,
      minorOf(invoice, "CuryDocBal"),
      totalMinor - applied,
    );
    const left = payments.reduce((so, row) => so + minorOf(row, "CuryDocBal"), 0);
    this.#equal(`unapplied of the payments of ${identity}`, left, paid - applied);
    const lines = this.#books.adjustments.filter(
      (row) =>
        textOf(row, "AdjdDocType") === "IN" &&
        textOf(row, "AdjdRefNbr") === textOf(invoice, "RefNbr") &&
        textOf(row, "CustId") === textOf(invoice, "CustId"),
    );
    const adjusted = lines.reduce((so, row) => so + minorOf(row, "CuryAdjdAmt"), 0);
    this.#equal(`applications to IN ${identity}`, adjusted, applied);
  }

  #entries(row: Row, expected: readonly (readonly [account: string, minor: number])[]): void {
    const sums = new Map<string, number>();
    for (const [account, minor] of expected) {
      sums.set(account, (sums.get(account) ?? 0) + minor);
    }
    const wanted = Object.fromEntries([...sums].filter(([, minor]) => minor !== 0).toSorted());
    const batNbr = textOf(row, "BatNbr");
    const found = entriesOf(this.#books, batNbr);
    this.#equal(`entries of ${nameOf(row)}`, JSON.stringify(found), JSON.stringify(wanted));
    const batch = this.#books.batches.find((one) => textOf(one, "BatNbr") === batNbr);
    this.#equal(`batch ${batNbr} is released`, Number(batch?.Rlsed ?? 0), 1);
    this.#equal(`key of batch ${batNbr}`, textOf(batch, "User2"), textOf(row, "User2"));
    const documents = this.#books.released.filter((one) => textOf(one, "BatNbr") === batNbr);
    this.#equal(`documents of batch ${batNbr}`, documents.length, 1);
  }

  #receivableOf(row: Row): string {
    return accountOf(this.#books, row, "ArAcct") || this.#accounts.ar;
  }

  #writeBack(sale: ExpectedSale, invoice: Row, payments: readonly Row[]): void {
    const { identity, metadata } = sale;
    const number = metadata.DynamicsSL_PaymentNbr ?? "";
    const payment = payments.find((row) => textOf(row, "RefNbr") === number);
    if (payment === undefined) this.#differs(`${identity} names payment "${number}", not its own`);
    const wanted = {
      DynamicsSL_CustomerID: textOf(invoice, "CustId"),
      DynamicsSL_InvoiceNbr: textOf(invoice, "RefNbr"),
      DynamicsSL_BatchNbr: textOf(payment, "BatNbr"),
    };
    for (const [key, value] of Object.entries(wanted)) {
      this.#equal(`${key} at ${identity}`, metadata[key] ?? "", value);
    }
  }

  #keys(): void {
    const keys = this.#books.released.map((row) => textOf(row, "User2"));
    for (const key of keys) {
      if (!/^[A-Z2-7]{26}$/.test(key)) this.#differs(`"${key}" is no intent key`);
    }
    this.#equal("intent keys of released documents", new Set(keys).size, keys.length);
  }

  #equal(what: string, found: string | number, wanted: string | number): void {
    if (found !== wanted) this.#differs(`${what}: found ${found}, expected ${wanted}`);
  }

  #differs(words: string): void {
    this.#differences.push(words);
  }
}

/** A document as a difference names it. */
export function nameOf(row: Row): string {
  const [type, number, batch] = ["DocType", "RefNbr", "BatNbr"].map((name) => textOf(row, name));
  return `${type} ${number} of ${textOf(row, "User1")} in batch ${batch}`;
}

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
import { type Row, textOf } from "../oracle/rows.ts";
import { type Expected, type ExpectedSale, expectFrom } from "../oracle/sales.ts";
import { tablesOf } from "../oracle/stripe-rows.ts";
import { type Findings, nameOf, type OracleView } from "./oracle.ts";
import { ReturnCheck } from "./return-oracle.ts";

/** What the oracle of orders sees beside the rows: what people in SL have done. */
export type OrderView = OracleView &
  Readonly<{
    /** Second orders of a sale that somebody has cancelled. */
    warehouse: Readonly<{ twins: ReadonlySet<string> }>;
    /** What the money of an order is booked as. */
    orderMoney: "pp" | "pa";
    /** The hub's own ledger of its orders. */
    ledgers: () => Promise<readonly Row[]>;
  }>;

type OrderBooks = Books & Readonly<{ orders: readonly Row[]; shippers: readonly Row[] }>;

/** A rest of up to so many minor units is rounded away. */
const ROUNDED_MAX = 5;

/**
 * Says from Stripe's rows and from what SL has shipped what the orders and their money must be, and
 * compares. Like the oracle of plain sales it shares no code with the hub.
 */
export async function judgeOrders(view: OrderView): Promise<Findings> {
  const zone = String(view.pairFile["time-zone"]);
  const expected = await expectFrom(tablesOf(view.stripeAdmin), zone);
  const books = {
    ...(await readBooks(view.sl)),
    orders: await view.sl<Row[]>("/rows?table=SOHeader"),
    shippers: await view.sl<Row[]>("/rows?table=SOShipHeader"),
  };
  const refunds = await view.stripeAdmin<Row[]>("/rows?table=refund");
  const found = { expected, books, refunds, ledgers: await view.ledgers() };
  const check = new OrderCheck(view, found);
  return {
    differences: check.all(),
    orphans: {
      documents: books.unreleased.length + check.heldTwins,
      batches: emptyBatches(books),
    },
    documents: books.released.length,
  };
}

/** An invoice that SL made of shippers, with what of it is one order's. */
type Shipped = Readonly<{ invoice: Row; own: number }>;
/** What must have become of the money of an order. */
type Outcome = Readonly<{
  applied: number;
  left: number;
  debit: number;
  credits: number[];
  /** What refunds have taken of what was left. */
  refunded?: number;
}>;

class OrderCheck {
  readonly #view: OrderView;
  readonly #expected: Expected;
  readonly #books: OrderBooks;
  readonly #ledgers: readonly Row[];
  readonly #accounts: Accounts;
  readonly #people: People;
  readonly #returns: ReturnCheck;
  readonly #differences: string[] = [];
  readonly #seen = new Set<Row>();
  /** What is taken off each invoice by all of its orders. */
  readonly #taken = new Map<Row, number>();
  #left = 0;
  /** Second orders of a sale that stand on hold: nothing of them counts. */
  heldTwins = 0;

  constructor(
    view: OrderView,
    found: Readonly<{
      expected: Expected;
      books: OrderBooks;
      refunds: readonly Row[];
      ledgers: readonly Row[];
    }>,
  ) {
    this.#view = view;
    this.#expected = found.expected;
    this.#books = found.books;
    this.#ledgers = found.ledgers;
    this.#accounts = accountsOf(view.pairFile);
    this.#people = new People(found.expected, found.books, (...is) => this.#equal(...is));
    const { clearing, ar } = this.#accounts;
    this.#returns = new ReturnCheck({
      ...{ books: found.books, refunds: found.refunds, clearing, ar },
      zone: String(view.pairFile["time-zone"]),
      equal: (...is) => this.#equal(...is),
      entries: (...is) => this.#entries(...is),
      see: (rows) => {
        for (const row of rows) this.#seen.add(row);
      },
    });
  }

  all(): string[] {
    for (const sale of this.#expected.sales) this.#sale(sale);
    this.#strangers();
    this.#balances();
    this.#keys();
    this.#people.all();
    return this.#differences;
  }

  #sale(sale: ExpectedSale): void {
    const order = this.#order(sale);
    const type = this.#view.orderMoney.toUpperCase();
    const payments = sale.payments.map(({ chargeId }) => this.#one(type, chargeId));
    const found = payments.filter((row) => row !== undefined);
    if (order === undefined || found.length < payments.length) return;
    for (const [at, row] of found.entries()) this.#payment(sale, { at, row, order });
    this.#people.one(sale, [order, ...found]);
    const shipped = this.#shipped(order);
    const reached = outcomeOf(sale, shipped);
    const refunded = this.#returns.sale(sale, order, reached.left);
    const outcome = afterRefunds(reached, refunded, shipped.length > 0);
    this.#money(sale, found, outcome);
    this.#applied(sale, { shipped, payments: found, outcome });
    this.#memos(sale, outcome);
    this.#ledger(sale, order, outcome);
    this.#writeBack(sale, { order, shipped, payments: found });
  }

  /** One order of the sale is let go; on a second one, which stays on hold, nothing is booked. */
  #order({ identity, totalMinor, date }: ExpectedSale): Row | undefined {
    const all = this.#books.orders.filter(
      (row) =>
        textOf(row, "User1") === identity && !this.#view.warehouse.twins.has(textOf(row, "OrdNbr")),
    );
    const [order, ...more] = all.filter((row) => row.AdminHold !== 1);
    this.heldTwins += all.filter((row) => row.AdminHold === 1).length;
    if (order === undefined || more.length > 0) {
      const names = all.map((row) => `${textOf(row, "OrdNbr")} hold ${String(row.AdminHold)}`);
      this.#differs(`not one order of ${identity} that is let go: ${names.join(", ")}`);
      return undefined;
    }
    this.#equal(`total of the order of ${identity}`, minorOf(order, "CuryTotOrd"), totalMinor);
    this.#equal(`date of the order of ${identity}`, textOf(order, "OrdDate").slice(0, 10), date);
    this.#equal(`status of the order of ${identity}`, textOf(order, "Status"), "C");
    return order;
  }

  #one(type: string, stripeId: string): Row | undefined {
    const found = this.#all(type, stripeId);
    if (found.length === 1) return found[0];
    this.#differs(`${found.length} released ${type} for ${stripeId}`);
    return undefined;
  }

  #all(type: string, stripeId: string): Row[] {
    const found = this.#books.released.filter(
      (row) => textOf(row, "DocType") === type && textOf(row, "User1") === stripeId,
    );
    for (const row of found) this.#seen.add(row);
    return found;
  }

  #payment(sale: ExpectedSale, of: Readonly<{ at: number; row: Row; order: Row }>): void {
    const { at, row, order } = of;
    const payment = sale.payments[at];
    if (payment === undefined) return;
    const { chargeId, minor, date } = payment;
    this.#equal(`amount of the money of ${chargeId}`, minorOf(row, "CuryOrigDocAmt"), minor);
    this.#equal(`date of the money of ${chargeId}`, textOf(row, "DocDate").slice(0, 10), date);
    this.#equal(`period of the money of ${chargeId}`, textOf(row, "PerPost"), sale.period);
    this.#equal(`order of ${chargeId}`, textOf(row, "OrdNbr"), textOf(order, "OrdNbr"));
    this.#entries(row, [
      [this.#accounts.clearing, minor],
      [this.#payerAccount(row), -minor],
    ]);
  }

  /** The invoices of an order's shippers, in the order in which they left. */
  #shipped(order: Row): Shipped[] {
    const alive = this.#books.shippers
      .filter((row) => row.Cancelled !== 1 && textOf(row, "OrdNbr") === textOf(order, "OrdNbr"))
      .toSorted((a, b) => textOf(a, "ShipperID").localeCompare(textOf(b, "ShipperID")));
    const byBatch = Map.groupBy(alive, (row) => textOf(row, "ARBatNbr"));
    return [...byBatch].flatMap(([batNbr, rows]) => {
      const invoice = this.#books.released.find(
        (row) => textOf(row, "BatNbr") === batNbr && textOf(row, "DocType") === "IN",
      );
      if (invoice === undefined) {
        this.#differs(`people in SL have left ${batNbr} of order ${textOf(order, "OrdNbr")} open`);
        return [];
      }
      this.#seen.add(invoice);
      return [{ invoice, own: rows.reduce((sum, row) => sum + minorOf(row, "CuryTotInvc"), 0) }];
    });
  }

  #money(sale: ExpectedSale, payments: readonly Row[], { left }: Outcome): void {
    const open = payments.reduce((sum, row) => sum + minorOf(row, "CuryDocBal"), 0);
    this.#equal(`left of the money of ${sale.identity}`, open, left);
    this.#left += left;
  }

  /** Each invoice has got what was left for it, from this order's money and for its own part. */
  #applied(
    sale: ExpectedSale,
    of: Readonly<{ shipped: readonly Shipped[]; payments: readonly Row[]; outcome: Outcome }>,
  ): void {
    const { shipped, payments, outcome } = of;
    const numbers = payments.map((row) => textOf(row, "RefNbr"));
    let left = sale.payments.reduce((sum, payment) => sum + payment.minor, 0);
    for (const [at, { invoice, own }] of shipped.entries()) {
      const wanted = Math.min(left, own);
      left -= wanted;
      const refNbr = textOf(invoice, "RefNbr");
      const lines = this.#books.adjustments.filter(
        (row) =>
          textOf(row, "AdjdRefNbr") === refNbr &&
          textOf(row, "CustId") === textOf(invoice, "CustId") &&
          numbers.includes(textOf(row, "AdjgRefNbr")),
      );
      const found = lines.reduce((sum, row) => sum + minorOf(row, "CuryAdjdAmt"), 0);
      this.#equal(`applied to ${refNbr} for ${sale.identity}`, found, wanted);
      const taken = wanted + (outcome.credits[at] ?? 0);
      this.#taken.set(invoice, (this.#taken.get(invoice) ?? 0) + taken);
    }
  }

  /** What is left by a few minor units is closed by one memo each, on the rounding account. */
  #memos({ identity }: ExpectedSale, { debit, credits }: Outcome): void {
    const wanted = { DM: debit === 0 ? [] : [debit], CM: credits.filter((minor) => minor > 0) };
    for (const type of ["DM", "CM"] as const) {
      const found = this.#all(type, identity);
      const amounts = found.map((row) => minorOf(row, "CuryOrigDocAmt"));
      this.#equal(`${type} of ${identity}`, amounts.toSorted().join(), wanted[type].join());
      const sign = type === "DM" ? 1 : -1;
      for (const row of found) {
        const minor = minorOf(row, "CuryOrigDocAmt");
        this.#equal(`open of ${type} of ${identity}`, minorOf(row, "CuryDocBal"), 0);
        this.#entries(row, [
          [accountOf(this.#books, row, "ArAcct") || this.#accounts.ar, sign * minor],
          [this.#accounts.rounding, -sign * minor],
        ]);
      }
    }
  }

  /** The hub's ledger of the order says the same. */
  #ledger({ identity, payments }: ExpectedSale, order: Row, outcome: Outcome): void {
    const { left, refunded = 0 } = outcome;
    const row = this.#ledgers.find((one) => one.object === identity);
    const paid = payments.reduce((sum, payment) => sum + payment.minor, 0);
    const state = order.Cancelled === 1 ? "cancelled" : "closed";
    const number = textOf(order, "OrdNbr");
    const wanted = [number, state, paid, paid - left - refunded, refunded, left].join(" ");
    const columns = ["order_number", "state", "paid", "applied", "refunded", "left_over"];
    const found = columns.map((name) => textOf(row, name));
    this.#equal(`ledger of ${identity}`, found.join(" "), wanted);
  }

  #writeBack(
    { identity, metadata }: ExpectedSale,
    of: Readonly<{ order: Row; shipped: readonly Shipped[]; payments: readonly Row[] }>,
  ): void {
    const { order, shipped, payments } = of;
    const number = metadata.DynamicsSL_PaymentNbr ?? "";
    const payment = payments.find((row) => textOf(row, "RefNbr") === number);
    if (payment === undefined) this.#differs(`${identity} names payment "${number}", not its own`);
    const wanted = {
      DynamicsSL_CustomerID: textOf(order, "CustID"),
      DynamicsSL_OrderNbr: textOf(order, "OrdNbr"),
      DynamicsSL_InvoiceNbr: shipped.map(({ invoice }) => textOf(invoice, "RefNbr")).join(", "),
      DynamicsSL_BatchNbr: textOf(payment, "BatNbr"),
    };
    for (const [key, value] of Object.entries(wanted)) {
      this.#equal(`${key} at ${identity}`, metadata[key] ?? "", value);
    }
  }

  #entries(row: Row, expected: readonly (readonly [account: string, minor: number])[]): void {
    const wanted = Object.fromEntries(expected.filter(([, minor]) => minor !== 0).toSorted());
    const found = entriesOf(this.#books, textOf(row, "BatNbr"));
    this.#equal(`entries of ${nameOf(row)}`, JSON.stringify(found), JSON.stringify(wanted));
  }

  #payerAccount(row: Row): string {
    const isMoney = this.#view.orderMoney === "pa";
    return accountOf(this.#books, row, isMoney ? "ArAcct" : "PrePayAcct");
  }

  #strangers(): void {
    for (const row of this.#books.released) {
      if (!this.#seen.has(row)) this.#differs(`released and not expected: ${nameOf(row)}`);
    }
  }

  /** Clearing holds all that was paid, and customers owe and own what is open. */
  #balances(): void {
    for (const [invoice, taken] of this.#taken) {
      const open = minorOf(invoice, "CuryOrigDocAmt") - taken;
      this.#equal(`open of ${nameOf(invoice)}`, minorOf(invoice, "CuryDocBal"), open);
    }
    const balance = (account: string) =>
      this.#books.ledger
        .filter((line) => textOf(line, "Acct") === account)
        .reduce((sum, line) => sum + minorOf(line, "DrAmt") - minorOf(line, "CrAmt"), 0);
    const paid = this.#expected.sales.flatMap(({ payments }) => payments);
    const sum = paid.reduce((so, payment) => so + payment.minor, 0);
    const back = this.#returns.total(this.#expected.sales);
    this.#equal("balance of clearing", balance(this.#accounts.clearing), sum - back);
    const open = [...this.#taken].reduce(
      (so, [invoice, taken]) => so + minorOf(invoice, "CuryOrigDocAmt") - taken,
      0,
    );
    const owed = [...new Set(this.#books.released.flatMap((row) => this.#ownAccounts(row)))];
    const all = owed.reduce((so, account) => so + balance(account), 0);
    this.#equal("balance of receivables and prepayments", all, open - this.#left);
  }

  #ownAccounts(row: Row): string[] {
    return [
      accountOf(this.#books, row, "ArAcct") || this.#accounts.ar,
      accountOf(this.#books, row, "PrePayAcct"),
    ];
  }

  #keys(): void {
    const made = this.#books.shippers.map((row) => textOf(row, "ARBatNbr"));
    const own = this.#books.released.filter((row) => !made.includes(textOf(row, "BatNbr")));
    const placed = this.#books.orders.filter((row) => textOf(row, "OrigOrdNbr") === "");
    const keys = [...own, ...placed].map((row) => textOf(row, "User2"));
    for (const key of keys) {
      if (!/^[A-Z2-7]{26}$/.test(key)) this.#differs(`"${key}" is no intent key`);
    }
    const documents = own.map((row) => textOf(row, "User2"));
    this.#equal("intent keys of documents", new Set(documents).size, documents.length);
  }

  #equal(what: string, found: string | number, wanted: string | number): void {
    if (found !== wanted) this.#differs(`${what}: found ${found}, expected ${wanted}`);
  }

  #differs(words: string): void {
    this.#differences.push(words);
  }
}

/** The rule in a few lines: invoices in turn, then what is small is rounded away. */
function outcomeOf(sale: ExpectedSale, shipped: readonly Shipped[]): Outcome {
  const paid = sale.payments.reduce((sum, payment) => sum + payment.minor, 0);
  let left = paid;
  const rests = shipped.map(({ own }) => {
    const taken = Math.min(left, own);
    left -= taken;
    return own - taken;
  });
  const credits = rests.map((rest) => (left === 0 && rest <= ROUNDED_MAX ? rest : 0));
  const isCovered = rests.every((rest) => rest === 0);
  const isSmall = left > 0 && left <= ROUNDED_MAX && shipped.length > 0 && isCovered;
  const debit = isSmall ? left : 0;
  return { applied: paid - left + debit, left: left - debit, debit, credits };
}

/** What refunds have left of the money of an order is rounded away as well, where it is small. */
function afterRefunds(reached: Outcome, refunded: number, hasShipped: boolean): Outcome {
  const left = reached.left - refunded;
  const debit = hasShipped && left <= ROUNDED_MAX ? left : 0;
  return {
    ...reached,
    applied: reached.applied + debit,
    left: left - debit,
    debit: reached.debit + debit,
    refunded,
  };
}

import { type Books, emptyBatches, readBooks } from "../oracle/books.ts";
import { type Row, textOf } from "../oracle/rows.ts";
import { type ExpectedSale, expectFrom } from "../oracle/sales.ts";
import { tablesOf } from "../oracle/stripe-rows.ts";
import { compareSales, type Findings, nameOf, type OracleView } from "./oracle.ts";
import { asSummedUp, OF_LATE } from "./summary-rules.ts";

/** What the oracle sees of a run whose sales are summed up day by day. */
export type SummaryView = OracleView &
  Readonly<{
    /** Which key owns which part of a balance row, as the hub keeps it. */
    owners: () => Promise<readonly Row[]>;
    /** `mayHoldUp`: sales of one day may have reached the hub at very different times. */
    script: Readonly<{ mayHoldUp: boolean }>;
  }>;

type PairFile = SummaryView["pairFile"];
/** A sale of the customer that it must be booked on: by itself, else in its day's documents. */
type Placed = Readonly<{ sale: ExpectedSale; customerId: string; isAlone: boolean }>;

/**
 * Says from Stripe's rows and the pair file alone what SL must hold of days whose sales are booked
 * as one, and compares: the documents that a sale names at Stripe come to all the sales that name
 * them, to the cent, and own their charges. What stands alone is compared as ever.
 */
export async function judgeSummary(view: SummaryView): Promise<Findings> {
  const pairFile = asSummedUp(view.pairFile);
  const zone = String(pairFile["time-zone"]);
  const { sales, customers } = await expectFrom(tablesOf(view.stripeAdmin), zone);
  const opened = await firstOpenPeriod(view);
  const placed = sales.map((sale) => placedOf(inPeriod(sale, opened), pairFile));
  const books = await readBooks(view.sl);
  const [ofDays, others] = parted(books.released);
  const alone = placed.filter(({ isAlone }) => isAlone).map(({ sale }) => sale);
  const groups = [...Map.groupBy(placed.filter(isSummed), documentsOf).values()];
  const seen = new Set(placed.flatMap((one) => documentsIn(ofDays, one)));
  return {
    differences: [
      ...compareSales(pairFile, { sales: alone, customers }, { ...books, released: others }),
      ...groups.flatMap((group) => compareDay(pairFile, group, books)),
      ...ofDays.filter((row) => !seen.has(row)).map((row) => `no sale names ${nameOf(row)}`),
      ...notUnique(books.released, "User2"),
      ...notUnique(books.released, "BatNbr"),
      ...(view.script.mayHoldUp ? [] : splitDays(placed.filter(isSummed))),
      ...(await compareOwners(view, placed, books)),
    ],
    orphans: { documents: books.unreleased.length, batches: emptyBatches(books) },
    documents: books.released.length,
  };
}

/** SL's first period that is open for receivables and ledger alike. */
async function firstOpenPeriod({ sl }: SummaryView): Promise<string> {
  const setups = await Promise.all(
    ["ARSetup", "GLSetup"].map((table) => sl<readonly Row[]>(`/rows?table=${table}`)),
  );
  return setups.flatMap((rows) => rows.map((row) => textOf(row, "PerNbr"))).reduce(later, "");
}

/** The sales are of days that are over: on the first of a year these are of a closed period. */
function inPeriod(sale: ExpectedSale, opened: string): ExpectedSale {
  return { ...sale, period: later(sale.period, opened) };
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

type ClassRule = Readonly<{
  when: Readonly<{ metadata: Readonly<Record<string, string>> }>;
  named: string;
}>;

/** The customer that the sale names, that of its class, or the one of all. */
function placedOf(sale: ExpectedSale, pairFile: PairFile): Placed {
  const { person, metadata, identity } = sale;
  const { named, classes } = pairFile.customer as { named: string; classes: readonly ClassRule[] };
  const own = classes.find(({ when }) =>
    Object.entries(when.metadata).every(([name, value]) => metadata[name] === value),
  );
  const customerId = "named" in person ? person.named : (own?.named ?? named);
  return {
    sale: { ...sale, person: { named: customerId } },
    customerId,
    isAlone: "named" in person || identity.startsWith("in_"),
  };
}

function isSummed({ isAlone }: Placed): boolean {
  return !isAlone;
}

function parted(rows: readonly Row[]): readonly [ofDays: readonly Row[], others: readonly Row[]] {
  const isOfDay = (row: Row) => textOf(row, "User1").startsWith("day:");
  return [rows.filter(isOfDay), rows.filter((row) => !isOfDay(row))];
}

/** What sales must have in common to be in one document: also the accounts that they hit. */
function bookOf({ sale, customerId }: Placed): string {
  const { date, currency, taxMinor, shippingMinor } = sale;
  return [date, currency, customerId, taxMinor !== 0, shippingMinor !== 0].join(" ");
}

function documentsOf(placed: Placed): string {
  return `${bookOf(placed)} ${placed.sale.metadata.DynamicsSL_InvoiceNbr}`;
}

/** The invoice and the payment of its day that a sale names. */
function documentsIn(ofDays: readonly Row[], { sale, customerId }: Placed): readonly Row[] {
  const numbers = {
    IN: sale.metadata.DynamicsSL_InvoiceNbr,
    PA: sale.metadata.DynamicsSL_PaymentNbr,
  };
  return ofDays.filter(
    (row) =>
      textOf(row, "User1") === `day:${sale.date}` &&
      textOf(row, "CustId") === customerId &&
      textOf(row, "RefNbr") === numbers[textOf(row, "DocType") as keyof typeof numbers],
  );
}

/** A day's documents are those of one sale over all that is in them. */
function compareDay(pairFile: PairFile, group: readonly Placed[], books: Books): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const sum = (of: (sale: ExpectedSale) => number) =>
    group.reduce((so, { sale }) => so + of(sale), 0);
  const identity = `day:${first.sale.date}`;
  const totalMinor = sum((sale) => sale.totalMinor);
  const payments = first.sale.payments.slice(0, 1);
  const whole: ExpectedSale = {
    ...first.sale,
    ...{ identity, totalMinor },
    taxMinor: sum(({ taxMinor }) => taxMinor),
    shippingMinor: sum(({ shippingMinor }) => shippingMinor),
    payments: payments.map((one) => ({ ...one, chargeId: identity, minor: totalMinor })),
  };
  const released = documentsIn(parted(books.released)[0], first);
  const own = { ...books, released, made: [] };
  const told = new Set(group.map(({ sale }) => numbersToldOf(sale)));
  return [
    ...compareSales(pairFile, { sales: [whole], customers: new Map() }, own),
    ...(told.size > 1 ? [`sales of one invoice of ${identity} name ${[...told].join(", ")}`] : []),
  ];
}

function numbersToldOf({ metadata }: ExpectedSale): string {
  const names = ["CustomerID", "InvoiceNbr", "PaymentNbr", "BatchNbr"];
  return names.map((name) => metadata[`DynamicsSL_${name}`] ?? "").join("/");
}

/** What is in time is in one document, and each sale that comes late may make one more. */
function splitDays(placed: readonly Placed[]): string[] {
  return [...Map.groupBy(placed, bookOf)].flatMap(([book, sales]) => {
    const isLate = ({ sale }: Placed) => sale.metadata.Late === OF_LATE.Late;
    const late = sales.filter(isLate).length;
    const most = late + (late < sales.length ? 1 : 0);
    const found = new Set(sales.map(documentsOf)).size;
    return found > most ? [`${found} invoices of ${book}, expected ${most} at most`] : [];
  });
}

function notUnique(rows: readonly Row[], column: string): string[] {
  const found = rows.map((row) => textOf(row, column));
  return found
    .filter((value, at) => found.indexOf(value) !== at)
    .map((value) => `two released documents of ${column} "${value}"`);
}

/** Each row of a charge is owned by the payment that it is in, and nothing else is owned. */
async function compareOwners(
  view: SummaryView,
  placed: readonly Placed[],
  books: Books,
): Promise<string[]> {
  const read = tablesOf(view.stripeAdmin);
  const rows = await read("balance_transaction");
  const refunds = await read("refund");
  const owners = (await view.owners()).filter((owner) => textOf(owner, "part") === "gross");
  const wanted = placed.flatMap((one) =>
    one.sale.payments.flatMap(({ chargeId }) => {
      // What a capture has left of a charge is a refund of it.
      const left = refunds.filter((refund) => textOf(refund, "charge") === chargeId);
      const sources = [chargeId, ...left.map((refund) => textOf(refund, "id"))];
      const own = rows.filter((row) => sources.includes(textOf(row, "source")));
      return own.map((row) => `${textOf(row, "id")} by ${paymentKey(books, one, chargeId)}`);
    }),
  );
  const found = owners.map((one) => `${textOf(one, "row_id")} by ${textOf(one, "intent_key")}`);
  return [
    ...wanted.filter((one) => !found.includes(one)).map((one) => `not owned: ${one}`),
    ...found.filter((one) => !wanted.includes(one)).map((one) => `owned and not expected: ${one}`),
  ];
}

function paymentKey({ released }: Books, one: Placed, chargeId: string): string {
  const isOwn = (row: Row) => textOf(row, "User1") === chargeId;
  const ofDay = documentsIn(parted(released)[0], one);
  const payments = (one.isAlone ? released.filter(isOwn) : ofDay).filter((row) => {
    return textOf(row, "DocType") === "PA";
  });
  return textOf(payments[0], "User2");
}

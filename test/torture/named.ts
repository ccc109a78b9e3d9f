import { aLine, anInvoice } from "../../src/erp/testing/contract-drafts.ts";
import { type Books, emptyBatches, minorOf, readBooks } from "../oracle/books.ts";
import { type Row, textOf } from "../oracle/rows.ts";
import { connect } from "./hub-parts.ts";
import type { Findings } from "./oracle.ts";
import type { Later } from "./orders.ts";
import type { Order, RunPlan } from "./plan.ts";
import { Chance } from "./random.ts";
import type { Site } from "./site.ts";

type NamedInvoice = Readonly<{
  customerId: string;
  refNbr: string;
  totalMinor: number;
  askedMinor: number | undefined;
}>;
/** A charge whose metadata name invoices that a clerk has entered in SL. */
export type NamedOrder = Readonly<{
  intentId: string;
  chargeId: string;
  amountMinor: number;
  invoices: readonly NamedInvoice[];
}>;

const CUSTOMERS = ["C300", "C301"];
/** Longer than any look-up of a run lags behind. */
const LAG_MS_MAX = 2_500;

/** Enters invoices in SL, past the hub, and makes the charges that name them. */
export async function placeNamedOrders(site: Site, plan: RunPlan): Promise<Later[]> {
  const chance = new Chance(plan.seed ^ 0x5eed);
  const clerk = connect(site.settings);
  const later: Later[] = [];
  const entered: { order: Order; invoices: readonly NamedInvoice[] }[] = [];
  try {
    for (const [at, order] of plan.orders.entries()) {
      const invoices: NamedInvoice[] = [];
      for (const line of order.lines) {
        const totalMinor = line.unitMinor * line.quantity;
        const customerId = chance.pick(CUSTOMERS);
        const mark = `clerk-${at}-${invoices.length}`;
        const { refNbr, batNbr } = await enter(site, clerk, { customerId, totalMinor, mark });
        const release = () => site.sl(`/batches/AR/${batNbr}/release`, {});
        // One that is still on hold is paid now and applied once it is released.
        if (chance.happens(0.3)) later.push(async () => void (await release()));
        else await release();
        const isPartly = chance.happens(0.4);
        const askedMinor = isPartly ? chance.whole(1, totalMinor * 2) : undefined;
        invoices.push({ customerId, refNbr, totalMinor, askedMinor });
      }
      entered.push({ order, invoices });
    }
    // A clerk's invoices have stood in SL for a while: no look-up that lags misses them.
    await site.sl("/clock", { action: "advance", ms: LAG_MS_MAX });
    for (const { order, invoices } of entered) {
      site.named.push(await charge(site, order, invoices));
    }
  } finally {
    clerk.close();
  }
  return later;
}

async function enter(
  site: Site,
  clerk: ReturnType<typeof connect>,
  wanted: Readonly<{ customerId: string; totalMinor: number; mark: string }>,
): Promise<Readonly<{ refNbr: string; batNbr: string }>> {
  const { customerId, totalMinor, mark } = wanted;
  const { current: period } = await site.sl<{ current: string }>("/periods");
  const documentDate = `${period.slice(0, 4)}-${period.slice(4)}-01`;
  const draft = anInvoice(0, { customerId, lines: [aLine(totalMinor, "", "4020")] });
  const { batNbr } = await clerk.add({
    ...draft,
    ...{ key: mark, stripeId: mark, period, documentDate, dueDate: documentDate },
  });
  const [row] = await site.sl<Row[]>(`/rows?table=ARDoc&BatNbr=${batNbr}`);
  return { refNbr: textOf(row, "RefNbr"), batNbr };
}

async function charge(
  site: Site,
  order: Order,
  invoices: readonly NamedInvoice[],
): Promise<NamedOrder> {
  const value = invoices.map(({ customerId, refNbr, askedMinor }) => {
    const amount = askedMinor === undefined ? "" : `:${(askedMinor / 100).toFixed(2)}`;
    return `${customerId}/${refNbr}${amount}`;
  });
  const intent = await site.stripe.paymentIntents.create({
    amount: order.amountMinor,
    currency: "usd",
    payment_method: "pm_card_visa",
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    confirm: true,
    metadata: { DynamicsSL_InvoiceNbr: value.join(", ") },
  });
  const chargeId = String(intent.latest_charge);
  return { intentId: intent.id, chargeId, amountMinor: order.amountMinor, invoices };
}

/** Says from what was entered and charged alone what SL must hold, and compares. */
export async function judgeNamed(site: Site): Promise<Findings> {
  const books = await readBooks(site.sl);
  const intents = await site.stripeAdmin<Row[]>("/rows?table=payment_intent");
  const differences: string[] = [];
  const expected = new Set<Row>();
  for (const order of site.named) {
    const intent = intents.find((row) => textOf(row, "id") === order.intentId);
    differences.push(...compareOrder(books, order, { intent, expected }));
  }
  const strange = books.released.filter(
    (row) => !expected.has(row) && !textOf(row, "User1").startsWith("clerk-"),
  );
  for (const row of strange) differences.push(`released and not expected: ${nameOf(row)}`);
  return {
    differences,
    orphans: { documents: books.unreleased.length, batches: emptyBatches(books) },
    documents: books.released.length,
  };
}

function compareOrder(
  books: Books,
  order: NamedOrder,
  found: Readonly<{ intent: Row | undefined; expected: Set<Row> }>,
): string[] {
  const { intent, expected } = found;
  const differences: string[] = [];
  const equal = (what: string, is: string | number, wanted: string | number) => {
    if (is !== wanted) differences.push(`${what}: found ${is}, expected ${wanted}`);
  };
  const payments = books.released.filter((row) => textOf(row, "User1") === order.chargeId);
  for (const row of payments) expected.add(row);
  const { amounts, applied } = shares(order);
  const inSl = payments.map((row) => `${textOf(row, "CustId")} ${minorOf(row, "CuryOrigDocAmt")}`);
  const wanted = [...amounts].map(([customerId, minor]) => `${customerId} ${minor}`);
  equal(`payments of ${order.chargeId}`, inSl.toSorted().join(), wanted.toSorted().join());
  for (const [at, { customerId, refNbr, totalMinor }] of order.invoices.entries()) {
    const own = books.adjustments.filter(
      (row) => textOf(row, "AdjdRefNbr") === refNbr && textOf(row, "CustId") === customerId,
    );
    const minor = own.reduce((sum, row) => sum + minorOf(row, "CuryAdjdAmt"), 0);
    equal(`applied to ${refNbr} for ${order.chargeId}`, minor, applied[at] ?? 0);
    const invoice = books.released.find(
      (row) => textOf(row, "DocType") === "IN" && textOf(row, "RefNbr") === refNbr,
    );
    equal(`balance of ${refNbr}`, minorOf(invoice, "CuryDocBal"), totalMinor - (applied[at] ?? 0));
  }
  const metadata = (intent?.metadata ?? {}) as Readonly<Record<string, string>>;
  const told = (metadata.DynamicsSL_PaymentNbr ?? "").split(", ").toSorted().join();
  const numbers = payments.map((row) => textOf(row, "RefNbr"));
  equal(`payments told of ${order.chargeId}`, told, numbers.toSorted().join());
  return differences;
}

/** The rule of the mode in a few lines of its own: in order, never above asked, open or left. */
function shares({ amountMinor, invoices }: NamedOrder) {
  let left = amountMinor;
  const amounts = new Map<string, number>();
  const give = (customerId: string, minor: number) => {
    if (minor > 0) amounts.set(customerId, (amounts.get(customerId) ?? 0) + minor);
  };
  const applied = invoices.map(({ customerId, totalMinor, askedMinor = totalMinor }) => {
    const minor = Math.min(askedMinor, totalMinor, left);
    left -= minor;
    give(customerId, minor);
    return minor;
  });
  give(invoices.at(-1)?.customerId ?? "", left);
  return { amounts, applied };
}

function nameOf(row: Row): string {
  return ["DocType", "RefNbr", "User1", "BatNbr"].map((name) => textOf(row, name)).join(" ");
}

import { HubError } from "../base/errors.ts";
import { type Money, subtract, zero } from "../base/money.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import type { CustomerReading, DocumentDraft } from "../erp/port.ts";
import {
  candidateItems,
  choosePeriod,
  documentDate,
  dueDate,
  type MappedDocument,
  mapInvoice,
  mapPayment,
} from "../mapping/index.ts";
import { chooseCustomer } from "./choose-customer.ts";
import type { RunContext } from "./context.ts";
import { bookDocument } from "./effect.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import type { ReceiptRows } from "./intent-store.ts";
import { writeBack } from "./write-back.ts";

/**
 * What a charge does outside, in order. Every effect is restartable and finds out by itself that it
 * is done; crash tests are made from this table, and docs/architecture.md shows it.
 */
export const CHARGE_EFFECTS = [
  { purpose: "customer", target: "SL", writes: ["create"], perPayment: false },
  { purpose: "invoice", target: "SL", writes: ["reserve", "fill", "release"], perPayment: false },
  { purpose: "payment", target: "SL", writes: ["reserve", "fill", "release"], perPayment: true },
  { purpose: "writeback", target: "Stripe", writes: ["write"], perPayment: false },
] as const;

type Booked<D extends DocumentDraft> = Intent<D, DocumentReceipt>;

/**
 * Books a sale in mode `invoice`: customer, one invoice, a payment for each charge applied to it,
 * and SL's numbers back to Stripe. Returns what was booked, in words.
 */
export async function runCharge(context: RunContext, sale: Sale): Promise<string> {
  const { steps, door } = context;
  const objects = [sale.document.identity, ...sale.payments.map((payment) => payment.chargeId)];
  await door.store.load(objects);
  steps.note("charge", `${describe(sale)} read from Stripe`);
  const customer = await chooseCustomer(context, sale);
  const invoice = await bookInvoice(context, sale, customer);
  const payments: DocumentReceipt[] = [];
  let open = sale.document.total;
  for (const payment of sale.payments) {
    const applied = smaller(payment.amount, open);
    payments.push(await bookPayment(context, sale, { payment, applied, customer, invoice }));
    open = subtract(open, applied);
  }
  await writeBack(context, sale, { customer, invoice, payments });
  const numbers = payments.map((payment) => payment.refNbr).join(", ");
  return `invoice ${invoice.refNbr}, payment ${numbers}, customer ${customer.customerId}`;
}

async function bookInvoice(
  context: RunContext,
  sale: Sale,
  customer: CustomerReading,
): Promise<DocumentReceipt> {
  const { pair, steps } = context;
  const terms = await pair.reference.terms(pair.settings.terms.paid);
  const items = await readItems(context, sale);
  const date = documentDate(sale.document.effectiveAt ?? rowDate(sale), pair.settings.timeZone);
  const factDate = documentDate(rowDate(sale), pair.settings.timeZone);
  const period = await choosePeriodOf(context, factDate);
  const make = (key: string): MappedDocument<"invoice"> =>
    mapInvoice(sale, {
      key,
      settings: pair.settings,
      customer,
      documentDate: date,
      dueDate: dueDate(date, terms),
      period,
      items,
    });
  const { receipt } = await book(context, {
    object: sale.document.identity,
    purpose: "invoice",
    make,
    owners: [],
  });
  steps.note("invoice", `invoice ${receipt.refNbr} released`, {
    refNbr: receipt.refNbr,
    batNbr: receipt.batNbr,
  });
  return receipt;
}

async function bookPayment(
  context: RunContext,
  sale: Sale,
  parts: {
    payment: SalePayment;
    applied: Money;
    customer: CustomerReading;
    invoice: DocumentReceipt;
  },
): Promise<DocumentReceipt> {
  const { pair, steps } = context;
  const { payment, applied, customer, invoice } = parts;
  const row = payment.rows[0];
  if (row === undefined) {
    throw new HubError("bug.assertion", `Charge ${payment.chargeId} has no balance row`);
  }
  const date = documentDate(row.created, pair.settings.timeZone);
  // One fact, one period: the first payment goes where its invoice went.
  const isFirst = payment === sale.payments[0];
  const period =
    isFirst && invoice.period !== "" ? invoice.period : await choosePeriodOf(context, date);
  const make = (key: string): MappedDocument<"payment"> =>
    mapPayment(sale, payment, {
      key,
      settings: pair.settings,
      customer,
      documentDate: date,
      period,
      invoiceRefNbr: invoice.refNbr,
      applied,
    });
  const owners = payment.rows.map(({ id }) => ({ rowId: id, part: "gross" as const }));
  const { receipt } = await book(context, {
    object: payment.chargeId,
    purpose: "payment",
    make,
    owners,
  });
  steps.note("payment", `payment ${receipt.refNbr} applied to invoice ${invoice.refNbr}`, {
    refNbr: receipt.refNbr,
    batNbr: receipt.batNbr,
  });
  return receipt;
}

/** One document through the write protocol; a voided batch makes the next generation go on. */
async function book<K extends DocumentDraft["kind"]>(
  context: RunContext,
  document: {
    object: string;
    purpose: K;
    make: (key: string) => MappedDocument<K>;
    owners: ReceiptRows["owners"];
  },
): Promise<{ receipt: DocumentReceipt }> {
  const { door } = context;
  const { object, purpose, make, owners } = document;
  for (;;) {
    const planned: Booked<DocumentDraft> = await door.store.ensure(
      { object, purpose, part: "" },
      (key) => make(key).draft as DocumentDraft,
    );
    const { receipt } = await bookDocument(door, planned, (got) => ({
      slTable: "ARDoc",
      slKey: `${got.type}|${got.refNbr}|${got.customerId}`,
      links: [{ stripeId: object, kind: purpose, part: "", slKey: got.refNbr, batNbr: got.batNbr }],
      owners,
    }));
    if (receipt !== undefined) return { receipt };
  }
}

async function choosePeriodOf(context: RunContext, date: string): Promise<string> {
  const { reference, settings } = context.pair;
  return choosePeriod(date, await reference.calendar(), settings.closedPeriod);
}

async function readItems(context: RunContext, sale: Sale) {
  const { reference, settings } = context.pair;
  const ids = candidateItems(sale, settings);
  const readings = await Promise.all(ids.map((id) => reference.inventory(id)));
  return new Map(ids.map((id, index) => [id.toUpperCase(), readings[index]]));
}

function rowDate(sale: Sale): Date {
  const first = sale.payments[0]?.rows[0];
  if (first === undefined) throw new HubError("bug.assertion", "A sale without a balance row");
  return first.created;
}

function smaller(a: Money, b: Money): Money {
  const least = a.minor < b.minor ? a : b;
  return least.minor < 0n ? zero(a.currency) : least;
}

function describe(sale: Sale): string {
  const charges = sale.payments.map((payment) => payment.chargeId).join(", ");
  return `charge ${charges}`;
}

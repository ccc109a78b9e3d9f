import { HubError } from "../../base/errors.ts";
import { type Money, subtract, sum, toDecimal } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { MemoDraft } from "../../erp/port.ts";
import { choosePeriod, mapRoundingMemo, ROUNDING_MAX, shortStripeId } from "../../mapping/index.ts";
import { applyLater } from "../apply/apply.ts";
import { firstOpenPeriod } from "../charges/sale-readings.ts";
import type { RunContext } from "../context.ts";
import { book, withNotes } from "../write/book.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { readBooked } from "../write/read-booked.ts";
import type { OrderInvoice } from "./order-invoices.ts";
import type { LedgerDocument } from "./order-ledger.ts";
import { applyPart, type Purse, type StandingOrder } from "./order-money.ts";

type Closing = Readonly<{
  standing: StandingOrder;
  purses: readonly Purse[];
  invoices: readonly OrderInvoice[];
}>;

/** The invoices as they stand after it, and the memos that did it. */
type Closed = Readonly<{
  invoices: readonly OrderInvoice[];
  memos: readonly LedgerDocument[];
}>;

/**
 * Closes what is left of an order by a few minor units once all of it is invoiced: money by a debit
 * memo on the rounding account that it is applied to, an invoice by a credit memo. What is larger
 * stays: money is listed, and `checkCovered` says what becomes of invoices.
 */
export async function closeResidue(
  context: RunContext,
  sale: Sale,
  closing: Closing,
): Promise<Closed> {
  const { purses, invoices } = closing;
  const { currency } = sale.document.total;
  const left = sum(
    purses.map((purse) => purse.left),
    currency,
  );
  const closed: OrderInvoice[] = [];
  for (const invoice of invoices) {
    const rest = restOf(invoice).minor;
    const isShort = rest > 0n && rest <= ROUNDING_MAX && left.minor === 0n;
    const { refNbr } = invoice.document;
    const isOurs = isShort || isUnderWay(context, sale, refNbr);
    closed.push(isOurs ? await creditRest(context, sale, { closing, invoice }) : invoice);
  }
  const isSmall = left.minor > 0n && left.minor <= ROUNDING_MAX && invoices.length > 0;
  const isCovered = closed.every((invoice) => restOf(invoice).minor <= 0n);
  if ((isSmall && isCovered) || isUnderWay(context, sale, "")) {
    await debitRest(context, sale, { closing, left });
  }
  return { invoices: closed, memos: await readMemos(context, sale, closing) };
}

/** A memo that is begun is finished whatever is left by now. */
function isUnderWay({ door }: RunContext, sale: Sale, part: string): boolean {
  const intent = door.store.find({ object: sale.document.identity, purpose: "rounding", part });
  return intent !== undefined && !["planned", "done", "abandoned"].includes(intent.stage);
}

/** The memos of the order as SL shows them, those of earlier runs too. */
async function readMemos(
  { door }: RunContext,
  sale: Sale,
  { standing }: Closing,
): Promise<readonly LedgerDocument[]> {
  const { customerId } = standing.customer;
  const memos: LedgerDocument[] = [];
  for (const { receipt, stage } of door.store.parts(sale.document.identity, "rounding")) {
    if (stage !== "done") continue;
    const { type, refNbr } = receipt as DocumentReceipt;
    const reading = await readBooked(door, { type, refNbr, customerId });
    const { batNbr, amount, balance, period, documentDate } = reading;
    memos.push({ type, refNbr, batNbr, amount, open: balance, period, documentDate, shippers: [] });
  }
  return memos;
}

async function debitRest(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ closing: Closing; left: Money }>,
): Promise<void> {
  const { closing, left } = of;
  const { document } = await bookMemo(context, sale, {
    type: "DM",
    part: "",
    amount: left,
    closing,
    against: closing.invoices.at(-1),
  });
  for (const purse of closing.purses) {
    if (purse.left.minor <= 0n) continue;
    const target = { type: "DM", refNbr: document.refNbr } as const;
    const amount = await applyPart(context, { purse, target, amount: purse.left });
    purse.left = subtract(purse.left, amount);
  }
}

async function creditRest(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ closing: Closing; invoice: OrderInvoice }>,
): Promise<OrderInvoice> {
  const { closing, invoice } = of;
  const { refNbr } = invoice.document;
  const amountOpen = restOf(invoice);
  const memo = { type: "CM", part: refNbr, amount: amountOpen, closing, against: invoice } as const;
  const { document, amount } = await bookMemo(context, sale, memo);
  const { customerId } = document;
  const object = sale.document.identity;
  const applied = await applyLater(context.door, {
    object,
    part: refNbr,
    stripeId: shortStripeId(object),
    payer: { type: "CM", customerId, refNbr: document.refNbr },
    target: { type: "IN", refNbr },
    amount,
    firstOpenPeriod: await firstOpenPeriod(context),
    mayReleaseAtOnce: context.pair.settings.release === "hub",
  });
  const open = subtract(invoice.document.open, applied.amount);
  return { document: { ...invoice.document, open }, own: subtract(invoice.own, applied.amount) };
}

/**
 * An invoice of a closed order that its money does not cover is somebody's decision.
 *
 * @throws HubError `erp.order_left_open`
 */
export function checkCovered(orderNumber: string, invoices: readonly OrderInvoice[]): void {
  const short = invoices.find((invoice) => restOf(invoice).minor > ROUNDING_MAX);
  if (short === undefined) return;
  const { refNbr } = short.document;
  const open = toDecimal(restOf(short));
  throw new HubError(
    "erp.order_left_open",
    `Order ${orderNumber} is paid up, and invoice ${refNbr} has ${open} open`,
    { facts: { orderNumber, refNbr, open } },
  );
}

/** What is open of an invoice, as far as it is the order's own. */
function restOf({ document, own }: OrderInvoice): Money {
  return document.open.minor < own.minor ? document.open : own;
}

type Memo = Readonly<{
  type: MemoDraft["type"];
  part: string;
  amount: Money;
  closing: Closing;
  /** The invoice that the memo is about: its date is the memo's. */
  against: OrderInvoice | undefined;
}>;

async function bookMemo(
  context: RunContext,
  sale: Sale,
  memo: Memo,
): Promise<Readonly<{ document: DocumentReceipt; amount: Money }>> {
  const { pair, door, steps } = context;
  const { type, part, amount, closing, against } = memo;
  const { customer, order } = closing.standing;
  const object = sale.document.identity;
  const identity = { object, purpose: "rounding", part } as const;
  const known = door.store.find(identity)?.draft as MemoDraft | undefined;
  const date = against?.document.documentDate ?? "";
  const calendar = await pair.reference.calendar();
  const chosen = choosePeriod(date, calendar, pair.settings.closedPeriod);
  const terms = await pair.reference.terms(pair.settings.terms.paid);
  const document = await book(door, {
    ...identity,
    make: (key) =>
      withNotes(
        chosen,
        mapRoundingMemo(sale, {
          settings: pair.settings,
          key,
          customer,
          period: chosen.period,
          type,
          amount: known?.total ?? amount,
          date,
          terms,
          orderNumber: order.orderNumber,
          original: against?.document.refNbr ?? "",
        }),
      ),
    owners: [],
  });
  const { refNbr, batNbr } = document;
  const booked = (door.store.find(identity)?.draft as MemoDraft | undefined)?.total ?? amount;
  steps.note("rounding", `${type} ${refNbr} over ${toDecimal(booked)}`, { refNbr, batNbr });
  return { document, amount: booked };
}

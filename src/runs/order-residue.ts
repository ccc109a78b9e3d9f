import { HubError } from "../base/errors.ts";
import { type Money, sum, toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { MemoDraft } from "../erp/port.ts";
import { choosePeriod, mapRoundingMemo, ROUNDING_MAX, shortStripeId } from "../mapping/index.ts";
import { applyLater } from "./apply.ts";
import { book, withNotes } from "./book.ts";
import type { RunContext } from "./context.ts";
import { applyPart, type Purse } from "./follow-order.ts";
import type { DocumentReceipt } from "./intent.ts";
import type { OrderInvoice } from "./order-invoices.ts";
import type { LedgerDocument } from "./order-ledger.ts";
import type { StandingOrder } from "./order-run.ts";
import { firstOpenPeriod } from "./sale-readings.ts";

type Closing = Readonly<{
  standing: StandingOrder;
  purses: readonly Purse[];
  invoices: readonly OrderInvoice[];
}>;

/**
 * Closes what is left of an order by a few minor units once all of it is invoiced: money by a debit
 * memo on the rounding account that it is applied to, an invoice by a credit memo. Larger money
 * stays and is listed.
 *
 * @throws HubError `erp.order_left_open` for an invoice that the money does not cover
 */
export async function closeResidue(
  context: RunContext,
  sale: Sale,
  closing: Closing,
): Promise<readonly LedgerDocument[]> {
  const { purses, invoices } = closing;
  const { currency } = sale.document.total;
  const left = sum(
    purses.map((purse) => purse.left),
    currency,
  );
  const short = invoices.filter(({ document, own }) => document.open.minor > 0n && own.minor > 0n);
  const memos: LedgerDocument[] = [];
  if (left.minor === 0n) {
    for (const invoice of short) memos.push(await creditRest(context, sale, { closing, invoice }));
  }
  const known = await bookedDebit(context, sale);
  const isSmall = left.minor > 0n && left.minor <= ROUNDING_MAX && invoices.length > 0;
  if (known || (isSmall && short.length === 0)) {
    memos.push(await debitRest(context, sale, { closing, left }));
  }
  return memos;
}

/** A debit memo that is booked, or begun, is finished whatever is left by now. */
function bookedDebit({ door }: RunContext, sale: Sale): boolean {
  const identity = { object: sale.document.identity, purpose: "rounding", part: "" } as const;
  const intent = door.store.find(identity);
  return intent !== undefined && intent.stage !== "abandoned";
}

async function debitRest(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ closing: Closing; left: Money }>,
): Promise<LedgerDocument> {
  const { closing, left } = of;
  const { document, amount } = await bookMemo(context, sale, {
    type: "DM",
    part: "",
    amount: left,
    closing,
    against: closing.invoices.at(-1),
  });
  let open = amount;
  for (const purse of closing.purses) {
    if (purse.left.minor <= 0n) continue;
    const target = { type: "DM", refNbr: document.refNbr } as const;
    const applied = await applyPart(context, { purse, target, amount: purse.left });
    open = { ...open, minor: open.minor - applied.minor };
  }
  return ledgerRow(document, amount, open);
}

async function creditRest(
  context: RunContext,
  sale: Sale,
  of: Readonly<{ closing: Closing; invoice: OrderInvoice }>,
): Promise<LedgerDocument> {
  const { closing, invoice } = of;
  const { open, refNbr } = invoice.document;
  const rest = open.minor < invoice.own.minor ? open : invoice.own;
  if (rest.minor > ROUNDING_MAX) throw notCovered(closing, refNbr, rest);
  const memo = { type: "CM", part: refNbr, amount: rest, closing, against: invoice } as const;
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
  return ledgerRow(document, amount, { ...amount, minor: amount.minor - applied.amount.minor });
}

function notCovered({ standing }: Closing, refNbr: string, rest: Money): HubError {
  const { orderNumber } = standing.order;
  return new HubError(
    "erp.order_left_open",
    `Order ${orderNumber} is paid up, and invoice ${refNbr} has ${toDecimal(rest)} open`,
    { facts: { orderNumber, refNbr, open: toDecimal(rest) } },
  );
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

function ledgerRow(document: DocumentReceipt, amount: Money, open: Money): LedgerDocument {
  const { type, refNbr, batNbr, period, documentDate } = document;
  return { type, refNbr, batNbr, amount, open, period, documentDate, shippers: [] };
}

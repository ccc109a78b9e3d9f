import { type Money, sum, toDecimal } from "../base/money.ts";
import type { Sale } from "../canonical/sale.ts";
import type { CustomerReading, DocumentReading, PayerType } from "../erp/port.ts";
import { shortStripeId } from "../mapping/index.ts";
import { applyLater } from "./apply.ts";
import type { RunContext } from "./context.ts";
import type { DocumentReceipt, Intent } from "./intent.ts";
import type { OrderReceipt } from "./place-order.ts";
import { readBooked } from "./read-booked.ts";
import { firstOpenPeriod } from "./sale-readings.ts";

/** An order with its money: what the rest of its life is about. */
export type StandingOrder = Readonly<{
  customer: CustomerReading;
  isOwnCustomer: boolean;
  order: OrderReceipt;
  payments: readonly DocumentReceipt[];
}>;

/** A payment of the order with what is left of it while invoices are paid. */
export type Purse = { readonly payer: PayerOf; readonly object: string; left: Money };
type PayerOf = Readonly<{ type: PayerType; customerId: string; refNbr: string }>;

/** The payments of an order as SL shows them: what is open of each is left. */
export async function readMoney(
  { door }: RunContext,
  payments: readonly DocumentReceipt[],
): Promise<readonly DocumentReading[]> {
  const readings: DocumentReading[] = [];
  for (const payment of payments) readings.push(await readBooked(door, payment));
  return readings;
}

/** The payments as purses, with what SL shows of them now. */
export function pursesOf(sale: Sale, money: readonly DocumentReading[]): Purse[] {
  return money.map(({ type, customerId, refNbr, balance }, at) => ({
    payer: { type: type as PayerType, customerId, refNbr },
    object: sale.payments[at]?.chargeId ?? "",
    left: balance,
  }));
}

/** Applies a part of a purse to an open document, in a batch of its own. */
export async function applyPart(
  context: RunContext,
  of: Readonly<{
    purse: Purse;
    target: Readonly<{ type: "IN" | "DM"; refNbr: string }>;
    amount: Money;
  }>,
): Promise<Money> {
  const { door, pair, steps } = context;
  const { purse, target, amount } = of;
  const { payer, object } = purse;
  const applied = await applyLater(door, {
    object,
    part: target.refNbr,
    stripeId: shortStripeId(object),
    payer,
    target,
    amount,
    firstOpenPeriod: await firstOpenPeriod(context),
    mayReleaseAtOnce: pair.settings.release === "hub",
  });
  const words = `${toDecimal(applied.amount)} of ${payer.type} ${payer.refNbr} applied`;
  steps.note("apply", `${words} to ${target.type} ${target.refNbr}`, {
    refNbr: target.refNbr,
    batNbr: applied.batNbr,
  });
  return applied.amount;
}

/** What an earlier run has applied of a purse to a document; undefined where nothing is done. */
export function appliedBefore(
  { door }: RunContext,
  { object }: Purse,
  part: string,
): Money | undefined {
  const intent = door.store.find({ object, purpose: "apply", part });
  if (intent?.stage !== "done") return undefined;
  const { applications, currency } = intent.draft as AppliedDraft;
  return sum(
    applications.map(({ amount }) => amount),
    currency,
  );
}

type AppliedDraft = Readonly<{ currency: string; applications: readonly { amount: Money }[] }>;

/** An application that was begun is finished whatever balances show: it may be their reason. */
export function isApplying({ door }: RunContext, object: string, part: string): boolean {
  const intent: Intent | undefined = door.store.find({ object, purpose: "apply", part });
  return intent !== undefined && !["planned", "done", "abandoned"].includes(intent.stage);
}

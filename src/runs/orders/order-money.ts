import { type Money, sum, toDecimal } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type {
  ApplicationDraft,
  CustomerReading,
  DocumentReading,
  PayerType,
} from "../../erp/port.ts";
import { shortStripeId } from "../../mapping/index.ts";
import { applicationsOf, applyLater } from "../apply/apply.ts";
import { firstOpenPeriod } from "../charges/sale-readings.ts";
import type { RunContext } from "../context.ts";
import { Waiting } from "../waiting.ts";
import { releasedBefore } from "../write/adopt.ts";
import type { DocumentReceipt } from "../write/intent.ts";
import { LOOK_AFTER_LAG_MS, mayLag } from "../write/open-outcome.ts";
import { readBooked } from "../write/read-booked.ts";
import type { OrderReceipt } from "./place-order.ts";

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

/**
 * The order that money of the sale stands for in SL, where the hub has lost its database and does
 * not know it. Undefined where SL holds no such money, or shows no order on it.
 */
export async function orderPaidBefore(
  { door, pair }: RunContext,
  sale: Sale,
): Promise<string | undefined> {
  const order = door.store.find({ object: sale.document.identity, purpose: "order", part: "" });
  if (order?.stage === "done") return undefined;
  for (const { chargeId: object } of sale.payments) {
    const slot = { pair: pair.id, object, purpose: "payment", part: "" } as const;
    if (door.store.find(slot)?.stage === "reversed") continue;
    const paid = await releasedBefore(door, slot);
    if (paid === undefined) continue;
    const { customerId, refNbr } = paid;
    const type = paid.type as PayerType;
    const shown = await door.erp.readReleased(type, customerId, refNbr, door.signal);
    if (shown?.salesOrder !== undefined) return shown.salesOrder;
  }
  return undefined;
}

/** Whether all of the sale's money was booked and taken back, and is not booked again yet. */
export function paymentsWentBack({ door }: RunContext, { payments }: Sale): boolean {
  const stageOf = (object: string) =>
    door.store.find({ object, purpose: "payment", part: "" })?.stage;
  return payments.length > 0 && payments.every(({ chargeId }) => stageOf(chargeId) === "reversed");
}

/** The payments of an order as SL shows them: what is open of each is left. */
export async function readPayments(
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
  const { applications, currency } = intent.draft as ApplicationDraft;
  return sum(
    applications.map(({ amount }) => amount),
    currency,
  );
}

/**
 * Finishes the applications of these Stripe objects that were begun, before any balance is read:
 * a balance may show one that is under way or not, and nobody could tell which.
 *
 * @throws as `applyLater`
 */
export async function finishApplications(
  context: RunContext,
  objects: readonly string[],
): Promise<void> {
  const { door, pair } = context;
  for (const intent of objects.flatMap((object) => door.store.parts(object, "apply"))) {
    if (["planned", "done", "abandoned"].includes(intent.stage)) continue;
    const { object, part } = intent.identity;
    const { payer, customerId, applications } = intent.draft as ApplicationDraft;
    const [target] = applications;
    if (target === undefined) continue;
    await applyLater(door, {
      ...{ object, part, target, amount: target.amount },
      stripeId: shortStripeId(object),
      payer: { ...payer, customerId },
      firstOpenPeriod: await firstOpenPeriod(context),
      mayReleaseAtOnce: pair.settings.release === "hub",
    });
  }
}

/** A document of the order as it was just read. */
type Shown = Readonly<{ type: string; refNbr: string; amount: Money; open: Money }>;

/**
 * SL's reads may lag its writes: a document that shows more open than what this hub has taken off
 * it a moment ago is read again.
 *
 * @throws Waiting
 */
export function assertShown(
  { door }: RunContext,
  objects: readonly string[],
  shown: readonly Shown[],
): void {
  const done = objects.flatMap((object) => applicationsOf(door.store, object));
  for (const document of shown) {
    const own = done.filter(({ draft }) => isOn(draft, document));
    const taken = sum(
      own.flatMap(({ draft }) => takenOf(draft, document)),
      document.amount.currency,
    );
    const isMore = document.open.minor > document.amount.minor - taken.minor;
    const isFresh = own.some(({ attempts }) => mayLag(door, attempts.at(-1)));
    if (!isMore || !isFresh) continue;
    const name = `${document.type} ${document.refNbr}`;
    throw new Waiting(`SL to show what was applied of or to ${name}`, LOOK_AFTER_LAG_MS);
  }
}

function isOn(draft: ApplicationDraft, document: Shown): boolean {
  return takenOf(draft, document).length > 0;
}

/** What an application takes off a document: off the paying one all, off a paid one its part. */
function takenOf({ payer, applications }: ApplicationDraft, { type, refNbr }: Shown): Money[] {
  const isPayer = payer.type === type && payer.refNbr === refNbr;
  return applications
    .filter((line) => isPayer || (line.type === type && line.refNbr === refNbr))
    .map(({ amount }) => amount);
}

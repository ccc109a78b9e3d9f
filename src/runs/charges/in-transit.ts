import type { Pool } from "pg";
import { type Money, toDecimal } from "../../base/money.ts";
import type { ReturnReading } from "../../canonical/port.ts";
import type { Sale, SalePayment } from "../../canonical/sale.ts";
import type { JournalDraft } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  documentDate,
  factDate,
  mapPending,
  mapPendingBack,
  type ownedRows,
} from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { obeySync } from "../sync-word.ts";
import { book, doneReceipt, withNotes } from "../write/book.ts";
import { type DocumentReceipt, type Intent, isFrozen, isOver } from "../write/intent.ts";

/** A journal of a bank debit, and whether this run has booked it. */
type Entered = Readonly<{ receipt: DocumentReceipt; isNew: boolean }>;

/** What was done about debits in transit, in words, and whether any of it is news. */
export type Transit = Readonly<{ words: readonly string[]; isNew: boolean; isOpen: boolean }>;

const NOTHING: Transit = { words: [], isNew: false, isOpen: false };

/**
 * Books bank debits that were submitted and have not succeeded, where `pending-payments` is
 * `in-transit`: Dr clearing / Cr in-process, by the charge's own balance row.
 */
export async function bookPending(context: RunContext): Promise<Transit> {
  const { pair, door, lane, signal } = context;
  const { settings } = pair;
  if (settings.pendingPayments !== "in-transit") return NOTHING;
  const sale = await pair.stripe.readPending(lane.key, signal);
  if (sale === undefined) return NOTHING;
  await door.store.load(sale.payments.map(({ chargeId }) => chargeId));
  // What a rule or a word keeps from being booked is not booked half either.
  if (obeySync(context, sale) !== undefined) return NOTHING;
  const words: string[] = [];
  let isNew = false;
  for (const payment of sale.payments) {
    const { start } = settings;
    if (start !== undefined && factDate(sale, payment, settings) < start) continue;
    const entered = await enter(context, payment, sale.livemode);
    const amount = text(payment.rows[0]?.gross ?? payment.amount);
    words.push(`${amount} of ${payment.chargeId} is in transit: journal ${entered.receipt.refNbr}`);
    isNew = isNew || entered.isNew;
  }
  return { words, isNew, isOpen: words.length > 0 };
}

/**
 * Takes back what is in transit of charges that failed before they were ever booked as payments.
 * After success a return is a debit memo, which is another document's business. The lane's intents
 * must be loaded.
 *
 * @param standing charges that Stripe shows as paid
 */
export async function settlePending(
  context: RunContext,
  standing: readonly string[],
): Promise<Transit> {
  const { door, pair, signal } = context;
  const words: string[] = [];
  let isNew = false;
  let isOpen = false;
  for (const chargeId of door.store.objectsOf("pending")) {
    const pending = pendingOf(context, chargeId);
    const isPaid = door.store.parts(chargeId, "payment").some(isFrozen);
    if (pending === undefined || isPaid || standing.includes(chargeId)) continue;
    const back = door.store.find({ object: chargeId, purpose: "pending-back", part: "" });
    const known = doneReceipt(back);
    const isOwned = pending.owned.length > 0 && back !== undefined && back.owned.length > 0;
    const reading = isOwned ? undefined : await pair.stripe.readReturn(chargeId, signal);
    const receipt = reading === undefined ? known : await takeBack(context, reading);
    if (receipt === undefined) {
      isOpen = true;
      continue;
    }
    isNew = isNew || known === undefined;
    words.push(`${chargeId} failed before success: journal ${receipt.refNbr}`);
  }
  return { words, isNew, isOpen };
}

/**
 * The sale with its payments told that are in transit: they hit in-process instead of clearing, on
 * the day of their success.
 */
export async function withTransit(context: RunContext, sale: Sale): Promise<Sale> {
  const payments: SalePayment[] = [];
  for (const payment of sale.payments) {
    if (pendingOf(context, payment.chargeId) === undefined) {
      payments.push(payment);
      continue;
    }
    await enter(context, payment, sale.livemode);
    const { pool, lane, door } = context;
    const told = { pool, pair: lane.pair, now: door.clock.now() };
    payments.push({ ...asBooked(context, payment), succeededAt: await successOf(told, payment) });
  }
  return { ...sale, payments };
}

/** The journal of a charge, unless there is none or a person has voided it. */
function pendingOf({ door }: RunContext, chargeId: string): Intent | undefined {
  const intent = door.store.find({ object: chargeId, purpose: "pending", part: "" });
  return intent === undefined || isOver(intent) ? undefined : intent;
}

/** With the account that its journal has hit; of one that a rebuild took over nobody knows it. */
function asBooked(context: RunContext, payment: SalePayment): SalePayment {
  const { draft } = pendingOf(context, payment.chargeId) ?? {};
  const { lines } = (draft ?? {}) as Partial<JournalDraft>;
  const held = lines?.find(({ side }) => side === "credit");
  return held === undefined ? payment : { ...payment, inProcess: held.account };
}

async function enter(
  context: RunContext,
  payment: SalePayment,
  livemode: boolean,
): Promise<Entered> {
  const { door } = context;
  const object = payment.chargeId;
  const [row] = payment.rows;
  const owners = row === undefined ? [] : [{ rowId: row.id, part: "gross" } as const];
  const before = await standing(context, pendingOf(context, object), owners);
  if (before !== undefined) return { receipt: before, isNew: false };
  const { pair } = context;
  const date = documentDate(row?.created ?? payment.createdAt, bookingZone(pair.settings));
  const currency = (row?.gross ?? payment.amount).currency;
  const base = await baseOf(context, { date, currency, livemode });
  const receipt = await book(door, {
    object,
    purpose: "pending",
    part: "",
    make: (key) => withNotes(base.chosen, mapPending(payment, { ...base.context, key })),
    owners,
  });
  const { refNbr, batNbr } = receipt;
  context.steps.note("pending", `journal ${refNbr}: the debit is in transit`, { refNbr, batNbr });
  return { receipt, isNew: true };
}

/** A journal that is booked; one that a rebuild took over owns its row from its next run on. */
async function standing(
  { door }: RunContext,
  known: Intent | undefined,
  owners: ReturnType<typeof ownedRows>,
): Promise<DocumentReceipt | undefined> {
  const receipt = doneReceipt(known);
  if (known === undefined || receipt === undefined) return undefined;
  const lacksOwner = known.owned.length === 0 && owners.length > 0;
  if (lacksOwner) await door.store.advance(known, { stage: "done", rows: { owners } });
  return receipt;
}

async function takeBack(context: RunContext, reading: ReturnReading): Promise<DocumentReceipt> {
  const { payment, returned, livemode } = reading;
  // What was begun is finished first: a journal can only take back what is booked.
  await enter(context, payment, livemode);
  const slot = { object: payment.chargeId, purpose: "pending-back", part: "" } as const;
  const owners = [{ rowId: returned.id, part: "gross" } as const];
  const before = await standing(context, context.door.store.find(slot), owners);
  if (before !== undefined) return before;
  const date = documentDate(returned.created, bookingZone(context.pair.settings));
  const { currency } = returned.gross;
  const base = await baseOf(context, { date, currency, livemode });
  const booked = asBooked(context, payment);
  const receipt = await book(context.door, {
    ...slot,
    make: (key) =>
      withNotes(base.chosen, mapPendingBack(booked, returned, { ...base.context, key })),
    owners,
  });
  const { refNbr, batNbr } = receipt;
  context.steps.note("pending", `journal ${refNbr}: the debit failed`, { refNbr, batNbr });
  return receipt;
}

/** Period, decimals and settings of a journal, by the day of its row. */
export async function baseOf(
  { pair }: Pick<RunContext, "pair">,
  fact: Readonly<{ date: string; currency: string; livemode: boolean }>,
) {
  const { settings, reference } = pair;
  const chosen = choosePeriod(fact.date, await reference.calendar(), settings.closedPeriod);
  const slDecimals = await reference.decimals(fact.currency);
  const { livemode } = fact;
  return { chosen, context: { settings, period: chosen.period, slDecimals, livemode } };
}

/**
 * When a charge succeeded. Its object does not say, so the event does that told of it; one that was
 * lost leaves the moment in which the hub sees it.
 */
export async function successOf(
  { pool, pair, now }: Readonly<{ pool: Pool; pair: string; now: Date }>,
  { chargeId, paymentIntentId }: SalePayment,
): Promise<Date> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `select min(created_at) as at from event
     where pair = $1 and object_id = any ($2::text[])
       and type in ('charge.succeeded', 'payment_intent.succeeded')`,
    [pair, [chargeId, paymentIntentId ?? chargeId]],
  );
  return rows[0]?.at ?? now;
}

function text(amount: Money): string {
  return `${toDecimal(amount)} ${amount.currency}`;
}

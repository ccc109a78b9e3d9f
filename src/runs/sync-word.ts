import { HubError } from "../base/errors.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import { ruleControl, syncControl } from "../mapping/index.ts";
import type { RunContext } from "./context.ts";
import type { Held } from "./held.ts";
import type { OrderReceipt } from "./orders/place-order.ts";
import { Waiting } from "./waiting.ts";
import { type DocumentReceipt, type Intent, isOver, type Stage } from "./write/intent.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A sale on hold for longer than this was forgotten: it parks, so that a person is asked. */
const HOLD_DAYS_MAX = 30;
/**
 * Stripe tells of changed metadata only for charges (`charge.updated`), so the rest is looked at
 * again: soon while the hold is young, and never later than after an hour.
 */
const LOOK_AGAIN_MIN_MS = MINUTE_MS;
const LOOK_AGAIN_MAX_MS = 60 * MINUTE_MS;

/** Something of it stands in SL, or may, and is not done. */
const UNDER_WAY: readonly Stage[] = ["collected", "adding", "filling", "filled", "releasing"];

/** Why a sale is left alone, in words and as the list of what is held back shows it. */
type LeftAlone = Readonly<{ reason: string; held: Held }>;

/**
 * Obeys `slipway_sync` and the pair's rules before anything is written: returns why a sale is left
 * alone, or undefined where it is to be booked. What is booked already is out of their reach; the
 * rules let alone what is begun, so that a change of them tears no sale apart.
 *
 * @throws Waiting for a sale on hold or too young; HubError `mapping.sync_word`,
 *   `mapping.sync_held`, `conflict.draft_changed` for a sale that is to be skipped when SL holds
 *   half of it
 */
export function obeySync(context: RunContext, sale: Sale): LeftAlone | undefined {
  const open = sale.payments.filter((payment) => !isBooked(context, payment));
  const invoice = invoiceOf(context, sale);
  // Money that went to invoices of SL's own has no document of the sale beside it.
  const isSold = invoice === undefined ? sale.payments.length > 0 : invoice.stage === "done";
  if (open.length === 0 && isSold) return undefined;
  const payments = open.length === 0 ? sale.payments : open;
  const { settings } = context.pair;
  const control = syncControl(sale, payments, settings);
  if (control?.word === "force") return undefined;
  if (control === undefined) return obeyRules(context, sale, payments);
  const said = `${settings.metadata.sync} of ${control.objectId} is "${control.word}"`;
  const asked = { sale, payments, said, held: { kind: control.word, rule: said } };
  if (control.word === "hold") throw hold(context, asked);
  checkNothingUnderWay(context, asked);
  const receipt = invoice?.receipt as Partial<DocumentReceipt & OrderReceipt> | undefined;
  const isStanding = invoice !== undefined && !isOver(invoice);
  const number = isStanding ? (receipt?.refNbr ?? receipt?.orderNumber) : undefined;
  const what = `${invoice?.identity.purpose} ${number}`;
  const left = number === undefined ? "" : `; ${what} stays in SL as it is`;
  return { reason: `${skipWords(asked)}${left}`, held: asked.held };
}

type Asked = Readonly<{
  sale: Sale;
  payments: readonly SalePayment[];
  said: string;
  held: Held;
}>;

function skipWords({ sale, payments, said }: Asked): string {
  const charges = payments.map(({ chargeId }) => chargeId).join(", ") || sale.document.identity;
  return `Skipped: ${said}; ${charges} is booked by nobody until somebody does so by hand`;
}

/** The pair's filters, then its least age: a sale that is not booked at all need not wait. */
function obeyRules(
  context: RunContext,
  sale: Sale,
  payments: readonly SalePayment[],
): LeftAlone | undefined {
  if (isBegun(context, sale)) return undefined;
  const { settings } = context.pair;
  const control = ruleControl(sale, settings);
  if (control !== undefined) {
    const said = `${control.rule} of the pair ${control.word === "hold" ? "holds" : "skips"} it`;
    const asked = { sale, payments, said, held: { kind: control.kind, rule: control.rule } };
    if (control.word === "hold") throw hold(context, asked);
    return { reason: skipWords(asked), held: asked.held };
  }
  waitForAge(context, sale, payments);
  return undefined;
}

/** @throws Waiting for a sale that the shop may still add its metadata to */
function waitForAge(
  { door, pair }: RunContext,
  sale: Sale,
  payments: readonly SalePayment[],
): void {
  const { minAge } = pair.settings.sync;
  if (minAge === 0) return;
  const newest = Math.max(...timesOf(sale, payments));
  const restMs = newest + minAge * MINUTE_MS - door.clock.now().getTime();
  // A clock that runs behind Stripe's must not keep anything longer than the setting says.
  if (!(restMs > 0)) return;
  const rule = `sync.min-age: ${minAge}`;
  throw new Waiting(
    `it to be ${minAge} minutes old, so that the shop can add its metadata (${rule})`,
    Math.min(restMs, minAge * MINUTE_MS),
    { kind: "min-age", rule },
  );
}

function hold({ door }: RunContext, { sale, payments, said, held }: Asked): Error {
  const since = Math.min(...timesOf(sale, payments));
  const nowMs = door.clock.now().getTime();
  const ageMs = Number.isFinite(since) ? nowMs - since : 0;
  if (ageMs > HOLD_DAYS_MAX * DAY_MS) {
    return new HubError("mapping.sync_held", `${said} for more than ${HOLD_DAYS_MAX} days`, {
      facts: { since: new Date(since).toISOString() },
    });
  }
  const lookAgainMs = Math.min(Math.max(ageMs / 10, LOOK_AGAIN_MIN_MS), LOOK_AGAIN_MAX_MS);
  const until = held.kind === "hold" ? "when the word is gone" : "when the filter lets it go";
  return new Waiting(`${said}: it is booked ${until}`, lookAgainMs, held);
}

function timesOf(sale: Sale, payments: readonly SalePayment[]): readonly number[] {
  const paid = payments.map((payment) => payment.createdAt.getTime());
  const effective = sale.document.effectiveAt;
  return paid.length > 0 || effective === undefined ? paid : [effective.getTime()];
}

/** Some document of it was sent to SL, or may have been, or is collected for its day's. */
function isBegun({ door }: RunContext, sale: Sale): boolean {
  const { identity } = sale.document;
  const intents = [
    ...door.store.parts(identity, "order"),
    ...door.store.parts(identity, "invoice"),
    ...sale.payments.flatMap(({ chargeId }) => door.store.parts(chargeId, "payment")),
  ];
  return intents.some(({ stage, attempts }) => {
    return stage === "collected" || (attempts.length > 0 && stage !== "abandoned");
  });
}

/** A document on its way cannot be left alone: only a person can take it out of SL. */
function checkNothingUnderWay(context: RunContext, { sale, payments, said }: Asked): void {
  const intents = [
    invoiceOf(context, sale),
    ...payments.flatMap((payment) => paymentsOf(context, payment)),
  ];
  const begun = intents.find((intent) => intent !== undefined && UNDER_WAY.includes(intent.stage));
  if (begun === undefined) return;
  const { object, purpose } = begun.identity;
  if (begun.stage === "collected") {
    throw new HubError("conflict.draft_changed", `${said}, and the summary of its day has begun`, {
      facts: { object },
      cure: "Take the word back and resume; what is not to stay in SL is taken back there by hand.",
    });
  }
  const batNbr = begun.batNbr ?? "";
  throw new HubError(
    "conflict.draft_changed",
    `${said}, and its ${purpose} is begun in batch ${batNbr}`,
    {
      facts: { object, batNbr },
      cure: "Take the word back and resume, or void the batch in its SL screen and dismiss.",
    },
  );
}

/** What was sold: the invoice, or in the other mode the order. */
function invoiceOf({ door }: RunContext, sale: Sale): Intent | undefined {
  const object = sale.document.identity;
  return (
    door.store.find({ object, purpose: "invoice", part: "" }) ??
    door.store.find({ object, purpose: "order", part: "" })
  );
}

/** One document for each customer whose invoices a charge pays; else one. */
function paymentsOf({ door }: RunContext, payment: SalePayment): readonly Intent[] {
  return door.store.parts(payment.chargeId, "payment");
}

function isBooked(context: RunContext, payment: SalePayment): boolean {
  const intents = paymentsOf(context, payment);
  return intents.length > 0 && intents.every(({ stage }) => stage === "done");
}

import { HubError } from "../base/errors.ts";
import type { Sale, SalePayment } from "../canonical/sale.ts";
import { syncControl } from "../mapping/index.ts";
import type { RunContext } from "./context.ts";
import type { DocumentReceipt, Intent, Stage } from "./intent.ts";
import type { OrderReceipt } from "./place-order.ts";
import { Waiting } from "./waiting.ts";

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
const UNDER_WAY: readonly Stage[] = ["adding", "filling", "filled", "releasing"];

/**
 * Obeys `slipway_sync` before anything is written: returns why a sale is left alone, in words, or
 * undefined where it is to be booked. What is booked already is out of its reach.
 *
 * @throws Waiting for a sale on hold; HubError `mapping.sync_word`, `mapping.sync_held`,
 *   `conflict.draft_changed` for a sale that is to be skipped when SL holds half of it
 */
export function obeySyncWord(context: RunContext, sale: Sale): string | undefined {
  const open = sale.payments.filter((payment) => stageOf(context, payment) !== "done");
  const invoice = invoiceOf(context, sale);
  if (open.length === 0 && invoice?.stage === "done") return undefined;
  const payments = open.length === 0 ? sale.payments : open;
  const { settings } = context.pair;
  const control = syncControl(sale, payments, settings);
  if (control === undefined) return undefined;
  const said = `${settings.metadata.sync} of ${control.objectId} is "${control.word}"`;
  if (control.word === "hold") throw hold(context, { sale, payments, said });
  checkNothingUnderWay(context, { sale, payments, said });
  const receipt = invoice?.receipt as Partial<DocumentReceipt & OrderReceipt> | undefined;
  const number = receipt?.refNbr ?? receipt?.orderNumber;
  const what = `${invoice?.identity.purpose} ${number}`;
  const left = number === undefined ? "" : `; ${what} stays in SL as it is`;
  const charges = payments.map(({ chargeId }) => chargeId).join(", ") || sale.document.identity;
  return `Skipped: ${said}; ${charges} is booked by nobody until somebody does so by hand${left}`;
}

type Asked = Readonly<{ sale: Sale; payments: readonly SalePayment[]; said: string }>;

function hold({ door }: RunContext, { sale, payments, said }: Asked): Error {
  const began = payments.map((payment) => payment.createdAt.getTime());
  const since = Math.min(...began, sale.document.effectiveAt?.getTime() ?? Infinity);
  const nowMs = door.clock.now().getTime();
  const ageMs = Number.isFinite(since) ? nowMs - since : 0;
  if (ageMs > HOLD_DAYS_MAX * DAY_MS) {
    return new HubError("mapping.sync_held", `${said} for more than ${HOLD_DAYS_MAX} days`, {
      facts: { since: new Date(since).toISOString() },
    });
  }
  const lookAgainMs = Math.min(Math.max(ageMs / 10, LOOK_AGAIN_MIN_MS), LOOK_AGAIN_MAX_MS);
  return new Waiting(`${said}: it is booked when the word is gone`, lookAgainMs);
}

/** A document on its way cannot be left alone: only a person can take it out of SL. */
function checkNothingUnderWay(context: RunContext, { sale, payments, said }: Asked): void {
  const intents = [
    invoiceOf(context, sale),
    ...payments.map((payment) => paymentOf(context, payment)),
  ];
  const begun = intents.find((intent) => intent !== undefined && UNDER_WAY.includes(intent.stage));
  if (begun === undefined) return;
  const { object, purpose } = begun.identity;
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

function paymentOf({ door }: RunContext, payment: SalePayment): Intent | undefined {
  return door.store.find({ object: payment.chargeId, purpose: "payment", part: "" });
}

function stageOf(context: RunContext, payment: SalePayment): Stage | undefined {
  return paymentOf(context, payment)?.stage;
}

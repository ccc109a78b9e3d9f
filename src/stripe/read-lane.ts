import { HubError } from "../base/errors.ts";
import type { LaneReading, Sale, SalePayment } from "../canonical/sale.ts";
import { readCharge } from "./read-charge.ts";
import { readIntent } from "./read-intent.ts";
import { readInvoice } from "./read-invoice.ts";
import { createReads, type Reads } from "./reads.ts";
import type { StripeApi } from "./stripe-api.ts";
import { idOf, shapeError, textOf } from "./wire.ts";

/**
 * Reads the object that a lane is named after, and with it all that its money hangs on. Money has
 * one root: the Stripe invoice if there is one, else the PaymentIntent, else the charge. A lane
 * that is named after something else is told where to hand its events over.
 *
 * @throws HubError `stripe.*`; `stripe.object_missing` for an id that is no root of money
 */
export async function readLane(
  api: StripeApi,
  laneKey: string,
  signal?: AbortSignal,
): Promise<LaneReading> {
  const reads = createReads(api, signal);
  const prefix = laneKey.slice(0, laneKey.indexOf("_") + 1);
  const reader = READERS[prefix];
  if (reader === undefined) {
    throw new HubError("stripe.object_missing", `${laneKey} is nothing that is paid`, {
      facts: { lane: laneKey },
    });
  }
  return reader(reads, laneKey);
}

/** The payments of a lane that their banks have not settled yet; see `StripePort.readPending`. */
export async function readPending(
  api: StripeApi,
  laneKey: string,
  signal?: AbortSignal,
): Promise<Sale | undefined> {
  const reads = createReads(api, signal, { takesPending: true });
  return saleOf(reads, laneKey, ({ isPending }) => isPending === true);
}

/** The payments of a lane that their banks took back; see `StripePort.readTakenBack`. */
export async function readTakenBack(
  api: StripeApi,
  laneKey: string,
  signal?: AbortSignal,
): Promise<Sale | undefined> {
  const reads = createReads(api, signal, { takesReturned: true });
  return saleOf(reads, laneKey, ({ returned }) => returned !== undefined);
}

/** The sale of a lane with those of its payments alone that are wanted. */
async function saleOf(
  reads: Reads,
  laneKey: string,
  isWanted: (payment: SalePayment) => boolean,
): Promise<Sale | undefined> {
  const reader = READERS[laneKey.slice(0, laneKey.indexOf("_") + 1)];
  const reading = await reader?.(reads, laneKey);
  if (reading?.kind !== "sale") return undefined;
  const payments = reading.sale.payments.filter(isWanted);
  return payments.length === 0 ? undefined : { ...reading.sale, payments };
}

const READERS: Readonly<Record<string, (reads: Reads, id: string) => Promise<LaneReading>>> = {
  pi_: readIntent,
  in_: readInvoice,
  ch_: readCharge,
  py_: readCharge,
  cs_: readSession,
  dp_: readDispute,
  du_: readDispute,
  re_: readRefund,
  pyr_: readRefund,
  cn_: readCreditNote,
};

/** What went back hangs on what came in. */
async function readRefund(reads: Reads, id: string): Promise<LaneReading> {
  const refund = await reads.refund(id);
  const root = idOf(refund, "payment_intent") ?? idOf(refund, "charge");
  if (root !== undefined) return { kind: "elsewhere", laneKey: root };
  return { kind: "nothing", reason: `Refund ${id} is of no charge` };
}

async function readCreditNote(reads: Reads, id: string): Promise<LaneReading> {
  const invoice = idOf(await reads.creditNote(id), "invoice");
  if (invoice !== undefined) return { kind: "elsewhere", laneKey: invoice };
  return { kind: "nothing", reason: `Credit note ${id} is of no invoice` };
}

/** A dispute is worked on with the payment that it is about. */
async function readDispute(reads: Reads, id: string): Promise<LaneReading> {
  const dispute = await reads.dispute(id);
  const root = idOf(dispute, "payment_intent") ?? idOf(dispute, "charge");
  if (root === undefined) throw shapeError(id, "names no charge");
  return { kind: "elsewhere", laneKey: root };
}

async function readSession(reads: Reads, id: string): Promise<LaneReading> {
  const session = await reads.session(id);
  const root = idOf(session, "invoice") ?? idOf(session, "payment_intent");
  if (root !== undefined) return { kind: "elsewhere", laneKey: root };
  const status = textOf(session, "payment_status") || "unpaid";
  return { kind: "nothing", reason: `Checkout session without a payment (${status})` };
}

import { Trace } from "../api/contract.ts";
import { pause } from "../base/clock.ts";
import { HubError } from "../base/errors.ts";
import { type GuidedOrder, placeGuidedOrder, readBack } from "./guided-order.ts";
import { isBooked, type Line, narrate, parkedReason } from "./narrate.ts";
import { readSlBooks, type SlBooks } from "./sl-books.ts";

const LOOK_EVERY_MS = 60;
/** Far beyond what an order takes; the reason is told when it is reached. */
const BOOKED_WITHIN_MS = 60_000;

export type Play = Readonly<{
  hubUrl: string;
  token: string;
  stripe: Readonly<{ apiBase: string; secretKey: string }>;
  slUrl: string;
  orderNumber: string;
  /** Called for each thing as it happens. */
  tell: (line: Line) => void;
}>;

export type Played = Readonly<{
  order: GuidedOrder;
  trace: Trace;
  metadata: Readonly<Record<string, string>>;
  books: SlBooks;
}>;

/**
 * Plays one order: makes it at Stripe, then reads the hub's trace again and again and tells each
 * step as it happens, until it is booked.
 *
 * @throws HubError `erp.refused` with the parked reason and its cure, or `erp.unavailable` when it
 *   is not booked in time
 */
export async function playOrder(play: Play): Promise<Played> {
  const order = await placeGuidedOrder({ ...play.stripe, orderNumber: play.orderNumber });
  play.tell({
    key: "order",
    step: "paid at Stripe",
    text: `${order.paymentIntentId}, ${order.amountText}, customer ${order.customerId}`,
    facts: { ...order },
  });
  const told = new Set<string>();
  const startedMs = performance.now();
  for (;;) {
    const looked = await readTrace(play, order.paymentIntentId);
    // A trace is several reads: its documents may be older than the run that booked the last one.
    const trace = isBooked(looked) ? await readTrace(play, order.paymentIntentId) : looked;
    for (const line of narrate(trace)) {
      if (told.has(line.key)) continue;
      told.add(line.key);
      play.tell(line);
    }
    if (isBooked(trace)) {
      const { paymentIntentId } = order;
      const metadata = await readBack({ ...play.stripe, paymentIntentId });
      return { order, trace, metadata, books: await readSlBooks(play.slUrl, bookedIn(trace)) };
    }
    const parked = parkedReason(trace);
    if (parked !== undefined) throw new HubError("erp.refused", parked);
    if (performance.now() - startedMs > BOOKED_WITHIN_MS) {
      throw new HubError("erp.unavailable", `Not booked within ${BOOKED_WITHIN_MS / 1000} s`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** The batches and the customer that a trace names. */
function bookedIn(trace: Trace): Readonly<{ batches: readonly string[]; customerId: string }> {
  const receipts = trace.documents.map((document) => document.receipt ?? {});
  const texts = (name: string) =>
    receipts.flatMap((receipt) => {
      const value = receipt[name];
      return typeof value === "string" ? [value] : [];
    });
  return { batches: texts("batNbr"), customerId: texts("customerId")[0] ?? "" };
}

async function readTrace(play: Play, id: string): Promise<Trace> {
  const response = await fetch(`${play.hubUrl}/api/trace/${id}`, {
    headers: { authorization: `Bearer ${play.token}` },
    signal: AbortSignal.timeout(10_000),
  });
  const body: unknown = await response.json();
  // Until the first webhook is in, the hub has never heard of it.
  if (response.status === 404) return EMPTY_TRACE;
  if (response.ok) return Trace.parse(body);
  throw new HubError("api.unreachable", `The hub answered ${response.status}`);
}

const EMPTY_TRACE: Trace = {
  id: "",
  lanes: [],
  story: [],
  events: [],
  runs: [],
  documents: [],
  receipts: [],
  links: [],
  owners: [],
  parked: [],
  acts: [],
  overrides: [],
  isCut: false,
};

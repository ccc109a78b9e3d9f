import type { SweptKind, SweptObject, SweptPage, SweptQuery } from "../canonical/swept.ts";
import type { ListPage, Paging, StripeApi } from "./stripe-api.ts";
import {
  asWire,
  idOf,
  instantOf,
  integerOrZero,
  isWire,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

/** See `StripePort.listSwept`. */
export async function* listSwept(
  api: StripeApi,
  query: SweptQuery,
  signal?: AbortSignal,
): AsyncIterable<SweptPage> {
  const { kind, from, until } = query;
  const { operation, list } = LISTS[kind];
  const created = { gte: secondsOf(from), lt: secondsOf(until) };
  const pages = api.pages(operation, (paging) => list(api, { ...paging, created }), signal);
  for await (const { members, isLast } of pages) {
    yield { objects: members.flatMap((member) => sweptObject(kind, member) ?? []), isLast };
  }
}

type Listed = Paging & Readonly<{ created: Readonly<{ gte: number; lt: number }> }>;
type List = Readonly<{
  operation: string;
  list: (api: StripeApi, paging: Listed) => Promise<ListPage>;
}>;

const LISTS: Readonly<Record<SweptKind, List>> = {
  refund: { operation: "refunds.list", list: ({ sdk }, paging) => sdk.refunds.list(paging) },
  dispute: { operation: "disputes.list", list: ({ sdk }, paging) => sdk.disputes.list(paging) },
  payout: { operation: "payouts.list", list: ({ sdk }, paging) => sdk.payouts.list(paging) },
  topup: { operation: "topups.list", list: ({ sdk }, paging) => sdk.topups.list(paging) },
};

/** What an event tells of such an object; undefined where it tells of nothing of the kind. */
export function sweptInEvent(body: string): SweptObject | undefined {
  const event = asWire(JSON.parse(body), "event");
  const told = isWire(event.data) ? event.data.object : undefined;
  if (!isWire(told)) return undefined;
  const kind = KIND_OF[textOf(told, "object")];
  return kind === undefined ? undefined : sweptObject(kind, told);
}

const KIND_OF: Readonly<Record<string, SweptKind | undefined>> = {
  refund: "refund",
  dispute: "dispute",
  payout: "payout",
  topup: "topup",
};

/**
 * Undefined for a refund of a customer's cash balance, which is of no charge: it moves no money
 * that is booked.
 *
 * @throws HubError `stripe.shape` for an object that says nothing of its time
 */
function sweptObject(kind: SweptKind, wire: Wire): SweptObject | undefined {
  const id = textOf(wire, "id");
  const createdAt = instantOf(wire, "created");
  if (createdAt === undefined) throw shapeError(id || `A ${kind}`, "has no created");
  const laneKey =
    kind === "refund" || kind === "dispute"
      ? (idOf(wire, "payment_intent") ?? idOf(wire, "charge"))
      : id;
  return laneKey === undefined ? undefined : { id, laneKey, createdAt, state: STATES[kind](wire) };
}

const rowOf = (wire: Wire, field: string) => idOf(wire, field) ?? "none";

/** What of an object makes a run look at it again. */
const STATES: Readonly<Record<SweptKind, (wire: Wire) => string>> = {
  refund: (wire) => {
    const rows = [rowOf(wire, "balance_transaction"), rowOf(wire, "failure_balance_transaction")];
    return [textOf(wire, "status"), ...rows].join(" ");
  },
  dispute: (wire) => {
    const rows = Array.isArray(wire.balance_transactions) ? wire.balance_transactions : [];
    return [textOf(wire, "status"), String(rows.length)].join(" ");
  },
  payout: (wire) => {
    const arrival = String(integerOrZero(wire, "arrival_date"));
    const rows = [rowOf(wire, "balance_transaction"), rowOf(wire, "failure_balance_transaction")];
    return [textOf(wire, "status"), arrival, ...rows, rowOf(wire, "reversed_by")].join(" ");
  },
  topup: (wire) => [textOf(wire, "status"), rowOf(wire, "balance_transaction")].join(" "),
};

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}

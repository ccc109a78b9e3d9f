import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import type { LedgerRow } from "../canonical/balance.ts";
import type { Payout } from "../canonical/payout.ts";
import { parseLedgerRow } from "./list-rows.ts";
import type { StripeApi } from "./stripe-api.ts";
import type { ToMoney } from "./units.ts";
import {
  amountOf,
  idOf,
  instantOf,
  metadataOf,
  objectOf,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

type Kind = Payout["kind"];
type States = Readonly<Record<string, Payout["state"]>>;

/** What Stripe shows an object of. */
type Shown = Exclude<Kind, "inbound-transfer">;

/** What Stripe's words say of the money. A word that is not here is none that may be booked by. */
const STATES: Readonly<Record<Shown, States>> = {
  payout: {
    pending: "under-way",
    in_transit: "under-way",
    paid: "arrived",
    failed: "undone",
    canceled: "undone",
  },
  topup: {
    pending: "under-way",
    succeeded: "arrived",
    failed: "undone",
    canceled: "undone",
    reversed: "undone",
  },
};

/**
 * A payout (`po_`), top-up (`tu_`) or inbound transfer (`ibt_`) with the rows that it has by now.
 *
 * @throws HubError `stripe.*`; `stripe.object_missing` for an id of another kind
 */
export function readPayout(
  api: StripeApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Payout> {
  if (id.startsWith("po_")) return readOut(api, id, signal);
  if (id.startsWith("tu_")) return readTopup(api, id, signal);
  if (id.startsWith("ibt_")) return readInbound(api, id, signal);
  throw new HubError("stripe.object_missing", `${id} is no payout, top-up or inbound transfer`, {
    facts: { object: id },
    cure: "Give the id of a payout (po_…), a top-up (tu_…) or an inbound transfer (ibt_…).",
  });
}

async function readOut(api: StripeApi, id: string, signal: AbortSignal | undefined) {
  const expand = ["balance_transaction", "failure_balance_transaction"];
  const read = () => api.sdk.payouts.retrieve(id, { expand });
  const wire = await api.one("payouts.retrieve", read, signal);
  const row = await rowAt(api, { wire, field: "balance_transaction", signal });
  const undone = await rowAt(api, { wire, field: "failure_balance_transaction", signal });
  return parsePayout("payout", wire, { row, undone, toMoney: api.toMoney });
}

/** A top-up names its first row alone; the one that took it back is found by its source. */
async function readTopup(api: StripeApi, id: string, signal: AbortSignal | undefined) {
  const read = () => api.sdk.topups.retrieve(id, { expand: ["balance_transaction"] });
  const wire = await api.one("topups.retrieve", read, signal);
  const row = await rowAt(api, { wire, field: "balance_transaction", signal });
  const isUndone = stateOf("topup", wire) === "undone";
  const undone = isUndone && row !== undefined ? await reversalRow(api, row, signal) : undefined;
  return parsePayout("topup", wire, { row, undone, toMoney: api.toMoney });
}

async function reversalRow(
  api: StripeApi,
  { id, sourceId }: LedgerRow,
  signal: AbortSignal | undefined,
): Promise<LedgerRow | undefined> {
  if (sourceId === undefined) return undefined;
  const list = (paging: object) =>
    api.sdk.balanceTransactions.list({ ...paging, source: sourceId });
  const rows = await api.all("balance_transactions.list", list, signal);
  const others = rows.map((row) => parseLedgerRow(row, api.toMoney)).filter((row) => row.id !== id);
  if (others.length < 2) return others[0];
  throw shapeError(sourceId, `moved the balance by ${counted(rows.length, "row")}`);
}

/**
 * Stripe names the object of such rows and shows it to nobody who asks for balances: its own
 * interface is that of financial accounts. What is to be booked stands in its rows.
 */
async function readInbound(api: StripeApi, id: string, signal: AbortSignal | undefined) {
  const list = (paging: object) => api.sdk.balanceTransactions.list({ ...paging, source: id });
  const wires = await api.all("balance_transactions.list", list, signal);
  const rows = wires.map((wire) => parseLedgerRow(wire, api.toMoney));
  const balance = await api.one("balance.retrieve", () => api.sdk.balance.retrieve(), signal);
  return inboundOf(id, rows, balance.livemode === true);
}

/**
 * The inbound transfer of its rows. Its bank has paid once its money is available: until then the
 * bank may refuse it, and a row takes all of it back.
 *
 * @throws HubError `stripe.object_missing` where no row names it, `stripe.shape` where they are not
 *   one that brings money and at most one that takes it back
 */
export function inboundOf(id: string, rows: readonly LedgerRow[], livemode: boolean): Payout {
  const own = rows.filter((row) => row.balanceType === "payments" && isInbound(row));
  const [row, ...others] = own.filter((one) => !isTakenBack(one));
  const [undone, ...more] = own.filter(isTakenBack);
  if (own.length === 0) {
    throw new HubError("stripe.object_missing", `No balance transaction names ${id}`, {
      facts: { object: id },
    });
  }
  if (row === undefined || others.length + more.length > 0) {
    throw shapeError(id, `moved the balance by ${counted(own.length, "row")}`);
  }
  const status = undone === undefined ? row.status : "reversed";
  return {
    kind: "inbound-transfer",
    ...{ id, row, undone, status, livemode },
    amount: row.gross,
    state: undone === undefined ? inboundState(row) : "undone",
    createdAt: row.created,
    arrivesAt: row.availableOn,
    isAutomatic: false,
    reconciliation: "not_applicable",
    ...{ method: "", traceId: "", failure: "" },
    ...{ reversalOf: undefined, reversedBy: undefined, metadata: {} },
  };
}

/** What else may name it is no part of it: a journal of its day has that. */
function isInbound({ type, category }: LedgerRow): boolean {
  return /^inbound_transfer(_reversal)?$/.test(type) || /^topup(_reversal)?$/.test(category);
}

function isTakenBack({ type, category }: LedgerRow): boolean {
  return type === "inbound_transfer_reversal" || category === "topup_reversal";
}

function inboundState({ id, status }: LedgerRow): Payout["state"] {
  if (status === "available") return "arrived";
  if (status === "pending") return "under-way";
  throw shapeError(id, `has the status "${status}", which the hub does not know`);
}

async function rowAt(
  api: StripeApi,
  at: Readonly<{ wire: Wire; field: string; signal: AbortSignal | undefined }>,
): Promise<LedgerRow | undefined> {
  const { wire, field, signal } = at;
  const rowId = idOf(wire, field);
  if (rowId === undefined) return undefined;
  const read = () => api.sdk.balanceTransactions.retrieve(rowId);
  const row =
    objectOf(wire, field) ?? (await api.one("balance_transactions.retrieve", read, signal));
  return parseLedgerRow(row, api.toMoney);
}

/**
 * The payout of its object and rows.
 *
 * @throws HubError `stripe.shape` for a status that the hub does not know, and for a row that
 *   another object has made
 */
export function parsePayout(
  kind: Shown,
  wire: Wire,
  parts: Readonly<{
    row: LedgerRow | undefined;
    undone: LedgerRow | undefined;
    toMoney: ToMoney;
  }>,
): Payout {
  const { row, undone, toMoney } = parts;
  const id = textOf(wire, "id");
  if (!id.startsWith(kind === "payout" ? "po_" : "tu_")) {
    throw shapeError(id || "A payout", `has no id of a ${kind}`);
  }
  const createdAt = instantOf(wire, "created");
  if (createdAt === undefined) throw shapeError(id, "has no created");
  const foreign = [row, undone].find((one) => one?.sourceId !== undefined && one.sourceId !== id);
  if (foreign !== undefined) throw shapeError(id, `names ${foreign.id} of ${foreign.sourceId}`);
  const trace = objectOf(wire, "trace_id");
  return {
    kind,
    id,
    amount: amountOf(wire, "amount", toMoney),
    status: textOf(wire, "status"),
    state: stateOf(kind, wire),
    createdAt,
    arrivesAt: instantOf(wire, kind === "payout" ? "arrival_date" : "expected_availability_date"),
    row,
    undone,
    isAutomatic: wire.automatic === true,
    method: textOf(wire, "method"),
    reconciliation: textOf(wire, "reconciliation_status") || "not_applicable",
    traceId: textOf(trace, "value"),
    failure: failureOf(wire),
    reversalOf: idOf(wire, "original_payout"),
    reversedBy: idOf(wire, "reversed_by"),
    metadata: metadataOf(wire),
    livemode: wire.livemode === true,
  };
}

function stateOf(kind: Shown, wire: Wire): Payout["state"] {
  const status = textOf(wire, "status");
  const state = Object.hasOwn(STATES[kind], status) ? STATES[kind][status] : undefined;
  if (state !== undefined) return state;
  throw shapeError(textOf(wire, "id"), `has the status "${status}", which the hub does not know`);
}

function failureOf(wire: Wire): string {
  const message = textOf(wire, "failure_message");
  const code = textOf(wire, "failure_code");
  if (message === "") return code;
  return code === "" ? message : `${message} (${code})`;
}

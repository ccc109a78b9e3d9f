import type { LedgerRow, MoneyRow, RowsQuery } from "../canonical/balance.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { MadeQuery } from "../canonical/port.ts";
import { rootOf } from "./list-money.ts";
import { parseLedgerRow } from "./list-rows.ts";
import { parseDispute } from "./read-disputes.ts";
import type { StripeApi } from "./stripe-api.ts";
import { orAsCounted } from "./units.ts";
import { idOf, objectOf, textOf, type Wire } from "./wire.ts";

/** See `StripePort.listMoneyRows`. */
export async function* listMoneyRows(
  api: StripeApi,
  { from, until }: Pick<RowsQuery, "from" | "until">,
  signal?: AbortSignal,
): AsyncIterable<Readonly<{ rows: readonly MoneyRow[]; isLast: boolean }>> {
  const created = within(from, until);
  const expand = ["data.source"];
  const toMoney = orAsCounted(api.toMoney);
  const pages = api.pages(
    "balance_transactions.list",
    (paging) => api.sdk.balanceTransactions.list({ ...paging, created, expand }),
    signal,
  );
  for await (const { members, isLast } of pages) {
    yield {
      rows: members.map((wire) => moneyRow(wire, parseLedgerRow(wire, toMoney))),
      isLast,
    };
  }
}

function moneyRow(wire: Wire, row: LedgerRow): MoneyRow {
  const source = objectOf(wire, "source");
  const prefix = (row.sourceId ?? "").replace(/_.*$/, "");
  switch (prefix) {
    case "ch":
    case "py": {
      const laneKey = source === undefined ? row.sourceId : rootOf(source);
      return { row, laneKey, chargeId: row.sourceId };
    }
    case "re":
    case "pyr":
    case "dp":
    case "du": {
      const chargeId = idOf(source, "charge");
      return { row, laneKey: idOf(source, "payment_intent") ?? chargeId ?? row.sourceId, chargeId };
    }
    case "po":
    case "tu":
    case "ibt":
      return { row, laneKey: row.sourceId, chargeId: undefined };
    default:
      return { row, laneKey: undefined, chargeId: undefined };
  }
}

/** See `StripePort.listPayoutsArriving`. */
export async function* listPayoutsArriving(
  api: StripeApi,
  { madeFrom, madeBefore, arriveFrom }: MadeQuery & Readonly<{ arriveFrom: Date }>,
  signal?: AbortSignal,
): AsyncIterable<string> {
  const created = within(madeFrom, madeBefore);
  const arrival_date = { gte: secondsOf(arriveFrom) };
  const payouts = api.each(
    "payouts.list",
    (paging) => api.sdk.payouts.list({ ...paging, created, arrival_date }),
    signal,
  );
  for await (const payout of payouts) yield textOf(payout, "id");
  const topups = api.each(
    "topups.list",
    (paging) => api.sdk.topups.list({ ...paging, created }),
    signal,
  );
  for await (const topup of topups) {
    if (idOf(topup, "balance_transaction") !== undefined) yield textOf(topup, "id");
  }
  const inbound = api.each(
    "balance_transactions.list",
    (paging) => api.sdk.balanceTransactions.list({ ...paging, created, type: "inbound_transfer" }),
    signal,
  );
  for await (const row of inbound) {
    const id = idOf(row, "source");
    if (id !== undefined) yield id;
  }
}

/** See `StripePort.listDisputesMade`. */
export async function* listDisputesMade(
  api: StripeApi,
  { madeFrom, madeBefore }: MadeQuery,
  signal?: AbortSignal,
): AsyncIterable<Dispute> {
  const created = within(madeFrom, madeBefore);
  const disputes = api.each(
    "disputes.list",
    (paging) => api.sdk.disputes.list({ ...paging, created }),
    signal,
  );
  for await (const dispute of disputes) yield parseDispute(dispute, api.toMoney);
}

function within(from: Date, until: Date | undefined) {
  return { gte: secondsOf(from), ...(until === undefined ? {} : { lt: secondsOf(until) }) };
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}

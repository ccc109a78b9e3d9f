import type { FeeDetail, LedgerRow, RowsPage, RowsQuery } from "../canonical/balance.ts";
import type { StripeApi } from "./stripe-api.ts";
import { orAsCounted, type ToMoney } from "./units.ts";
import {
  amountOf,
  currencyOf,
  idOf,
  instantOf,
  integerOf,
  listOf,
  shapeError,
  textOf,
  type Wire,
} from "./wire.ts";

/** The balance transactions of a span of time, as `StripePort.listRows` promises. */
export async function* listRows(
  api: StripeApi,
  query: RowsQuery,
  signal?: AbortSignal,
): AsyncIterable<RowsPage> {
  const { from, until, payoutId, after } = query;
  const created = {
    gte: secondsOf(from),
    ...(until === undefined ? {} : { lt: secondsOf(until) }),
  };
  const filter = { created, ...(payoutId === undefined ? {} : { payout: payoutId }) };
  const start = after === undefined ? {} : { starting_after: after };
  const toMoney = orAsCounted(api.toMoney);
  const pages = api.pages(
    "balance_transactions.list",
    (paging) => api.sdk.balanceTransactions.list({ ...start, ...paging, ...filter }),
    signal,
  );
  for await (const { members, isLast } of pages) {
    yield { rows: members.map((row) => parseLedgerRow(row, toMoney)), isLast };
  }
}

/**
 * A balance transaction with all that Stripe says of it.
 *
 * @throws HubError `stripe.shape` where an amount or the time is missing, or the net is not gross
 * less fee: what follows from such a row would be a guess
 */
export function parseLedgerRow(row: Wire, toMoney: ToMoney): LedgerRow {
  const id = textOf(row, "id");
  const created = instantOf(row, "created");
  if (!id.startsWith("txn_")) throw shapeError(id || "A balance transaction", "has no txn_ id");
  if (created === undefined) throw shapeError(id, "has no created");
  const [gross, fee, net] = [
    amountOf(row, "amount", toMoney),
    amountOf(row, "fee", toMoney),
    amountOf(row, "net", toMoney),
  ];
  if (gross.minor - fee.minor !== net.minor) {
    throw shapeError(id, `has a net of ${net.minor} that is not its amount less its fee`);
  }
  return {
    id,
    created,
    category: textOf(row, "reporting_category"),
    type: textOf(row, "type"),
    gross,
    fee,
    net,
    feeDetails: listOf(row, "fee_details").map((detail) => parseFeeDetail(detail, toMoney)),
    balanceType: textOf(row, "balance_type") || "payments",
    status: textOf(row, "status"),
    availableOn: instantOf(row, "available_on"),
    sourceId: idOf(row, "source"),
    description: textOf(row, "description"),
    exchangeRate: rateOf(row),
  };
}

function parseFeeDetail(detail: Wire, toMoney: ToMoney): FeeDetail {
  return {
    type: textOf(detail, "type"),
    amount: toMoney(integerOf(detail, "amount"), currencyOf(detail)),
    description: textOf(detail, "description"),
    application: textOf(detail, "application"),
  };
}

function rateOf(row: Wire): string | undefined {
  const rate = row.exchange_rate;
  return typeof rate === "number" || typeof rate === "string" ? String(rate) : undefined;
}

function secondsOf(instant: Date): number {
  return Math.floor(instant.getTime() / 1_000);
}

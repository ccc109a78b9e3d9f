import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatBalanceTransaction } from "../formatters/money.ts";
import { addRow, feeDetails, feeOf } from "../operations/balance.ts";
import { newId } from "../random.ts";
import type { BalanceTransactionRow } from "../store/money-rows.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";
import { FeePart, feeParts } from "./fees.ts";
import { ledgerUntil } from "./ledger.ts";
import type { AdminParts } from "./parts.ts";

const Currency = z.string().regex(/^[a-z]{3}$/);
const Text = z.string().nullable().default(null);

const NewRow = z.strictObject({
  amount: z.number().int(),
  fee: z.number().int().default(0),
  fee_details: z.array(FeePart).optional(),
  currency: Currency,
  type: z.string(),
  reporting_category: z.string(),
  source: Text,
  description: Text,
  balance_type: z.string().default("payments"),
  created: z.number().int().optional(),
  available_on: z.number().int().optional(),
  exchange_rate: z.number().nullable().default(null),
});
/** One row, or several that come at the same moment, so that no list shows some of them alone. */
const NewRows = z.union([NewRow, z.array(NewRow).min(1).max(100)]);
const NewFee = z.strictObject({
  amount: z.number().int(),
  currency: Currency,
  type: z.string().default("stripe_fee"),
  reporting_category: z.string().default("fee"),
  description: z.string().default("Billing - Usage Fee"),
});
const NewReserve = z.strictObject({
  amount: z.number().int().min(1),
  currency: Currency,
  release: z.boolean().default(false),
});
const Side = z.strictObject({ amount: z.number().int().min(1), currency: Currency });
const NewConversion = z.strictObject({ from: Side, to: Side, source: z.string().optional() });

const Moment = z.strictObject({ until: z.coerce.number().int().optional() });

/** Rows that no object of the sandbox stands behind: any category, fees, reserves, conversions. */
export function serveRowActs(app: FastifyInstance, { world }: AdminParts): void {
  const shown = (rows: BalanceTransactionRow[]): Wire => {
    return { rows: rows.map((row) => formatBalanceTransaction(world, row)) };
  };
  app.get("/_sandbox/ledger", (request) => {
    const { until } = Moment.parse(request.query);
    return ledgerUntil(world, until ?? Infinity);
  });
  app.post("/_sandbox/balance_transactions", (request) => {
    const given = NewRows.parse(request.body);
    if (Array.isArray(given)) {
      return shown(world.change(() => given.map((row) => addAnyRow(world, row))));
    }
    return formatBalanceTransaction(
      world,
      world.change(() => addAnyRow(world, given)),
    );
  });
  app.post("/_sandbox/fees", (request) => {
    const { amount, reporting_category, ...given } = NewFee.parse(request.body);
    const row = { ...given, category: reporting_category, source: null, availableAtOnce: true };
    return formatBalanceTransaction(
      world,
      world.change(() => addRow(world, { ...row, amount: -amount })),
    );
  });
  app.post("/_sandbox/reserves", (request) => {
    const given = NewReserve.parse(request.body);
    return shown(world.change(() => addReserve(world, given)));
  });
  app.post("/_sandbox/conversions", (request) => {
    const given = NewConversion.parse(request.body);
    return shown(world.change(() => addConversion(world, given)));
  });
}

function addAnyRow(world: World, given: z.infer<typeof NewRow>): BalanceTransactionRow {
  const { fee, fee_details, created = world.nowSeconds(), available_on, ...row } = given;
  const details =
    fee_details === undefined
      ? feeDetails(fee, row.currency, "Stripe processing fees")
      : feeParts(fee_details, row.currency);
  const taken = feeOf(details);
  return world.tables.balance_transaction.put({
    ...row,
    id: newId("balance_transaction"),
    created,
    available_on: available_on ?? created,
    fee: taken,
    fee_details: details,
    net: row.amount - taken,
    payout: null,
  });
}

/** What is held leaves one balance of the account and stands in another, row by row. */
function addReserve(world: World, given: z.infer<typeof NewReserve>): BalanceTransactionRow[] {
  const { currency, release } = given;
  const amount = release ? given.amount : -given.amount;
  const row = {
    currency,
    type: release ? "reserve_release" : "reserve_hold",
    category: "risk_reserved_funds",
    source: null,
    description: release ? "Reserve release" : "Reserve hold",
    availableAtOnce: true,
  };
  return [
    addRow(world, { ...row, amount }),
    addRow(world, { ...row, amount: -amount, balanceType: "risk_reserved" }),
  ];
}

/** Two rows of one source: out of one currency's balance, into the other's. */
function addConversion(
  world: World,
  { from, to, source = newId("conversion") }: z.infer<typeof NewConversion>,
): BalanceTransactionRow[] {
  const row = {
    type: "adjustment",
    category: "other_adjustment",
    source,
    description: `Conversion from ${from.currency} to ${to.currency}`,
    availableAtOnce: true,
  };
  return [
    addRow(world, { ...row, amount: -from.amount, currency: from.currency }),
    addRow(world, { ...row, amount: to.amount, currency: to.currency }),
  ];
}

import { invalidRequest, resourceMissing } from "../errors.ts";
import { formatBalanceTransaction } from "../formatters/money.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import { balanceSums } from "../operations/balance-sums.ts";
import { payoutOf } from "../operations/payouts.ts";
import type { Wire } from "../wire.ts";
import type { World } from "../world.ts";

function list(call: Call): Wire {
  const { world, params } = call;
  const currency = params.text("currency");
  const source = params.text("source");
  const type = params.text("type");
  const payout = params.text("payout");
  const isListed = payout === undefined || isReconciled(world, payout);
  const byType = { index: "type", value: type };
  const byPayout = { index: "payout", value: payout };
  return listPage(call, {
    table: world.tables.balance_transaction,
    kind: "balance_transaction",
    url: "/v1/balance_transactions",
    bucket:
      source !== undefined
        ? { index: "source", value: source }
        : payout !== undefined
          ? byPayout
          : type === undefined
            ? { index: "currency", value: currency }
            : byType,
    where: (row) =>
      isListed &&
      (currency === undefined || row.currency === currency) &&
      (type === undefined || row.type === type) &&
      (payout === undefined || row.payout === payout),
    format: (row) => formatBalanceTransaction(world, row),
  });
}

/** Whether the rows of an automatic payout can be listed yet. */
function isReconciled(world: World, id: string): boolean {
  const payout = payoutOf(world, id, "payout");
  if (payout.automatic) return payout.reconciliation_status === "completed";
  const message =
    "Balance transaction history can only be filtered on automatic transfers, not manual.";
  throw invalidRequest(message, undefined, "payout");
}

function retrieve({ world, id }: Call): Wire {
  const row = world.tables.balance_transaction.get(id);
  if (row === undefined) throw resourceMissing("balance_transaction", id);
  return formatBalanceTransaction(world, row);
}

/** The balance by currency: rows of type payments, available or still pending. */
function balance({ world }: Call): Wire {
  const sums = balanceSums(world, "payments");
  const shown = (amount: number, currency: string): Wire => {
    return { amount, currency, source_types: { card: amount } };
  };
  return {
    object: "balance",
    available: [...sums].map(([currency, { available }]) => shown(available, currency)),
    instant_available: [...sums].map(([currency, { available }]) =>
      shown(Math.max(available, 0), currency),
    ),
    livemode: false,
    pending: [...sums].map(([currency, { pending }]) => shown(pending, currency)),
  };
}

const ACCOUNT_SETTINGS: Wire = {
  branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
  card_payments: {
    statement_descriptor_prefix: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  dashboard: { display_name: "Sandbox Shop", timezone: "America/New_York" },
  payments: {
    statement_descriptor: null,
    statement_descriptor_kana: null,
    statement_descriptor_kanji: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
};

/** The id of the one account of this sandbox. */
const ACCOUNT_ID = "acct_1SandboxShop00000";

function account(world: World): Wire {
  const currency = world.settings.settlementCurrencies[0] ?? "usd";
  return {
    id: ACCOUNT_ID,
    object: "account",
    business_profile: {
      mcc: null,
      minority_owned_business_designation: null,
      name: "Sandbox Shop",
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: null,
    },
    business_type: "company",
    capabilities: { card_payments: "active", transfers: "active" },
    charges_enabled: true,
    country: "US",
    created: 1_700_000_000,
    default_currency: currency,
    details_submitted: true,
    email: "owner@example.com",
    metadata: {},
    payouts_enabled: true,
    settings: { ...ACCOUNT_SETTINGS, payouts: payoutSettings(world) },
    type: "standard",
  };
}

function payoutSettings({ settings }: World): Wire {
  return {
    debit_negative_balances: settings.collectsNegative ?? true,
    schedule: {
      delay_days: settings.availableAfterDays,
      interval: settings.payoutSchedule ?? "manual",
    },
    statement_descriptor: null,
  };
}

function accountById({ world, id }: Call): Wire {
  if (id !== ACCOUNT_ID) throw resourceMissing("account", id);
  return account(world);
}

export const balanceRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/balance_transactions",
    accepts: `${PAGING} created currency payout source type`,
    run: list,
  },
  { method: "GET", path: "/v1/balance_transactions/:id", accepts: "", run: retrieve },
  { method: "GET", path: "/v1/balance", accepts: "", run: balance },
  { method: "GET", path: "/v1/account", accepts: "", run: ({ world }) => account(world) },
  { method: "GET", path: "/v1/accounts/:id", accepts: "", run: accountById },
];

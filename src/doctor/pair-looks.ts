import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { currencyExponent } from "../base/currency.ts";
import { ERROR_CODES, type ErrorCode } from "../base/error-codes.ts";
import { HubError } from "../base/errors.ts";
import { toDecimal } from "../base/money.ts";
import { columnNameOf } from "../erp/columns.ts";
import { readPairStates } from "../lanes/index.ts";
import { type PairRuntime, readLineage } from "../runs/index.ts";
import { lookAtCalendar } from "./calendar-look.ts";
import type { Finding, Look } from "./check.ts";
import { lookAtDecimals, lookAtRates } from "./currency-looks.ts";
import type { DoctorDeps } from "./deps.ts";
import { lookAtHeld, lookAtReviews } from "./held.ts";
import { intakeLooks } from "./intake-looks.ts";
import { lookAtLeftovers } from "./leftovers.ts";
import { settingLooks } from "./setting-looks.ts";
import { stripeLooks } from "./stripe-looks.ts";
import { workLooks } from "./work-looks.ts";

/** Below this an SL server that works for minutes could commit after we have sent again. */
const HORIZON_SAFE_SECONDS = 330;
/** By so much the horizon lies above the longest call that a pair waits for. */
const HORIZON_MARGIN_SECONDS = 30;

/** What is looked at for each pair, by reading only. */
export function pairLooks(deps: DoctorDeps, pair: PairRuntime): Look[] {
  const { pool } = deps;
  return [
    ...configuredLooks(pair),
    ...stripeLooks(deps, pair),
    ...slLooks(deps, pair),
    ...intakeLooks(pool, pair),
    ...stateLooks(pool, pair),
    ...workLooks(deps, pair),
  ];
}

function configuredLooks(pair: PairRuntime): Look[] {
  const { settings } = pair;
  return [
    {
      name: "stripe.access",
      look: async () => {
        const { accountId, livemode } = await pair.stripe.checkAccess();
        return `Stripe account ${accountId} answers in ${livemode ? "live" : "test"} mode`;
      },
    },
    { name: "outcome-horizon", look: async () => lookAtHorizon(settings) },
    { name: "currency-exponents", look: async () => lookAtExponents(settings) },
    {
      name: "item.default",
      look: async () =>
        settings.item.default === undefined
          ? {
              warning: "no item.default: charges without lines are parked",
              cure: "Set item.default if bare charges are to be booked.",
            }
          : "set",
    },
  ];
}

function lookAtHorizon({ outcomeHorizon, sl }: PairRuntime["settings"]): Finding {
  const longest = sl.callTimeout + HORIZON_MARGIN_SECONDS;
  const safe = Math.max(HORIZON_SAFE_SECONDS, longest);
  if (outcomeHorizon >= safe) return `${outcomeHorizon} s`;
  const isOwn = longest > HORIZON_SAFE_SECONDS;
  const calls = isOwn ? `, and sl.call-timeout lets a call take ${sl.callTimeout} s` : "";
  return {
    warning: `outcome-horizon is ${outcomeHorizon} s${calls}`,
    cure: `Set it to ${safe} or more unless SL's server ends calls sooner.`,
  };
}

/** A wrong exponent books a hundred times too much or too little, so a person is asked to check. */
function lookAtExponents(settings: PairRuntime["settings"]): Finding {
  const others = Object.entries(settings.currencyExponents).filter(
    ([currency, exponent]) => exponent !== currencyExponent(currency),
  );
  if (others.length === 0) return "amounts are read by Stripe's own table";
  const names = others.map(
    ([currency, exponent]) =>
      `${currency} with ${exponent} decimals instead of ${currencyExponent(currency)}`,
  );
  return {
    warning: `amounts are read as ${names.join(", ")}`,
    cure: "Compare one real charge in Stripe's dashboard with its document in SL.",
  };
}

/** Later than any day that SL has booked on. */
const FAR_DAY = "2999-12-31";

function slLooks({ nowMs }: DoctorDeps, pair: PairRuntime): Look[] {
  const { settings, erp } = pair;
  return [
    {
      name: "sl.access",
      look: async () => {
        const { companyId, baseCurrency, version } = await erp.check();
        const wanted = settings.sl.baseCurrency;
        if (baseCurrency !== "" && baseCurrency !== wanted) {
          throw new HubError("config.invalid", `SL's base currency is ${baseCurrency}`, {
            cure: `Set sl.base-currency to ${baseCurrency}.`,
          });
        }
        return `company ${companyId} answers, ${version}`;
      },
    },
    ...settingLooks(pair),
    { name: "sl.small-balances", look: () => lookAtSmallBalances(pair) },
    { name: "sl.calendar", look: () => lookAtCalendar(pair, nowMs()) },
    { name: "sl.decimals", look: () => lookAtDecimals(pair) },
    { name: "sl.rates", look: () => lookAtRates(pair) },
    { name: "sl.fields", look: () => lookAtFields(pair) },
    {
      name: "sl.views",
      look: async () => {
        await erp.newestKeyed(1);
        return "documents are found by key";
      },
    },
    { name: "sl.own-fields", look: () => lookAtOwnFields(pair) },
    { name: "sl.ledger", look: () => lookAtLedger(pair) },
  ];
}

/** Whoever else fills them writes over the hub's keys, or the hub over theirs. */
async function lookAtOwnFields({ erp }: PairRuntime): Promise<Finding> {
  if (erp.capabilities["find-by-key"] !== "yes") {
    return { skipped: "cannot be looked up without the views" };
  }
  const used = await erp.listFieldUse();
  if (used.length === 0) return "no recent document of others has something there";
  const words = used.map(({ field, count, batNbr, value }) => {
    return `${field} of ${counted(count, "document")}, such as "${value}" in batch ${batNbr}`;
  });
  return {
    warning: `others fill fields that are the hub's own: ${words.join("; ")}`,
    cure: "Have it kept elsewhere (User3 to User8): the hub finds its documents by these fields.",
  };
}

/** Read in earnest: a view may be in the catalogue and still lack a column or the right to read. */
async function lookAtLedger({ erp, settings }: PairRuntime): Promise<Finding> {
  const { capabilities } = erp;
  if (capabilities["gl-balance"] !== "yes" || capabilities["gl-detail"] !== "yes") {
    return {
      warning: "the ledger cannot be read without its views, so nothing can be proved by it",
      cure: "Install xslw_ClearingBalance, xslw_ClearingDetail and xslw_Unreleased of site/sql.",
    };
  }
  const { baseCurrency } = settings.sl;
  const [currency, account] = Object.entries(settings.accounts.clearing)[0] ?? [];
  if (currency === undefined || account === undefined) return "no clearing account is set";
  const { balance } = await erp.ledgerBalance(account, currency, FAR_DAY);
  await erp.listLedgerLines(account, 1);
  await erp.listUnreleasedLines(account, 1);
  const books = currency === baseCurrency ? "" : `, base currency ${baseCurrency}`;
  return `clearing ${account.account} stands at ${toDecimal(balance)} ${currency}${books}`;
}

/** What SL closes by itself is a cent of the customer that no document of Stripe's explains. */
async function lookAtSmallBalances({ erp, settings }: PairRuntime): Promise<Finding> {
  const { isAutomatic, limit } = await erp.readSmallBalances();
  const currency = settings.sl.baseCurrency;
  if (!isAutomatic || limit === "0") return "SL writes nothing off by itself";
  return {
    warning: `SL writes off by itself what is left open up to ${limit} ${currency}`,
    cure:
      "Switch AutoApplyWO off or set SBLimit to 0 in AR Setup: what the hub leaves open of an " +
      "invoice or payment on purpose would be closed against SL's write-off account.",
  };
}

/** The settings were checked against the published contracts; the site may have older ones. */
async function lookAtFields(pair: PairRuntime): Promise<string> {
  const wanted = pair.settings.fields.toStripe.flatMap(({ from }) => columnNameOf(from) ?? []);
  if (wanted.length === 0) return "no column is configured in fields.to-stripe";
  const missing = await Promise.all(
    wanted.map(async ({ record, table, column }) => {
      const lacks = await pair.erp.missingColumns(table, [column]);
      return lacks.map((name) => `${record}.${name}`);
    }),
  );
  const names = missing.flat().join(", ");
  if (names === "") return `the site shows all ${wanted.length} columns of fields.to-stripe`;
  throw new HubError("erp.contract", `The site's contract does not show ${names}`, {
    cure: "Take the column out of fields.to-stripe, or update the ctAPI server.",
  });
}

function stateLooks(pool: Pool, pair: PairRuntime): Look[] {
  return [
    {
      name: "lineage",
      look: async () => {
        const { isGreen, reason } = await readLineage(pool, pair.id);
        if (isGreen) return "hub and SL know the same newest documents";
        const cure =
          "It is compared within a minute; a gap needs a rebuild. What is on hold is voided, or " +
          "taken over by one with an earlier --since.";
        return { warning: reason, cure };
      },
    },
    { name: "sl.leftovers", look: () => lookAtLeftovers(pool, pair) },
    { name: "customer.review", look: () => lookAtReviews(pool, pair.id) },
    { name: "held", look: () => lookAtHeld(pool, pair.id) },
    {
      name: "pair.state",
      look: async () => {
        const state = (await readPairStates(pool)).find((row) => row.pair === pair.id);
        if (state?.pausedCode !== undefined) {
          throw new HubError(
            codeOfPause(state.pausedCode),
            `The pair is paused: ${state.pausedReason}`,
          );
        }
        if (state?.held !== undefined) {
          const { by, reason } = state.held;
          return {
            warning: `${by} has paused the pair: ${reason}`,
            cure: `Run \`slipway pair resume ${pair.id}\` when it is to go on.`,
          };
        }
        if (state?.circuit === "open") {
          throw new HubError("erp.unavailable", "SL does not answer: the circuit is open");
        }
        return "at work";
      },
    },
    {
      name: "parked",
      look: async () => {
        const rows = await pool.query<{ count: string }>(
          // Those that wait for a review are told by the look at the buyers.
          `select count(*) as count from parked
           where pair = $1 and state = 'open' and not facts ? 'review'`,
          [pair.id],
        );
        const count = Number(rows.rows[0]?.count ?? 0);
        if (count === 0) return "none";
        const waits = `${counted(count, "run waits", "runs wait")} for a person`;
        return { warning: waits, cure: "See `slipway parked list`." };
      },
    },
  ];
}

/** Each cause of a pause has its own cure; one that an older hub wrote may be known no more. */
function codeOfPause(saved: string): ErrorCode {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  return codes.find((code) => code === saved) ?? "conflict.lineage";
}

import type { Row } from "./table.ts";

/** How webhooks go out; every field is a switch of `POST /_sandbox/webhooks`. */
export type WebhookSwitches = {
  /** Holds everything back until it is false again. Default false. */
  pause: boolean;
  /** Each first attempt waits this long. Default 0. */
  lateMs: number;
  /** Each delivery waits by chance up to so much longer, so that they come in another order. */
  spreadMs?: number;
  /** Chance, 0 to 1, that a delivery is sent twice. Default 0. */
  doubleProbability: number;
  /** The next so many deliveries are sent twice. Default 0. */
  doubleNext: number;
  /** Chance, 0 to 1, that a delivery is lost without a trace at the receiver. Default 0. */
  dropProbability: number;
  /** The next so many deliveries are lost; retries are not touched. Default 0. */
  dropNext: number;
  /** Deliveries are held until so many wait, then sent in another order. 0 = off. Default 0. */
  shuffleBuffer: number;
  /** A shuffle buffer that does not fill is sent after this time all the same. Default 250. */
  shuffleFlushMs: number;
  /** Sends thin events (type, id and related object only). Default false. */
  thin: boolean;
  /** Seed of the chances and of the shuffling. Default 1. */
  seed: number;
  /** How long a receiver has for its answer. Default 10000. */
  timeoutMs: number;
  /** Wait before the first retry; each later one is `retryFactor` times longer. Default 1000. */
  firstRetryMs: number;
  retryFactor: number;
  /** Retries before a delivery fails for good. Default 15. */
  retriesMax: number;
  /** Requests in flight for one endpoint. Default 16. */
  concurrency: number;
  /** Makes the signature this much older than it is, to try the receiver's tolerance. Default 0. */
  signatureAgeMs: number;
  /** Signs with the sandbox's own time, for a receiver that shares its clock. Default false. */
  ownTime?: boolean;
};

/** What the account is like; the admin routes change it. */
export type Settings = Row & {
  /** The first is the account's default currency; a charge in another currency is converted. */
  settlementCurrencies: string[];
  /** Major units of the default settlement currency for one major unit, as decimal text. */
  rates: { [currency: string]: string };
  /** Percent, as decimal text. Default "2.9". */
  feePercent: string;
  /** Minor units of the settlement currency. Default 30. */
  feeFixed: number;
  /** Days from a charge to its money being available. Default 2. */
  availableAfterDays: number;
  /** Null: the balance transaction is there at once. A number: it comes so much later. */
  asyncCaptureDelayMs: number | null;
  /** `POST /v1/charges` makes charges without an intent, as old accounts do. Default false. */
  chargesWithoutIntent?: boolean;
  /** How long a refund of the test cards that fail or wait takes. Default 60000. */
  refundMovesAfterMs?: number;
  /** A refund above the available balance stays pending without a row. Default false. */
  refundsNeedBalance?: boolean;
  /** A refund without a row stands for an authorisation that was let go. Default false. */
  releaseMakesRefund?: boolean;
  /** What a dispute costs, in minor units of the settlement currency. Default 1500. */
  disputeFee?: number;
  /** Automatic payouts at each midnight (UTC), or only when asked for. Default "manual". */
  payoutSchedule?: "daily" | "manual";
  /** The day, counted from 1970, up to which the daily payouts have been made. */
  paidOutDay?: number;
  /** How long a payout is pending, and can be canceled, in ms. Default 3600000. */
  payoutSubmitsAfterMs?: number;
  /** Days from the day of a payout to its arrival. Default 2. */
  payoutArrivesAfterDays?: number;
  /** How long an automatic payout's rows cannot be listed, in ms. Default 0. */
  reconciliationAfterMs?: number;
  /** Per cent of an instant payout, as decimal text, at least 50 minor units. Default "1". */
  instantFeePercent?: string;
  /** A negative balance is collected from the bank by an automatic payout. Default true. */
  collectsNegative?: boolean;
  /** Days until a top-up succeeds. Default 1. */
  topupAfterDays?: number;
  /** Every API answer waits this long. Default 0. */
  latencyMs: number;
  /** An event is sent at once and listed so much later, as Stripe's own lists lag. Default 0. */
  eventsLateMs?: number;
  /** The share of events, 0 to 1, that are listed late. Default 1. */
  eventsLateShare?: number;
  /** Restricted keys with what each may do, such as `charges:read` or `customers:write`. */
  restrictedKeys?: { [key: string]: string[] };
  apiVersion: string;
  webhooks: WebhookSwitches;
};

/** The version of the SDK's own pin, and of requests that name none. */
const CURRENT_API_VERSION = "2026-10-28.endive";

const DEFAULT_RATES = {
  usd: "1",
  eur: "1.0831",
  gbp: "1.2744",
  chf: "1.1302",
  cad: "0.7281",
  aud: "0.6602",
  nzd: "0.6011",
  jpy: "0.00671",
  krw: "0.000731",
  vnd: "0.0000393",
  clp: "0.00105",
  sek: "0.0951",
  nok: "0.0934",
  dkk: "0.1453",
  pln: "0.2511",
  czk: "0.0431",
  huf: "0.00271",
  twd: "0.0309",
  isk: "0.00725",
  ugx: "0.000271",
  inr: "0.0119",
  brl: "0.1812",
  mxn: "0.0548",
  sgd: "0.7482",
  hkd: "0.1281",
  bhd: "2.6525",
  jod: "1.4104",
  kwd: "3.2511",
  omr: "2.5974",
  tnd: "0.3205",
};

/** The settings of a new sandbox. */
export function defaultSettings(): Settings {
  return {
    id: "settings",
    created: 0,
    settlementCurrencies: ["usd"],
    rates: { ...DEFAULT_RATES },
    feePercent: "2.9",
    feeFixed: 30,
    availableAfterDays: 2,
    asyncCaptureDelayMs: null,
    chargesWithoutIntent: false,
    refundMovesAfterMs: 60_000,
    refundsNeedBalance: false,
    releaseMakesRefund: false,
    disputeFee: 1500,
    payoutSchedule: "manual",
    payoutSubmitsAfterMs: 3_600_000,
    payoutArrivesAfterDays: 2,
    reconciliationAfterMs: 0,
    instantFeePercent: "1",
    collectsNegative: true,
    topupAfterDays: 1,
    latencyMs: 0,
    eventsLateMs: 0,
    eventsLateShare: 1,
    apiVersion: CURRENT_API_VERSION,
    webhooks: {
      pause: false,
      lateMs: 0,
      spreadMs: 0,
      doubleProbability: 0,
      doubleNext: 0,
      dropProbability: 0,
      dropNext: 0,
      shuffleBuffer: 0,
      shuffleFlushMs: 250,
      thin: false,
      seed: 1,
      timeoutMs: 10_000,
      firstRetryMs: 1000,
      retryFactor: 2,
      retriesMax: 15,
      concurrency: 16,
      signatureAgeMs: 0,
      ownTime: false,
    },
  };
}

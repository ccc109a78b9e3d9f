import type { Pool } from "pg";
import type { z } from "zod";
import type { EndpointTrouble } from "../alerts/index.ts";
import type { BackfillPlan } from "../backfill/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Override } from "../canonical/sale.ts";
import type { AlertChannel } from "../config/index.ts";
import type { SiteChoices } from "../erp/choices.ts";
import type { Touches } from "../erp/touches.ts";
import type { LedgerPair } from "../ledger/index.ts";
import type { Lookups } from "../lookups/index.ts";
import type { Closed, CloseWanted, Proof, ProofWanted } from "../proof/index.ts";
import type {
  Foreseen,
  PaidRow,
  PayoutReport,
  ReversalPlan,
  Scope,
  Straddling,
} from "../runs/index.ts";
import type { SealingKey, Teller } from "../subscribers/index.ts";
import type { Finding } from "../watch/index.ts";
import type {
  Check,
  ConfigExport,
  ConfigImport,
  DoctorAnswer,
  PairAnswer,
  PairSummary,
  WizardPairRequest,
  WizardSlRequest,
  WizardStripeAnswer,
} from "./contract.ts";
import type { Metrics } from "./metrics.ts";

/** With `dryRun` nothing is done; `by` is who does it, as the history shows. */
type How = Readonly<{ dryRun: boolean; by: string }>;

/**
 * The pairs and their settings file. Answers never hold a secret; a plain secret given to `add` or
 * `set` is encrypted before it is saved. With `dryRun` everything is checked and nothing is saved.
 */
export type PairAdmin = Readonly<{
  list(): Promise<readonly PairSummary[]>;
  /** @throws HubError `config.pair_unknown` */
  show(id: string): Promise<PairAnswer>;
  /** @throws HubError `config.invalid` with every problem in its message */
  add(id: string, settings: Readonly<Record<string, unknown>>, how: How): Promise<PairAnswer>;
  /** @throws HubError `config.pair_unknown`, `config.invalid` */
  set(
    id: string,
    change: Readonly<{ path: string; value: unknown }>,
    how: How,
  ): Promise<PairAnswer>;
  /** The settings file without the value of any secret. */
  exportSettings(): ConfigExport;
  /** @throws HubError `config.invalid` with every problem, `conflict.version` */
  importSettings(
    wanted: Readonly<{ text: string; version: string | undefined }>,
    how: How,
  ): Promise<ConfigImport>;
  /** Calls Stripe and SL with the pair's credentials. */
  test(id: string): Promise<readonly Check[]>;
}>;

/**
 * Looks for what is wrong; with `probe` also by writing into SL: empty held batches, and with the
 * consent of a test company documents too.
 */
export type Doctor = Readonly<{
  /** What the hub touches in SL. */
  touches(): Touches;
  run(
    options: Readonly<{
      pair: string | undefined;
      probe: boolean;
      consent: Readonly<{
        dryRun: boolean;
        again: boolean;
        testCompany?: string | undefined;
        customer?: string | undefined;
        autoApplyCustomer?: string | undefined;
        foreignCurrency?: string | undefined;
      }>;
    }>,
  ): Promise<DoctorAnswer>;
}>;

/** What a new pair is made from; see `pairs/wizard.ts`. */
export type PairWizard = Readonly<{
  lookAtStripe(
    access: Readonly<{ secretKey: string; apiBase?: string | undefined }>,
  ): Promise<WizardStripeAnswer>;
  lookAtSl(access: z.output<typeof WizardSlRequest>): Promise<SiteChoices>;
  /** @throws HubError `config.invalid` with every problem; then nothing was made */
  makePair(
    wanted: Omit<z.output<typeof WizardPairRequest>, "dryRun" | "by">,
    how: How,
  ): Promise<
    Readonly<{
      pair: PairAnswer;
      yaml: string;
      previews: readonly Foreseen[];
      webhookEndpoint: string | null;
    }>
  >;
}>;

/** What a rebuild found and did; `RebuildAnswer` of the contract says the same in JSON. */
export type RebuildReport = Readonly<{
  inSl: number;
  adopted: number;
  unexplained: readonly string[];
  reopened: readonly string[];
  woken: number;
}>;

/** Closes the gap after a restore of either side. */
export type Rebuild = Readonly<{
  run(
    options: Readonly<{
      pair: string;
      since: Date;
      dryRun: boolean;
      /** Told in words how far it has come. */
      onProgress: (text: string) => void;
    }>,
  ): Promise<RebuildReport>;
}>;

/** Holds Stripe, the hub and SL against each other; reads all and changes nothing. */
export type Proofs = Readonly<{
  /**
   * One proof for each settlement currency; without `when` of the last day that is over.
   *
   * @throws HubError `config.pair_unknown`, and those of the calls to Stripe and SL
   */
  run(
    pair: string,
    wanted: Omit<ProofWanted, "when"> & Partial<Pick<ProofWanted, "when">>,
  ): Promise<readonly Proof[]>;
  /** @throws HubError `api.invalid` for an unknown period, and those of `run` */
  close(pair: string, wanted: CloseWanted): Promise<Closed>;
}>;

/** What a decision about a customer needs to know of SL and of Stripe. */
export type Customers = Readonly<{
  /**
   * The SL customer of this id, once it is sure that it can be booked on.
   *
   * @throws HubError `mapping.customer_unknown`, `mapping.customer_blocked`,
   *   `mapping.customer_currency`, and those of a call to SL
   */
  check(pair: string, customerId: string): Promise<Readonly<{ customerId: string; name: string }>>;
  /** @throws HubError `api.invalid` for a customer that Stripe does not have, or has deleted */
  assertBuyer(pair: string, stripeCustomerId: string): Promise<void>;
  /** @throws HubError `config.invalid` where no class of new customers is set */
  assertMayMake(pair: string): void;
}>;

/** What payouts are made of, by Stripe's own list. */
export type Payouts = Readonly<{
  /** @throws HubError `config.pair_unknown`, and those of reading Stripe */
  report(pair: string, id: string, signal: AbortSignal): Promise<PayoutReport>;
  rows(
    pair: string,
    page: Readonly<{ id: string; after: string | undefined }>,
    signal: AbortSignal,
  ): Promise<Readonly<{ rows: readonly PaidRow[]; next: string | undefined }>>;
}>;

/** What a backfill would do. */
export type Backfills = Readonly<{
  /** @throws HubError `config.pair_unknown`, and those of reading Stripe and SL */
  plan(
    pair: string,
    span: Readonly<{ from: Date; until: Date }>,
    how: Readonly<{
      onProgress: (words: string) => void;
      signal: AbortSignal;
      perMinute: number | undefined;
    }>,
  ): Promise<BackfillPlan>;
}>;

/** What straddles a pair's start. */
export type Golive = Readonly<{
  /** @throws HubError `config.pair_unknown`, `golive.*`, and those of reading Stripe and SL */
  find(
    pair: string,
    how: Readonly<{ onProgress: (words: string) => void; signal: AbortSignal }>,
  ): Promise<Straddling>;
}>;

/** What `/readyz` asks beside the database. */
export type Readiness = Readonly<{
  /** Names of migrations that this code has and the database lacks. */
  pendingMigrations(): Promise<readonly string[]>;
  isWorkerRunning(): boolean;
}>;

/** What tells subscribers and readers of the stream; a test shortens the times. */
export type Telling = Readonly<{
  teller: Teller;
  sealingKey: SealingKey;
  /** Default 15 s. */
  heartbeatMs?: number;
  /** How long a reader may take nothing. Default 10 s. */
  slowReaderMs?: number;
}>;

/** All that the API needs; `compose.ts` hands it in. */
export type ApiDeps = Readonly<{
  pool: Pool;
  /** The bearer token; at least 16 characters. */
  token: string;
  log: Log;
  clock: Clock;
  metrics: Metrics;
  pairs: PairAdmin;
  /** Where notices of alerts go, as the settings have it now. */
  alertChannels: () => readonly AlertChannel[];
  doctor: Doctor;
  wizard: PairWizard;
  rebuild: Rebuild;
  customers: Customers;
  payouts: Payouts;
  proof: Proofs;
  golive: Golive;
  backfill: Backfills;
  readiness: Readiness;
  /** A pair whose balance transactions are looked after; undefined where it is not configured. */
  ledger: (pair: string) => LedgerPair | undefined;
  /**
   * What a run of the lane would book with these decisions of people; writes nothing.
   *
   * @throws HubError `config.pair_unknown`, and those of reading Stripe
   */
  foresee(pair: string, laneKey: string, overrides: readonly Override[]): Promise<Foreseen>;
  /** What is wrong with the endpoints at Stripe that lead to a pair, looked at just now. */
  endpointTroubles(pair: string): Promise<readonly EndpointTrouble[]>;
  /** Does what the hub itself can do about a document that was changed in SL. */
  healFinding(finding: Finding): Promise<void>;
  /**
   * What would take booked documents back, with what SL shows of them now; writes nothing.
   *
   * @throws HubError `reverse.*`, `mapping.period_closed`, and those of calls to SL
   */
  planReversal(
    scope: Scope,
    how: Readonly<{ by: string; reason: string; date: string | undefined }>,
  ): Promise<ReversalPlan>;
  telling: Telling;
  lookups: Lookups;
  /** The pair's setting `outcome-horizon`: how long a send without an answer may take effect. */
  outcomeHorizonMs: (pair: string) => number;
}>;

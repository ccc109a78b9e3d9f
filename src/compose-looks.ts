import { statfs } from "node:fs/promises";
import type { Pool } from "pg";
import { endpointTroubles } from "./alerts/index.ts";
import type {
  ApiDeps,
  Backfills,
  Golive,
  PairAdmin,
  PairWizard,
  Payouts,
  Proofs,
} from "./api/index.ts";
import {
  type Backfilling,
  type BackfillingOptions,
  planBackfill,
  startBackfilling,
} from "./backfill/index.ts";
import { systemClock } from "./base/clock.ts";
import type { DoctorDeps } from "./doctor/index.ts";
import { describeTouches, readSiteChoices } from "./erp/ctapi/index.ts";
import { WORKED_TYPES } from "./events/index.ts";
import { createWizard, type MakeRuntime, type PairBook } from "./pairs/index.ts";
import { closePeriod, lastDayOver, proveAsAsked } from "./proof/index.ts";
import {
  asPatientReader,
  findStraddling,
  foresee,
  learnAnswers,
  listPaidRows,
  type PairRuntime,
  planReversal,
  Reference,
  readSiteAnswers,
  reportPayout,
} from "./runs/index.ts";
import { openStripeSetup, PINNED_API_VERSION } from "./stripe/index.ts";
import { carryOutHeal, watchPair } from "./watch/index.ts";

/** Calls to Stripe at once, and the seconds of each, while a pair is being set up. */
const WIZARD_CALL_LIMIT = 8;
const WIZARD_CALL_SECONDS = 20;

/** What whoever looks at pairs from outside of their lanes looks with. */
export type LookingParts = Readonly<{
  pool: Pool;
  home: string;
  book: PairBook;
  /** The pair for whoever works outside of its lanes. */
  guest: (pair: PairRuntime) => PairRuntime;
  pendingMigrations: () => Promise<readonly string[]>;
}>;

/** What the doctor looks with. */
export function doctorDeps({
  pool,
  home,
  book,
  guest,
  pendingMigrations,
}: LookingParts): DoctorDeps {
  return {
    pool,
    home,
    book: { all: () => book.all().map(guest), require: (id) => guest(book.require(id)) },
    channels: () => book.alerts().channels,
    pendingMigrations,
    freeBytes: async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    nowMs: () => systemClock.now().getTime(),
    setupOf: (pair) => openStripeSetup(pair.settings.stripe),
    pinnedVersion: PINNED_API_VERSION,
    workedTypes: WORKED_TYPES,
    touches: describeTouches,
  };
}

/**
 * A pair as a guest that knows what probes have found out of its site. A run learns that when it
 * starts; since the hub has started or a setting has changed, none may have come by.
 */
async function informed({ pool, book, guest }: LookingParts, id: string): Promise<PairRuntime> {
  const pair = guest(book.require(id));
  learnAnswers(pair.erp, await readSiteAnswers(pool, id));
  return pair;
}

/** What plans of reversals are made with: each reads SL as a guest. */
export function reversalsOf(parts: LookingParts): ApiDeps["planReversal"] {
  return async (scope, how) => {
    const pair = await informed(parts, scope.pair);
    return planReversal({ pool: parts.pool, pair, ...how }, scope);
  };
}

/** What is foreseen of a sale by the settings of its pair: each reads SL as a guest. */
export function previewsOf(parts: LookingParts): ApiDeps["foresee"] {
  return async (id, laneKey, overrides) => {
    const pair = await informed(parts, id);
    return foresee({ pool: parts.pool, pair, overrides }, laneKey);
  };
}

/** What proofs are made with: each reads SL as a guest. */
export function proofsOf({ pool, book, guest }: LookingParts): Proofs {
  return {
    run: async (id, { when, ...wanted }) => {
      const pair = asPatientReader(guest(book.require(id)));
      const now = systemClock.now();
      const day = lastDayOver(pair.settings, now);
      return proveAsAsked({ pool, pair }, { ...wanted, when: when ?? { day } }, now);
    },
    close: async (id, wanted) => {
      const pair = asPatientReader(guest(book.require(id)));
      const now = systemClock.now();
      const watch = async (from: string, signal: AbortSignal | undefined) => {
        const unsearched: string[] = [];
        const onLeftOut = (customerId: string) => void unsearched.push(customerId);
        await watchPair(
          { pool, pair, ...(signal === undefined ? {} : { signal }) },
          { isFull: false, from, now, onLeftOut, onProgress: async () => undefined },
        );
        return unsearched;
      };
      return closePeriod({ pool, pair, now, watch }, wanted);
    },
  };
}

/** Goes on with the backfills of all pairs. */
export function startBackfills({
  book,
  ...parts
}: Omit<BackfillingOptions, "pairs"> & Readonly<{ book: PairBook }>): Backfilling {
  return startBackfilling({
    ...parts,
    pairs: () =>
      book.all().map(({ id, settings, stripe }) => {
        return { id, settings, stripe, callLimit: settings.sl.callLimit };
      }),
  });
}

/** What backfills would do; one small read of SL tells how long a call takes. */
export function backfillsOf({ pool, book, guest }: LookingParts): Backfills {
  return {
    plan: async (id, span, how) => {
      const pair = guest(book.require(id));
      const startedMs = performance.now();
      const calendar = await pair.erp.readCalendar(how.signal);
      const slCallMs = performance.now() - startedMs;
      const { stripe } = pair;
      return planBackfill({ pool, pair, stripe, calendar, slCallMs, ...how }, span);
    },
  };
}

/** What straddles a pair's start, read at Stripe and mapped with SL's own readings. */
export function goliveOf({ pool, book, guest }: LookingParts): Golive {
  return {
    find: async (id, how) => {
      const pair = guest(book.require(id));
      // What is kept for runs was read under their own calls; here every call is a guest's.
      const reference = new Reference(pair.erp, systemClock);
      return findStraddling({ ...pair, reference }, { pool, ...how, now: systemClock.now() });
    },
  };
}

/** What a new pair is made from: every look is taken with what the person has given. */
export function wizardOf(
  { pool, book, guest }: LookingParts,
  { pairs, make }: Readonly<{ pairs: PairAdmin; make: MakeRuntime }>,
): PairWizard {
  return createWizard({
    book,
    pairs,
    setupOf: ({ secretKey, apiBase }) =>
      openStripeSetup({
        secretKey: { reveal: () => secretKey },
        apiBase,
        callLimit: WIZARD_CALL_LIMIT,
        callTimeout: WIZARD_CALL_SECONDS,
      }),
    choicesOf: ({ url: baseUrl, siteKey = "", ...access }) =>
      readSiteChoices({ baseUrl, siteKey, ...access }),
    openRuntime: (settings) => guest(make(settings)),
    foresee: (pair, laneKey) => foresee({ pool, pair, overrides: [] }, laneKey),
    workedTypes: WORKED_TYPES,
  });
}

/** What people do about what the hub found: at Stripe they see it, in SL the hub puts it right. */
export function remediesOf({
  pool,
  book,
  guest,
}: LookingParts): Pick<ApiDeps, "endpointTroubles" | "healFinding"> {
  return {
    endpointTroubles: async (id) => {
      const { stripe, settings } = book.require(id);
      if (settings.stripe.intake === "pull") return [];
      const wanted = { pair: id, pinnedVersion: PINNED_API_VERSION, workedTypes: WORKED_TYPES };
      return endpointTroubles(await stripe.listEndpoints(), wanted);
    },
    healFinding: (finding) => carryOutHeal(pool, guest(book.require(finding.pair)), finding),
  };
}

/** What payouts are made of, as Stripe lists it and the hub has booked it. */
export function payoutsOf({ pool, book, guest }: LookingParts): Payouts {
  const reading = (id: string, signal: AbortSignal) => {
    return { pool, pair: guest(book.require(id)), signal };
  };
  return {
    report: (pair, id, signal) => reportPayout(reading(pair, signal), id),
    rows: (pair, { id, after }, signal) => listPaidRows(reading(pair, signal), id, after),
  };
}

import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import { addDays, bookingZone, documentDate, periodOf } from "../mapping/index.ts";
import type { PairRuntime } from "../runs/index.ts";
import { compareStanding, type Tampering } from "./compare.ts";
import { effectOf } from "./effect.ts";
import { planHeal, planHealUnreleased } from "./heal-plan.ts";
import {
  type After,
  BEGINNING,
  type BookedDocument,
  countBooked,
  type Module,
  placeBefore,
  readBookedByKey,
  readBookedPage,
  withAllApplied,
} from "./read-booked.ts";
import { readShown, readShownPage } from "./read-shown.ts";
import { watchReturns } from "./returns.ts";
import { closeClean, closeReplaced, type Found, keysBeingHealed, saveFound } from "./store.ts";
import { compareUnreleased, readItsBatch, readUnreleased } from "./unreleased.ts";

/** What a look works with: the pair's calls to SL take a guest's place. */
export type WatchDeps = Readonly<{ pool: Pool; pair: PairRuntime; signal?: AbortSignal }>;

/** What a look goes over. */
export type Watched = Readonly<{
  /** All that was ever booked; else what was booked since the first open period or in 35 days. */
  isFull: boolean;
  /** Begins no later than with the documents of this day, `YYYY-MM-DD`. */
  from?: string;
  now: Date;
  /** Told of a customer with more orders than can be searched for returns. */
  onLeftOut?: (customerId: string, why: HubError) => void;
  onProgress(progress: Readonly<{ checked: number; total: number }>): Promise<void>;
}>;

/** Longer than refunds, disputes and payouts take to change a document's surroundings. */
const TRAILING_DAYS = 35;
/** Where a site closes no period in SL, a look goes no further back; a full one does. */
const OPEN_DAYS_MAX = 400;
/** More than these that nobody has accepted are no edits: SL was put back to a copy. */
const DIFFERING_MAX = 100;
const MODULES: readonly Module[] = ["AR", "GL"];

/**
 * Compares what the hub has booked with what SL shows, page by page, and keeps what differs. What
 * seems to differ is read once more, by itself, before it is believed.
 *
 * @throws HubError `config.invalid` without the views, `conflict.lineage` where too much differs
 */
export async function watchPair(deps: WatchDeps, watched: Watched): Promise<void> {
  await requireViews(deps.pair);
  const places = await placesOf(deps, watched);
  const { pool, pair } = deps;
  const counts = await Promise.all(
    places.map((place) => countBooked(pool, { pair: pair.id, ...place })),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const seen: Seen = { checked: 0, total, differing: 0 };
  await watched.onProgress(seen);
  for (const { module, after } of places) await watchModule(deps, watched, { module, after, seen });
  await watchUnreleased(deps);
  await watchReturns(deps, watched);
  await closeReplaced(pool, pair.id);
}

type Seen = { checked: number; total: number; differing: number };

/** @throws HubError `config.invalid` */
async function requireViews({ id, erp }: PairRuntime): Promise<void> {
  if (erp.capabilities["find-by-key"] === "probe") await erp.check();
  const needed = [erp.capabilities["find-by-key"], erp.capabilities["gl-detail"]];
  if (needed.every((answer) => answer === "yes")) return;
  throw new HubError("config.invalid", "SL lacks the views by which documents are compared", {
    facts: { pair: id },
    cure: "Install the views of site/sql in the SL database.",
  });
}

type Place = Readonly<{ module: Module; after: After }>;

async function placesOf({ pool, pair }: WatchDeps, watched: Watched): Promise<readonly Place[]> {
  if (watched.isFull) return MODULES.map((module) => ({ module, after: BEGINNING }));
  const day = await firstDay(pair, watched);
  const period = periodOf(day, await pair.reference.calendar());
  const places: Place[] = [];
  for (const module of MODULES) {
    const after = await placeBefore(pool, { pair: pair.id, module, day, period });
    if (after !== undefined) places.push({ module, after });
  }
  return places;
}

/** The first day of the first open period or 35 days back, whichever is earlier. */
async function firstDay({ settings, reference }: PairRuntime, watched: Watched): Promise<string> {
  const calendar = await reference.calendar();
  const { firstOpenLedger, firstOpenReceivables } = calendar;
  const [open = firstOpenLedger] = [firstOpenLedger, firstOpenReceivables].sort();
  const today = documentDate(watched.now, bookingZone(settings));
  const trailing = addDays(today, -TRAILING_DAYS);
  let day = today;
  for (let back = 0; back < OPEN_DAYS_MAX && periodOf(day, calendar) >= open; back += 1) {
    day = addDays(day, -1);
  }
  return [trailing, day, watched.from ?? trailing].sort()[0] ?? trailing;
}

async function watchModule(
  deps: WatchDeps,
  watched: Watched,
  of: Place & Readonly<{ seen: Seen }>,
): Promise<void> {
  const { pool, pair, signal } = deps;
  const { module, seen } = of;
  let { after } = of;
  for (;;) {
    signal?.throwIfAborted();
    const documents = await readBookedPage(pool, { pair: pair.id, module, after });
    const last = documents.at(-1);
    if (last === undefined) return;
    const shown = await readShownPage(pair.erp, { module, documents }, signal);
    const differing = documents.filter((one) => {
      const found = shown.get(one.key);
      return found !== undefined && compareStanding(one, found) !== undefined;
    });
    const isDiffering = new Set(differing.map(({ key }) => key));
    const clean = documents.filter(({ key }) => !isDiffering.has(key)).map(({ key }) => key);
    await closeClean(pool, pair.id, clean);
    await lookAgain(deps, [...isDiffering], seen);
    seen.checked += documents.length;
    await watched.onProgress(seen);
    after = last;
  }
}

function refuseTooMany(count: number): void {
  if (count <= DIFFERING_MAX) return;
  const documents = counted(count, "document differs", "documents differ");
  throw new HubError("conflict.lineage", `${documents} from what was booked, and the look ended`, {
    cure:
      "Ask whether SL was restored from a copy, or its company changed: slipway rebuild. " +
      "What was found so far is listed by slipway watch.",
  });
}

/**
 * Reads each of these documents by itself, and keeps what still differs then.
 *
 * @throws HubError `conflict.lineage` with the first that is one too many
 */
async function lookAgain(
  { pool, pair, signal }: WatchDeps,
  keys: readonly string[],
  seen: Pick<Seen, "differing">,
): Promise<void> {
  for (const booked of await readBookedByKey(pool, pair.id, keys)) {
    const shown = await readShown(pair.erp, booked, signal);
    const first = compareStanding(booked, shown);
    // A payment may be applied by what another lane has booked: that is asked for these alone.
    const isOfBalance = first?.differences.some(({ what }) => what === "open balance") === true;
    const whole = isOfBalance ? await withAllApplied(pool, pair.id, booked) : booked;
    const tampering = isOfBalance ? compareStanding(whole, shown) : first;
    if (tampering === undefined) {
      await closeClean(pool, pair.id, [booked.key]);
      continue;
    }
    const { isAccepted } = await saveFound(pool, pair.id, foundOf(pair, booked, tampering));
    if (isAccepted) continue;
    seen.differing += 1;
    refuseTooMany(seen.differing);
  }
}

function foundOf(pair: PairRuntime, booked: BookedDocument, tampering: Tampering): Found {
  const currency = booked.draft?.currency ?? pair.settings.sl.baseCurrency;
  const effect = effectOf(tampering, pair.settings, currency);
  return { booked, tampering, effect, heal: planHeal(booked, tampering) };
}

/** What was written and not released, and whose run waits: each by its batch. */
async function watchUnreleased({ pool, pair, signal }: WatchDeps): Promise<void> {
  const { settings, erp, id } = pair;
  for (const document of await readUnreleased(pool, id)) {
    const reading = await readItsBatch(erp, document, signal);
    const tampering = compareUnreleased(document, reading, settings.release);
    if (tampering === undefined) {
      await closeClean(pool, id, [document.key]);
      continue;
    }
    const { batNbr, draft } = document;
    const { period, documentDate: day, currency } = draft;
    const receipt = {
      ...{ type: "", customerId: "", refNbr: document.purpose },
      ...{ batNbr, period, documentDate: day },
    };
    const effect = { amount: { minor: 0n, currency }, on: "line 2, until it is released" };
    const heal = planHealUnreleased(batNbr, tampering);
    const booked = { ...document, receipt };
    await saveFound(pool, id, { booked, tampering, effect, heal });
  }
}

/** What people have set out to heal is looked at by itself, until SL shows it as booked. */
export async function lookAtHealing(deps: WatchDeps): Promise<void> {
  const { pool, pair } = deps;
  const keys = await keysBeingHealed(pool, pair.id);
  if (keys.length === 0) return;
  await closeReplaced(pool, pair.id);
  await lookAgain(deps, keys, { differing: 0 });
  await watchReturns(deps, { isFull: true, keys, now: new Date() });
}

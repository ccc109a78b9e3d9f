import type { EventsQuery } from "../canonical/port.ts";
import {
  DEEP_OVERLAP_MS,
  earlier,
  GAP_OVERLAP_MS,
  IN_FLIGHT_MS,
  KEPT_MS,
  later,
  moved,
  narrower,
  nextSpan,
  OPEN_SPAN_MAX_MS,
  OVERLAP_MS,
  WINDOW_MIN_MS,
  WINDOW_PAGES_MAX,
} from "./span.ts";

/**
 * `pull` takes all events as they come, `gap` asks for those that were never delivered, `rows`
 * takes the balance transactions, `sweep` goes over what changes long after it was made.
 */
export type WalkKind = "pull" | "gap" | "rows" | "sweep";

/** What a walk comes upon: an event, a balance transaction, or what is swept. */
export type Listed = Readonly<{ id: string; createdAt: Date }>;

/** How far a walk has come, when a round of it begins. */
export type Walk = Readonly<{
  since: Date;
  /** What was created before it is stored, but for what becomes visible late. */
  position: Date;
  spanMs: number;
  /** Whether the round is to look far back. */
  isDeep: boolean;
  /** The clock that all hubs share. */
  now: Date;
}>;

/** Where a walk stands from now on. */
export type Mark = Readonly<{ position: Date; spanMs: number }>;

/** What a round works with. */
export type Way<T extends Listed> = Readonly<{
  list(query: EventsQuery): AsyncIterable<Readonly<{ events: readonly T[]; isLast: boolean }>>;
  /** Which of these ids are stored. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Stores events and moves the walk in one transaction; without a mark it stays where it is. */
  save(events: readonly T[], mark: Mark | undefined): Promise<void>;
  /** Tells everybody of a long way, for the progress. */
  setOut(from: Date, to: Date): Promise<void>;
  /** False once the round has had its time: the next one goes on from the mark. */
  mayGoOn(): boolean;
  /** How far a pull goes back behind its mark, in milliseconds; default the overlaps of events. */
  overlapMs?: number;
}>;

/**
 * Takes all events that Stripe shows from the walk's position on, its overlap included.
 *
 * The list is newest first, so the mark moves with the last page alone: a crash before it repeats
 * the round, and what is stored twice is one row. Only Stripe's own times move the mark, so the
 * clock of this machine may be wrong.
 *
 * @returns false where the round stopped for its time
 */
export async function pullRound<T extends Listed>(walk: Walk, way: Way<T>): Promise<boolean> {
  const overlapMs = way.overlapMs ?? (walk.isDeep ? DEEP_OVERLAP_MS : OVERLAP_MS);
  let { position, spanMs } = walk;
  for (;;) {
    const from = moved(position, -overlapMs);
    const newest = await takeOpenSpan({ from, position, spanMs }, way);
    if (newest === undefined) return true;
    const to = moved(newest, -DEEP_OVERLAP_MS);
    const end = await takeWindows({ from, to, spanMs }, way);
    if (!end.isDone) return false;
    ({ position, spanMs } = end);
  }
}

/**
 * Compares the store with Stripe, from the walk's position to the youngest event that is no longer
 * on its way.
 *
 * @param types what to ask for, in lists of at most 20: Stripe takes no more in a call
 * @returns false where the round stopped for its time
 */
export async function gapRound<T extends Listed>(
  walk: Walk,
  way: Way<T>,
  types: readonly (readonly string[])[],
): Promise<boolean> {
  const oldest = later(moved(walk.now, -KEPT_MS), walk.since);
  const from = later(moved(walk.position, -GAP_OVERLAP_MS), oldest);
  const to = moved(walk.now, -IN_FLIGHT_MS);
  if (from >= to) return true;
  const end = await takeWindows({ from, to, spanMs: walk.spanMs, types }, way);
  return end.isDone;
}

/**
 * Takes a span that was taken before once more, for what became visible since; no mark goes back.
 *
 * @returns false where the round stopped for its time
 */
export async function spanRound<T extends Listed>(
  { spanMs }: Walk,
  way: Way<T>,
  span: Readonly<{ from: Date; to: Date }>,
  types?: readonly (readonly string[])[],
): Promise<boolean> {
  const asked = types === undefined ? {} : { types };
  return (await takeWindows({ ...span, spanMs, ...asked }, way)).isDone;
}

/** The time of which Stripe can tell nothing any more, where the walk stood still for too long. */
export function lostTime(walk: Walk): Readonly<{ from: Date; to: Date }> | undefined {
  const oldest = moved(walk.now, -KEPT_MS);
  return walk.position < oldest ? { from: walk.position, to: oldest } : undefined;
}

type OpenSpan = Readonly<{ from: Date; position: Date; spanMs: number }>;

/** @returns the newest event's time where the span is too long to be taken in one go */
async function takeOpenSpan<T extends Listed>(
  span: OpenSpan,
  way: Way<T>,
): Promise<Date | undefined> {
  let newest: Date | undefined;
  for await (const { events, isLast } of way.list({ from: span.from })) {
    const isFirst = newest === undefined;
    newest ??= events[0]?.createdAt ?? span.position;
    const lengthMs = newest.getTime() - span.from.getTime();
    if (isFirst && !isLast && lengthMs > OPEN_SPAN_MAX_MS) return newest;
    const mark = { position: later(span.position, newest), spanMs: span.spanMs };
    await take(events, way, isLast ? mark : undefined);
  }
  return undefined;
}

type Windows = Readonly<{
  from: Date;
  to: Date;
  spanMs: number;
  types?: readonly (readonly string[])[];
}>;

async function takeWindows<T extends Listed>(
  windows: Windows,
  way: Way<T>,
): Promise<Mark & { isDone: boolean }> {
  const { from, to, types = [[]] } = windows;
  let at = from;
  let { spanMs } = windows;
  await way.setOut(from, to);
  while (at < to) {
    if (!way.mayGoOn()) return { isDone: false, position: at, spanMs };
    const until = earlier(moved(at, spanMs), to);
    const pages = await takeWindow({ from: at, until, spanMs, types }, way);
    if (pages === undefined) {
      spanMs = narrower(spanMs);
    } else {
      at = until;
      spanMs = nextSpan(spanMs, pages, types.length);
    }
  }
  return { isDone: true, position: at, spanMs };
}

type Window = Readonly<{
  from: Date;
  until: Date;
  spanMs: number;
  types: readonly (readonly string[])[];
}>;

/** @returns how many pages it had; undefined where they were too many and the mark did not move */
async function takeWindow<T extends Listed>(
  window: Window,
  way: Way<T>,
): Promise<number | undefined> {
  const { from, until, spanMs, types } = window;
  let pages = 0;
  for (const [index, some] of types.entries()) {
    const query = { from, until, ...(some.length === 0 ? {} : { types: some }) };
    for await (const { events, isLast } of way.list(query)) {
      pages += 1;
      const isEnd = isLast && index === types.length - 1;
      const mark = { position: until, spanMs: nextSpan(spanMs, pages, types.length) };
      await take(events, way, isEnd ? mark : undefined);
      if (!isLast && pages >= WINDOW_PAGES_MAX && spanMs > WINDOW_MIN_MS) return undefined;
    }
  }
  return pages;
}

async function take<T extends Listed>(
  events: readonly T[],
  way: Way<T>,
  mark: Mark | undefined,
): Promise<void> {
  // Most pages of a quiet time are empty.
  const ids = events.map(({ id }) => id);
  const known = ids.length === 0 ? new Set() : await way.known(ids);
  const unknown = events.filter(({ id }) => !known.has(id));
  if (unknown.length > 0 || mark !== undefined) await way.save(unknown, mark);
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventsPage, EventsQuery, ListedEvent } from "../canonical/port.ts";
import { DEEP_EVERY_MS, KEPT_MS, LATE_MAX_MS, moved, nextSpan, WINDOW_MIN_MS } from "./span.ts";
import { gapRound, lostTime, type Mark, pullRound, type Walk, type Way } from "./walk.ts";

const START = new Date("2026-11-23T10:00:00Z");
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** An event by the seconds after `START` when it is made, and how much later it is to be seen. */
type Made = Readonly<{ id: string; type: string; atS: number; lateS: number }>;

/** A Stripe whose list shows what is visible now, and a store that a crash can cut off. */
class Bench {
  readonly events: readonly Made[];
  readonly stored = new Set<string>();
  nowS = 0;
  calls = 0;
  /** The save that is the last one before a crash; none where it is infinite. */
  savesLeft = Number.POSITIVE_INFINITY;
  roundWindows = Number.POSITIVE_INFINITY;
  mark: Mark;
  deepAtS = 0;
  readonly pageSize: number;

  constructor(events: readonly Made[], pageSize = 3) {
    this.events = [...events].sort((a, b) => b.atS - a.atS);
    this.pageSize = pageSize;
    this.mark = { position: START, spanMs: HOUR };
  }

  walk(): Walk {
    const isDeep = (this.nowS - this.deepAtS) * SECOND >= DEEP_EVERY_MS;
    return { ...this.mark, since: START, isDeep, now: moved(START, this.nowS * SECOND) };
  }

  way(change: Partial<Way<ListedEvent>> = {}): Way<ListedEvent> {
    let windows = 0;
    return {
      list: (query) => this.#list(query),
      known: async (ids) => new Set(ids.filter((id) => this.stored.has(id))),
      save: async (events, mark) => {
        if (this.savesLeft <= 0) throw new Error("crash");
        this.savesLeft -= 1;
        for (const { id } of events) this.stored.add(id);
        if (mark === undefined) return;
        windows += 1;
        const isAhead = mark.position > this.mark.position;
        this.mark = { spanMs: mark.spanMs, position: isAhead ? mark.position : this.mark.position };
      },
      setOut: async () => undefined,
      mayGoOn: () => windows < this.roundWindows,
      ...change,
    };
  }

  /** One round; a crash loses all but what was saved. */
  async round(change: Partial<Way<ListedEvent>> = {}): Promise<void> {
    const walk = this.walk();
    try {
      const isDone = await pullRound(walk, this.way(change));
      if (isDone && walk.isDeep) this.deepAtS = this.nowS;
    } catch (thrown) {
      if (!(thrown instanceof Error) || thrown.message !== "crash") throw thrown;
    }
    this.savesLeft = Number.POSITIVE_INFINITY;
  }

  missing(untilS = this.nowS): string[] {
    return this.events
      .filter(({ id, atS, lateS }) => atS + lateS <= untilS && !this.stored.has(id))
      .map(({ id }) => id);
  }

  async *#list({ from, until, types }: EventsQuery): AsyncIterable<EventsPage> {
    let after = -1;
    for (;;) {
      this.calls += 1;
      // Read anew for each page: what became visible meanwhile stands in front or in between.
      const seen = this.events
        .map((event, index) => ({ ...event, index, createdAt: moved(START, event.atS * SECOND) }))
        .filter(({ atS, lateS }) => atS + lateS <= this.nowS)
        .filter(({ createdAt }) => createdAt >= from && (until === undefined || createdAt < until))
        .filter(
          ({ type, index }) => index > after && (types === undefined || types.includes(type)),
        );
      const page = seen.slice(0, this.pageSize);
      after = page.at(-1)?.index ?? after;
      const isLast = seen.length <= this.pageSize;
      const events = page.map(({ id, type, createdAt }): ListedEvent => {
        return { id, type, createdAt, body: "{}" };
      });
      yield { events, isLast };
      if (isLast) return;
    }
  }
}

/** Bursts within seconds, quiet hours between them, and each event late by up to the bound. */
const madeEvents = (lateMaxS: number) =>
  fc
    .array(
      fc.record({
        gapS: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
          { weight: 3, arbitrary: fc.integer({ min: 4, max: 400 }) },
          { weight: 1, arbitrary: fc.integer({ min: 400, max: 30_000 }) },
        ),
        lateS: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: lateMaxS })),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((parts) => {
      let atS = 0;
      return parts.map(({ gapS, lateS }, index): Made => {
        atS += gapS;
        return { id: `evt_${index}`, type: "charge.succeeded", atS, lateS };
      });
    });

/** How long until the next round, and after how many saves it is killed. */
const rounds = fc.array(
  fc.record({
    waitS: fc.oneof(
      { weight: 5, arbitrary: fc.constant(15) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 120 }) },
      { weight: 1, arbitrary: fc.integer({ min: 600, max: 90_000 }) },
    ),
    saves: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 4 })),
    windows: fc.constantFrom(Number.POSITIVE_INFINITY, 1),
  }),
  { maxLength: 25 },
);

type Round = Readonly<{ waitS: number; saves: number; windows: number }>;

/** Lets time pass round by round, then long enough for whatever is late; gives what is missing. */
async function passTime(
  bench: Bench,
  plan: readonly Round[],
  change: Partial<Way<ListedEvent>> = {},
) {
  for (const { waitS, saves, windows } of plan) {
    bench.nowS += waitS;
    bench.savesLeft = saves;
    bench.roundWindows = windows;
    await bench.round(change);
  }
  bench.roundWindows = Number.POSITIVE_INFINITY;
  const endS = Math.max(bench.nowS, ...bench.events.map(({ atS, lateS }) => atS + lateS));
  while (bench.nowS < endS + DEEP_EVERY_MS / SECOND + MINUTE / SECOND) {
    bench.nowS += bench.nowS < endS - 90_000 ? 60_000 : 15;
    await bench.round(change);
  }
  return bench.missing();
}

describe("a pull", () => {
  test("loses no event, however late, however killed, whatever shares its second", async () => {
    await fc.assert(
      fc.asyncProperty(madeEvents(LATE_MAX_MS / SECOND), rounds, async (events, plan) => {
        expect(await passTime(new Bench(events), plan)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  test("without an overlap loses some: the property can fail", async () => {
    const property = fc.asyncProperty(madeEvents(300), rounds, async (events, plan) => {
      expect(await passTime(new Bench(events), plan, { overlapMs: 0 })).toEqual([]);
    });

    const { failed } = await fc.check(property, { numRuns: 300, seed: 7 });

    expect(failed).toBe(true);
  });

  describe("of several pages that a crash cuts off after the first", () => {
    /** Further back than the overlaps of the next round reach. */
    const killedEarly = () => {
      const events = Array.from({ length: 12 }, (_, index): Made => {
        return { id: `evt_${index}`, type: "charge.succeeded", atS: index * 240, lateS: 0 };
      });
      const bench = new Bench(events);
      bench.nowS = 3_000;
      bench.savesLeft = 1;
      return bench;
    };

    test("begins anew, and loses nothing", async () => {
      const bench = killedEarly();

      await bench.round();
      const afterOne = bench.stored.size;
      await bench.round();

      expect(afterOne).toBe(3);
      expect(bench.missing()).toEqual([]);
    });

    test("loses some where its mark moves with the first page", async () => {
      const bench = killedEarly();
      const { save } = bench.way();

      await bench.round({ save: (page, mark) => save(page, mark ?? markOf(page)) });
      await bench.round();

      expect(bench.missing()).not.toEqual([]);
    });
  });

  test("takes a way of days window by window, and goes on where its time ran out", async () => {
    const events = Array.from({ length: 500 }, (_, index): Made => {
      return { id: `evt_${index}`, type: "charge.succeeded", atS: index * 600, lateS: 0 };
    });
    const bench = new Bench(events, 100);
    bench.nowS = 500 * 600;
    bench.roundWindows = 2;

    await bench.round();
    const afterOne = [bench.stored.size, bench.mark.position.getTime() - START.getTime()] as const;
    bench.roundWindows = Number.POSITIVE_INFINITY;
    await bench.round();

    expect(afterOne[0]).toBeGreaterThan(5);
    expect(afterOne[0]).toBeLessThan(100);
    expect(afterOne[1]).toBeGreaterThan(HOUR);
    expect(bench.missing()).toEqual([]);
  });

  test("of an idle account costs one call", async () => {
    const bench = new Bench([{ id: "evt_1", type: "charge.succeeded", atS: 0, lateS: 0 }]);
    bench.nowS = 20 * 86_400;
    await bench.round();
    const before = bench.calls;

    await bench.round();

    expect(bench.calls - before).toBe(1);
  });
});

function markOf(page: readonly ListedEvent[]): Mark {
  return { position: page[0]?.createdAt ?? START, spanMs: HOUR };
}

describe("the check for gaps", () => {
  const aMade = (id: string, atS: number, type = "charge.succeeded"): Made => {
    return { id, type, atS, lateS: 0 };
  };
  const check = (bench: Bench, types: string[][]) => gapRound(bench.walk(), bench.way(), types);

  test("finds what is missing, of the types that are worked on", async () => {
    const bench = new Bench([aMade("evt_1", 10), aMade("evt_2", 20), aMade("evt_3", 30, "x.y")]);
    bench.stored.add("evt_1");
    bench.nowS = 3_600;

    await check(bench, [["charge.succeeded"], ["invoice.paid"]]);

    expect([...bench.stored]).toEqual(["evt_1", "evt_2"]);
  });

  test("begins a window anew where a crash came between two lists of types", async () => {
    const bench = new Bench([aMade("evt_1", 100), aMade("evt_2", 100, "invoice.paid")]);
    bench.nowS = (6 * HOUR) / SECOND;
    bench.mark = { position: START, spanMs: 24 * HOUR };
    bench.savesLeft = 1;
    const lists = [["charge.succeeded"], ["invoice.paid"]];

    await expect(check(bench, lists)).rejects.toThrow("crash");
    bench.savesLeft = Number.POSITIVE_INFINITY;
    await check(bench, lists);

    expect(bench.missing()).toEqual([]);
  });

  test("asks for nothing from before the pair's first day", async () => {
    const bench = new Bench([aMade("evt_0", -60), aMade("evt_1", 60)]);
    bench.nowS = HOUR / SECOND;

    await check(bench, [["charge.succeeded"]]);

    expect([...bench.stored]).toEqual(["evt_1"]);
  });

  test("leaves alone what may still be on its way, and finds it the next time", async () => {
    const bench = new Bench([aMade("evt_1", 3_500)]);
    bench.nowS = 3_600;
    await check(bench, [["charge.succeeded"]]);
    const early = bench.stored.size;

    bench.nowS = 7_200;
    await check(bench, [["charge.succeeded"]]);

    expect([early, bench.stored.size]).toEqual([0, 1]);
  });

  test("finds what became visible once an earlier one had passed its time", async () => {
    const bench = new Bench([{ ...aMade("evt_1", 3_600), lateS: 3_660 }]);
    bench.nowS = 7_200;
    await check(bench, [["charge.succeeded"]]);
    const position = bench.mark.position.getTime() - START.getTime();

    bench.nowS = 10_800;
    await check(bench, [["charge.succeeded"]]);

    expect(position).toBeGreaterThan(3_600 * SECOND);
    expect([...bench.stored]).toEqual(["evt_1"]);
  });

  test("of 20 quiet days takes windows of a day, however many lists there are", async () => {
    const bench = new Bench([]);
    bench.nowS = 20 * 86_400;
    const asked: number[] = [];

    const way = bench.way({ known: async (ids) => new Set(ids.filter(() => asked.push(1))) });
    await gapRound(bench.walk(), way, [["charge.succeeded"], ["invoice.paid"], ["refund.created"]]);

    // Five windows up to a day, 19 of a day, with three calls each; nothing is looked up for none.
    expect(bench.calls).toBeLessThanOrEqual(25 * 3);
    expect(asked).toEqual([]);
  });

  test("says which time Stripe has forgotten, and only then", () => {
    const walk = { since: START, position: START, spanMs: HOUR, isDeep: false };
    const inTime = lostTime({ ...walk, now: moved(START, KEPT_MS) });
    const late = lostTime({ ...walk, now: moved(START, KEPT_MS + HOUR) });

    expect(inTime).toBeUndefined();
    expect(late).toEqual({ from: START, to: moved(START, HOUR) });
  });
});

test("windows grow where there is little and shrink where there is much, within bounds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), (pages) => {
      let span = HOUR;
      for (const one of pages) {
        span = nextSpan(span, one, 1);
        expect(span).toBeGreaterThanOrEqual(WINDOW_MIN_MS);
        expect(span).toBeLessThanOrEqual(24 * HOUR);
        expect(span % SECOND).toBe(0);
      }
    }),
  );
});

import { CloseAnswer, ProofAnswer, type ProofOfCurrency } from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import type { Act } from "./act.ts";
import type { Work } from "./database-clock.ts";
import type { HubUse } from "./hub-words.ts";
import { retried } from "./patience.ts";
import type { YearWorld } from "./world.ts";

/** How often it is looked whether all is done: seldom while there is much to do. */
const LOOK_MS = { least: 3, forEach: 2, most: 50 } as const;
/** What falls due within so long after something else is waited for with it. */
const TOGETHER_MS = 4 * 60_000;
/** No work of a few hours takes longer; what does has a fault that is worth telling. */
const QUIET_WITHIN_MS = 600_000;
const CALL_WITHIN_MS = 600_000;
/** So often, and so far apart, a day is proved that does not hold at once. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 10 * 60_000;

/** Plays acts in a world, hour by hour as it is told, and asks the hub for its proofs. */
export class Driver {
  readonly #world: YearWorld;
  readonly #acts: readonly Act[];
  #played = 0;
  #nowMs: number;
  use: HubUse = { residentMb: 0, cpuMs: 0 };
  /** Acts that Stripe refused, as it was to be. */
  refused = 0;

  constructor(world: YearWorld, acts: readonly Act[], startMs: number) {
    this.#world = world;
    this.#acts = acts;
    this.#nowMs = startMs;
  }

  get played(): number {
    return this.#played;
  }

  /**
   * Plays what happens until a moment, and lets the hub work until nothing is left to do; also all
   * that it does by the minute or the hour, where that is to come round.
   */
  async playUntil(untilMs: number, how?: "come round"): Promise<void> {
    const due = this.#dueBy(untilMs);
    this.#played += due.length;
    const refused = await this.#world.play(due, untilMs);
    for (const { index, status, answer } of refused) {
      const act = due[index];
      this.refused += 1;
      if (act?.mayBeRefused === true) continue;
      const words = `Stripe refused ${act?.path}: ${JSON.stringify(answer)}`;
      throw new HubError("bug.assertion", words, { facts: { status, name: act?.name ?? "" } });
    }
    await this.#follow(untilMs);
    await this.#sendAll();
    if (how !== undefined) this.use = await this.#world.comeRound();
    await this.quiet(how === undefined ? undefined : "with walks");
  }

  /** Lets what waits for minutes come to its end: retries, and sends without an answer. */
  async settle(withinMs: number): Promise<void> {
    const endMs = this.#nowMs + withinMs;
    for (;;) {
      const { nextMs } = await this.quiet();
      const clockMs = this.#nowMs;
      if (nextMs === null || clockMs + nextMs > endMs) return;
      await this.playUntil(clockMs + nextMs + TOGETHER_MS);
    }
  }

  /** Waits until nothing is under way and nothing is due; walks may be due for a second. */
  async quiet(what?: "with walks"): Promise<Work> {
    const deadlineMs = performance.now() + QUIET_WITHIN_MS;
    for (let calm = 0; ; ) {
      const work = await this.#world.database.work(this.#world.pair);
      const dueWalks = what === "with walks" ? work.dueWalks : 0;
      const isBusy = work.owned + work.walks + work.guests + work.due + dueWalks > 0;
      calm = isBusy ? 0 : calm + 1;
      if (calm === 2) return work;
      if (work.owned === 0 && work.due > 0 && work.probeMs !== null && work.probeMs > 0) {
        const untilMs = this.#nowMs + work.probeMs + 500;
        await this.#world.play([], untilMs);
        await this.#follow(untilMs);
      }
      if (performance.now() > deadlineMs) throw stuck(work);
      await pause(lookMs(work.due + work.owned));
    }
  }

  /** As the hub proves its days: one in which something is under way is looked at three times. */
  async proveDay(date: string): Promise<ProofOfCurrency[]> {
    for (let look = 1; ; look += 1) {
      const proofs = await retried(() => this.prove({ date }));
      if (look === LOOKS || proofs.every(({ isProven }) => isProven)) return proofs;
      await this.playUntil(this.#nowMs + LOOK_AGAIN_MS, "come round");
    }
  }

  async prove(when: Readonly<{ date: string } | { month: string }>): Promise<ProofOfCurrency[]> {
    const { hub, pair } = this.#world;
    const call = { query: when, withinMs: CALL_WITHIN_MS };
    return (await hub.get(`/api/pairs/${pair}/proof`, ProofAnswer, call)).proofs;
  }

  close(period: string): Promise<CloseAnswer> {
    const { hub, pair } = this.#world;
    const call = { body: { period, by: "demo year" }, withinMs: CALL_WITHIN_MS };
    return hub.post(`/api/pairs/${pair}/close`, CloseAnswer, call);
  }

  #dueBy(untilMs: number): readonly Act[] {
    let end = this.#played;
    while ((this.#acts[end]?.at ?? Infinity) <= untilMs) end += 1;
    return this.#acts.slice(this.#played, end);
  }

  async #follow(untilMs: number): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      if (await this.#world.follow()) break;
      // A look that comes by itself every second may just have begun.
      if (tries > 500) throw new HubError("bug.assertion", "The hub does not come to rest");
      await pause(LOOK_MS.least);
    }
    this.#nowMs = untilMs;
  }

  async #sendAll(): Promise<void> {
    let sending = await this.#world.send();
    while (sending.queued + sending.inFlight > 0) {
      await pause(lookMs(sending.queued));
      sending = await this.#world.sending();
    }
  }
}

function lookMs(left: number): number {
  return Math.min(Math.max(left * LOOK_MS.forEach, LOOK_MS.least), LOOK_MS.most);
}

function stuck(work: Work): HubError {
  const minutes = QUIET_WITHIN_MS / 60_000;
  return new HubError("bug.assertion", `The hub found no rest in ${minutes} minutes`, {
    facts: { ...work },
  });
}

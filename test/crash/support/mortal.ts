import type { Pool } from "pg";
import { systemClock } from "../../../src/base/clock.ts";
import type { StripePort } from "../../../src/canonical/port.ts";
import type { PairSettings } from "../../../src/config/index.ts";
import type { ErpConnector } from "../../../src/erp/port.ts";
import { type ClaimedLane, wakeLanes } from "../../../src/lanes/index.ts";
import type { RunContext } from "../../../src/runs/context.ts";
import { StepLog } from "../../../src/runs/step-log.ts";
import { openDoor } from "../../../src/runs/write/door.ts";
import { IntentStore } from "../../../src/runs/write/intent-store.ts";
import { Reference } from "../../../src/runs/write/reference.ts";
import { valuerOf } from "../../../src/runs/write/value.ts";

/** A process dies before a call leaves it, or after its effect and before it knows of that. */
export type Death = "before" | "after";
/** Both, for whoever dies at each. */
export const DEATHS: readonly Death[] = ["before", "after"];

/** What a dead process meets wherever it turns. */
const DIED = "the process has died";

/** A process that dies at the `nth` of the steps that count for it; the dead do nothing more. */
export class Mortal {
  readonly #counts: (step: string) => boolean;
  readonly #nth: number;
  readonly #death: Death;
  #seen = 0;
  /** The step that it died at. */
  diedAt: string | undefined;

  constructor(at: Readonly<{ counts: (step: string) => boolean; nth?: number; death: Death }>) {
    this.#counts = at.counts;
    this.#nth = at.nth ?? 1;
    this.#death = at.death;
  }

  get isDead(): boolean {
    return this.diedAt !== undefined;
  }

  /** Takes a step, unless the process is dead or dies at it. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error(DIED);
    if (this.#counts(name)) this.#seen += 1;
    const isLast = this.#counts(name) && this.#seen === this.#nth;
    if (isLast && this.#death === "before") this.#die(name);
    const result = await work();
    if (isLast) this.#die(name);
    return result;
  }

  #die(at: string): never {
    this.diedAt = at;
    throw new Error(DIED);
  }
}

/** One that lives on. */
export function immortal(): Mortal {
  return new Mortal({ counts: () => false, death: "before" });
}

/**
 * A port of which calls with these names are steps of a process.
 *
 * @param onCall told of each before it is made, whatever becomes of it
 */
export function mortalPort<P extends object>(
  port: P,
  mortal: Mortal,
  names: readonly string[],
  onCall: (name: string, args: readonly unknown[]) => void = () => {},
): P {
  return new Proxy<P>(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function" || !names.includes(String(name))) return member;
      return (...args: unknown[]) => {
        onCall(String(name), args);
        return mortal.step(String(name), () =>
          (member as (...all: unknown[]) => Promise<unknown>).apply(target, args),
        );
      };
    },
  });
}

/** A pool whose statements are steps of a process; it begins no transaction once that is dead. */
export function mortalPool(pool: Pool, mortal: Mortal): Pool {
  const query = (...args: unknown[]) =>
    mortal.step("query", () => (pool.query as (...all: unknown[]) => Promise<unknown>)(...args));
  const connect = () => mortal.step("connect", () => pool.connect());
  return Object.assign(Object.create(pool) as Pool, { query, connect });
}

/** Takes a lane, whoever may have it: his lease is over. */
export async function claim(pool: Pool, pair: string, key: string): Promise<ClaimedLane> {
  await wakeLanes(pool, [{ pair, key }]);
  const { rows } = await pool.query<{ attempt: string; wake: string }>(
    `update lane set owner = 'w', attempt = attempt + 1, lease_until = now() + interval '1 hour'
     where pair = $1 and key = $2 returning attempt::text, wake::text`,
    [pair, key],
  );
  const [attempt, wake] = [Number(rows[0]?.attempt), Number(rows[0]?.wake)];
  return { pair, key, owner: "w", attempt, wake, tries: 0, takenOverFrom: undefined };
}

/** Nothing that was sent can take effect any more when the next process looks. */
export async function passHorizon(pool: Pool): Promise<void> {
  await pool.query(`update attempt set sent_at = sent_at - interval '1 hour',
    answered_at = answered_at - interval '1 hour'`);
}

const HORIZON_MS = 330_000;

/** What a run works with in a process that may die. */
export async function mortalContext(
  mortal: Mortal,
  parts: Readonly<{
    pool: Pool;
    laneKey: string;
    settings: PairSettings;
    erp: ErpConnector;
    stripe: StripePort;
  }>,
): Promise<RunContext> {
  const { settings, erp, stripe } = parts;
  const { id } = settings;
  const lane = await claim(parts.pool, id, parts.laneKey);
  const pool = mortalPool(parts.pool, mortal);
  const { signal } = new AbortController();
  const reference = new Reference(erp, systemClock);
  const store = new IntentStore({ pool, lane, clock: systemClock, mappingVersion: 1 });
  return {
    ...{ pool, lane, signal, steps: new StepLog(systemClock) },
    ...{ mayHaveRefunds: false, mayHaveDisputes: false, byHand: [] },
    pair: { id, settings, erp, stripe, reference },
    door: openDoor({
      ...{ store, erp, signal, clock: systemClock, mustLookUp: false },
      ...{ horizonMs: HORIZON_MS, sendWithinMs: 2_000 },
      value: valuerOf({ settings, reference, erp }),
      ...{ releasedBy: "hub", personWaitMaxMs: 0, noteWait: async () => 0 },
    }),
  };
}

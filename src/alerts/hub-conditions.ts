import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import type { Pool } from "pg";
import { toHubError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { StripePort } from "../canonical/port.ts";
import { type EndpointTrouble, endpointTroubles } from "./endpoint-troubles.ts";
import type { Condition } from "./rules.ts";

const GIBIBYTE = 1_024 ** 3;
/** How often Stripe is asked for a pair's endpoints. */
const ENDPOINTS_EVERY_MS = 3_600_000;
/** What was found at Stripe holds until it is looked at again, and a little longer. */
const ENDPOINT_HOLDS_MS = ENDPOINTS_EVERY_MS + 30 * 60_000;
const STRAY_HOLDS_MS = 3_600_000;
const MACHINE_GONE_MS = 24 * 3_600_000;

/** The disk that holds the home folder, and with it the embedded database and its log. */
export async function diskConditions(home: string, freePercent: number): Promise<Condition[]> {
  const { bavail, blocks, bsize } = await statfs(home);
  const percent = blocks === 0 ? 100 : (bavail / blocks) * 100;
  if (percent >= freePercent) return [];
  const free = ((bavail * bsize) / GIBIBYTE).toFixed(1);
  return [
    {
      rule: "disk",
      pair: "",
      key: hostname(),
      title: `the disk of ${home} on ${hostname()} has ${percent.toFixed(1)} % (${free} GiB) left`,
      cure: "Make room, or move the home folder to a larger disk; a full one stops intake.",
      records: [home],
      count: 1,
    },
  ];
}

/**
 * Whether an open alert is one that this process can say the end of. A machine whose disk nobody
 * has looked at for a day has no hub any more: those that are there each take some rounds.
 */
export function isJudgedHere(
  alert: Readonly<{ rule: string; key: string; unseenMs: number }>,
): boolean {
  return alert.rule !== "disk" || alert.key === hostname() || alert.unseenMs > MACHINE_GONE_MS;
}

/** What parts of the hub came upon and left to be told, until it expires. */
export async function signalConditions(pool: Pool): Promise<Condition[]> {
  const { rows } = await pool.query<Condition>(
    `select rule, pair, key, title, cure, records, count from alert_signal
     where expires_at > clock_timestamp()`,
  );
  return rows;
}

/** Leaves a trouble to be told for so long; the same again takes its place. */
async function leaveSignal(pool: Pool, signal: Condition, holdsMs: number): Promise<void> {
  const { rule, pair, key, title, cure, records, count } = signal;
  await pool.query(
    `insert into alert_signal (rule, pair, key, title, cure, records, count, expires_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7, clock_timestamp() + $8 * interval '1 millisecond')
     on conflict (rule, pair, key) do update set title = excluded.title, cure = excluded.cure,
       records = excluded.records, count = excluded.count, expires_at = excluded.expires_at`,
    [rule, pair, key, title, cure, JSON.stringify(records), count, holdsMs],
  );
}

/** The sweeper found work that nobody would have done: to be told for an hour. */
export async function signalStray(pool: Pool, kind: string, count: number): Promise<void> {
  if (count === 0) return;
  const signal = {
    rule: "stray",
    pair: "",
    key: kind,
    title: `the sweeper found ${count} of kind "${kind}" that nobody would have worked on`,
    cure: "They are woken already. See slipway lanes and the hub's log, and report it.",
    records: [],
    count,
  } as const;
  await leaveSignal(pool, signal, STRAY_HOLDS_MS);
}

/** A pair that takes webhooks, as the look at its endpoint needs it. */
export type WatchedPair = Readonly<{ id: string; stripe: Pick<StripePort, "listEndpoints"> }>;

/** Looks at the pairs' webhook endpoints at Stripe, each once an hour. */
export class EndpointWatch {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #pinnedVersion: string;
  readonly #workedTypes: readonly string[];
  readonly #lookedAtMs = new Map<string, number>();

  constructor(
    options: Readonly<{
      pool: Pool;
      log: Log;
      pinnedVersion: string;
      workedTypes: readonly string[];
    }>,
  ) {
    this.#pool = options.pool;
    this.#log = options.log;
    this.#pinnedVersion = options.pinnedVersion;
    this.#workedTypes = options.workedTypes;
  }

  async look(pairs: readonly WatchedPair[], signal: AbortSignal): Promise<void> {
    for (const pair of pairs) {
      const last = this.#lookedAtMs.get(pair.id) ?? Number.NEGATIVE_INFINITY;
      if (performance.now() - last < ENDPOINTS_EVERY_MS) continue;
      this.#lookedAtMs.set(pair.id, performance.now());
      try {
        await this.#lookAt(pair, signal);
      } catch (thrown) {
        // A key need not have the right to see endpoints; then there is nothing to tell.
        const { code, message } = toHubError(thrown);
        this.#log.debug({ pair: pair.id, code }, `Its endpoint was not looked at: ${message}`);
      }
    }
  }

  async #lookAt({ id, stripe }: WatchedPair, signal: AbortSignal): Promise<void> {
    const wanted = {
      pair: id,
      pinnedVersion: this.#pinnedVersion,
      workedTypes: this.#workedTypes,
    };
    const troubles = endpointTroubles(await stripe.listEndpoints(signal), wanted);
    for (const key of ["disabled", "version", "types"] as const) {
      const trouble = troubles.find((one) => one.key === key);
      await this.#tell(id, key, trouble);
    }
  }

  async #tell(pair: string, key: string, trouble: EndpointTrouble | undefined): Promise<void> {
    if (trouble === undefined) {
      const gone = "delete from alert_signal where rule = 'endpoint' and pair = $1 and key = $2";
      await this.#pool.query(gone, [pair, key]);
      return;
    }
    const { title, cure, ids } = trouble;
    const signal = { rule: "endpoint", pair, key, title, cure, records: ids, count: ids.length };
    await leaveSignal(this.#pool, { ...signal, rule: "endpoint" }, ENDPOINT_HOLDS_MS);
  }
}

import type { Pool } from "pg";
import type { Clock } from "../base/clock.ts";
import { CACHE_RULES, KEPT_MAX, type LookupKind } from "./cache-rules.ts";

type Kept = Readonly<{
  value: unknown;
  kind: LookupKind;
  customers: readonly string[];
  atMs: number;
}>;

// Whatever the hub has written for one of the customers since then, by this or by another process.
const WRITTEN_SQL = `
select 1 from intent
where receipt ->> 'customerId' = any ($2::text[]) and pair = $1 and stage = 'done'
  and updated_at > clock_timestamp() - $3::float8 * interval '1 millisecond'
limit 1`;

/** Answers of SL that may be given again, by the rules of `CACHE_RULES`. */
export class KeptAnswers {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** The answer and its age, or undefined where SL has to be asked. */
  async find(
    pair: string,
    question: string,
  ): Promise<{ value: unknown; ageMs: number } | undefined> {
    const name = `${pair}\n${question}`;
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    const ageMs = this.#clock.monotonicMs() - kept.atMs;
    const rule = CACHE_RULES[kept.kind];
    const isOld =
      ageMs >= rule.keepMs || (rule.endsWithWrites && (await this.#hasWritten(pair, kept, ageMs)));
    if (!isOld) return { value: kept.value, ageMs };
    // Somebody may have kept a newer one meanwhile.
    if (this.#kept.get(name) === kept) this.#kept.delete(name);
    return undefined;
  }

  keep(pair: string, question: string, answer: Omit<Kept, "atMs">, askedAtMs: number): void {
    const name = `${pair}\n${question}`;
    this.#kept.delete(name);
    this.#kept.set(name, { ...answer, atMs: askedAtMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #hasWritten(pair: string, { customers }: Kept, ageMs: number): Promise<boolean> {
    if (customers.length === 0) return false;
    const { rowCount } = await this.#pool.query(WRITTEN_SQL, [pair, customers, ageMs]);
    return rowCount !== 0;
  }
}

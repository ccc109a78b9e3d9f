import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import type { Finding } from "./check.ts";

const WORDS: Readonly<Record<string, string>> = {
  hold: "on hold by a word",
  skip: "skipped by a word",
  filter: "by a filter",
  "not-allowed": "that nothing allows",
  "min-age": "too young",
  mode: "of the other mode of Stripe",
  zero: "for nothing",
};

/** How much rules and words keep from being booked: no fault, but never silent. */
export async function lookAtHeld(pool: Pool, pair: string): Promise<Finding> {
  const { rows } = await pool.query<{ kind: string; count: number; since: Date }>(
    `select kind, count(*)::int as count, min(since) as since from held where pair = $1
     group by kind order by kind`,
    [pair],
  );
  if (rows.length === 0) return "nothing is held back by a rule or a word";
  const parts = rows.map(({ kind, count }) => `${count} ${WORDS[kind] ?? kind}`);
  const oldest = rows.map(({ since }) => since.toISOString().slice(0, 10)).sort()[0];
  return `held back: ${parts.join(", ")}; the oldest since ${oldest} (slipway held list)`;
}

/** Buyers of whom a person is to say who they are in SL. */
export async function lookAtReviews(pool: Pool, pair: string): Promise<Finding> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(distinct facts ->> 'review')::int as count from parked
     where pair = $1 and state = 'open' and facts ? 'review'`,
    [pair],
  );
  const count = rows[0]?.count ?? 0;
  if (count === 0) return "every buyer is known";
  const waits = `${counted(count, "buyer waits", "buyers wait")} for a person to say who they are`;
  return { warning: waits, cure: "See `slipway customers review list`." };
}

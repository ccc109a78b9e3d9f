import type { Pool } from "pg";
import { toJson } from "../base/json.ts";
import { type Money, money } from "../base/money.ts";
import type { Finding } from "./documents.ts";
import type { Proof } from "./prove.ts";

/** So many of what differs are kept of a day: the proof itself names all of it. */
const FINDINGS_KEPT = 20;
const DAYS_LISTED = 35;
const ROWS_MAX = 2_000;

/** How the proof of a day came out when it was last made. */
export type DayProof = Readonly<{
  /** `YYYY-MM-DD` in the pair's zone. */
  day: string;
  currency: string;
  kind: Proof["kind"];
  isProven: boolean;
  closing: Money;
  released: Money;
  difference: Money;
  /** The first of what differed, and how much there was. */
  findings: readonly Finding[];
  findingCount: number;
  madeAt: Date;
}>;

const KEEP_SQL = `
insert into day_proof (pair, day, currency, kind, is_proven, closing, released, difference,
  findings, finding_count)
select $1, $2, p.currency, p.kind, p.is_proven, p.closing, p.released, p.difference,
  p.findings, p.finding_count
from jsonb_to_recordset($3::jsonb) as p(currency text, kind text, is_proven boolean,
  closing bigint, released bigint, difference bigint, findings jsonb, finding_count int)
on conflict (pair, day, currency) do update set kind = excluded.kind,
  is_proven = excluded.is_proven, closing = excluded.closing, released = excluded.released,
  difference = excluded.difference, findings = excluded.findings,
  finding_count = excluded.finding_count, made_at = clock_timestamp()`;

/** Keeps how a day that is over was proved, in place of what was kept of it before. */
export async function keepDayProofs(
  pool: Pool,
  { pair, day }: Readonly<{ pair: string; day: string }>,
  proofs: readonly Proof[],
): Promise<void> {
  await pool.query(KEEP_SQL, [pair, day, toJson(proofs.map(kept))]);
}

function kept({ currency, kind, isProven, stripe, ledger, difference, findings }: Proof) {
  return {
    ...{ currency, kind, is_proven: isProven, closing: stripe.closing.minor },
    ...{ released: ledger.released.minor, difference: difference.minor },
    findings: findings.slice(0, FINDINGS_KEPT).map(({ amount, ...finding }) => {
      return { ...finding, minor: amount.minor };
    }),
    finding_count: findings.length,
  };
}

type Row = Omit<DayProof, "closing" | "released" | "difference" | "findings"> &
  Readonly<{
    closing: string;
    released: string;
    difference: string;
    findings: readonly (Omit<Finding, "amount"> & Readonly<{ minor: string }>)[];
  }>;

/**
 * What is kept of these days, newest first, both counted in: by default of the last five weeks, and
 * two thousand at most.
 */
export async function listDayProofs(
  pool: Pool,
  {
    pair,
    from,
    to,
  }: Readonly<{ pair: string; from?: string | undefined; to?: string | undefined }>,
): Promise<readonly DayProof[]> {
  const { rows } = await pool.query<Row>(
    `select day, currency, kind, is_proven as "isProven", closing::text, released::text,
       difference::text, findings, finding_count as "findingCount", made_at as "madeAt"
     from day_proof
     where pair = $1 and day <= coalesce($3::date, 'infinity') and day >= coalesce($2::date,
       coalesce($3::date, (select max(day) from day_proof where pair = $1)) - ${DAYS_LISTED - 1})
     order by day desc, currency limit ${ROWS_MAX}`,
    [pair, from ?? null, to ?? null],
  );
  return rows.map((row) => {
    const amount = (minor: string) => money(BigInt(minor), row.currency);
    return {
      ...row,
      ...{ closing: amount(row.closing), released: amount(row.released) },
      difference: amount(row.difference),
      findings: row.findings.map(({ minor, ...finding }) => {
        return { ...finding, amount: amount(minor) };
      }),
    };
  });
}

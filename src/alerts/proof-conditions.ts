import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { money, toDecimal } from "../base/money.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";

/** A day is proved again each hour while it differs, and tried every ten minutes in trouble. */
const TROUBLE_HOURS = 2;
/** A day is due two days after it, and four where journals wait for long. */
const BEHIND_DAYS = 5;

// The days before it stay as they were on their day: the newest tells whether the books agree now.
// One that somebody has asked for before it was due may differ by what is still to come.
const DIFFERING_SQL = `
select * from (
  select distinct on (d.pair, d.currency) d.pair, d.currency, d.day, d.kind,
    d.is_proven as "isProven", d.difference::text as difference,
    d.finding_count as "findingCount", d.findings
  from day_proof d join proof_round r on r.pair = d.pair and d.day <= r.proved_until
  where d.day > (clock_timestamp() - interval '60 days')::date
  order by d.pair, d.currency, d.day desc) newest
where kind = 'proof' and not "isProven" order by pair, currency`;

/**
 * An SL that does not answer is told by the circuit, and a pair that is paused by its pause; one
 * that has just gone on makes up for its days first. `updated_at` of its state would not do: each
 * call that fails moves it.
 */
const BEHIND_SQL = `
select r.pair, r.proved_until as "provedUntil", r.trouble, r.trouble_cure as cure
from proof_round r
where (r.trouble_since < clock_timestamp() - make_interval(hours => $1)
    or r.proved_until < (clock_timestamp() - make_interval(days => $2))::date)
  and not exists (
    select from pair_state s
    where s.pair = r.pair and (s.circuit = 'open' or s.paused_code is not null))
  and not exists (
    select from domain_event e
    where e.pair = r.pair and e.type in ('pair.resumed', 'pair.sl_reachable')
      and e.occurred_at > clock_timestamp() - interval '1 hour')`;

type Differing = {
  pair: string;
  currency: string;
  day: string;
  difference: string;
  findingCount: number;
  findings: readonly Readonly<{ kind: string; id: string; words: string }>[];
};
type Behind = { pair: string; provedUntil: string; trouble: string | null; cure: string | null };

/** Pairs whose last proved day differs, and those whose days are proved no more. */
export async function proofConditions(pool: Pool): Promise<Condition[]> {
  const differing = await pool.query<Differing>(DIFFERING_SQL);
  const behind = await pool.query<Behind>(BEHIND_SQL, [TROUBLE_HOURS, BEHIND_DAYS]);
  return [
    ...differing.rows.map(
      (row): Condition => ({
        ...{ rule: "proof-differs", pair: row.pair, key: row.currency, count: row.findingCount },
        title: `The proof of ${row.day} differs by ${differenceOf(row)}`,
        cure:
          `slipway proof ${row.pair} --date ${row.day} tells each by its id. Heal what was ` +
          "changed in SL (slipway watch), or match what cancels (slipway proof match).",
        records: row.findings.slice(0, RECORDS_SHOWN).map(({ kind, words }) => `${kind}: ${words}`),
      }),
    ),
    ...behind.rows.map(
      ({ pair, provedUntil, trouble, cure }): Condition => ({
        ...{ rule: "proof-behind", pair, key: "", records: [], count: 1 },
        title: `No day after ${provedUntil} is proved: ${trouble ?? "no proof was made"}`,
        cure: cure ?? `See whether a hub runs, then slipway proof ${pair}.`,
      }),
    ),
  ];
}

function differenceOf({ difference, currency, findingCount }: Differing): string {
  const amount = `${toDecimal(money(BigInt(difference), currency))} ${currency}`;
  return BigInt(difference) === 0n
    ? `${counted(findingCount, "point")} that add up to ${amount}`
    : amount;
}

import type { Pool } from "pg";
import { counted } from "../base/counted.ts";
import { ERROR_CODES, type ErrorCode } from "../base/error-codes.ts";
import type { AlertSettings } from "../config/index.ts";
import { countLanes, type LaneCounts, type PairState, readPairStates } from "../lanes/index.ts";
import type { JournalPair } from "../ledger/index.ts";
import { readSlowWalks, readWalks, type WalkState } from "../pull/index.ts";
import { listPersonWaits } from "../runs/index.ts";
import { disputeConditions } from "./dispute-conditions.ts";
import { creditConditions, orderConditions } from "./order-conditions.ts";
import { proofConditions } from "./proof-conditions.ts";
import { rowConditions } from "./row-conditions.ts";
import { type Condition, RECORDS_SHOWN } from "./rules.ts";
import { watchConditions } from "./watch-conditions.ts";

/** A pull asks every 15 seconds, the check for gaps every hour, for rows it is five minutes. */
const WALK_LATE_SECONDS = { pull: 300, gap: 2 * 3_600, rows: 3_600, sweep: 48 * 3_600 } as const;
const LIST_OF = {
  ...{ pull: "events gaps", gap: "events gaps" },
  ...{ rows: "rows unowned", sweep: "sweep --list" },
} as const;
const ASKED_FOR = {
  ...{ pull: "events", gap: "events" },
  ...{ rows: "balance transactions", sweep: "refunds, disputes and payouts" },
} as const;

const HOUR_MS = 3_600_000;
const BATCHES_MAX = 1_000;
/** Documents of one pair mostly wait for the same; a notice is no list of instructions. */
const CURES_SHOWN = 3;
const RELEASE = "Release the batch in its SL screen, or void it and resume its run.";

type Limits = AlertSettings["limits"];

/** The troubles of these pairs that the database knows of, each once for all its records. */
export async function pairConditions(
  pool: Pool,
  pairs: readonly JournalPair[],
  limits: Limits,
): Promise<Condition[]> {
  const [states, lanes, walks, rowWalks, own] = await Promise.all([
    readPairStates(pool),
    countLanes(pool),
    readWalks(pool),
    readSlowWalks(pool),
    ownConditions(pool, pairs, limits),
  ]);
  const stands = lanes.map((counts) => {
    return { ...counts, state: states.find(({ pair }) => pair === counts.pair) };
  });
  const work = await Promise.all([
    ...stands.map((stand) => backlogConditions(pool, stand, limits)),
    ...states.map((state) => {
      const counts = lanes.find(({ pair }) => pair === state.pair);
      const { owned = 0, due = 0, waiting = 0 } = counts ?? {};
      return stateConditions(pool, state, owned + due + waiting);
    }),
  ]);
  const asked = [...walks, ...rowWalks].flatMap(walkConditions);
  const all = [...own, ...work.flat(), ...asked];
  const ids = new Set(pairs.map(({ id }) => id));
  return all.filter(({ pair }) => ids.has(pair));
}

/** What is told by tables of its own, whatever lanes and walks do. */
async function ownConditions(
  pool: Pool,
  pairs: readonly JournalPair[],
  limits: Limits,
): Promise<Condition[]> {
  const found = await Promise.all([
    parkedConditions(pool),
    batchConditions(pool, limits),
    orderConditions(pool),
    creditConditions(pool),
    disputeConditions(pool, limits),
    rowConditions(pool, pairs),
    watchConditions(pool),
    proofConditions(pool),
  ]);
  return found.flat();
}

type Grouped = Readonly<{ pair: string; key: string; count: number; records: string[] }>;

async function parkedConditions(pool: Pool): Promise<Condition[]> {
  const { rows } = await pool.query<Grouped & { reason: string; cure: string }>(
    `select pair, code as key, count(*)::int as count,
       (array_agg(id || ' ' || lane_key order by id desc))[1:$1] as records,
       (array_agg(reason order by id desc))[1] as reason,
       (array_agg(cure order by id desc))[1] as cure
     from parked where state = 'open' group by pair, code`,
    [RECORDS_SHOWN],
  );
  return rows.map(({ reason, cure, ...group }) => ({
    ...group,
    rule: "parked",
    title: `${counted(group.count, "run waits", "runs wait")} for a person: ${reason}`,
    cure: `${cure} (slipway parked list --pair ${group.pair})`,
    records: group.records.map((record) => `case ${record}`),
  }));
}

/** The order that has been due for longest tells how far a pair is behind; a held pair is not. */
async function backlogConditions(
  pool: Pool,
  stand: LaneCounts & Readonly<{ state: PairState | undefined }>,
  limits: Limits,
): Promise<Condition[]> {
  const { pair, due, state } = stand;
  const minutes = Math.floor((stand.oldestDueMs ?? 0) / 60_000);
  if (minutes < limits.backlog || (state !== undefined && isHolding(state))) return [];
  return [
    {
      rule: "backlog",
      pair,
      key: "",
      title: `${counted(due, "order is", "orders are")} due, the oldest for ${minutes} minutes`,
      cure: "See slipway lanes and the hub's log: is a hub at work, and how fast does SL answer?",
      records: await waitingLanes(pool, pair),
      count: due,
    },
  ];
}

function isHolding({ pausedCode, circuit }: PairState): boolean {
  return pausedCode !== undefined || circuit === "open";
}

async function waitingLanes(pool: Pool, pair: string): Promise<string[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select key from lane where pair = $1 and owner is null and due_at is not null
     order by due_at limit $2`,
    [pair, RECORDS_SHOWN],
  );
  return rows.map(({ key }) => key);
}

/** One row for each complete batch that no run has noted as waiting for a person. */
const UNNOTED_SQL = `
select i.pair, i.purpose || ' of ' || i.object || ' in batch ' || i.bat_nbr as record
from intent i
where i.stage in ('filled', 'releasing') and i.bat_nbr is not null
  and i.open_since < clock_timestamp() - $1 * interval '1 hour'
  and not exists (select 1 from person_wait w where w.pair = i.pair and w.intent_key = i.key)
order by i.open_since limit $2`;

async function batchConditions(pool: Pool, limits: Limits): Promise<Condition[]> {
  const noted = await listPersonWaits(pool, { minAgeMs: limits.batchWait * HOUR_MS });
  const unnoted = await pool.query<{ pair: string; record: string }>(UNNOTED_SQL, [
    limits.batchWait,
    BATCHES_MAX,
  ]);
  const waits = [
    ...noted.map(({ pair, what, screen, batNbr, toDo }) => {
      const batch = batNbr === "" ? "" : `, batch ${batNbr}`;
      return { pair, record: `${what} (${screen}${batch})`, toDo };
    }),
    ...unnoted.rows.map((row) => ({ ...row, toDo: RELEASE })),
  ];
  return [...Map.groupBy(waits, ({ pair }) => pair)].map(([pair, ofPair]) => ({
    rule: "batch-wait",
    pair,
    key: "",
    title:
      `${counted(ofPair.length, "document waits", "documents wait")} in SL ` +
      `for a person for more than ${limits.batchWait} hours`,
    cure: [...new Set(ofPair.map(({ toDo }) => toDo))].slice(0, CURES_SHOWN).join(" "),
    records: ofPair.slice(0, RECORDS_SHOWN).map(({ record }) => record),
    count: ofPair.length,
  }));
}

async function stateConditions(
  pool: Pool,
  state: PairState,
  waiting: number,
): Promise<Condition[]> {
  const { pair, pausedCode, pausedReason, circuit, circuitOpenedAt } = state;
  if (pausedCode !== undefined) {
    const code = pausedCode as ErrorCode;
    const isRefused = pausedCode.endsWith(".auth");
    return [
      {
        rule: isRefused ? "credentials" : "paused",
        pair,
        key: pausedCode,
        title: `the pair is paused: ${pausedReason ?? pausedCode}`,
        cure: Object.hasOwn(ERROR_CODES, code)
          ? ERROR_CODES[code].cure
          : `See slipway lanes --pair ${pair}.`,
        records: await waitingLanes(pool, pair),
        count: waiting,
      },
    ];
  }
  if (circuit !== "open") return [];
  const orders = counted(waiting, "order waits", "orders wait");
  const since = circuitOpenedAt?.toISOString() ?? "a while ago";
  return [
    {
      rule: "circuit-open",
      pair,
      key: "",
      title: `SL does not answer since ${since}; ${orders} for it, none is lost`,
      cure: "Bring the ctAPI server and its SQL Server back; the hub goes on by itself.",
      records: await waitingLanes(pool, pair),
      count: waiting,
    },
  ];
}

function walkConditions(walk: WalkState): Condition[] {
  const { pair, kind, foundLately, lostFrom, lostTo } = walk;
  const about = { pair, key: kind, records: [], count: 1 } as const;
  const found: Condition[] = [];
  const behind = behindWords(walk);
  if (behind !== undefined) {
    const cure =
      walk.troubleCure ?? `Nothing is lost; slipway ${LIST_OF[kind]} --pair ${pair} tells more.`;
    found.push({ ...about, rule: "pull-behind", title: behind, cure });
  }
  if (foundLately > 0) {
    const events = counted(foundLately, "event was", "events were");
    found.push({
      ...about,
      rule: "gap",
      title: `${events} not delivered in the last day; the hub found and works on them`,
      cure:
        `Nothing is lost. Unless the hub was off: see slipway events gaps --pair ${pair}, ` +
        "and the endpoint in Stripe's dashboard.",
      count: foundLately,
    });
  }
  if (lostFrom !== null && lostTo !== null) {
    const [from, to] = [lostFrom.toISOString(), lostTo.toISOString()];
    found.push({
      ...about,
      rule: "forgotten",
      title: `of ${from} to ${to} Stripe tells no events any more`,
      cure: `Run slipway rebuild ${pair} --since ${from}.`,
    });
  }
  return found;
}

/** A hub that was off is behind at its start too; one that does not come on is to be told. */
function behindWords({ kind, behindSeconds, trouble, progress }: WalkState): string | undefined {
  if (behindSeconds <= WALK_LATE_SECONDS[kind]) return undefined;
  const minutes = Math.floor(behindSeconds / 60);
  const what = ASKED_FOR[kind];
  if (trouble !== null)
    return `Stripe could not be asked for ${what} for ${minutes} minutes: ${trouble}`;
  if (progress === null) return undefined;
  const share = Math.floor(progress * 100);
  return `Stripe's ${what} are ${minutes} minutes behind, ${share} % of the way`;
}

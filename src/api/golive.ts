import type { FastifyInstance, FastifyReply } from "fastify";
import { counted } from "../base/counted.ts";
import { HubError } from "../base/errors.ts";
import { fingerprint } from "../base/json.ts";
import { toDecimal, toShown } from "../base/money.ts";
import { withTransaction } from "../db/index.ts";
import {
  type ConfirmedEntry,
  confirmEntries,
  type LaterFact,
  otherStart,
  type ProposedEntry,
  readConfirmed,
  type Straddling,
} from "../runs/index.ts";
import { noteAct } from "./acts.ts";
import {
  type GoliveAnswer,
  type GoliveProgress,
  GoliveRequest,
  type OpeningEntryRow,
  PairParams,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/**
 * `GET /api/pairs/:pair/golive`: what straddles a pair's start, with the opening entries that are
 * proposed; `POST` confirms those that were shown, and has them booked. Both read Stripe anew.
 */
export function registerGolive(app: FastifyInstance, deps: ApiDeps): void {
  const reached = new Map<string, string>();
  const find = async (pair: string, reply: FastifyReply) => {
    const gone = new AbortController();
    reply.raw.on("close", () => gone.abort());
    const onProgress = (words: string) => void reached.set(pair, words);
    try {
      return await deps.golive.find(pair, { onProgress, signal: gone.signal });
    } finally {
      reached.delete(pair);
    }
  };
  app.get("/pairs/:pair/golive", async (request, reply): Promise<GoliveAnswer> => {
    const { pair } = readInput(PairParams, request.params);
    return answerOf(deps, pair, await find(pair, reply));
  });
  app.get("/pairs/:pair/golive/progress", async (request): Promise<GoliveProgress> => {
    const { pair } = readInput(PairParams, request.params);
    return { progress: reached.get(pair) ?? null };
  });
  app.post("/pairs/:pair/golive", async (request, reply): Promise<GoliveAnswer> => {
    const { pair } = readInput(PairParams, request.params);
    const wanted = readInput(GoliveRequest, request.body);
    const found = await find(pair, reply);
    await confirm(deps, pair, { found, ...wanted });
    return answerOf(deps, pair, found);
  });
}

async function confirm(
  { pool }: ApiDeps,
  pair: string,
  wanted: Readonly<{
    found: Straddling;
    seen: string;
    by: string;
    leave: readonly string[];
    open: readonly string[];
  }>,
): Promise<void> {
  const { found, seen, by, leave, open } = wanted;
  if (seenOf(found) !== seen) {
    throw new HubError("golive.changed", "What straddles the start is not what was shown any more");
  }
  checkNames(found, [...leave, ...open]);
  const undecided = found.entries.filter(
    ({ isUnclear, object }) => isUnclear && !open.includes(object) && !leave.includes(object),
  );
  const names = undecided.map(({ object }) => object).join(", ");
  if (names !== "") {
    throw new HubError("api.invalid", `Say of each whether it was open at the start: ${names}`, {
      facts: { field: "open" },
      cure: "Name it in `open` (--open), or in `leave` (--leave) where it was closed before.",
    });
  }
  const entries = found.entries.filter(
    ({ problem, object, part }) =>
      problem === undefined && !leave.includes(object) && !leave.includes(part || object),
  );
  const laneKeys = found.later.map(({ laneKey }) => laneKey);
  await withTransaction(pool, async (tx) => {
    await confirmEntries(tx, pair, { entries, day: found.start, by, laneKeys });
    const what = counted(entries.length, "opening entry", "opening entries");
    await noteAct(tx, { pair, by, act: "opened", words: `${what} of ${found.start}` });
  });
}

function checkNames({ entries }: Straddling, names: readonly string[]): void {
  const known = new Set(entries.flatMap(({ object, part }) => [object, part]));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new HubError("api.invalid", `No opening entry is of ${unknown.join(", ")}`, {
    facts: { field: "leave" },
    cure: "Name a Stripe object that the list shows, or the currency of a balance.",
  });
}

/** Everything that a person sees of the entries; what came later books itself. */
function seenOf({ start, entries }: Straddling): string {
  return fingerprint({
    start,
    entries: entries.map(({ kind, object, part, amount, period, lines, isUnclear }) => {
      return { kind, object, part, amount, period, lines, isUnclear };
    }),
  });
}

async function answerOf({ pool }: ApiDeps, pair: string, found: Straddling): Promise<GoliveAnswer> {
  const confirmed = await readConfirmed(pool, pair);
  const byName = new Map(confirmed.map((entry) => [nameOf(entry), entry]));
  const owned = await ownedRows(pool, pair, found.later);
  const { start, startsAt, rowsSince, balances, entries } = found;
  return {
    ...{ pair, start, rowsSince, startsAt: startsAt.toISOString() },
    rowsKeptFrom: (await keptFrom(pool, pair))?.toISOString() ?? null,
    balances: balances.map((one) => ({ currency: one.currency, amount: toShown(one) })),
    entries: entries.map((entry) => entryRow(entry, byName.get(nameOf(entry)), start)),
    later: found.later.map(({ object, rowId, day, amount, words }) => ({
      ...{ object, rowId, day, words, isBooked: owned.has(rowId) },
      ...{ currency: amount.currency, amount: toShown(amount) },
    })),
    seen: seenOf(found),
  };
}

const nameOf = ({ object, part }: Pick<ProposedEntry, "object" | "part">) => `${object} ${part}`;

function entryRow(
  entry: ProposedEntry,
  known: ConfirmedEntry | undefined,
  start: string,
): OpeningEntryRow {
  const { kind, object, part, amount, words, period } = entry;
  return {
    ...{ kind, object, part, words, period },
    ...{ currency: amount.currency, amount: toShown(amount) },
    lines: entry.lines.map((line) => ({
      ...{ side: line.side, role: line.role, amount: toDecimal(line.amount) },
      ...{ account: line.account.account, subaccount: line.account.subaccount },
    })),
    state: stateOf(entry, known),
    problem: problemOf(entry, known, start),
    batNbr: known?.batNbr ?? "",
    confirmedBy: known?.by ?? null,
  };
}

/** Why it cannot be booked; of a confirmed one, that the start is another day by now. */
function problemOf(
  { problem }: ProposedEntry,
  known: ConfirmedEntry | undefined,
  start: string,
): OpeningEntryRow["problem"] {
  const why = (known === undefined ? undefined : otherStart(known, start)) ?? problem;
  if (why === undefined) return null;
  return { code: why.code, message: why.message, cure: why.cure };
}

function stateOf(
  { problem, isUnclear }: ProposedEntry,
  known: ConfirmedEntry | undefined,
): OpeningEntryRow["state"] {
  if (known !== undefined) return known.batNbr === "" ? "confirmed" : "booked";
  if (problem !== undefined) return "blocked";
  return isUnclear ? "unclear" : "proposed";
}

async function ownedRows(
  pool: ApiDeps["pool"],
  pair: string,
  later: readonly LaterFact[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ id: string }>(
    "select row_id as id from row_owner where pair = $1 and row_id = any ($2::text[])",
    [pair, later.map(({ rowId }) => rowId)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Since when every balance transaction is kept: by the walk, and by what was filled before it. */
async function keptFrom(pool: ApiDeps["pool"], pair: string): Promise<Date | undefined> {
  const { rows } = await pool.query<{ since: Date }>(
    "select since from event_walk where pair = $1 and kind = 'rows'",
    [pair],
  );
  return rows[0]?.since;
}

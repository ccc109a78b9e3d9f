import { resolve } from "node:path";
import type { Pool, PoolClient } from "pg";
import type { Act } from "../api/index.ts";
import { counted } from "../base/counted.ts";
import {
  diffLeaves,
  keptLeaves,
  MASK,
  readSettings,
  type SettingsChange,
} from "../config/index.ts";
import { withTransaction } from "../db/index.ts";

/** Who changed what stands in the file and came through no call. */
const BY_HAND = "slipway.yaml";

// What one act keeps: a file of many pairs, and a setting that is a whole text, stay readable.
const CHANGES_MAX = 300;
const VALUE_CHARS_MAX = 200;
/** So many changes are told in words; the list beside them has more. */
const WORDED_MAX = 10;

/** Keeps who changed which setting, from what to what. */
export type SettingsHistory = Readonly<{
  /** Notes what was edited by hand since the settings were seen last. */
  noteFile(): Promise<void>;
  /**
   * Carries a change of the file out and notes it, together or not at all; what was edited by hand
   * before it is noted apart. A change that is saved and could not be noted is found by the next.
   */
  record<T>(by: string, edit: () => T): Promise<T>;
}>;

/** @param noteAct keeps one act of the history */
export function createSettingsHistory(
  deps: Readonly<{
    pool: Pool;
    home: string;
    noteAct: (tx: PoolClient, act: Act) => Promise<void>;
  }>,
): SettingsHistory {
  const { pool, noteAct } = deps;
  const home = resolve(deps.home);
  const note = async (tx: PoolClient, by: string) => {
    const seen = await readSeen(tx, home);
    const now = keptLeaves(readSettings(home));
    const changes = diffLeaves(seen, now);
    if (changes.length === 0) return;
    for (const act of actsOf(changes, { by, seen, now })) await noteAct(tx, act);
    await tx.query("delete from settings_seen where home = $1", [home]);
    await tx.query(
      `insert into settings_seen (home, setting, value)
       select $1, setting, value from unnest($2::text[], $3::text[]) as s (setting, value)`,
      [home, [...now.keys()], [...now.values()]],
    );
  };
  const inTurn = <T>(work: (tx: PoolClient) => Promise<T>) =>
    withTransaction(pool, async (tx) => {
      // Two changes at once would each take the other's for one that was made by hand.
      await tx.query("lock table settings_seen in exclusive mode");
      return work(tx);
    });
  return {
    noteFile: () => inTurn((tx) => note(tx, BY_HAND)),
    record: (by, edit) =>
      inTurn(async (tx) => {
        await note(tx, BY_HAND);
        const done = edit();
        await note(tx, by);
        return done;
      }),
  };
}

async function readSeen(tx: PoolClient, home: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ setting: string; value: string }>(
    "select setting, value from settings_seen where home = $1",
    [home],
  );
  return new Map(rows.map(({ setting, value }) => [setting, value]));
}

type Leaves = ReadonlyMap<string, string>;
type Change = NonNullable<Act["changes"]>[number];

/** One act for each pair, and one for what belongs to none. */
function actsOf(
  changes: readonly SettingsChange[],
  { by, seen, now }: Readonly<{ by: string; seen: Leaves; now: Leaves }>,
): Act[] {
  const byPair = new Map<string | undefined, Change[]>();
  for (const { path, before, after } of changes) {
    const [, pair, below] = /^pairs\.([^.]+)\.(.+)$/s.exec(path) ?? [];
    // A file without pairs, as a new hub has it.
    if (path === "pairs") continue;
    const change = { setting: below ?? path, before: cut(before), after: cut(after) };
    byPair.set(pair, [...(byPair.get(pair) ?? []), change]);
  }
  return [...byPair].map(([pair, own]) => ({
    ...{ pair, by, act: "configured" },
    words: wordsOf(own, {
      isFirst: seen.size === 0,
      isNew: !has(seen, pair),
      isGone: !has(now, pair),
    }),
    changes: own.slice(0, CHANGES_MAX),
  }));
}

/** Whether any setting of the pair is there; what belongs to no pair always is. */
function has(leaves: Leaves, pair: string | undefined): boolean {
  if (pair === undefined) return true;
  return [...leaves.keys()].some((path) => path.startsWith(`pairs.${pair}.`));
}

function wordsOf(
  changes: readonly Change[],
  { isFirst, isNew, isGone }: Readonly<Record<"isFirst" | "isNew" | "isGone", boolean>>,
): string {
  if (isFirst) return `first seen, with ${counted(changes.length, "setting")}`;
  if (isNew) return `a new pair, with ${counted(changes.length, "setting")}`;
  if (isGone) return "the pair was taken away";
  const told = changes.slice(0, WORDED_MAX).map(({ setting, before, after }) => {
    if (before === MASK && after === MASK) return `${setting}: another secret`;
    return `${setting}: ${before ?? "not set"} → ${after ?? "not set"}`;
  });
  const more = changes.length - told.length;
  return [...told, ...(more === 0 ? [] : [`and ${more} more`])].join("; ");
}

function cut(value: string | undefined): string | null {
  if (value === undefined) return null;
  return value.length <= VALUE_CHARS_MAX ? value : `${value.slice(0, VALUE_CHARS_MAX - 1)}…`;
}

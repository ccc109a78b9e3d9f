import type { PoolClient } from "pg";
import type { z } from "zod";
import { present } from "../base/assert.ts";
import { HubError } from "../base/errors.ts";
import type { Override } from "../canonical/sale.ts";
import { overrideWords } from "../runs/index.ts";
import { readOverridesOf } from "./acts.ts";
import type { EditAnswer, EditRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { commandParked } from "./parked-command.ts";
import { toPreview } from "./preview.ts";
import { PARKED_COLUMNS, type ParkedSqlRow } from "./rows.ts";

type Request = z.output<typeof EditRequest>;
type Changes = Request["changes"];
/** What a refused change may name instead. */
const TARGETS_NAMED = 10;

type LaneId = Readonly<{ pair: string; key: string }>;

/**
 * Decides for the fact of a parked run what mapping is to take instead of its own rules. The case
 * is at a new version then, and stays parked until somebody resumes it. With `dryRun` nothing is
 * saved, and the answer shows what the run would book.
 *
 * @throws HubError `api.not_found`, `api.invalid`, `conflict.version`, `conflict.begun`,
 *   `erp.outcome_open`
 */
export async function editParked(deps: ApiDeps, id: string, request: Request): Promise<EditAnswer> {
  const { version, by, reason, changes, dryRun } = request;
  changes.forEach(checkChange);
  const act = { id, version, by, reason, changes };
  // Nothing is locked while Stripe and SL answer what the change would come to.
  const would = await command(deps, act, true);
  const needsItems = changes.some(isItem);
  const { pair, laneKey } = would.parked;
  const foreseen =
    dryRun || needsItems
      ? await deps.foresee(pair, laneKey, await overridesThen(deps, act, { pair, key: laneKey }))
      : undefined;
  if (needsItems) refuseUntouched(changes, foreseen?.itemTargets);
  if (!dryRun) return { ...(await command(deps, act, false)), preview: null };
  return { ...would, preview: foreseen === undefined ? null : toPreview(foreseen) };
}

type Act = Pick<Request, "version" | "by" | "reason" | "changes"> & Readonly<{ id: string }>;

function command(deps: ApiDeps, { id, version, by, reason, changes }: Act, isDryRun: boolean) {
  return commandParked(
    deps,
    { id, version, isDryRun },
    {
      touchesWork: true,
      act: async (tx, row) => {
        const lane = { pair: row.pair, key: row.lane_key };
        await refuseBegun(tx, lane);
        const effects = await wordsOf(tx, lane, changes);
        const act = { by, act: "edited", words: `${effects.join("; ")} (${reason})` } as const;
        if (isDryRun) return { row, effects, act };
        for (const change of changes) await save(tx, row, { change, by, reason });
        return { row: await nextVersion(tx, row), effects, act };
      },
    },
  );
}

async function overridesThen(deps: ApiDeps, act: Act, lane: LaneId): Promise<Override[]> {
  return merged(await readOverridesOf(deps.pool, [lane]), act);
}

function isItem({ field, value }: Changes[number]): boolean {
  return field === "item" && value !== null;
}

/**
 * An item that is decided for a line, price or product which the sale does not have would be kept
 * and change nothing.
 *
 * @param targets what the sale has; undefined where there is no sale to tell by
 * @throws HubError `api.invalid` with what the sale has
 */
function refuseUntouched(changes: Changes, targets: readonly string[] | undefined): void {
  if (targets === undefined) return;
  const index = changes.findIndex((one) => isItem(one) && !targets.includes(one.target));
  const untouched = changes[index];
  if (untouched === undefined) return;
  const { target } = untouched;
  const isWithout = targets.includes("");
  const message = isWithout
    ? `the sale has no lines, so that "${target}" names nothing of it`
    : `no line, price or product of the sale is "${target}"`;
  const cure = isWithout
    ? "Decide the item of the whole charge: leave the target empty, as in --item =WIDGET."
    : `Name one of the sale: ${targets.slice(0, TARGETS_NAMED).join(", ")}.`;
  const isNamed = targets.length > 0;
  throw invalid(index, message, { example: targets[0] ?? "", ...(isNamed ? { cure } : {}) });
}

/** @throws HubError `api.invalid` with what would do */
function checkChange({ field, target }: Changes[number], index: number): void {
  const isPlain = field === "customer" || field === "text";
  if (isPlain && target !== "") {
    throw invalid(index, `${field} has no target`, { example: "" });
  }
  if (field === "metadata" && target.trim() === "") {
    throw invalid(index, "metadata needs the key as its target", { example: "order_id" });
  }
}

function invalid(
  index: number,
  message: string,
  { example, cure }: Readonly<{ example: string; cure?: string }>,
): HubError {
  return new HubError("api.invalid", `changes.${index}.target: ${message}`, {
    facts: { field: `changes.${index}.target`, example },
    ...(cure === undefined ? {} : { cure }),
  });
}

/**
 * A document that may stand in SL is what it is: only another generation could differ, once this
 * one was taken back. An application that is done stands or falls with its documents. What a day's
 * summary is made of is kept as it was collected.
 */
async function refuseBegun(tx: PoolClient, lane: LaneId): Promise<void> {
  const found = await tx.query<{ purpose: string; stage: string; bat_nbr: string | null }>(
    `select purpose, stage, bat_nbr from intent
     where pair = $1 and lane_key = $2 and purpose not in ('customer', 'writeback')
       and stage in ('collected', 'adding', 'filling', 'filled', 'releasing', 'done')
       and reversed_by is null and not (purpose = 'reverse' and part like '%#%')
       and not (purpose = 'apply' and stage = 'done')
     order by created_at limit 1`,
    [lane.pair, lane.key],
  );
  const [begun] = found.rows;
  if (begun === undefined) return;
  const what = `The ${begun.purpose} of this run`;
  if (begun.stage === "collected") {
    throw new HubError("conflict.begun", `${what} is collected for the summary of its day`, {
      cure:
        "Let metadata slipway_sync say hold, which takes the sale out of the summary before that " +
        "is made; then edit, take the word back and resume.",
    });
  }
  const batch = begun.bat_nbr === null ? "" : ` in batch ${begun.bat_nbr}`;
  throw new HubError("conflict.begun", `${what} stands in SL${batch}`);
}

/** What changes, with what was decided before. */
async function wordsOf(tx: PoolClient, lane: LaneId, changes: Changes): Promise<string[]> {
  const saved = await readOverridesOf(tx, [lane]);
  return changes.map(({ field, target, value }) => {
    const before = saved.find((one) => one.field === field && one.target === target);
    const now = value === null ? undefined : overrideWords({ field, target, value });
    if (now === undefined) {
      return before === undefined
        ? `${field} ${target}`.trim().concat(" was not changed before, and is not now")
        : `${overrideWords(before)}: taken back`;
    }
    return before === undefined ? now : `${now}, was ${before.value}`;
  });
}

type Saving = Readonly<{ change: Changes[number]; by: string; reason: string }>;

async function save(tx: PoolClient, row: ParkedSqlRow, saving: Saving): Promise<void> {
  const { field, target, value } = saving.change;
  const at = [row.pair, row.lane_key, field, target];
  if (value === null) {
    await tx.query(
      `delete from fact_override
       where pair = $1 and lane_key = $2 and field = $3 and target = $4`,
      at,
    );
    return;
  }
  await tx.query(
    `insert into fact_override (pair, lane_key, field, target, value, set_by, reason, parked_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8::bigint)
     on conflict (pair, lane_key, field, target) do update
       set value = excluded.value, set_by = excluded.set_by, reason = excluded.reason,
           parked_id = excluded.parked_id, set_at = clock_timestamp()`,
    [...at, value, saving.by, saving.reason, row.id],
  );
}

/** Whoever saw the case before this edit has not seen what would be booked now. */
async function nextVersion(tx: PoolClient, row: ParkedSqlRow): Promise<ParkedSqlRow> {
  const changed = await tx.query<ParkedSqlRow>(
    `update parked p set version = p.version + 1, changed_at = now() where p.id = $1::bigint
     returning ${PARKED_COLUMNS}`,
    [row.id],
  );
  return present(changed.rows[0], `parked run ${row.id}`);
}

function merged(
  saved: readonly Override[],
  { changes, by, reason }: Pick<Request, "changes" | "by" | "reason">,
): Override[] {
  const isChanged = (one: Override) =>
    changes.some(({ field, target }) => field === one.field && target === one.target);
  const added = changes.flatMap(({ field, target, value }) =>
    value === null ? [] : [{ field, target, value, by, reason }],
  );
  return [...saved.filter((one) => !isChanged(one)), ...added];
}

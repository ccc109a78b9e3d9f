import { fromJson } from "../../base/json.ts";
import { type Collected, isCollected } from "../../mapping/index.ts";
import type { Intent } from "./intent.ts";
import type { IntentRow } from "./intent-sql.ts";

/** The intent of a row as it was read at `nowMs` of the monotonic clock. */
export function intentOfRow(
  row: IntentRow,
  { pair, nowMs }: Readonly<{ pair: string; nowMs: number }>,
): Intent {
  const { object, purpose, part, generation } = row;
  const draft = fromJson(row.draft);
  return {
    identity: { pair, object, purpose, part, generation },
    key: row.key,
    laneKey: row.lane_key,
    ...{ draft, draftHash: row.draft_hash },
    stage: row.stage,
    savedStage: row.stage,
    unsaved: undefined,
    batNbr: row.bat_nbr ?? undefined,
    releaseKey: row.release_key ?? undefined,
    receipt: row.receipt === null ? undefined : fromJson(row.receipt),
    owned: rowsOfCollected(draft) ?? row.owned,
    attempts: row.attempts.map(({ ageMs, answerAgeMs, outcome, ...rest }) => ({
      ...rest,
      outcome: outcome ?? undefined,
      sentAtMs: nowMs - Math.max(ageMs, 0),
      answeredAtMs: answerAgeMs === null ? undefined : nowMs - Math.max(answerAgeMs, 0),
    })),
  };
}

/** Rows of what was collected, which are its day's document's to own. */
function rowsOfCollected(draft: unknown): readonly string[] | undefined {
  return isCollected(draft) ? (draft as Collected).rows : undefined;
}

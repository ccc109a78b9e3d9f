import type { Pool } from "pg";
import { fromJson } from "../base/json.ts";
import { compareBatch, isFilled } from "../erp/compare.ts";
import { type BatchReading, type DocumentDraft, type ErpConnector, screenOf } from "../erp/port.ts";
import type { Tampering } from "./compare.ts";

/** A document that stands in SL and counts for nothing yet, by its draft. */
export type UnreleasedDocument = Readonly<{
  key: string;
  laneKey: string;
  object: string;
  purpose: string;
  batNbr: string;
  draft: DocumentDraft;
  /** Its document was seen in the batch; else the batch is as it was reserved. */
  isFilled: boolean;
}>;

/** What is younger is its run's own business; and so many at most, for each is a call. */
const OLDER_THAN_SECONDS = 600;
const LOOKED_AT_MAX = 200;

/** The documents of a pair that were written and not released, and that no run is working on. */
export async function readUnreleased(
  pool: Pool,
  pair: string,
): Promise<readonly UnreleasedDocument[]> {
  const { rows } = await pool.query<{
    key: string;
    lane_key: string;
    object: string;
    purpose: string;
    bat_nbr: string;
    draft: string;
    stage: string;
  }>(
    `select i.key, i.lane_key, i.object, i.purpose, i.bat_nbr, i.draft::text as draft, i.stage
     from intent i
     left join lane l on l.pair = i.pair and l.key = i.lane_key
     where i.pair = $1 and i.open_since is not null and i.bat_nbr is not null
       and i.stage in ('reserved', 'filled', 'releasing')
       and i.updated_at < now() - make_interval(secs => $2)
       and l.owner is null and (l.due_at is null or l.due_at > now())
     order by i.updated_at limit $3`,
    [pair, OLDER_THAN_SECONDS, LOOKED_AT_MAX],
  );
  return rows.flatMap((row) => {
    const draft = fromJson<Partial<DocumentDraft>>(row.draft);
    if (draft.kind === undefined) return [];
    const { key, lane_key: laneKey, object, purpose, bat_nbr: batNbr, stage } = row;
    const base = { key, laneKey, object, purpose, batNbr, isFilled: stage !== "reserved" };
    return [{ ...base, draft: draft as DocumentDraft }];
  });
}

/** What became of its batch; undefined where it stands as it was left. */
export function compareUnreleased(
  document: Pick<UnreleasedDocument, "draft" | "batNbr" | "isFilled">,
  reading: BatchReading | undefined,
  releasedBy: "hub" | "person",
): Tampering | undefined {
  const { draft, batNbr } = document;
  const name = `batch ${batNbr}`;
  const found = (kind: Tampering["kind"], is: string): Tampering => ({
    kind,
    differences: [{ what: "batch", expected: `${name} on hold`, found: is }],
    moved: [],
  });
  if (reading === undefined) return found("deleted", "");
  if (reading.state === "voided") return found("voided", "voided");
  if (reading.isReleased) {
    return releasedBy === "hub" ? found("released-otherwise", "released") : undefined;
  }
  if (!document.isFilled && !isFilled(draft, reading)) return undefined;
  const differences = compareBatch(draft, reading);
  return differences.length === 0 ? undefined : { kind: "edited", differences, moved: [] };
}

/** Reads the batch of an unreleased document, in its own screen. */
export function readItsBatch(
  erp: Pick<ErpConnector, "readBatch">,
  { draft, batNbr }: Pick<UnreleasedDocument, "draft" | "batNbr">,
  signal?: AbortSignal,
): Promise<BatchReading | undefined> {
  return erp.readBatch(screenOf(draft), batNbr, signal);
}

import type { Pool, PoolClient } from "pg";
import { HubError } from "../base/errors.ts";
import { fromJson } from "../base/json.ts";
import { wakeLanes } from "../lanes/index.ts";
import { type PairRuntime, reopenApplications, reopenDocument } from "../runs/index.ts";
import { FINDING_COLUMNS, type Finding, type FindingRow, toFinding } from "./store.ts";

/** The finding a person means, at the version that they saw. */
export type SeenFinding = Readonly<{ id: string; version: number }>;

const NOT_OVER = new Set<Finding["state"]>(["open", "accepted", "healing"]);

/** @throws HubError `api.not_found` */
export async function readFinding(db: Pool | PoolClient, id: string): Promise<Finding> {
  const { rows } = await db.query<FindingRow>(
    `select ${FINDING_COLUMNS} from watch_finding f where f.id = $1::bigint`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new HubError("api.not_found", `There is no finding ${id}`);
  return toFinding(row);
}

/** @throws HubError `api.not_found`, `conflict.version` */
async function lockFinding(tx: PoolClient, { id, version }: SeenFinding): Promise<Finding> {
  await tx.query("select 1 from watch_finding where id = $1::bigint for update", [id]);
  const finding = await readFinding(tx, id);
  if (!NOT_OVER.has(finding.state)) {
    const message = `Finding ${id} is over: SL shows ${finding.document} as it was booked`;
    throw new HubError("conflict.version", message);
  }
  if (finding.version === version) return finding;
  throw new HubError("conflict.version", `Finding ${id} is at version ${finding.version} now`, {
    facts: { field: "version", example: String(finding.version) },
  });
}

const DECIDE_SQL = `
update watch_finding set state = $2, decided_at = clock_timestamp(), decided_by = $3, reason = $4,
  version = version + 1
where id = $1::bigint`;

/**
 * A person takes a change as it is: it is reported no more until it changes again. The proof goes
 * on telling what differs, since the books do.
 *
 * @throws HubError `api.not_found`, `conflict.version`
 */
export async function acceptFinding(
  tx: PoolClient,
  seen: SeenFinding,
  { by, reason }: Readonly<{ by: string; reason: string }>,
): Promise<Finding> {
  const finding = await lockFinding(tx, seen);
  await tx.query(DECIDE_SQL, [seen.id, "accepted", by, reason]);
  return finding;
}

/** A person sets out to put a change right. @throws HubError `api.not_found`, `conflict.version` */
export async function beginHeal(tx: PoolClient, seen: SeenFinding, by: string): Promise<Finding> {
  const finding = await lockFinding(tx, seen);
  await refuseWhileWorkedOn(tx, finding);
  await tx.query(DECIDE_SQL, [seen.id, "healing", by, ""]);
  return finding;
}

async function refuseWhileWorkedOn(tx: PoolClient, { pair, laneKey }: Finding): Promise<void> {
  const lane = await tx.query<{ is_owned: boolean }>(
    `select owner is not null and lease_until > clock_timestamp() as is_owned
     from lane where pair = $1 and key = $2 for update`,
    [pair, laneKey],
  );
  if (lane.rows[0]?.is_owned !== true) return;
  throw new HubError("conflict.version", `A run is working on ${laneKey} at this moment`, {
    cure: "Wait until it has ended, then repeat.",
  });
}

/**
 * Does what the hub itself can do about a finding: books a document again, plans its applications
 * again, or lets its run go on. Where a person has to do it, nothing is done here.
 *
 * @throws HubError `conflict.begun` where SL still holds a document that was to be booked again
 */
export async function carryOutHeal(
  pool: Pool,
  pair: PairRuntime,
  { kind, key, laneKey, heal }: Finding,
): Promise<void> {
  if (heal.by === "person") return;
  if (kind === "unapplied") {
    const document = await documentOf(pool, pair.id, key);
    await reopenApplications(pool, pair.id, { ...document, laneKey });
    return;
  }
  if (kind === "deleted" || (await isReleased(pool, pair.id, key))) {
    return reopenDocument(pool, pair, key);
  }
  await wakeLanes(pool, [{ pair: pair.id, key: laneKey }]);
}

type DocumentName = Readonly<{ customerId: string; type: string; refNbr: string }>;

async function documentOf(pool: Pool, pair: string, key: string): Promise<DocumentName> {
  const { rows } = await pool.query<{ receipt: string }>(
    "select receipt::text as receipt from intent where pair = $1 and key = $2",
    [pair, key],
  );
  return fromJson<DocumentName>(rows[0]?.receipt ?? "{}");
}

async function isReleased(pool: Pool, pair: string, key: string): Promise<boolean> {
  const { rows } = await pool.query<{ stage: string }>(
    "select stage from intent where pair = $1 and key = $2",
    [pair, key],
  );
  return rows[0]?.stage === "done";
}

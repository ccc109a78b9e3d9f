import { invalidRequest, resourceMissing } from "../errors.ts";
import type { Row, Table } from "../store/table.ts";
import { type Wire, wireList } from "../wire.ts";
import { isWithin, type TimeRange } from "./params.ts";
import type { Call } from "./route.ts";

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 10;

/** What a list is made of: rows, an index bucket that narrows them, and the rest of the filter. */
export type Listing<R extends Row> = {
  table: Table<R>;
  kind: string;
  url: string;
  bucket?: { index: string; value: string | undefined };
  where?: (row: R) => boolean;
  format: (row: R) => Wire;
};

/**
 * One page, newest first, by `limit`, `starting_after` or `ending_before`, and `created`.
 *
 * @throws StripeError 400 for a bad limit, both cursors, or a cursor that is no row
 */
export function listPage<R extends Row>(call: Call, listing: Listing<R>): Wire {
  const { params } = call;
  const limit = params.integer("limit") ?? LIMIT_DEFAULT;
  if (limit < 1 || limit > LIMIT_MAX) {
    throw invalidRequest(`limit is 1 to ${LIMIT_MAX}`, "parameter_invalid_integer", "limit");
  }
  const cursors = cursorsOf(call, listing);
  const created = params.timeRange("created");
  const value = listing.bucket?.value;
  const bucket =
    listing.bucket === undefined || value === undefined
      ? {}
      : { bucket: { index: listing.bucket.index, value } };
  const isRising = cursors.endingBefore !== undefined;
  const found: R[] = [];
  for (const row of listing.table.page({ ...bucket, ...cursors })) {
    if (isBeyond(listing.table, row.created, { created, isRising })) break;
    if (!isWithin(created, row.created)) continue;
    if (listing.where !== undefined && !listing.where(row)) continue;
    found.push(row);
    if (found.length > limit) break;
  }
  const hasMore = found.length > limit;
  const page = found.slice(0, limit);
  // Towards the newest, rows are met oldest first; the page is newest first all the same.
  if (isRising) page.reverse();
  return wireList(listing.url, page.map(listing.format), hasMore);
}

/**
 * Whether a walk has left the range of `created` for good. Rows come in the order they were made,
 * but for what a test dates otherwise: the table knows how far they are out of order at most.
 */
function isBeyond<R extends Row>(
  table: Table<R>,
  made: number,
  { created, isRising }: { created: TimeRange | undefined; isRising: boolean },
): boolean {
  if (created === undefined) return false;
  if (isRising) return made > created.highest + table.disorder;
  return made < created.lowest - table.disorder;
}

function cursorsOf<R extends Row>(
  call: Call,
  listing: Listing<R>,
): { startingAfter?: string; endingBefore?: string } {
  const startingAfter = call.params.text("starting_after");
  const endingBefore = call.params.text("ending_before");
  if (startingAfter !== undefined && endingBefore !== undefined) {
    throw invalidRequest("You can only use one of starting_after and ending_before.");
  }
  if (startingAfter !== undefined) {
    return { startingAfter: known(listing, startingAfter, "starting_after") };
  }
  if (endingBefore === undefined) return {};
  return { endingBefore: known(listing, endingBefore, "ending_before") };
}

function known<R extends Row>(listing: Listing<R>, id: string, param: string): string {
  if (listing.table.get(id) === undefined) throw resourceMissing(listing.kind, id, param);
  return id;
}

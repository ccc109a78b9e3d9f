import type { Sale } from "../../canonical/sale.ts";
import { decidedFor, namedCustomerId } from "../../mapping/index.ts";
import type { RunContext } from "../context.ts";
import { isFrozen } from "../write/intent.ts";

/** $1 pair, $2 objects, $3 key of the metadata, $4 value: those that the hub itself wrote it to. */
const WRITTEN_SQL = `
select distinct object from intent
where pair = $1 and object = any ($2::text[]) and purpose = 'writeback'
  and receipt -> 'written' ? $3 and draft #>> array['planned', $3] = $4`;

/**
 * The SL customer that somebody else than the hub names for a sale, or undefined.
 *
 * The hub writes its own link back to Stripe. When the link is corrected since, what it wrote then
 * stands in the metadata as if the merchant had asked for it: where a sale is to be booked of which
 * nothing stands in SL, such a word of its own counts for nothing, and the link does.
 *
 * @param own the linked customer
 */
export async function namedByOthers(
  context: RunContext,
  sale: Sale,
  own: string | undefined,
): Promise<string | undefined> {
  const { settings, id } = context.pair;
  const named = namedCustomerId(sale, settings);
  if (named === undefined || own === undefined || own.toUpperCase() === named.toUpperCase()) {
    return named;
  }
  const key = settings.metadata.customerId;
  const isDecided =
    decidedFor(sale, "customer", [""]) !== undefined ||
    decidedFor(sale, "metadata", [key]) !== undefined;
  if (isDecided || isStanding(context, sale)) return named;
  const saying = sale.metadataSources.flatMap(({ objectId, metadata }) => {
    const value = metadata[key]?.trim() ?? "";
    return value === "" ? [] : [{ objectId, value }];
  });
  for (const { objectId, value } of saying) {
    const values = [id, [objectId], key, value];
    const { rowCount } = await context.pool.query(WRITTEN_SQL, values);
    if (rowCount === 0) return value;
  }
  return undefined;
}

function isStanding({ door }: RunContext, sale: Sale): boolean {
  const objects = [sale.document.identity, ...sale.payments.map(({ chargeId }) => chargeId)];
  return objects.some((object) =>
    (["invoice", "order", "payment"] as const).some((purpose) =>
      door.store.parts(object, purpose).some(isFrozen),
    ),
  );
}

import type { Pool } from "pg";
import { counted } from "../../base/counted.ts";
import { HubError } from "../../base/errors.ts";
import type { PairSettings } from "../../config/index.ts";
import { spanOfDay, zoneOf } from "../../ledger/index.ts";
import { documentDate } from "../../mapping/index.ts";
import { IS_LEFT_ALONE, isLaneLeft } from "../summary/collected-store.ts";

// Who takes a document back frees its rows, so what owns one stands. A row that the hub has not
// read yet has no time of its own here: then its document's date tells. What is collected owns none
// before its summary does, which books it on the day all the same. Nor does what is on hold in SL,
// and a run finishes that whatever the start is by then.
const OWN_SQL = `
with own as (
  select o.intent_key as key, b.created as at, null as day
  from balance_row b join row_owner o on o.pair = b.pair and o.row_id = b.row_id
  where b.pair = $1 and b.created < $2
  union all
  select i.key, null, i.draft ->> 'documentDate'
  from row_owner o join intent i on i.pair = o.pair and i.key = o.intent_key
  where o.pair = $1 and i.draft ->> 'documentDate' < $3 and not exists (
    select from balance_row b where b.pair = o.pair and b.row_id = o.row_id)
), collected as (
  select c.day
  from collected_document c join intent i on i.pair = c.pair and i.key = c.intent_key
  where c.pair = $1 and c.day < $3 and i.stage = 'collected' and i.purpose = 'invoice'
    and not ${IS_LEFT_ALONE}
), on_hold as (
  select i.draft ->> 'documentDate' as day
  from intent i
  where i.pair = $1 and i.open_since is not null
    and i.stage in ('adding', 'filling', 'filled', 'releasing')
    and i.purpose not in ('opening', 'reverse') and i.draft ->> 'documentDate' < $3
    and exists (
      select from jsonb_array_elements($4::jsonb) as ours (account)
      where jsonb_path_exists(i.draft,
        '$.** ? (@.account == $account && @.subaccount == $subaccount)', ours.account))
    and not ${isLaneLeft("i")}
)
select count(distinct key)::int as documents, min(at) as first_at, max(at) as last_at,
  least(min(day), (select min(day) from collected), (select min(day) from on_hold)) as first_on,
  greatest(max(day), (select max(day) from collected), (select max(day) from on_hold)) as last_on,
  (select count(*)::int from collected) as sales,
  (select count(*)::int from on_hold) as on_hold, (
    select max(day) from opening_entry where pair = $1) as opened
from own`;

type OwnRow = {
  documents: number;
  /** That wait for the summary of their day. */
  sales: number;
  /** On hold in SL, on the way to clearing. */
  on_hold: number;
  first_at: Date | null;
  last_at: Date | null;
  first_on: string | null;
  last_on: string | null;
  /** The start that opening entries were confirmed for. */
  opened: string | null;
};

/**
 * Refuses a start that comes after money which the hub has booked itself: Stripe's balance at that
 * start holds the same money, and an opening entry of it would put it on clearing a second time.
 *
 * @param start the day of the start, in the pair's zone
 * @throws HubError `golive.own_bookings`
 */
export async function refuseOwnBookings(
  pool: Pool,
  pair: Readonly<{ id: string; settings: PairSettings }>,
  start: string,
): Promise<void> {
  const { from } = spanOfDay(start, zoneOf(pair));
  const { clearing, wash, bridge } = pair.settings.accounts;
  const ours = [...Object.values(clearing), wash, bridge].filter((one) => one !== undefined);
  const values = [pair.id, from, start, JSON.stringify(ours)];
  const { rows } = await pool.query<OwnRow>(OWN_SQL, values);
  const [own] = rows;
  if (own === undefined || own.documents + own.sales + own.on_hold === 0) return;
  const { documents, on_hold: onHold, sales, opened } = own;
  const days = daysOf(own, zoneOf(pair));
  const [first = start, last = first] = [days[0], days.at(-1)];
  const span = last === first ? first : `${first} to ${last}`;
  const what = wordsOf(own, span);
  const cure =
    opened !== null && opened < start
      ? `Set \`start\` of ${pair.id} back to ${opened}, which its opening entries are of.`
      : `Take it away again (\`slipway pair set ${pair.id} start --remove\`), or set it to ` +
        `${first} or earlier: an opening entry is for what another connection booked.`;
  throw new HubError(
    "golive.own_bookings",
    `The hub has booked itself what came before the start ${start} of pair ${pair.id}: ` +
      `${what}, and the opening entry of Stripe's balance would book the same money again`,
    { facts: { pair: pair.id, start, documents, onHold, sales, first, last }, cure },
  );
}

function wordsOf({ documents, on_hold: onHold, sales }: OwnRow, span: string): string {
  const stand = documents === 1 ? "stands" : "stand";
  const are = onHold === 1 ? "is" : "are";
  const wait = sales === 1 ? "waits" : "wait";
  return [
    ...(documents > 0 ? [`${counted(documents, "document")} of ${span} ${stand} in SL`] : []),
    ...(onHold > 0 ? [`${counted(onHold, "document")} of ${span} ${are} on hold in SL`] : []),
    ...(sales > 0 ? [`${counted(sales, "sale")} of ${span} ${wait} for the summary of a day`] : []),
  ].join(" and ");
}

/** The days of what was booked, in order. */
function daysOf({ first_at, last_at, first_on, last_on }: OwnRow, zone: string): string[] {
  const instants = [first_at, last_at].flatMap((at) =>
    at === null ? [] : [documentDate(at, zone)],
  );
  const dates = [first_on, last_on].flatMap((day) => day ?? []);
  return [...instants, ...dates].sort();
}

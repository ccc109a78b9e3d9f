import type { Pool } from "pg";
import { HubError } from "../base/errors.ts";
import { fromJson } from "../base/json.ts";
import { type Money, sum, toDecimal, zero } from "../base/money.ts";
import type { ApplicationRow, MemoDraft } from "../erp/port.ts";
import { addDays, bookingZone, documentDate } from "../mapping/index.ts";
import { type PairRuntime, type ReturnCredit, readReturnCredits } from "../runs/index.ts";
import type { Booked } from "./compare.ts";
import { closeClean, closeCredits, type Found, LIVE, saveFound } from "./store.ts";

/** An order of which the hub's own memos have taken something back. */
export type CreditedOrder = Readonly<{
  /** The key of the order: its finding stands beside those of its documents. */
  key: string;
  laneKey: string;
  orderNumber: string;
  customerId: string;
  /** No return of it is older, `YYYY-MM-DD`. */
  from: string;
  /** Credit memos of the hub for its refunds, oldest first. */
  memos: readonly CreditingMemo[];
  /** Numbers of credit memos of returns that the hub has applied to refunds. */
  taken: readonly string[];
}>;

type CreditingMemo = Readonly<{
  refundId: string;
  receipt: Booked["receipt"];
  /** Unknown for one that a rebuild took over. */
  amount: Money | undefined;
}>;

type Deps = Readonly<{ pool: Pool; pair: PairRuntime; signal?: AbortSignal }>;
type Looked = Readonly<{
  /** However old the memos are. */
  isFull: boolean;
  /** Only these orders. */
  keys?: readonly string[];
  now: Date;
  /** Told of a customer with more orders than can be searched. */
  onLeftOut?: (customerId: string, why: HubError) => void;
}>;

/**
 * Looks for goods that were credited twice: by the hub's own memo for a refund, and by the credit
 * memo of a return order that somebody has entered in SL. Which of the two is wrong, and whether
 * they are about the same goods at all, only people know: it is told, and nothing is booked.
 */
export async function watchReturns(deps: Deps, looked: Looked): Promise<void> {
  const { pool, pair, signal } = deps;
  const orders = await readCreditedOrders(pool, pair, looked);
  const known = new Set(orders.map(({ key }) => key));
  const byCustomer = Map.groupBy(orders, ({ customerId }) => customerId.toUpperCase());
  for (const own of byCustomer.values()) {
    signal?.throwIfAborted();
    const credits = await creditsOf(deps, own, looked);
    if (credits === undefined) continue;
    const applied = credits.length === 0 ? undefined : await applicationsOf(deps, own, credits);
    for (const order of own) {
      const found = creditedTwice(order, credits, applied);
      if (found === undefined) await closeClean(pool, pair.id, [order.key]);
      else await saveFound(pool, pair.id, found);
    }
  }
  // What was taken back since, or reversed, is credited once again.
  if (looked.keys === undefined) await closeCredits(pool, pair.id, [...known]);
}

/** Undefined where the customer has too many orders: what was found of it before stands. */
async function creditsOf(
  { pair, signal }: Deps,
  orders: readonly CreditedOrder[],
  { now, onLeftOut }: Looked,
): Promise<readonly ReturnCredit[] | undefined> {
  const [first] = orders;
  if (first === undefined) return [];
  const { customerId } = first;
  const from = orders.map((order) => order.from).sort()[0] ?? first.from;
  const to = documentDate(now, bookingZone(pair.settings));
  const orderNumbers = orders.map(({ orderNumber }) => orderNumber);
  try {
    const door = { erp: pair.erp, signal };
    return await readReturnCredits({ door }, { orderNumbers, customerId, from, to });
  } catch (thrown) {
    if (!(thrown instanceof HubError) || thrown.code !== "erp.contract") throw thrown;
    onLeftOut?.(customerId, thrown);
    return undefined;
  }
}

/** Undefined where the site has no view of them. */
async function applicationsOf(
  { pair, signal }: Deps,
  [first]: readonly CreditedOrder[],
  credits: readonly ReturnCredit[],
): Promise<readonly ApplicationRow[] | undefined> {
  const isListed = pair.erp.capabilities["find-applications"] === "yes";
  if (!isListed || first === undefined) return undefined;
  const documents = credits.map(({ document }) => document);
  return pair.erp.listApplications(first.customerId, documents, signal);
}

/**
 * What of an order was credited by a return beside the hub's own memo. A return that the hub has
 * applied to a refund is that refund's; one that is applied to debit memos credits nobody any more.
 */
export function creditedTwice(
  order: CreditedOrder,
  credits: readonly ReturnCredit[],
  applied: readonly ApplicationRow[] | undefined,
): Found | undefined {
  const [memo] = order.memos;
  const own = credits
    .filter(({ original }) => original === order.orderNumber)
    .filter(({ document }) => !order.taken.includes(document.refNbr.trim()))
    .filter((credit) => !isUndone(credit, applied));
  if (memo === undefined || own.length === 0) return undefined;
  const expected = order.memos.map(memoWords).join(", ");
  const differences = own.map(({ document, returnOrder }) => ({
    what: `credit of order ${order.orderNumber}`,
    expected,
    found: `also CM ${document.refNbr} over ${words(document.amount)} of return ${returnOrder}`,
  }));
  const { currency } = own[0]?.document.amount ?? zero("USD");
  const period = own.map(({ document }) => document.period).sort()[0] ?? memo.receipt.period;
  return {
    booked: {
      ...{ key: order.key, laneKey: order.laneKey, object: memo.refundId },
      ...{ purpose: "refund-cause", receipt: { ...memo.receipt, period } },
    },
    tampering: { kind: "doubled", differences, moved: [] },
    effect: { amount: zero(currency), on: "nothing" },
    heal: { by: "person", steps: stepsFor(own) },
  };
}

/** Without a list of applications what has nothing open counts as undone. */
function isUndone(
  { document: { refNbr, amount, open } }: ReturnCredit,
  applied: readonly ApplicationRow[] | undefined,
): boolean {
  if (applied === undefined) return open.minor <= 0n;
  const toDebits = applied.filter(
    ({ payer, target, isPending }) =>
      !isPending &&
      payer.type === "CM" &&
      payer.refNbr.trim() === refNbr.trim() &&
      target.type === "DM",
  );
  const total = sum(
    toDebits.map((row) => row.amount),
    amount.currency,
  );
  return total.minor >= amount.minor;
}

function stepsFor(credits: readonly ReturnCredit[]): readonly string[] {
  const undo = credits.map(({ document: { refNbr, amount } }) => {
    return (
      `If credit memo ${refNbr} is for goods of these refunds, enter a debit memo over ` +
      `${words(amount)} with its lines in Invoice and Memo (08.010), and apply ${refNbr} to it ` +
      "in Payment Application (08.030)."
    );
  });
  return [
    ...undo,
    "If it is for other goods, accept this. Where returns are entered in SL, order.refund: order " +
      "has them settle the refunds.",
    "The finding closes by itself once the credit memo is applied to a debit memo.",
  ];
}

function memoWords({ receipt, refundId, amount }: CreditingMemo): string {
  const over = amount === undefined ? "" : ` over ${words(amount)}`;
  return `CM ${receipt.refNbr.trim()}${over} for ${refundId}`;
}

const words = (amount: Money) => `${toDecimal(amount)} ${amount.currency}`;

/** $1 pair, $2 days, or null for all; $3 keys, or null for all. */
const CREDITED_SQL = `
select o.key, o.lane_key, s.order_number, m.object as refund_id, m.draft::text as draft,
  m.receipt::text as receipt,
  coalesce(o.draft ->> 'orderDate', (
    select min(d.receipt ->> 'documentDate') from intent d
    where d.pair = s.pair and d.lane_key = s.lane_key and d.stage = 'done'
      and d.receipt ->> 'documentDate' is not null)) as from_day,
  array(
    select trim(a.draft #>> '{payer,refNbr}') from intent a
    where a.pair = s.pair and a.lane_key = s.lane_key and a.purpose = 'apply'
      and a.stage <> 'abandoned' and a.draft #>> '{payer,type}' = 'CM') as taken
from sales_order s
join intent o on o.pair = s.pair and o.object = s.object and o.purpose = 'order' and o.part = ''
  and o.stage = 'done' and o.reversed_by is null
join intent m on m.pair = s.pair and m.lane_key = s.lane_key and m.purpose = 'refund-cause'
  and m.stage = 'done' and m.reversed_by is null
where s.pair = $1 and ($3::text[] is null or o.key = any ($3))
  and not exists (
    select from intent b where b.pair = m.pair and b.object = m.object and b.part = m.part
      and b.purpose = 'refund-back-cause' and b.stage <> 'abandoned')
  and ($2::int is null or m.updated_at > now() - make_interval(days => $2) or exists (
    select from watch_finding f
    where f.pair = s.pair and f.intent_key = o.key and f.state in ${LIVE}))
order by o.key, m.bat_nbr`;

type CreditedRow = {
  key: string;
  lane_key: string;
  order_number: string;
  refund_id: string;
  draft: string;
  receipt: string;
  from_day: string | null;
  taken: string[];
};

/** Orders with a memo of the hub's for a refund, for as long as a return is waited for. */
async function readCreditedOrders(
  pool: Pool,
  { id, settings }: PairRuntime,
  { isFull, keys, now }: Looked,
): Promise<readonly CreditedOrder[]> {
  const days = isFull || keys !== undefined ? null : settings.order.waitDays;
  const { rows } = await pool.query<CreditedRow>(CREDITED_SQL, [id, days, keys ?? null]);
  const longAgo = addDays(documentDate(now, bookingZone(settings)), -settings.order.waitDays);
  return [...Map.groupBy(rows, ({ key }) => key).values()].flatMap((own) => {
    const [first] = own;
    const memos = own.map(memoOf);
    const customerId = memos[0]?.receipt.customerId.trim();
    if (first === undefined || customerId === undefined) return [];
    const { key, lane_key: laneKey, order_number: orderNumber, from_day: day, taken } = first;
    return [{ key, laneKey, orderNumber, customerId, from: day ?? longAgo, memos, taken }];
  });
}

function memoOf({ refund_id: refundId, draft, receipt }: CreditedRow): CreditingMemo {
  const { total: amount } = fromJson<Partial<MemoDraft>>(draft);
  return { refundId, receipt: fromJson<Booked["receipt"]>(receipt), amount };
}

import type { Act, Oddity } from "./act.ts";
import { type Cash, planBank } from "./bank.ts";
import { Lots } from "./random.ts";
import { Crowd, openShop, planSale } from "./sales.ts";
import { momentOf, OF_HOUR, type TradingDay } from "./trading-days.ts";

/** What a year is made from. */
export type YearWanted = Readonly<{
  seed: number;
  /** Balance transactions at Stripe, about. */
  transactions: number;
  days: readonly TradingDay[];
}>;

/** All that happens at Stripe in a year, and what of it has to stay for a person. */
export type YearPlan = Readonly<{
  /** In the order of their moments. */
  acts: readonly Act[];
  oddities: readonly Oddity[];
  /** Acts whose facts nobody can book without a person: the one thing that may be left parked. */
  seeded: readonly string[];
}>;

/** What each sale brings on average, with its refunds and disputes. */
const ROWS_OF_A_SALE = 1.13;

/** Plans a year: what is bought, given back, disputed, paid out, and what goes wrong with it. */
export function planYear({ seed, transactions, days }: YearWanted): YearPlan {
  const lots = new Lots(seed);
  const first = days[0];
  if (first === undefined) return { acts: [], oddities: [], seeded: [] };
  const bank: Cash = planBank(lots, days, transactions);
  const sales = Math.max(Math.round((transactions - bank.rows) / ROWS_OF_A_SALE), 1);
  const acts: Act[] = [...openShop(first), ...bank.acts];
  const oddities: Oddity[] = [...bank.oddities];
  const endMs = (days.at(-1)?.startMs ?? 0) + 86_400_000;
  const crowd = new Crowd();
  for (const [nr, at] of moments(lots, days, sales).entries()) {
    const sale = planSale(lots, { nr, at, crowd });
    acts.push(...sale.acts);
    oddities.push(...sale.oddities);
  }
  const seeded = outOfBand(lots, days);
  acts.push(...seeded.acts);
  // Of two acts of one moment the one that was planned first comes first.
  acts.sort((a, b) => a.at - b.at);
  return { acts: acts.filter(({ at }) => at < endMs), oddities, seeded: seeded.names };
}

function moments(lots: Lots, days: readonly TradingDay[], count: number): number[] {
  const weights = days.map(({ weight }) => weight);
  const all = Array.from({ length: count }, () => {
    const day = days[lots.weighted(weights)] as TradingDay;
    return momentOf(day, lots.weighted(OF_HOUR), lots.next());
  });
  return all.sort((a, b) => a - b);
}

/**
 * An invoice that its customer paid by cheque, for something that SL does not know: no money moves
 * at Stripe, so the books are right without it, and a person has to say what was sold.
 */
function outOfBand(lots: Lots, days: readonly TradingDay[]) {
  const acts: Act[] = [];
  const names: string[] = [];
  for (const share of [0.3, 0.8]) {
    const day = days[Math.floor(days.length * share)] as TradingDay;
    const name = `cheque-${names.length + 1}`;
    const at = momentOf(day, 10, lots.next());
    const customer = `{{${name}-buyer}}`;
    acts.push(
      {
        ...{ at, path: "/v1/customers", name: `${name}-buyer` },
        body: { name: "Harbour Masonry", email: `${name}@example.com` },
      },
      {
        ...{ at, path: "/v1/invoices", name },
        body: { customer, collection_method: "send_invoice", days_until_due: 30 },
      },
      {
        ...{ at, path: "/v1/invoiceitems" },
        body: {
          ...{ customer, invoice: `{{${name}}}`, amount: lots.between(20_000, 90_000) },
          ...{ currency: "usd", description: "Anchor stone", metadata: { InvtID: "NO-SUCH-ITEM" } },
        },
      },
      { at, path: `/v1/invoices/{{${name}}}/finalize`, body: {} },
      {
        at: at + 86_400_000,
        path: `/v1/invoices/{{${name}}}/pay`,
        body: { paid_out_of_band: true },
      },
    );
    names.push(name);
  }
  return { acts, names };
}

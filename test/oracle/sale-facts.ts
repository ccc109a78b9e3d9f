import type { Chart } from "./accounts.ts";
import { type Entry, type Fact, fact, onDay, RECEIVABLE } from "./facts.ts";
import { type Row, textOf } from "./rows.ts";
import type { ExpectedGoods, ExpectedSale } from "./sales.ts";
import { clearingOf, dayIn, grossOf, isBooked, type OracleWorld, rowsOf } from "./world.ts";

/** More than so many minor units between lines and total are no rounding. */
const RESIDUE_MAX = 5;

/** Invoices, payments, and what banks took back of them. */
export function saleFacts(world: OracleWorld): Fact[] {
  const { expected } = world;
  return expected.sales
    .filter((sale) => isBooked(world, sale) && isInBase(world, sale) && !isOffTotal(sale))
    .flatMap((sale) => [invoiceFact(world, sale), ...paymentFacts(world, sale)]);
}

/** Whether a sale was charged, and settled, in the currency that the books are kept in. */
export function isInBase(world: OracleWorld, sale: ExpectedSale): boolean {
  const base = world.chart.currency;
  const settled = sale.payments.flatMap(({ chargeId }) => rowsOf(world, chargeId));
  const isSettledIn = (row: Row) => textOf(row, "currency").toUpperCase() === base;
  return sale.currency === base && settled.every(isSettledIn);
}

/** Whether its lines miss its total by more than rounding: it waits for a person. */
export function isOffTotal(sale: ExpectedSale): boolean {
  const residue = residueOf(sale);
  return Math.abs(residue) > Math.min(sale.goods.length, RESIDUE_MAX) && sale.goods.length > 0;
}

function residueOf({ goods, totalMinor, taxMinor, shippingMinor }: ExpectedSale): number {
  if (goods.length === 0) return 0;
  const net = goods.reduce((so, { minor }) => so + minor, 0);
  return totalMinor - taxMinor - shippingMinor - net;
}

function invoiceFact(world: OracleWorld, sale: ExpectedSale): Fact {
  const { identity, date, totalMinor } = sale;
  const entries = [
    ...onDay(date, [[RECEIVABLE, totalMinor]]),
    ...soldOf(world, sale).map(([account, minor]) => ({ account, day: date, minor: -minor })),
  ];
  return fact({ object: identity, what: "invoice", family: identity }, entries);
}

/** What a sale credits: goods, shipping, tax, and a residue on its own account or off the goods. */
export function soldOf(world: OracleWorld, sale: ExpectedSale): [account: string, minor: number][] {
  const { chart } = world;
  const { goods, totalMinor, taxMinor, shippingMinor } = sale;
  const rest: [string, number][] = [
    [chart.of("shipping"), shippingMinor],
    [chart.of("tax"), taxMinor],
  ];
  if (goods.length === 0) {
    const bare = salesAccount(world, { ...NO_GOODS, metadata: [sale.metadata] });
    return [[bare, totalMinor - taxMinor - shippingMinor], ...rest];
  }
  const sold = goods.map((one): [string, number] => [salesAccount(world, one), one.minor]);
  const residue = residueOf(sale);
  if (residue >= 0) return [...sold, ...rest, [chart.of("rounding"), residue]];
  const largest = goods.reduce(
    (best, one, at) => (one.minor > (goods[best]?.minor ?? 0) ? at : best),
    0,
  );
  return [...sold, ...rest, [sold[largest]?.[0] ?? "", residue]];
}

const NO_GOODS: ExpectedGoods = { minor: 0, price: "", product: "", metadata: [] };

/** By the pair's own map, else by the item that metadata name, else the product's id. */
function salesAccount({ chart, salesAccounts }: OracleWorld, goods: ExpectedGoods): string {
  const items = chart.settings("items");
  const mapped = items[goods.price] ?? items[goods.product];
  const own = ownAccount(mapped);
  if (own !== "") return own;
  const key = chart.setting("metadata.item", "InvtID");
  const named = goods.metadata.map((one) => one[key] ?? "").find((id) => id !== "");
  const item = itemName(mapped) || named || goods.product || defaultItem(chart);
  return salesAccounts.get(item) ?? chart.of("sales");
}

function defaultItem(chart: Chart): string {
  return itemName(chart.settings("item").default);
}

function itemName(mapped: unknown): string {
  if (typeof mapped === "string") return mapped;
  return String((mapped as { item?: unknown } | undefined)?.item ?? "");
}

function ownAccount(mapped: unknown): string {
  return String((mapped as { sales?: unknown } | undefined)?.sales ?? "");
}

function paymentFacts(world: OracleWorld, sale: ExpectedSale): Fact[] {
  const clearing = clearingOf(world);
  return sale.payments.map(({ chargeId, minor, date, returned }) => {
    const entries: Entry[] = onDay(date, [
      [clearing, minor],
      [RECEIVABLE, -minor],
    ]);
    const back = returned === undefined ? 0 : grossOf(returned);
    const taken = onDay(dayIn(world, returned), [
      [RECEIVABLE, -back],
      [clearing, back],
    ]);
    const what = back === 0 ? "payment" : "payment that was returned";
    const of = { object: chargeId, what, family: sale.identity };
    return fact(of, [...entries, ...taken]);
  });
}

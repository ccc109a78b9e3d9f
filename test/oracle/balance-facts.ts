import { type Entry, type Fact, fact, onDay } from "./facts.ts";
import { accountOfCategory, accountOfFee, feesOf, kindOf } from "./row-roles.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import { isOffTotal } from "./sale-facts.ts";
import {
  clearingOf,
  dayIn,
  grossOf,
  isBooked,
  isOpenDay,
  type OracleWorld,
  rowsOf,
  saleByCharge,
} from "./world.ts";

const PREFUNDING = "refund_and_dispute_prefunding";

/** Fees and rows of no other document: one object for each day, or for each row. */
export function dayFacts(world: OracleWorld): Fact[] {
  const { stripe, chart, leftOut } = world;
  const waiting = waitingCharges(world);
  return stripe.all("balance_transaction").flatMap((row): Fact[] => {
    const isOurs = ["", "payments"].includes(textOf(row, "balance_type"));
    if (!isOurs || leftOut.has(textOf(row, "id"))) return [];
    // Stripe's exchanges, and fees in other currencies, have rules of their own.
    if (isConversion(world, row) || currencyOf(row) !== chart.currency) return [];
    if (waiting.has(textOf(row, "source"))) return [];
    if (isNotDue(world, row)) return [];
    return [...feeFact(world, row), ...ownFact(world, row)];
  });
}

/** The currency of a row, as SL writes it. */
export function currencyOf(row: Row | undefined): string {
  return textOf(row, "currency").toUpperCase();
}

/** Two rows of one source in two currencies are an exchange inside of Stripe. */
export function isConversion({ stripe }: OracleWorld, row: Row): boolean {
  const source = textOf(row, "source");
  if (source === "" || textOf(row, "reporting_category") !== "other_adjustment") return false;
  const rows = stripe.by("balance_transaction", "source", source);
  return new Set(rows.map((one) => textOf(one, "currency"))).size > 1;
}

/** Charges of which nothing is booked: their fees wait with them. */
export function waitingCharges(world: OracleWorld): ReadonlySet<string> {
  const sales = saleByCharge(world);
  const waits = world.stripe.all("charge").filter((charge) => {
    const sale = sales.get(textOf(charge, "id"));
    return sale === undefined || !isBooked(world, sale) || isOffTotal(sale);
  });
  return new Set(waits.map((charge) => textOf(charge, "id")));
}

function feeFact(world: OracleWorld, row: Row): Fact[] {
  const fee = numberOf(row, "fee");
  if (fee === 0 || kindOf(row, world.chart) === "dispute") return [];
  const day = dayIn(world, row);
  const entries = onDay(day, [...feesOf(row, world.chart), [clearingOf(world), -fee]]);
  return [fact({ object: objectOf(world, row, "fees"), what: "fees" }, entries)];
}

function ownFact(world: OracleWorld, row: Row): Fact[] {
  const { chart } = world;
  const kind = kindOf(row, chart);
  if (kind !== "fee" && kind !== "category") return [];
  const isFee = kind === "fee";
  const account = isFee
    ? accountOfFee(row, chart)
    : accountOfCategory(row, chart, isPrefunded(world, row));
  const entries = onDay(dayIn(world, row), [
    [account, -grossOf(row)],
    [clearingOf(world), grossOf(row)],
  ]);
  const object = objectOf(world, row, isFee ? "fees" : "category");
  return [fact({ object, what: isFee ? "fees" : "other rows" }, entries)];
}

function isPrefunded({ stripe }: OracleWorld, row: Row): boolean {
  const source = textOf(row, "source");
  if (source === "") return false;
  const rows = stripe.by("balance_transaction", "source", source);
  return rows.some((one) => textOf(one, "balance_type") === PREFUNDING);
}

/** What SL shows beside the journal that a row's fee, or the row itself, stands in. */
export function objectOf(world: OracleWorld, row: Row, setting: "fees" | "category"): string {
  const how = world.chart.setting(setting, "per-day");
  if (how === "per-row") return textOf(row, "id");
  const payout = how === "per-payout" ? payoutTaking(world, row) : "";
  return payout === "" ? `day:${dayIn(world, row)}` : payout;
}

/** Whether the day of a row is open, and no payout has taken its fee along before. */
export function isNotDue(world: OracleWorld, row: Row): boolean {
  if (!isOpenDay(world, dayIn(world, row))) return false;
  const isByPayout = world.chart.setting("fees", "per-day") === "per-payout";
  return !isByPayout || payoutTaking(world, row) === "";
}

/** The automatic payout that took a row along, where it was made while the row's fee waits. */
function payoutTaking(world: OracleWorld, row: Row): string {
  const { chart, stripe } = world;
  const payout = stripe.one("payout", textOf(row, "payout"));
  if (payout?.automatic !== true) return "";
  const last = new Date(`${dayIn(world, row)}T00:00:00Z`);
  last.setUTCDate(last.getUTCDate() + Number(chart.setting("fees-wait", "7")));
  return dayIn(world, payout) <= last.toISOString().slice(0, 10) ? textOf(payout, "id") : "";
}

/** Payouts and top-ups: from clearing to transit, to the bank, and back. */
export function payoutFacts(world: OracleWorld): Fact[] {
  const { stripe, leftOut } = world;
  const all = [...stripe.all("payout"), ...stripe.all("topup")];
  return all.flatMap((payout) => {
    const object = textOf(payout, "id");
    const [row, undone] = rowsOf(world, object);
    if (row === undefined || leftOut.has(object)) return [];
    const whole = legsOf(world, { payout, row, undone, isSeen: true });
    // One that the hub saw only after it had failed never reached the bank in its books.
    const less =
      undone === undefined ? [] : [legsOf(world, { payout, row, undone, isSeen: false })];
    const what = object.startsWith("po_") ? "payout" : "top-up";
    return [{ object, what, family: "", entries: whole, instead: less }];
  });
}

type PayoutParts = Readonly<{ payout: Row; row: Row; undone: Row | undefined; isSeen: boolean }>;

function legsOf(world: OracleWorld, { payout, row, undone, isSeen }: PayoutParts): Entry[] {
  const { chart, rates } = world;
  const currency = currencyOf(row);
  const [clearing, bank] = [chart.of(`clearing.${currency}`), chart.of(`bank.${currency}`)];
  const isDirect = chart.setting("payout.transit", "on") === "off";
  const across = isDirect ? bank : chart.of(`transit.${currency}`);
  // Each leg is worth what SL's rate of its own day makes it.
  const pair = (day: string, debit: string, credit: string, minor: number): Entry[] => {
    const worth = rates.worth(minor, currency, day);
    return onDay(day, [
      [debit, worth],
      [credit, -worth],
    ]);
  };
  const moved = grossOf(row);
  const entries = pair(dayIn(world, row), clearing, across, moved);
  const isAtBank = !isDirect && isSeen && hasArrived(world, payout);
  if (isAtBank) {
    entries.push(...pair(arrivalOf(world, payout, row), across, bank, moved));
  }
  if (undone === undefined) return entries;
  const from = isAtBank ? bank : across;
  return [...entries, ...pair(dayIn(world, undone), clearing, from, grossOf(undone))];
}

function hasArrived({ paidPayouts }: OracleWorld, payout: Row): boolean {
  const status = textOf(payout, "status");
  return (
    ["paid", "succeeded", "reversed"].includes(status) || paidPayouts.has(textOf(payout, "id"))
  );
}

/** Stripe's date of arrival, which is midnight UTC, but never before the money left. */
function arrivalOf(world: OracleWorld, payout: Row, row: Row): string {
  const at = numberOf(payout, "arrival_date") || numberOf(payout, "expected_availability_date");
  const isDate = at % 86_400 === 0;
  const day = isDate
    ? new Date(at * 1000).toISOString().slice(0, 10)
    : dayIn(world, { created: at });
  const left = dayIn(world, row);
  return [day, left].toSorted().at(-1) ?? day;
}

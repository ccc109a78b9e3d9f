import { HubError } from "../base/errors.ts";
import { allocate, leastMinor, type Money, money, splitUnit, toDecimal } from "../base/money.ts";

/** A sum inside a document that is credited by itself: what a line sold, or one tax on it. */
export type Cell = Readonly<{
  /** Which line of the document it belongs to, from 0. */
  at: number;
  /** SL's tax id, `line` for tax that is a line of its own, or empty for what was sold. */
  tax: string;
  /** What was booked, and what of it is credited already; minor units. */
  booked: bigint;
  credited: bigint;
}>;

/** How much of which cells a credit takes, in their order; minor units that add up to it. */
export type Shares = readonly bigint[];

/** What decides a credit beside its amount. */
export type CreditRule = Readonly<{
  /** Weights of the lines that are meant, by line; the rest is spread over all. */
  chosen?: ReadonlyMap<number, bigint>;
  /** Tax that is given, as a credit note states its own; else it is in proportion. */
  tax?: Money;
  /** What of it is on which line, minor units by line; the rest is spread over all. */
  onLines?: ReadonlyMap<number, bigint>;
}>;

/**
 * Spreads a credit over what is not credited yet. Tax is cumulative and in proportion: what is
 * credited to date × tax ÷ total, rounded half up, less what earlier credits took. The credit that
 * completes the document takes every residue, so any sequence adds up to it cell by cell. Where
 * nothing of it has a fraction that its currency lacks, no share has one.
 *
 * @throws HubError `mapping.refund_exceeds` where less is left of the document
 */
export function creditShares(cells: readonly Cell[], amount: Money, rule: CreditRule = {}): Shares {
  const rest = cells.map(({ booked, credited }) => booked - credited);
  const left = total(rest);
  if (amount.minor > left) throw exceeds(amount, left);
  if (amount.minor === left) return rest;
  const { chosen, tax, onLines = new Map<number, bigint>() } = rule;
  const minors = cells.flatMap(({ booked, credited }) => [booked, credited]);
  const asked = [amount.minor, tax?.minor ?? 0n, ...onLines.values()];
  const unit = splitUnit(amount.currency, [...asked, ...minors]);
  const inUnits = cells.map(({ booked, credited, ...cell }) => {
    return { ...cell, booked: booked / unit, credited: credited / unit };
  });
  const given = tax && {
    whole: tax.minor / unit,
    onLines: [...onLines].map(([at, minor]) => ({ at, minor: minor / unit })),
  };
  const shares = spreadOver(inUnits, amount.minor / unit, { chosen, given });
  return shares.map((share) => share * unit);
}

/** Tax that is given, and what of it is on which line. */
type GivenTax = Readonly<{
  whole: bigint;
  onLines: readonly Readonly<{ at: number; minor: bigint }>[];
}>;

/** In units that are all alike, whatever they are. */
function spreadOver(
  cells: readonly Cell[],
  amount: bigint,
  { chosen, given }: Readonly<{ chosen: CreditRule["chosen"]; given: GivenTax | undefined }>,
): bigint[] {
  const taxes = taxShares(cells, amount, given);
  const sold = amount - total(taxes);
  const goods = cells.map(({ booked, credited, tax }) => (tax === "" ? booked - credited : 0n));
  const meant = chosenShares(cells, { sold, goods, chosen });
  const open = goods.map((minor, index) => minor - (meant[index] ?? 0n));
  const others = spread(sold - total(meant), open);
  return cells.map((_cell, at) => (taxes[at] ?? 0n) + (meant[at] ?? 0n) + (others[at] ?? 0n));
}

/** One in which a minor unit is the least there is. */
const ANY_CURRENCY = "USD";

/** The tax part; what the goods cannot bear of the amount is tax too. */
function taxShares(cells: readonly Cell[], amount: bigint, given: GivenTax | undefined): bigint[] {
  const ids = [...new Set(cells.flatMap(({ tax }) => (tax === "" ? [] : [tax])))];
  const whole = total(cells.map(({ booked }) => booked));
  const toDate = total(cells.map(({ credited }) => credited)) + amount;
  const goods = total(cells.map((cell) => (cell.tax === "" ? cell.booked - cell.credited : 0n)));
  const shares = cells.map(() => 0n);
  const open = () => cells.map((cell, at) => cell.booked - cell.credited - (shares[at] ?? 0n));
  const take = (wanted: bigint, isMeant: (cell: Cell) => boolean) => {
    const weights = open().map((minor, at) => (isMeant(cells[at] as Cell) ? minor : 0n));
    const least = leastMinor(wanted, amount - total(shares), total(weights));
    for (const [at, minor] of spread(least, weights).entries()) {
      shares[at] = (shares[at] ?? 0n) + minor;
    }
  };
  if (given !== undefined) {
    const left = () => given.whole - total(shares);
    for (const { at, minor } of given.onLines) {
      take(leastMinor(minor, left()), (cell) => cell.at === at && cell.tax !== "");
    }
    take(left(), ({ tax }) => tax !== "");
  } else {
    for (const id of ids) {
      const own = cells.filter(({ tax }) => tax === id);
      const booked = total(own.map((cell) => cell.booked));
      const target = (2n * booked * toDate + whole) / (2n * whole);
      take(target - total(own.map((cell) => cell.credited)), ({ tax }) => tax === id);
    }
  }
  take(amount - total(shares) - goods, ({ tax }) => tax !== "");
  return shares;
}

function chosenShares(
  cells: readonly Cell[],
  of: Readonly<{ sold: bigint; goods: readonly bigint[]; chosen: CreditRule["chosen"] }>,
): bigint[] {
  const { sold, goods, chosen } = of;
  const weights = cells.map(({ at, tax }) => (tax === "" ? (chosen?.get(at) ?? 0n) : 0n));
  return spread(sold, weights).map((minor, at) => leastMinor(minor, goods[at] ?? 0n));
}

/** By largest remainder; nothing where nothing is to be spread, or nowhere. */
function spread(minor: bigint, weights: readonly bigint[]): bigint[] {
  if (minor <= 0n || total(weights) <= 0n) return weights.map(() => 0n);
  return allocate(money(minor, ANY_CURRENCY), weights).map((part) => part.minor);
}

function total(minors: readonly bigint[]): bigint {
  return minors.reduce((a, b) => a + b, 0n);
}

function exceeds(amount: Money, left: bigint): HubError {
  const facts = { amount: toDecimal(amount), left: toDecimal(money(left, amount.currency)) };
  return new HubError(
    "mapping.refund_exceeds",
    `${facts.amount} ${amount.currency} is to be credited, and ${facts.left} is left to credit`,
    { facts },
  );
}

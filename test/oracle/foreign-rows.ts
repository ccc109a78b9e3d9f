import { currencyOf, isConversion, isNotDue, objectOf, waitingCharges } from "./balance-facts.ts";
import { type Entry, type Fact, fact, onDay } from "./facts.ts";
import { worthOfParts } from "./rates.ts";
import { accountOfCategory, accountOfFee, feesOf, kindOf } from "./row-roles.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import { dayIn, grossOf, type OracleWorld } from "./world.ts";

/** What goes on one journal of a day: what it is of, and amounts across from clearing. */
type Journal = Readonly<{ object: string; what: string; day: string; currency: string }>;
type Across = readonly (readonly [account: string, minor: number])[];

/** Fees and other rows in another currency than the books', by day, and what Stripe converts. */
export function foreignRows(world: OracleWorld): Fact[] {
  const rows = world.stripe
    .all("balance_transaction")
    .filter((row) => ["", "payments"].includes(textOf(row, "balance_type")))
    .filter((row) => !world.leftOut.has(textOf(row, "id")));
  const converted = rows.filter((row) => isConversion(world, row));
  const foreign = rows.filter((row) => currencyOf(row) !== world.chart.currency);
  const own = foreign.filter((row) => !converted.includes(row));
  return [...dayJournals(world, own), ...conversions(world, converted)];
}

function dayJournals(world: OracleWorld, rows: readonly Row[]): Fact[] {
  const waiting = waitingCharges(world);
  const parts = rows
    .filter((row) => !waiting.has(textOf(row, "source")) && !isNotDue(world, row))
    .flatMap((row) => partsOf(world, row));
  const journals = Map.groupBy(parts, ({ journal }) => Object.values(journal).join(" "));
  return [...journals.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const { journal } = first;
    const { object, what } = journal;
    return [fact({ object, what }, entriesOf(world, journal, all))];
  });
}

type Part = Readonly<{ journal: Journal; across: Across }>;

function partsOf(world: OracleWorld, row: Row): Part[] {
  const { chart } = world;
  const kind = kindOf(row, chart);
  const [day, currency] = [dayIn(world, row), currencyOf(row)];
  const of = (what: string, setting: "fees" | "category") => {
    return { object: objectOf(world, row, setting), what, day, currency };
  };
  if (kind === "dispute") return [];
  const fees = feesOf(row, chart);
  const ofFee = fees.length === 0 ? [] : [{ journal: of("fees", "fees"), across: fees }];
  if (kind === "fee") {
    const across: Across = [[accountOfFee(row, chart), -grossOf(row)]];
    return [...ofFee, { journal: of("fees", "fees"), across }];
  }
  if (kind !== "category") return ofFee;
  const across: Across = [[accountOfCategory(row, chart, false), -grossOf(row)]];
  return [...ofFee, { journal: of("other rows", "category"), across }];
}

/** Each side of a journal is worth what its sum is; costs and what comes back are never netted. */
function entriesOf(world: OracleWorld, journal: Journal, parts: readonly Part[]): Entry[] {
  const { day, currency } = journal;
  const lines = new Map<string, number>();
  for (const [account, minor] of parts.flatMap(({ across }) => across)) {
    const line = `${account} ${Math.sign(minor)}`;
    lines.set(line, (lines.get(line) ?? 0) + minor);
  }
  const net = [...lines.values()].reduce((so, minor) => so + minor, 0);
  lines.set(`${world.chart.of(`clearing.${currency}`)} ${-Math.sign(net)}`, -net);
  const each = (minor: number) => world.rates.worth(minor, currency, day);
  return [1, -1].flatMap((side) => {
    const own = [...lines].filter(([, minor]) => Math.sign(minor) === side);
    const sizes = own.map(([, minor]) => Math.abs(minor));
    const whole = each(sizes.reduce((so, one) => so + one, 0));
    const worths = worthOfParts(sizes, { whole, each });
    return onDay(
      day,
      own.map(([line], at) => [line.split(" ")[0] ?? "", side * (worths[at] ?? 0)]),
    );
  });
}

/** Stripe's own exchange: over the bridge, on which nothing stays in the currency of the books. */
function conversions(world: OracleWorld, rows: readonly Row[]): Fact[] {
  const { chart, rates, unjudged } = world;
  const bridge = chart.of("bridge");
  const bySource = Map.groupBy(rows, (row) => textOf(row, "source"));
  return [...bySource.values()].flatMap((pair) => {
    const own = pair.find((row) => currencyOf(row) === chart.currency);
    const other = pair.find((row) => row !== own);
    if (bridge === "" || own === undefined || other === undefined || pair.length !== 2) {
      for (const row of pair) unjudged.add(textOf(row, "id"));
      return [];
    }
    const day = dayIn(world, other);
    const moved = rates.worth(numberOf(other, "amount"), currencyOf(other), day);
    const rest = -(grossOf(own) + moved);
    const journal = (row: Row, across: Across) =>
      fact(
        { object: textOf(row, "id"), what: "conversion" },
        onDay(dayIn(world, row), [...across]),
      );
    return [
      journal(other, [
        [chart.of(`clearing.${currencyOf(other)}`), moved],
        [bridge, -moved],
      ]),
      journal(own, [
        [chart.of(`clearing.${chart.currency}`), grossOf(own)],
        [bridge, moved],
        [chart.of(rest > 0 ? "fx-loss" : "fx-gain"), rest],
      ]),
    ];
  });
}

import { type Entry, type Fact, fact, onDay, RECEIVABLE } from "./facts.ts";
import { disputeFeesOf } from "./row-roles.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import type { ExpectedSale } from "./sales.ts";
import { dayOf } from "./stripe-rows.ts";
import {
  clearingOf,
  dayIn,
  grossOf,
  isBooked,
  type OracleWorld,
  rowsOf,
  saleByCharge,
} from "./world.ts";

/** What a dispute takes back of a sale, or gives back to it: above zero is taken. */
export type DisputeMemo = Readonly<{ object: string; at: number; day: string; minor: number }>;

/** Where disputes take sales back: what each row of a sale's disputes moves. */
export function disputeMemos(world: OracleWorld, sale: ExpectedSale): DisputeMemo[] {
  if (policyOf(world) !== "reverse-sale") return [];
  return sale.payments
    .flatMap(({ chargeId }) => world.stripe.by("dispute", "charge", chargeId))
    .flatMap((dispute) =>
      rowsOf(world, textOf(dispute, "id")).map((row) => ({
        object: textOf(dispute, "id"),
        at: numberOf(row, "created"),
        day: dayIn(world, row),
        minor: -grossOf(row),
      })),
    );
}

function policyOf({ chart }: OracleWorld): string {
  return chart.setting("dispute.policy", "receivable");
}

/** What the rows of each dispute and its verdicts move. */
export function disputeFacts(world: OracleWorld): Fact[] {
  const sales = saleByCharge(world);
  return world.stripe.all("dispute").flatMap((dispute) => {
    const object = textOf(dispute, "id");
    const sale = sales.get(textOf(dispute, "charge"));
    const isOut = world.leftOut.has(object) || world.leftOut.has(sale?.identity ?? "");
    if (isOut || (sale !== undefined && isSkipped(world, sale))) return [];
    const isHeld = policyOf(world) === "receivable";
    const isMemo = !isHeld && sale !== undefined && sale.currency !== world.chart.currency;
    if (isMemo || rowsOf(world, object).some((row) => isAbroad(world, row))) {
      world.unjudged.add(object);
      return [];
    }
    const family = isHeld ? "" : (sale?.identity ?? "");
    const entries = isHeld ? heldEntries(world, dispute) : memoEntries(world, dispute);
    return entries.length === 0 ? [] : [fact({ object, what: "dispute", family }, entries)];
  });
}

function isAbroad({ chart }: OracleWorld, row: Row): boolean {
  return textOf(row, "currency").toUpperCase() !== chart.currency;
}

function isSkipped(world: OracleWorld, sale: ExpectedSale): boolean {
  return (
    !isBooked(world, sale) && sale.payments.some(({ chargeId }) => world.leftOut.has(chargeId))
  );
}

type Happening = Readonly<{ at: number; rank: number; row?: Row; status?: string }>;

/** Rows and verdicts in time; within a second money goes out, is lost, comes back, is won. */
function happenings(world: OracleWorld, dispute: Row): Happening[] {
  const object = textOf(dispute, "id");
  const rows = rowsOf(world, object).map((row): Happening => {
    return { at: numberOf(row, "created"), rank: grossOf(row) < 0 ? 0 : 2, row };
  });
  const ends = (world.closings.get(object) ?? []).map(({ status, at }): Happening => {
    return { at, rank: status === "won" ? 3 : 1, status };
  });
  return [...rows, ...ends].toSorted((a, b) => a.at - b.at || a.rank - b.rank);
}

/** Policy `receivable`: Stripe holds the money, until it is lost or given back. */
function heldEntries(world: OracleWorld, dispute: Row): Entry[] {
  const { chart } = world;
  const held = chart.of("dispute-receivable");
  const entries: Entry[] = [];
  let open = 0;
  let isLost = false;
  for (const { at, row, status } of happenings(world, dispute)) {
    const day = dayOf(at, chart.zone);
    if (row !== undefined) {
      const isRecovered = isLost && grossOf(row) > 0;
      const across = isRecovered ? chart.of("bad-debt-recovered") : held;
      open -= isRecovered ? 0 : grossOf(row);
      entries.push(...rowEntries(world, row, across));
    } else if (open !== 0) {
      const account = status === "lost" ? chart.of("bad-debt") : lossAccount(world, dispute, open);
      entries.push(...onDay(day, [...pair(account, held, open)]));
      open = 0;
    }
    if (status !== undefined) isLost = status === "lost";
  }
  return entries;
}

function lossAccount({ chart, unjudged }: OracleWorld, dispute: Row, open: number): string {
  const isForeign = textOf(dispute, "currency").toUpperCase() !== chart.currency;
  if (isForeign) return chart.of(open > 0 ? "fx-loss" : "fx-gain");
  if (open < 0) unjudged.add(textOf(dispute, "id"));
  return chart.of("dispute-loss");
}

function pair(debit: string, credit: string, minor: number): [string, number][] {
  return [
    [debit, minor],
    [credit, -minor],
  ];
}

/** What a row moves between clearing and the account across, with the fee that it carries. */
function rowEntries(world: OracleWorld, row: Row, across: string): Entry[] {
  const fee = numberOf(row, "fee");
  const fees = fee === 0 ? [] : disputeFeesOf(row, world.chart);
  return onDay(dayIn(world, row), [
    [across, -grossOf(row)],
    ...fees,
    [clearingOf(world), grossOf(row) - fee],
  ]);
}

/** Policies that make memos: the cash legs, and what a verdict does to the debt of a customer. */
function memoEntries(world: OracleWorld, dispute: Row): Entry[] {
  const { chart } = world;
  const isCustomers = policyOf(world) === "customer";
  const entries: Entry[] = [];
  let open = 0;
  for (const { at, row, status } of happenings(world, dispute)) {
    if (row !== undefined) {
      open -= grossOf(row);
      entries.push(...rowEntries(world, row, RECEIVABLE));
    } else if (isCustomers && open > 0) {
      const isLost = status === "lost";
      if (isLost && chart.setting("dispute.lost", "leave-open") === "leave-open") continue;
      const account = isLost ? chart.of("bad-debt") : lossAccount(world, dispute, open);
      entries.push(...onDay(dayOf(at, chart.zone), pair(account, RECEIVABLE, open)));
      open = 0;
    }
  }
  return entries;
}

import { kindOf } from "./row-roles.ts";
import { numberOf, type Row, textOf } from "./rows.ts";
import { isOffTotal } from "./sale-facts.ts";
import type { ExpectedSale } from "./sales.ts";
import {
  dayIn,
  isBeforeStart,
  isBooked,
  isOpenDay,
  type OracleWorld,
  saleByCharge,
} from "./world.ts";

const salesOf = new WeakMap<OracleWorld, ReadonlyMap<string, ExpectedSale>>();

/** What of a row, of its net, stands in no document yet. */
export function waitingOf(world: OracleWorld, row: Row): number {
  if (!isBookedRow(world, row)) return numberOf(row, "net");
  const isOpen = isOpenDay(world, dayIn(world, row));
  return isOpen && kindOf(row, world.chart) !== "dispute" ? -numberOf(row, "fee") : 0;
}

/** Whether a row of the payments balance is to stand in some document, by what it is of. */
function isBookedRow(world: OracleWorld, row: Row): boolean {
  const { stripe, chart, leftOut, unjudged } = world;
  const source = textOf(row, "source");
  if ([textOf(row, "id"), source].some((id) => leftOut.has(id) || unjudged.has(id))) return false;
  switch (kindOf(row, chart)) {
    case "charge": {
      const charge = chargeBehind(world, source);
      return isBookedSale(world, saleOf(world, charge));
    }
    case "refund": {
      const sale = saleOf(world, textOf(stripe.one("refund", source), "charge"));
      return sale !== undefined && (isBookedSale(world, sale) || isOld(world, sale));
    }
    case "dispute": {
      const sale = saleOf(world, textOf(stripe.one("dispute", source), "charge"));
      return sale === undefined || isBookedSale(world, sale) || isOld(world, sale);
    }
    case "payout":
      return true;
    default:
      return !isOpenDay(world, dayIn(world, row));
  }
}

/** A capture of less gives the rest back by a refund, whose row is the charge's. */
function chargeBehind({ stripe }: OracleWorld, source: string): string {
  return source.startsWith("re_") ? textOf(stripe.one("refund", source), "charge") : source;
}

function saleOf(world: OracleWorld, chargeId: string): ExpectedSale | undefined {
  const sales = salesOf.get(world) ?? saleByCharge(world);
  salesOf.set(world, sales);
  return sales.get(chargeId);
}

function isBookedSale(world: OracleWorld, sale: ExpectedSale | undefined): boolean {
  return sale !== undefined && isBooked(world, sale) && !isOffTotal(sale);
}

function isOld(world: OracleWorld, sale: ExpectedSale): boolean {
  return isBeforeStart(world.chart, sale) && !world.leftOut.has(sale.identity);
}

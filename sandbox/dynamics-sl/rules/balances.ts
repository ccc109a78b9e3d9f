import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, roundTo } from "./amounts.ts";
import { receivableSign } from "./entries.ts";

/** A released document before and after a step; undefined stands for not released yet. */
export type BalanceStep = Readonly<{ before: Row | undefined; after: Row }>;

/**
 * Brings the customer's AR_Balances in step with its documents: positive for what the customer
 * owes. Prepayments count in `TotPrePay` only; documents of a later period than the current one
 * count in `FutureBal`.
 */
export function moveBalances(world: World, steps: readonly BalanceStep[]): void {
  const decimals = decimalsOf(world, world.baseCurrency);
  const current = text(world.receivablesSetup, "CurrPerNbr");
  for (const { before, after } of steps) {
    const custId = text(after, "CustId");
    const cpnyId = text(after, "CpnyID");
    const row =
      world.store.get("AR_Balances", custId, cpnyId) ?? newBalances(world, custId, cpnyId);
    const change = num(after, "DocBal") - num(before, "DocBal");
    const type = text(after, "DocType");
    const column =
      type === "PP" ? "TotPrePay" : text(after, "PerPost") > current ? "FutureBal" : "CurrBal";
    const signed = type === "PP" ? change : receivableSign(type) * change;
    const isPaid =
      before !== undefined &&
      ["IN", "DM"].includes(type) &&
      num(before, "OpenDoc") === 1 &&
      num(after, "OpenDoc") === 0;
    world.store.put("AR_Balances", {
      ...row,
      [column]: roundTo(num(row, column) + signed, decimals),
      LastActDate: world.today(),
      LastInvcDate:
        type === "IN" && before === undefined ? text(after, "DocDate") : text(row, "LastInvcDate"),
      NbrInvcPaid: num(row, "NbrInvcPaid") + (isPaid ? 1 : 0),
      ...world.audit("08400", row),
    });
  }
}

/** The empty balance row of a customer in a company. */
export function newBalances(world: World, custId: string, cpnyId: string): Row {
  const customer = world.store.get("Customer", custId);
  return {
    CustID: custId,
    CpnyID: cpnyId,
    CrLmt: num(customer, "CrLmt"),
    CuryID: world.baseCurrency,
    PerNbr: text(world.receivablesSetup, "PerNbr"),
    ...world.audit("08260"),
  };
}

import { num, type Row, text } from "../tables/store.ts";
import type { World } from "../world.ts";
import { decimalsOf, rateOf, roundTo, toBase } from "./amounts.ts";
import { applicationLines, pendingOn, targetOf } from "./payments.ts";

/** One match of a paying document with an open one, valued on both sides. */
export type Application = Readonly<{
  target: Row;
  curyAmount: number;
  /** Base value at the target's rate: what leaves its receivable. */
  targetBase: number;
  /** Base value at the paying document's rate: what leaves it. */
  payerBase: number;
}>;

type Balance = { cury: number; base: number };

/** Balances as they change while the applications of a release are worked through. */
export class OpenBalances {
  readonly #balances = new Map<string, Balance>();

  of(document: Row): Balance {
    const key = ["CustId", "DocType", "RefNbr", "BatNbr"]
      .map((name) => text(document, name))
      .join("\u0001");
    const known = this.#balances.get(key);
    if (known !== undefined) return known;
    const fresh = { cury: num(document, "CuryDocBal"), base: num(document, "DocBal") };
    this.#balances.set(key, fresh);
    return fresh;
  }
}

/**
 * The applications a paying document makes in this release: its pending lines, then, for a customer
 * with `AutoApply`, what is left goes to the oldest open documents.
 */
export function applicationsOf(
  world: World,
  payer: Row,
  batch: Row,
  balances: OpenBalances,
): readonly Application[] {
  const applications: Application[] = [];
  for (const line of applicationLines(world.store, payer, text(batch, "BatNbr"))) {
    const target = targetOf(world.store, line);
    if (target === undefined) throw new Error("an application line lost its document");
    applications.push(valued(world, payer, target, { amount: num(line, "CuryTranAmt"), balances }));
  }
  if (!appliesItself(world, payer, batch)) return applications;
  for (const target of oldestOpen(world, payer)) {
    const amount = Math.min(balances.of(payer).cury, balances.of(target).cury);
    if (amount <= 0) continue;
    applications.push(valued(world, payer, target, { amount, balances }));
  }
  return applications;
}

/** When the currency balance of a side reaches 0 the whole base balance goes with it. */
function valued(
  world: World,
  payer: Row,
  target: Row,
  { amount, balances }: Readonly<{ amount: number; balances: OpenBalances }>,
): Application {
  const decimals = decimalsOf(world, text(payer, "CuryId"));
  const take = (document: Row): number => {
    const balance = balances.of(document);
    const rest = roundTo(balance.cury - amount, decimals);
    const base = rest === 0 ? balance.base : toBase(world, amount, rateOf(document));
    balance.cury = rest;
    balance.base = roundTo(balance.base - base, decimalsOf(world, world.baseCurrency));
    return base;
  };
  const payerBase = take(payer);
  return { target, curyAmount: amount, targetBase: take(target), payerBase };
}

function appliesItself(world: World, payer: Row, batch: Row): boolean {
  if (text(payer, "BatNbr") !== text(batch, "BatNbr")) return false;
  if (num(world.store.get("Customer", text(payer, "CustId")), "AutoApply") === 0) return false;
  if (text(payer, "DocType") === "PA") return true;
  return text(payer, "DocType") === "PP" && !world.switches.prepaymentExemptFromAutoApply;
}

/** Released open documents of the customer without pending applications, by due date. */
function oldestOpen(world: World, payer: Row): readonly Row[] {
  return world.store
    .find("ARDoc", "byCustomer", text(payer, "CustId"))
    .filter(
      (row) =>
        ["IN", "DM", "FI", "NC"].includes(text(row, "DocType")) &&
        num(row, "Rlsed") === 1 &&
        num(row, "CuryDocBal") > 0 &&
        text(row, "CuryId") === text(payer, "CuryId") &&
        text(row, "CpnyID") === text(payer, "CpnyID") &&
        pendingOn(world.store, row, payer) === 0,
    )
    .sort(
      (a, b) =>
        text(a, "DueDate").localeCompare(text(b, "DueDate")) ||
        text(a, "RefNbr").localeCompare(text(b, "RefNbr")),
    );
}

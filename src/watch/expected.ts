import { add, type Money, negate, subtract, sum, zero } from "../base/money.ts";
import type { DocumentDraft, GlAccount } from "../erp/port.ts";

/** By how much a document moves an account, debit positive; a day where each line has its own. */
export type Movement = Readonly<{ account: GlAccount; day: string; amount: Money }>;

/** What a draft moves, and what it moves on accounts that it does not name. */
export type ExpectedMovements = Readonly<{
  named: readonly Movement[];
  /** Taxes go to SL's own accounts, unapplied money to the customer's; nothing if all is named. */
  rest: Money;
}>;

/**
 * The ledger lines that a draft makes at its release, one for each account and day, in the currency
 * of the document. Accounts on which nothing is left are left out.
 */
export function expectedMovements(draft: DocumentDraft): ExpectedMovements {
  switch (draft.kind) {
    case "application":
      return { named: [], rest: zero(draft.currency) };
    case "journal": {
      const lines = draft.lines.map(({ account, side, amount, date }) => {
        return { account, day: date, amount: side === "debit" ? amount : negate(amount) };
      });
      return { named: netted(lines), rest: zero(draft.currency) };
    }
    case "payment": {
      const day = draft.documentDate;
      const applied = draft.applications.map(({ receivable, amount }) => {
        return { account: receivable, day, amount: negate(amount) };
      });
      const cash = { account: draft.cash, day, amount: draft.amount };
      // Money that waits stands on the prepay account until it is applied.
      if (draft.type === "PP") return { named: netted([cash]), rest: negate(draft.amount) };
      return balanced(netted([cash, ...applied]), draft.currency);
    }
    case "invoice":
    case "memo": {
      const day = draft.documentDate;
      const isCredit = draft.kind === "memo" && draft.type === "CM";
      const own = isCredit ? negate(draft.total) : draft.total;
      const lines = draft.lines.map(({ sales, amount }) => {
        return { account: sales, day, amount: isCredit ? amount : negate(amount) };
      });
      const all = [{ account: draft.receivable, day, amount: own }, ...lines];
      return balanced(netted(all), draft.currency);
    }
  }
}

function balanced(named: readonly Movement[], currency: string): ExpectedMovements {
  const total = sum(
    named.map(({ amount }) => amount),
    currency,
  );
  return { named, rest: negate(total) };
}

/** One movement for each account and day; what comes to nothing is none. */
export function netted(movements: readonly Movement[]): readonly Movement[] {
  const groups = Map.groupBy(movements, movementName);
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    const amount = others.reduce((total, one) => add(total, one.amount), first.amount);
    return amount.minor === 0n ? [] : [{ ...first, amount }];
  });
}

/** Two movements of one name are compared with each other. */
export function movementName({ account, day, amount }: Movement): string {
  return [accountName(account), day, amount.currency].join(" ");
}

/** An account as SL compares it. */
export function accountName({ account, subaccount }: GlAccount): string {
  return `${account.trimEnd()}/${subaccount.trimEnd()}`.toUpperCase();
}

/** What is left of `found` once `expected` is taken off it, by account and day. */
export function movedOtherwise(
  expected: readonly Movement[],
  found: readonly Movement[],
): readonly Movement[] {
  const minus = expected.map((one) => ({
    ...one,
    amount: subtract(zero(one.amount.currency), one.amount),
  }));
  return netted([...found, ...minus]);
}

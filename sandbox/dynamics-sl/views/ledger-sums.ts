import { fold, num, type Row, type Store, text } from "../tables/store.ts";

/** By what released GL lines are summed. */
const SUMMED_BY = [
  ...["CpnyID", "LedgerID", "Acct", "Sub"],
  ...["BaseCuryID", "CuryId", "PerPost", "TranDate"],
];
const SUMMED = ["CuryDrAmt", "CuryCrAmt", "DrAmt", "CrAmt"];

type Sum = Record<string, string | number>;
type Sums = Map<string, Sum>;

/** The sums of these lines, of which only released ones of a ledger count. */
export function sumLines(lines: Iterable<Row>, ledger: string): Iterable<Row> {
  const sums: Sums = new Map();
  for (const line of lines) {
    if (num(line, "Rlsed") === 1 && text(line, "LedgerID") === ledger) add(sums, line, 1);
  }
  return sums.values();
}

/** The same of an account, kept up with each line: a walk of years takes longer each day. */
export function sumsOf(store: Store, account: string, ledger: string): Iterable<Row> {
  let byAccount = kept.get(store);
  if (byAccount === undefined) {
    byAccount = keep(store);
    kept.set(store, byAccount);
  }
  const sums = byAccount.get(fold(account))?.values() ?? [];
  return [...sums].filter((sum) => text(sum, "LedgerID") === ledger);
}

const kept = new WeakMap<Store, Map<string, Sums>>();

function keep(store: Store): Map<string, Sums> {
  const byAccount = new Map<string, Sums>();
  const count = (line: Row | undefined, sign: 1 | -1) => {
    const account = fold(text(line, "Acct"));
    if (line === undefined || account === "" || num(line, "Rlsed") !== 1) return;
    const sums = byAccount.get(account) ?? new Map<string, Sum>();
    byAccount.set(account, sums);
    add(sums, line, sign);
  };
  for (const line of store.all("GLTran")) count(line, 1);
  store.watch("GLTran", (before, after) => {
    count(before, -1);
    count(after, 1);
  });
  return byAccount;
}

function add(sums: Sums, line: Row, sign: 1 | -1): void {
  let key = "";
  for (const name of SUMMED_BY) key += `${text(line, name)}\u0001`;
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = Object.fromEntries(SUMMED_BY.map((name) => [name, text(line, name)]));
    sums.set(key, sum);
  }
  // Sums of floats are kept to a thousandth of the smallest unit, or they would drift.
  for (const name of SUMMED) {
    sum[name] = Math.round((num(sum, name) + sign * num(line, name)) * 1e6) / 1e6;
  }
  sum.LineCount = num(sum, "LineCount") + sign;
  if (sum.LineCount === 0) sums.delete(key);
}

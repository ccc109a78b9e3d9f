import { negate, toDecimal } from "../base/money.ts";
import { csvLine } from "../papers/index.ts";
import { matchedWords } from "./match.ts";
import type { Proof } from "./prove.ts";

const HEADER = ["pair", "currency", "day", "row", "id", "part", "date", "amount", "why"];

/**
 * Every number of the proofs as a table, one row for each thing that a line or the difference is
 * made of, line by line. Text that a spreadsheet would take for a formula is kept from that.
 */
export function* proofCsv(proofs: readonly Proof[]): Generator<string> {
  yield csvLine(HEADER);
  for (const proof of proofs) {
    for (const row of rowsOf(proof)) yield csvLine(row);
  }
}

function* rowsOf(proof: Proof): Generator<string[]> {
  const { pair, currency, day, stripe, ledger, lines, findings, matched, difference } = proof;
  const row = (name: string, ...rest: string[]) => [pair, currency, day, name, ...rest];
  const total = (name: string, amount: string) => row(name, "", "", day, amount, "");
  const { start, opening } = stripe;
  if (start !== undefined) yield total(`Stripe before ${start}`, toDecimal(opening));
  yield total("Stripe closing", toDecimal(stripe.closing));
  for (const one of reportRows(proof)) yield row(...one);
  yield total("SL released", toDecimal(ledger.released));
  for (const { number, name, amount, entries } of lines) {
    yield total(`(${number}) ${name}`, toDecimal(amount));
    for (const one of entries) {
      yield row(`(${number})`, one.id, one.part, one.day, toDecimal(one.amount), one.why);
    }
  }
  yield total("Difference", toDecimal(difference));
  for (const { kind, id, amount, words } of findings) {
    yield row("difference", id, kind, "", toDecimal(amount), words);
  }
  for (const one of matched) {
    yield row("matched", one.id, one.kind, "", toDecimal(one.amount), matchedWords(one));
  }
}

function* reportRows({ day, stripe: { report } }: Proof): Generator<[string, ...string[]]> {
  if (report === undefined) return;
  yield ["Stripe report", "", "", day, toDecimal(report.ending), ""];
  for (const { payoutId, amount } of report.underWay) {
    const why = "the report counts it on arrival";
    yield ["report", payoutId, "payout", "", toDecimal(amount), why];
  }
  if (report.held.minor === 0n) return;
  yield ["report", "", "held", "", toDecimal(negate(report.held)), "Stripe holds it back"];
}

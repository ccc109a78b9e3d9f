import { toDecimal } from "../base/money.ts";
import type { Proof } from "./prove.ts";

const HEADER = ["pair", "currency", "day", "row", "id", "part", "date", "amount", "why"];

/**
 * Every number of the proofs as a table, one row for each thing that a line or the difference is
 * made of. Text that a spreadsheet would take for a formula is kept from that.
 */
export function proofCsv(proofs: readonly Proof[]): string {
  const rows = [HEADER, ...proofs.flatMap(rowsOf)];
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function rowsOf(proof: Proof): string[][] {
  const { pair, currency, day, stripe, ledger, lines, findings, difference } = proof;
  const row = (name: string, ...rest: string[]) => [pair, currency, day, name, ...rest];
  const total = (name: string, amount: string) => row(name, "", "", day, amount, "");
  return [
    ...(stripe.start === undefined
      ? []
      : [total(`Stripe before ${stripe.start}`, toDecimal(stripe.opening))]),
    total("Stripe closing", toDecimal(stripe.closing)),
    total("SL released", toDecimal(ledger.released)),
    ...lines.flatMap(({ number, name, amount, entries }) => [
      total(`(${number}) ${name}`, toDecimal(amount)),
      ...entries.map((one) =>
        row(`(${number})`, one.id, one.part, one.day, toDecimal(one.amount), one.why),
      ),
    ]),
    total("Difference", toDecimal(difference)),
    ...findings.map(({ kind, id, amount, words }) =>
      row("difference", id, kind, "", toDecimal(amount), words),
    ),
  ];
}

function cell(text: string): string {
  const isNumber = /^-?\d+(\.\d+)?$/.test(text);
  const tame = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

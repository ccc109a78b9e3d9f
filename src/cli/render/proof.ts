import type { ProofOfCurrency } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import type { Paint } from "../terminal.ts";
import { plain } from "./plain.ts";
import { indented, renderTable } from "./table.ts";

/** Entries of a line that a terminal shows; `--json` and `--format` have all of them. */
const ENTRIES_SHOWN = 20;

/** A proof of one currency: the equation, what stands in its lines, and what differs. */
export function renderProof(
  proof: ProofOfCurrency,
  { paint, width }: Readonly<{ paint: Paint; width?: number | undefined }>,
): string {
  const { pair, currency, day, zone, period, stripe, ledger, lines, difference } = proof;
  const of = period === null ? day : `period ${period}, ending ${day}`;
  const account = ledger.account === "" ? "" : ` ${ledger.account}/${ledger.subaccount}`;
  const books = proof.kind === "proof" ? `SL released on${account}` : "Own documents released";
  const { start, opening } = stripe;
  const numbers = [
    [`Stripe closing, of ${counted(stripe.rowCount, "row")}`, stripe.closing],
    ...(start === null ? [] : [[`of which before ${start}, by opening entries`, opening]]),
    ...reportOf(stripe),
    [books, ledger.released],
    ...lines.map(({ number, name, count, amount }) => [`(${number}) ${name}: ${count}`, amount]),
    ["Difference", difference],
  ];
  const amounts = { title: currency, align: "right" } as const;
  const parts = [
    paint.strong(`${pair} ${currency}, ${of} (${zone})`),
    ...unreadOf(proof),
    renderTable([{ title: "Proof" }, amounts], numbers),
    ...entriesOf(proof, width),
    ...findingsOf(proof, width),
    ...matchedOf(proof, width),
    verdictOf(proof, paint),
  ];
  return parts.join("\n\n");
}

/** Stripe's own report, and what it counts otherwise than the balance. */
function reportOf({ report }: ProofOfCurrency["stripe"]): readonly string[][] {
  if (report === null) return [];
  const { ending, underWay, held, closing } = report;
  const less = [
    ...underWay.map(({ payoutId, amount }) => [`less ${payoutId}, counted on arrival`, amount]),
    ...(/[1-9]/.test(held) ? [["of which Stripe holds back", held]] : []),
  ];
  const told = less.length === 0 ? [] : [["which makes, as the balance counts", closing]];
  return [["Stripe's own report", ending], ...less, ...told];
}

/**
 * A sale of the last minutes differs by its document and by its row until the row is read: what to
 * do about it stands before both.
 */
function unreadOf({ findings }: ProofOfCurrency): string[] {
  const unread = findings.filter(({ kind }) => kind === "row-not-read").length;
  if (unread === 0) return [];
  const rows = counted(unread, "row of Stripe is", "rows of Stripe are");
  return [`${rows} not read yet: run \`slipway rows sweep\`, then ask again.`];
}

function entriesOf({ lines }: ProofOfCurrency, width: number | undefined): string[] {
  const rows = lines.flatMap(({ number, entries, count }) => [
    ...entries
      .slice(0, ENTRIES_SHOWN)
      .map((one) => [`(${number})`, one.day, one.id, one.part, one.amount, one.why]),
    ...(count > ENTRIES_SHOWN
      ? [[`(${number})`, "", "", "", "", `and ${count - ENTRIES_SHOWN} more`]]
      : []),
  ]);
  if (rows.length === 0) return [];
  const columns = [
    ...[{ title: "Line" }, { title: "Day" }, { title: "Id" }, { title: "Part" }],
    { title: "Amount", align: "right" } as const,
    { title: "Why", fitInto: width },
  ];
  return [renderTable(columns, rows)];
}

function findingsOf({ findings, ledger }: ProofOfCurrency, width: number | undefined): string[] {
  const orphans = ledger.orphans.map(({ batNbr, key, amount }) => [
    ...["not counted", batNbr, amount, `unreleased batch with key ${key}, of no line`],
  ]);
  const rows = [
    ...findings.map(({ kind, id, amount, words }) => [kind, id, amount, words]),
    ...orphans,
  ];
  return toldTable("Differs", rows, width);
}

/** What differs line by line and cancels, as somebody has said. */
function matchedOf({ matched }: ProofOfCurrency, width: number | undefined): string[] {
  const rows = matched.map(({ kind, id, amount, words }) => [kind, id, amount, words]);
  return toldTable("Matched", rows, width);
}

/** Kind, id and amount of each on a line, and its words below. */
function toldTable(
  title: string,
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string[] {
  if (rows.length === 0) return [];
  const columns = [{ title }, { title: "Id" }, { title: "Amount", align: "right" } as const];
  const [head = "", ...lines] = renderTable(
    columns,
    rows.map((row) => row.slice(0, columns.length)),
  ).split("\n");
  // What differs is told whole, however long: it is what somebody has to act on.
  const told = lines.flatMap((line, at) => [
    line,
    ...indented(plain(rows[at]?.at(-1) ?? ""), 2, width),
  ]);
  return [[head, ...told].join("\n")];
}

function verdictOf(
  { kind, isProven, isOver, day, difference, currency, findings }: ProofOfCurrency,
  paint: Paint,
) {
  if (kind === "own-documents") {
    const lack = findings.some((one) => one.kind === "no-clearing-account")
      ? `accounts.clearing.${currency} is not set`
      : "SL's views are not installed (site/sql)";
    return paint.bad(`Own documents only, not a proof: ${lack}.`);
  }
  if (isProven && !isOver) {
    return paint.good(`Proved to the cent so far; ${day} is not over.`);
  }
  if (isProven) return paint.good("Proved to the cent.");
  return paint.bad(`Not proved: difference ${difference} ${currency}, ${findings.length} found.`);
}

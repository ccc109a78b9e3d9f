import { counted } from "../base/counted.ts";
import { type Money, negate, sum, toDecimal } from "../base/money.ts";
import {
  type Cell,
  type Column,
  instantWords,
  type Paper,
  type Part,
  type Row,
  STATEMENT_COLUMNS,
  sealOf,
} from "../papers/index.ts";
import { proofCsv } from "./csv.ts";
import { explainedBy } from "./documents.ts";
import { isMatchable, matchedWords } from "./match.ts";
import { type Proof, reported, type TimingLine } from "./prove.ts";

const ENTRIES: readonly Column[] = [
  { title: "Day", kind: "day", width: 11 },
  { title: "Id", kind: "id", width: 27 },
  { title: "Of", kind: "text", width: 14 },
  { title: "Why", kind: "text", width: 35 },
  { title: "Amount", kind: "amount", width: 14 },
];
const SHEET = "Items";

/**
 * A proof as a controller signs it: both sides, the lines between them and the verdict on the first
 * page, then all that the lines are made of. The hash is that of the proof's own table.
 */
export function proofPaper(proof: Proof, madeAt: Date): Paper {
  const { pair, company, currency, day, zone, period, until, isProven } = proof;
  return {
    title: `Proof of the Stripe balance in ${currency}`,
    tag: currency,
    about: [
      ["Pair", company === "" ? pair : `${pair}, company ${company} in Dynamics SL`],
      period === undefined ? ["Day", `the end of ${day}`] : ["Period", `${period}, ending ${day}`],
      ["Currency", currency],
      ["Until", `${instantWords(until)}, the end of the day in ${zone}`],
    ],
    verdict: { words: verdictOf(proof, until <= madeAt), isGood: isProven },
    statement: {
      title: "",
      sheet: "Summary",
      columns: STATEMENT_COLUMNS,
      rows: statementOf(proof),
    },
    signed: ["Prepared by, date", "Approved by, date"],
    seal: {
      hash: sealOf(proofCsv([proof])),
      of: `SHA-256 of this proof as CSV (--currency ${currency})`,
    },
    parts: [
      ...differences(proof),
      ...matchedParts(proof),
      ...proof.lines.flatMap((line) => entriesOf(line, proof)),
      ...payoutsUnderWay(proof),
      ...apart(proof),
    ],
    madeAt,
  };
}

function verdictOf(proof: Proof, isOver: boolean): string {
  const { kind, isProven, difference, findings: found, currency } = proof;
  const amount = `${toDecimal(difference)} ${currency}`;
  if (kind === "own-documents") return `Own documents only, not a proof: ${lackOf(proof)}`;
  if (!isProven) return `Not proved: difference ${amount}, ${found.length} found${unreadOf(proof)}`;
  const proved = isOver
    ? "Proved to the cent"
    : `Proved to the cent so far, as ${proof.day} is not over`;
  return `${proved}: the difference is ${amount}${matchedCount(proof)}`;
}

/** Whoever signs the first page has to know that more stands behind it. */
function matchedCount({ matched }: Proof): string {
  const onClearing = matched.filter(isMatchable);
  if (onClearing.length === 0) return "";
  return `, with ${counted(onClearing.length, "matched entry", "matched entries")} on clearing`;
}

/** A sale whose row is not read yet differs by its document too: the way on stands before both. */
function unreadOf({ findings: found }: Proof): string {
  const unread = found.filter(({ kind }) => kind === "row-not-read").length;
  if (unread === 0) return "";
  const rows = counted(unread, "row of Stripe is", "rows of Stripe are");
  return `. ${rows} not read yet: run \`slipway rows sweep\`, then ask again`;
}

/** Why SL's ledger was not asked. */
function lackOf({ findings: found, currency }: Proof): string {
  return found.some(({ kind }) => kind === "no-clearing-account")
    ? `accounts.clearing.${currency} is not set`
    : "SL's views are not installed";
}

function statementOf({ stripe, ledger, lines, difference, kind }: Proof): readonly Row[] {
  const account = ledger.account === "" ? "" : ` ${ledger.account}/${ledger.subaccount}`;
  const books = kind === "proof" ? `SL clearing${account}, released` : "Own documents, released";
  const row = (name: string, amount: Money | undefined, is?: Row["is"]): Row => ({
    cells: [name, amount],
    ...(is !== undefined && { is }),
  });
  const { base } = ledger;
  return [
    row(openingWords(stripe.start), stripe.opening),
    row(`Stripe, net of ${counted(stripe.rowCount, "row")}`, stripe.before),
    row("Stripe, closing balance", stripe.closing, "sum"),
    row("Stripe's balance now less later rows", stripe.backward, "small"),
    ...reportRows(stripe),
    row(books, ledger.released),
    ...(base === undefined
      ? []
      : [row(`of which the base value is, in ${base.currency}`, base, "small")]),
    ...lines.map(({ number, name, count, amount }) => row(`(${number}) ${name}: ${count}`, amount)),
    row("Difference", difference, "sum"),
  ];
}

/** Stripe's report, and what it counts otherwise than the balance that is proved. */
function reportRows({ report }: Proof["stripe"]): Row[] {
  if (report === undefined) return [];
  const { ending, underWay, held } = report;
  const row = (name: string, amount: Money): Row => ({ cells: [name, amount], is: "small" });
  const later = sum(
    underWay.map(({ amount }) => amount),
    ending.currency,
  );
  const payouts = counted(underWay.length, "automatic payout", "automatic payouts");
  const less = [
    ...(underWay.length === 0 ? [] : [row(`less ${payouts} that it counts on arrival`, later)]),
    ...(held.minor === 0n ? [] : [row("less what Stripe holds back", negate(held))]),
  ];
  const told =
    less.length === 0 ? [] : [row("which makes, as the balance counts", reported(report))];
  return [row("Stripe's own report, ending balance", ending), ...less, ...told];
}

function part(title: string, rows: Iterable<Row>, total?: Row): Part {
  return { title, sheet: SHEET, columns: ENTRIES, rows, ...(total !== undefined && { total }) };
}

function differences({ findings: found, dashboard }: Proof): Part[] {
  if (found.length === 0) return [];
  const rows = found.map(({ kind, id, amount, words }) => ({
    cells: ["", idCell(id, dashboard), kind, words, amount],
  }));
  return [part("Differences", rows)];
}

/** What differs line by line and cancels, as somebody has said and signs with this paper. */
function matchedParts({ matched, dashboard, currency }: Proof): Part[] {
  if (matched.length === 0) return [];
  const rows = matched.map((one) => ({
    cells: ["", idCell(one.id, dashboard), one.kind, matchedWords(one), one.amount],
  }));
  const sum = explainedBy(matched, currency);
  const total: Row = { cells: ["", "", "", `Sum of ${matched.length}`, sum], is: "sum" };
  return [part("Matched on the clearing account", rows, total)];
}

function entriesOf({ number, name, entries, amount }: TimingLine, { dashboard }: Proof): Part[] {
  if (entries.length === 0) return [];
  const rows = {
    *[Symbol.iterator](): Generator<Row> {
      for (const one of entries) {
        const id = idCell(one.id, dashboard);
        yield { cells: [one.day, id, one.part, one.why, one.amount] };
      }
    },
  };
  const total: Row = { cells: ["", "", "", `Sum of ${entries.length}`, amount], is: "sum" };
  return [part(`(${number}) ${name}`, rows, total)];
}

/** The balance has lost them when they were made. */
function payoutsUnderWay({ stripe, dashboard }: Proof): Part[] {
  const rows = (stripe.report?.underWay ?? []).map(({ payoutId, amount }) => ({
    cells: ["", idCell(payoutId, dashboard), "payout", "automatic, arrives later", amount],
  }));
  return rows.length === 0 ? [] : [part("Counted on arrival by Stripe's own report", rows)];
}

/** What books nothing in this currency, and is told all the same. */
function apart({ ledger }: Proof): Part[] {
  const orphans = ledger.orphans.map(({ batNbr, key, amount }) => ({
    cells: ["", batNbr, "unreleased", `key ${key}, of no line: void it in SL`, amount],
  }));
  const revalued = ledger.revaluations.map(({ batNbr, base }) => ({
    cells: ["", batNbr, "revaluation", `in base currency ${base.currency} alone`, base],
  }));
  const rows = [...orphans, ...revalued];
  return rows.length === 0 ? [] : [part("Not counted", rows)];
}

/** Ids as Stripe makes them; keys and batch numbers are found in SL. */
const OF_STRIPE = /^[a-z]{2,8}_[A-Za-z0-9]+$/;

function idCell(id: string, dashboard: string): Cell {
  const isKnown = dashboard !== "" && OF_STRIPE.test(id);
  return isKnown ? { id, href: `${dashboard}${encodeURIComponent(id)}` } : id;
}

function openingWords(start: string | undefined): string {
  return start === undefined ? "Stripe, opening balance" : `Stripe, balance before ${start}`;
}

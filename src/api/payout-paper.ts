import { type Money, toDecimal } from "../base/money.ts";
import {
  type Column,
  csvLine,
  type Paper,
  type Part,
  type Row,
  STATEMENT_COLUMNS,
  sealOf,
} from "../papers/index.ts";
import type { PayoutReport } from "../runs/index.ts";

const JOURNALS: readonly Column[] = [
  { title: "Journal", kind: "text", width: 30 },
  { title: "Date", kind: "day", width: 20 },
  { title: "Period", kind: "text", width: 20 },
  { title: "SL batch", kind: "text", width: 30 },
];
const CATEGORIES: readonly Column[] = [
  { title: "Category", kind: "text", width: 34 },
  { title: "Rows", kind: "count", width: 12 },
  { title: "Gross", kind: "amount", width: 16 },
  { title: "Fee", kind: "amount", width: 14 },
  { title: "Net", kind: "amount", width: 16 },
  { title: "Not booked", kind: "count", width: 14 },
];
const BATCHES: readonly Column[] = [
  { title: "Category", kind: "text", width: 28 },
  { title: "Of", kind: "text", width: 10 },
  { title: "Document", kind: "text", width: 20 },
  { title: "SL batch", kind: "text", width: 18 },
  { title: "Rows", kind: "count", width: 10 },
  { title: "Amount", kind: "amount", width: 16 },
];
const JOURNAL_WORDS: Readonly<Record<string, string>> = {
  "payout-out": "leaves the balance",
  "payout-in": "at the bank",
  "payout-back": "comes back",
};
const NOT_BOOKED = "not booked yet";

/** A payout as it is filed: what it is made of, and every batch of SL that has a part of it. */
export function payoutPaper(pair: string, report: PayoutReport, madeAt: Date): Paper {
  const { payout, journals, categories, batches, notItemised } = report;
  const { id, amount } = payout;
  const booked = journals.map(({ purpose, documentDate, period, batNbr }) => {
    return { cells: [JOURNAL_WORDS[purpose] ?? purpose, documentDate, period, batNbr] };
  });
  const kinds = categories.map(({ category, rows, gross, fee, net, waiting }) => {
    return { cells: [category, rows, gross, fee, net, waiting] };
  });
  const documents = batches.map(({ category, part, purpose, batNbr, rows, amount: of }) => {
    return { cells: [category, part, purpose, batNbr === "" ? NOT_BOOKED : batNbr, rows, of] };
  });
  const what = NAMES[payout.kind];
  return {
    title: `${what} of ${toDecimal(amount)} ${amount.currency}`,
    tag: amount.currency,
    about: aboutOf(pair, report),
    verdict: verdictOf(report),
    statement: {
      title: "",
      sheet: "Summary",
      columns: STATEMENT_COLUMNS,
      rows: statementOf(report),
    },
    signed: ["Prepared by, date", "Approved by, date"],
    seal: { hash: sealOf(payoutCsv(pair, report)), of: `SHA-256 of ${id} as CSV` },
    parts: [
      { title: "Journals of its own", sheet: "Journals", columns: JOURNALS, rows: booked },
      ...(notItemised === undefined ? [categoriesPart(kinds), batchesPart(documents)] : []),
    ],
    madeAt,
  };
}

function categoriesPart(rows: readonly Row[]): Part {
  return { title: "By category", sheet: "Categories", columns: CATEGORIES, rows };
}

function batchesPart(rows: readonly Row[]): Part {
  return { title: "By batch of Dynamics SL", sheet: "Batches", columns: BATCHES, rows };
}

const NAMES: Readonly<Record<PayoutReport["payout"]["kind"], string>> = {
  payout: "Payout",
  topup: "Top-up",
  "inbound-transfer": "Inbound transfer",
};

function aboutOf(pair: string, { payout, bankDate, rows }: PayoutReport): Paper["about"] {
  const { id, status, kind, isAutomatic, method, createdAt } = payout;
  const made = `${isAutomatic ? "automatic" : "manual"}, ${method}`;
  const how = kind === "payout" ? made : NAMES[kind].toLowerCase();
  const known: readonly (readonly [string, string | undefined])[] = [
    ["Pair", pair],
    ["Id", id],
    ["Status", `${status} (${how})`],
    ["Created", `${createdAt.toISOString().slice(0, 16).replace("T", " ")} UTC`],
    ["Bank date", bankDate],
    ["Bank's number", payout.traceId],
    ["Failed", payout.failure],
    ["Takes back", payout.reversalOf],
    ["Taken back by", payout.reversedBy],
    ["Rows", String(rows)],
  ];
  return known.flatMap(([label, value]) =>
    value === undefined || value === "" ? [] : [[label, value] as const],
  );
}

function verdictOf({ payout, difference, notItemised, categories }: PayoutReport) {
  const { amount } = payout;
  if (notItemised !== undefined) {
    return { words: `No list of rows: ${notItemised}`, isGood: true };
  }
  const total = `${toDecimal(amount)} ${amount.currency}`;
  if (difference.minor !== 0n) {
    const words = `The net is not the payout of ${total}: ${toDecimal(difference)} is missing`;
    return { words, isGood: false };
  }
  const waiting = categories.reduce((sum, one) => sum + one.waiting, 0);
  const open = waiting === 0 ? "every row has its batch" : partsWait(waiting);
  return { words: `The net is the payout of ${total}, and ${open}`, isGood: waiting === 0 };
}

function statementOf({ lines, net, payout, difference, notItemised }: PayoutReport): Row[] {
  const row = (name: string, amount: Money, is?: Row["is"]): Row => ({
    cells: [name, amount],
    ...(is !== undefined && { is }),
  });
  const amount = row(NAMES[payout.kind], payout.amount, "sum");
  if (notItemised !== undefined) return [amount];
  return [
    row("Gross", lines.gross),
    row("Refunds", lines.refunds),
    row("Disputes", lines.disputes),
    row("Fees", lines.fees),
    row("Other", lines.other),
    row("Net", net, "sum"),
    amount,
    row("Difference", difference, "sum"),
  ];
}

const HEADER = [
  ...["pair", "payout", "currency", "row", "category", "part", "document", "batch", "date"],
  ...["rows", "amount"],
];

/** A payout as a table: its lines, its journals, its categories and their batches. */
export function* payoutCsv(pair: string, report: PayoutReport): Generator<string> {
  const { payout, lines, net, difference, journals, categories, batches } = report;
  const { id, amount } = payout;
  const line = (row: string, cells: readonly string[]) =>
    csvLine([pair, id, amount.currency, row, ...cells]);
  const sum = (row: string, of: Money) => line(row, ["", "", "", "", "", "", toDecimal(of)]);
  yield csvLine(HEADER);
  yield sum("payout", amount);
  if (report.notItemised === undefined) {
    for (const [name, of] of Object.entries(lines)) yield sum(name, of);
    yield sum("net", net);
    yield sum("difference", difference);
  }
  for (const { purpose, batNbr, documentDate } of journals) {
    yield line("journal", ["", "", purpose, batNbr, documentDate, "", toDecimal(amount)]);
  }
  for (const { category, rows, net: of } of categories) {
    yield line("category", [category, "", "", "", "", String(rows), toDecimal(of)]);
  }
  for (const { category, part, purpose, batNbr, rows, amount: of } of batches) {
    const cells = [category, part, purpose, batNbr, "", String(rows), toDecimal(of)];
    yield line(batNbr === "" ? NOT_BOOKED : "batch", cells);
  }
}

/** A row may be booked but for its fee, which waits for its day. */
function partsWait(rows: number): string {
  return rows === 1
    ? "a part of 1 row is not booked yet"
    : `parts of ${rows} rows are not booked yet`;
}

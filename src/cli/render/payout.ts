import type { PayoutAnswer, PayoutRow } from "../../api/contract.ts";
import { type Column, renderTable } from "./table.ts";
import { localTime } from "./time.ts";

const PURPOSES: Readonly<Record<string, string>> = {
  "payout-out": "leaves the balance",
  "payout-in": "at the bank",
  "payout-back": "comes back",
};

/** A payout with its journals, what it is made of, and what of that is not booked yet. */
export function renderPayout(payout: PayoutAnswer): string {
  return [headOf(payout), journalsOf(payout), contentOf(payout)].join("\n\n");
}

function headOf(payout: PayoutAnswer): string {
  const { id, kind, amount, currency, status, isAutomatic, method, bankDate } = payout;
  const made = `${isAutomatic ? "automatic" : "manual"} ${method}`;
  const how = { payout: made, topup: "top-up", "inbound-transfer": "inbound transfer" }[kind];
  const arrives = bankDate === null ? "" : `, bank date ${bankDate}`;
  return [
    `${id}  ${amount} ${currency}  ${status}  (${how}${arrives})`,
    ...(payout.traceId === "" ? [] : [`Number at the bank: ${payout.traceId}`]),
    ...(payout.failure === "" ? [] : [`Failed: ${payout.failure}`]),
    ...(payout.reversalOf === null ? [] : [`Takes back ${payout.reversalOf}`]),
    ...(payout.reversedBy === null ? [] : [`Taken back by ${payout.reversedBy}`]),
  ].join("\n");
}

function journalsOf({ journals }: PayoutAnswer): string {
  if (journals.length === 0) return "Its own journals are not booked yet.";
  return renderTable(
    [{ title: "Journal" }, { title: "Date" }, { title: "Period" }, { title: "Batch" }],
    journals.map(({ purpose, documentDate, period, batNbr }) => [
      PURPOSES[purpose] ?? purpose,
      documentDate,
      period,
      batNbr,
    ]),
  );
}

function contentOf(payout: PayoutAnswer): string {
  const { notItemised, lines, net, difference, categories, firstWaiting, amount } = payout;
  if (notItemised !== null) return `No list of rows: ${notItemised}.`;
  const right = (title: string): Column => ({ title, align: "right" });
  const sums = renderTable(
    [{ title: "Made of" }, right("Amount")],
    [...Object.entries(lines), ["net", net]].map(([line = "", sum = ""]) => [line, sum]),
  );
  const kinds = renderTable(
    [
      { title: "Kind of row" },
      ...["Rows", "Gross", "Fee", "Net", "Not booked"].map(right),
      { title: "SL batches" },
    ],
    categories.map(({ category, rows, gross, fee, net: left, waiting, batches }) => [
      ...[category, String(rows), gross, fee, left],
      waiting === 0 ? "" : String(waiting),
      batchesWords(batches),
    ]),
  );
  const isEqual = difference === "0" || /^0\.0+$/.test(difference);
  const total = isEqual
    ? `The net is the payout of ${amount}.`
    : `The net is not the payout of ${amount}: ${difference} is missing from Stripe's list.`;
  const waiting = categories.reduce((sum, one) => sum + one.waiting, 0);
  const named = firstWaiting.join(", ");
  const more = waiting > firstWaiting.length ? " …" : "";
  const open =
    waiting === 0 ? "Every row has its SL batch." : `Not booked yet, ${waiting}: ${named}${more}`;
  return [sums, "", total, "", kinds, "", open].join("\n");
}

/** A page of the rows of a payout, each with its batch in SL. */
export function renderPayoutRows(rows: readonly PayoutRow[]): string {
  return renderTable(
    [
      { title: "Created" },
      { title: "Row" },
      { title: "Kind" },
      { title: "Of" },
      { title: "Gross", align: "right" },
      { title: "Fee", align: "right" },
      { title: "Net", align: "right" },
      { title: "SL batch" },
    ],
    rows.map((row) => [
      localTime(row.created),
      row.id,
      row.category === "" ? row.type : row.category,
      row.source,
      ...[row.gross, row.fee, row.net],
      batchWords(row),
    ]),
  );
}

/** Numbers that stand in a line; the files have all of them. */
const BATCHES_SHOWN = 3;

function batchesWords({ count, first }: PayoutAnswer["categories"][number]["batches"]): string {
  const shown = first.slice(0, BATCHES_SHOWN);
  const more = count - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function batchWords({ bookings, waiting }: PayoutRow): string {
  if (bookings.length + waiting.length === 0) return "nothing to book";
  const isSplit = bookings.length + waiting.length > 1;
  const words = [
    ...bookings.map(({ part, batNbr }) => (isSplit ? `${part} ${batNbr}` : batNbr)),
    ...waiting.map((part) => (isSplit ? `${part} not booked yet` : "not booked yet")),
  ];
  return words.join(", ");
}

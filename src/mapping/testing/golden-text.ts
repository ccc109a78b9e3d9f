import { currencyExponent } from "../../base/currency.ts";
import { fromDecimal, money } from "../../base/money.ts";
import type { LedgerRow } from "../../canonical/balance.ts";

/** A document as an example of the booking rules writes it. */
export type GoldenDocument = Readonly<{
  kind: string;
  currency: string;
  date: string;
  /** The month of its date, unless its note says `PerPost`. */
  period: string;
  /** `Dr clearing.USD 108.25`, sorted. */
  entries: readonly string[];
  note: string;
}>;

/** An example, read from its text. */
export type GoldenText = Readonly<{
  rows: readonly LedgerRow[];
  /** Balances before, by role. */
  open: Readonly<Record<string, string>>;
  documents: readonly GoldenDocument[];
  /** Balances at the end, by role, as they are written. */
  balances: Readonly<Record<string, string>>;
  /** Stripe's balance, which clearing must be equal to. */
  stripe: string;
  decimals: number;
}>;

/**
 * Reads an example in the grammar of the booking rules, section 17: `rows`, `open`, a document a
 * line, `end`. Applications (`AP`) have no lines of the ledger here and are left out.
 *
 * @throws Error for a line that it does not understand, or a document whose sides differ
 */
export function parseGolden(text: string): GoldenText {
  const lines = text
    // A line that begins with a separator goes on where the one before it has ended.
    .replaceAll(/\n\s*(?=[|·⇒])/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const rest = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const documents = lines.filter((line) => /^(IN|PA|DM|CM|GJ) /.test(line)).map(documentOf);
  const known = /^(rows|open|end|IN|PA|DM|CM|GJ|AP) /;
  const strange = lines.find((line) => !known.test(line));
  if (strange !== undefined) throw new Error(`"${strange}" is no line of an example`);
  const [end = ""] = rest("end");
  const [balances = "", proof = ""] = end.split("⇒").map((part) => part.trim());
  const [currency = "", stripe = ""] = proof.split(" ");
  return {
    rows: rest("rows").flatMap((line) => line.split(" | ").map(rowOf)),
    open: balancesIn(rest("open").join(" · ").replaceAll(" | ", " · ")),
    documents,
    balances: balancesIn(balances),
    stripe,
    decimals: currencyExponent(currency),
  };
}

function balancesIn(text: string): Readonly<Record<string, string>> {
  const parts = text.split(" · ").filter((part) => part.includes(" "));
  return Object.fromEntries(parts.map((part) => part.split(" ") as [string, string]));
}

function documentOf(line: string): GoldenDocument {
  const [body = "", note = ""] = line.split(" ; ");
  const [kind = "", currency = "", date = "", ...entries] = body.split(/\s+/);
  const all = entries.join(" ").split(" | ").sort();
  const total = all.reduce((so, entry) => {
    const [side, , decimal = ""] = entry.split(" ");
    const { minor } = fromDecimal(decimal, currency);
    return so + (side === "Dr" ? minor : -minor);
  }, 0n);
  if (total !== 0n) throw new Error(`the sides of "${line}" differ by ${total}`);
  const named = /PerPost (\d{6})/.exec(note)?.[1];
  const period = named ?? date.slice(0, 7).replace("-", "");
  return { kind, currency, date, period, entries: all, note };
}

const ROW = new RegExp(
  [/^(\w+)(\*?) (\w+) ([A-Z]{3}) (\S+)(?: fee (\S+))? /, /(\d{4}-\d\d-\d\d(?:T\S+)?)(?: "(.*)")?$/]
    .map(({ source }) => source)
    .join(""),
);
const NOON = "T17:00:00Z";

/** `txn_1 charge USD 108.25 fee 3.44 2026-03-10`; a star behind the id is another balance. */
function rowOf(text: string): LedgerRow {
  const found = ROW.exec(text);
  if (found === null) throw new Error(`"${text}" is no row of an example`);
  const [, id = "", star, category = "", currency = "", amount = "", cost = "0", at = ""] = found;
  const gross = fromDecimal(amount, currency);
  const fee = fromDecimal(cost, currency);
  const created = new Date(at.includes("T") ? at : `${at}${NOON}`);
  const detail = { type: "stripe_fee", amount: fee, description: "", application: "" };
  return {
    ...{ id, category, type: TYPES[category] ?? category, gross, fee, created },
    net: money(gross.minor - fee.minor, currency),
    feeDetails: fee.minor === 0n ? [] : [detail],
    balanceType: star === "*" ? "risk_reserved" : "payments",
    status: "available",
    ...{ availableOn: undefined, sourceId: undefined, exchangeRate: undefined },
    description: found[8] ?? "",
  };
}

const TYPES: Readonly<Record<string, string>> = {
  dispute: "adjustment",
  dispute_reversal: "adjustment",
  fee: "stripe_fee",
  payout_reversal: "payout_failure",
  charge_failure: "payment_failure_refund",
};

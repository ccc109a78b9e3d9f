import { renderTable } from "./table.ts";

/** One line of an entry; amounts are decimal text, one of the two is there. */
export type RenderedEntry = Readonly<{
  document: string;
  account: string;
  subaccount: string;
  text?: string | undefined;
  currency?: string | undefined;
  debit?: string | undefined;
  credit?: string | undefined;
}>;

/**
 * The entries of one or more documents as a table of debits and credits with their totals. Each
 * document is named once. Totals that differ are called out: SL would refuse such a batch, so it
 * can only be our own mistake. Where the table is wider than `width`, the texts are cut.
 */
export function renderEntries(entries: readonly RenderedEntry[], width?: number): string {
  if (entries.length === 0) return "";
  let shown = "";
  const rows = entries.map((entry) => {
    const name = entry.document === shown ? "" : entry.document;
    shown = entry.document;
    const { account, subaccount, debit = "", credit = "", currency = "", text = "" } = entry;
    return [name, account, subaccount, debit, credit, currency, text];
  });
  const totals = currenciesOf(entries).map((currency) => totalRow(entries, currency));
  return renderTable(
    [
      { title: "Document" },
      { title: "Account" },
      { title: "Subaccount" },
      { title: "Debit", align: "right" },
      { title: "Credit", align: "right" },
      { title: "" },
      { title: "", fitInto: width },
    ],
    [...rows, ...totals],
  );
}

function currenciesOf(entries: readonly RenderedEntry[]): string[] {
  return [...new Set(entries.map(({ currency }) => currency ?? ""))];
}

function totalRow(entries: readonly RenderedEntry[], currency: string): string[] {
  const own = entries.filter((entry) => (entry.currency ?? "") === currency);
  const debit = addDecimals(own.map((entry) => entry.debit ?? "0"));
  const credit = addDecimals(own.map((entry) => entry.credit ?? "0"));
  const verdict = debit === credit ? "" : "does not balance";
  return ["Total", "", "", debit, credit, currency, verdict];
}

/** Adds decimal texts without a float, with as many decimals as the longest has. */
function addDecimals(amounts: readonly string[]): string {
  const decimals = Math.max(...amounts.map((amount) => amount.split(".")[1]?.length ?? 0));
  const minor = amounts.reduce((sum, amount) => {
    const [whole = "0", fraction = ""] = amount.split(".");
    return sum + BigInt(`${whole}${fraction.padEnd(decimals, "0")}`);
  }, 0n);
  const sign = minor < 0n ? "-" : "";
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, "0");
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

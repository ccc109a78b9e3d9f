import { type Money, toDecimal } from "../base/money.ts";
import type { Proof, TimingLine } from "./prove.ts";

const STYLE = `
@page { margin: 18mm }
body { font: 10pt/1.4 Georgia, serif; color: #111; max-width: 178mm; margin: 0 auto }
@media screen { body { padding: 14pt } }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 11pt; margin: 14pt 0 4pt }
section + section { break-before: page }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
th, td { padding: 2pt 4pt; text-align: left; vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } tbody tr { border-bottom: .4pt solid #ccc }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.day { white-space: nowrap } td:first-child { overflow-wrap: normal } td.id { min-width: 6em }
.sum td { font-weight: bold; border-top: 1pt solid #111 }
.verdict { border: 1pt solid #111; padding: 6pt 8pt; margin: 10pt 0; font-weight: bold }
.id { font: 8.5pt/1.4 ui-monospace, monospace } small, .small { font-size: 8.5pt; color: #444 }
.sign { display: flex; gap: 12mm; margin-top: 16mm; break-inside: avoid }
.sign div { flex: 1; border-top: .6pt solid #111; padding-top: 2pt; font-size: 8.5pt }
`;

const NOTHING = "<p>Nothing to prove: no row, no balance, no clearing account.</p>";

/** The proofs as a page to print on A4 or Letter: it has no script, and every text is escaped. */
export function proofPage(proofs: readonly Proof[], madeAt: Date): string {
  const [first] = proofs;
  const title = first === undefined ? "Proof" : `Proof ${first.pair} ${first.day}`;
  const body = proofs.map((proof) => section(proof, madeAt)).join("\n");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style></head>
<body>${body || NOTHING}</body>
</html>
`;
}

function section(proof: Proof, madeAt: Date): string {
  const { pair, currency, day, zone, period, until } = proof;
  const of = period === undefined ? `end of ${day}` : `period ${period}, ended ${day}`;
  return `<section>
<h1>Proof of the Stripe balance in ${escaped(currency)}</h1>
<p>Pair <b>${escaped(pair)}</b>, ${escaped(of)} in ${escaped(zone)}
<small>(before ${instant(until)}; made ${instant(madeAt)})</small></p>
<p class="verdict">${escaped(verdict(proof))}</p>
${equation(proof)}
${findings(proof)}
${proof.lines.map(entries).join("")}
${apart(proof)}
<div class="sign"><div>Prepared by, date</div><div>Approved by, date</div></div>
</section>`;
}

function verdict({ kind, isProven, difference, findings: found, currency }: Proof): string {
  if (kind === "own-documents")
    return "Own documents only, not a proof: SL's views are not installed";
  if (isProven) return `Proved to the cent: the difference is ${toDecimal(difference)} ${currency}`;
  return `Not proved: difference ${toDecimal(difference)} ${currency}, ${found.length} found`;
}

function equation({ stripe, ledger, lines, difference, kind }: Proof): string {
  const account = ledger.account === "" ? "" : ` ${ledger.account}/${ledger.subaccount}`;
  const books = kind === "proof" ? `SL clearing${account}, released` : "Own documents, released";
  const row = (name: string, amount: Money | undefined, how = "") =>
    `<tr${how}><td>${escaped(name)}</td><td class="n">${
      amount === undefined ? "" : toDecimal(amount)
    }</td></tr>`;
  const base =
    ledger.base === undefined
      ? ""
      : row(
          `of which the base value is, in ${ledger.base.currency}`,
          ledger.base,
          ' class="small"',
        );
  return `<table><tbody>
${row(openingWords(stripe.start), stripe.opening)}
${row(`Stripe, net of ${stripe.rowCount} rows`, stripe.before)}
${row("Stripe, closing balance", stripe.closing, ' class="sum"')}
${row("Stripe's balance now less later rows", stripe.backward, ' class="small"')}
${row(books, ledger.released)}${base}
${lines.map((line) => row(`(${line.number}) ${line.name}: ${line.count}`, line.amount)).join("\n")}
${row("Difference", difference, ' class="sum"')}
</tbody></table>`;
}

function openingWords(start: string | undefined): string {
  return start === undefined ? "Stripe, opening balance" : `Stripe, balance before ${start}`;
}

function findings({ findings: found }: Proof): string {
  if (found.length === 0) return "";
  const rows = found.map(({ kind, id, amount, words }) =>
    cells([kind, id, words], toDecimal(amount)),
  );
  return `<h2>Differences</h2>${table(["Kind", "Id", "What"], rows)}`;
}

function entries({ number, name, entries: own, amount }: TimingLine): string {
  if (own.length === 0) return "";
  const rows = own.map((one) =>
    cells([one.day, one.id, `${one.part}: ${one.why}`], toDecimal(one.amount)),
  );
  const title = `(${number}) ${escaped(name)}: ${toDecimal(amount)}`;
  return `<h2>${title}</h2>${table(["Day", "Id", "Why"], rows)}`;
}

/** What books nothing in this currency, and is told all the same. */
function apart({ ledger }: Proof): string {
  const orphans = ledger.orphans.map(({ batNbr, key, amount }) =>
    cells([batNbr, key, "unreleased, of no line: void it in SL"], toDecimal(amount)),
  );
  const revalued = ledger.revaluations.map(({ batNbr, base }) =>
    cells([batNbr, base.currency, "revaluation in base, not counted"], toDecimal(base)),
  );
  const rows = [...orphans, ...revalued];
  return rows.length === 0 ? "" : `<h2>Not counted</h2>${table(["Batch", "Id", "What"], rows)}`;
}

function table(titles: readonly string[], rows: readonly string[]): string {
  const heads = titles.map((title) => `<th>${escaped(title)}</th>`).join("");
  return `<table><thead><tr>${heads}<th class="n">Amount</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

function cells([first, id, last]: readonly [string, string, string], amount: string): string {
  const day = DAY.test(first) ? ' class="day"' : "";
  return `<tr><td${day}>${escaped(first)}</td><td class="id">${escaped(id)}</td><td>${escaped(
    last,
  )}</td><td class="n">${escaped(amount)}</td></tr>`;
}

function instant(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? "");
}

import { expect, test } from "vitest";
import { proofCsv } from "./csv.ts";
import { proofPage } from "./page.ts";
import { prove } from "./prove.ts";
import { aDocument, aLedger, anInput, anUnowned, lineOf, usd } from "./testing/ledgers.ts";

const MADE_AT = new Date("2026-03-11T12:00:00Z");
const EVIL = `<script>alert("1")</script>`;

function aProof(what: string) {
  const document = aDocument("ch_1", 20_000);
  const lines = [lineOf(document), lineOf(document, { key: "", batNbr: what, amount: usd(-7) })];
  const unowned = [anUnowned(what, 100, { stopped: { how: "parked", what } })];
  return prove(anInput({ documents: [document], unowned, ledger: aLedger(lines) }));
}

test("the page says the equation, and names what differs", () => {
  const page = proofPage([aProof("000777")], MADE_AT);

  expect(page).toContain("Not proved: difference 0.07 USD, 1 found");
  expect(page).toContain('<td>(1) Parked or skipped: 1</td><td class="n">1.00</td>');
  expect(page).toContain('<td>line-without-key</td><td class="id">000777</td>');
  expect(page).toContain("Approved by, date");
});

test("no text of a stranger becomes markup in the page", () => {
  const page = proofPage([aProof(EVIL)], MADE_AT);

  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)");
});

test("the table has a row for each entry and difference, and no formula", () => {
  const csv = proofCsv([aProof("=cmd()")]);

  expect(csv.split("\r\n").filter((line) => line.includes("'=cmd()"))).toHaveLength(2);
  expect(csv).toContain("acme,USD,2026-03-10,(1),'=cmd(),gross,2026-03-10,1.00,parked: =cmd()");
  expect(csv).toContain("acme,USD,2026-03-10,Difference,,,2026-03-10,0.07,");
});

test("without SL's views the page says that it is no proof", () => {
  const proof = prove(anInput({ documents: [], unowned: [], ledger: undefined }));

  expect(proofPage([proof], MADE_AT)).toContain("Own documents only, not a proof");
});

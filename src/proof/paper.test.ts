import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { paperHtml } from "../papers/index.ts";
import { proofCsv } from "./csv.ts";
import { proofPaper } from "./paper.ts";
import { type Proof, prove } from "./prove.ts";
import { aDocument, aLedger, anInput, anUnowned, lineOf, usd } from "./testing/ledgers.ts";

const MADE_AT = new Date("2026-03-11T12:00:00Z");
const EVIL = `<script>alert("1")</script>`;

function aProof(what: string) {
  const document = aDocument("ch_1", 20_000);
  const lines = [lineOf(document), lineOf(document, { key: "", batNbr: what, amount: usd(-7) })];
  const unowned = [anUnowned(what, 100, { stopped: { how: "parked", what } })];
  const input = anInput({ documents: [document], unowned, ledger: aLedger(lines) });
  return prove({ ...input, company: "0060", dashboard: "https://stripe.test/search?query=" });
}

function pageOf(proof: Proof): string {
  const links = [{ words: "PDF", href: "proof.pdf?date=2026-03-10&currency=USD" }];
  const frame = { title: "Proof", nothing: "Nothing.", links };
  return [...paperHtml([proofPaper(proof, MADE_AT)], frame)].join("");
}

test("the page says whose equation it is, and names what differs", () => {
  const page = pageOf(aProof("000777"));

  expect(page).toContain("<dd>acme, company 0060 in Dynamics SL</dd>");
  expect(page).toContain("Not proved: difference 0.07 USD, 1 found");
  expect(page).toContain('<td>(1) Parked or skipped: 1</td><td class="n">1.00</td>');
  expect(page).toContain('<td class="id">000777</td><td class="word">line-without-key</td>');
  expect(page).toContain("Approved by, date");
});

test("the verdict names rows that are not read yet, with the way on", () => {
  const document = aDocument("ch_1", 20_000);
  const input = anInput({ documents: [document], unowned: [], ledger: aLedger([]) });
  const unread = [{ rowId: "txn_9", amount: usd(5) }];
  const proof = prove({ ...input, stripe: { ...input.stripe, unread } });

  expect(pageOf(proof)).toContain(
    "found. 1 row of Stripe is not read yet: run `slipway rows sweep`, then ask again",
  );
});

test("a paper of a day that is not over says so", () => {
  const document = aDocument("ch_1", 20_000);
  const input = anInput({
    documents: [document],
    unowned: [],
    ledger: aLedger([lineOf(document)]),
  });
  const verdictAt = (madeAt: string) => proofPaper(prove(input), new Date(madeAt)).verdict.words;

  expect(verdictAt("2026-03-11T04:00:00Z")).toBe("Proved to the cent: the difference is 0.00 USD");
  expect(verdictAt("2026-03-11T03:59:59Z")).toContain("so far, as 2026-03-10 is not over");
});

test("what was matched is on the paper and in the table, with who and why", () => {
  const document = aDocument("ch_1", 20_000);
  const byHand = ["000777", "000778"].map((batNbr, at) =>
    lineOf(document, { key: "", batNbr, amount: usd(at === 0 ? -7 : 7) }),
  );
  const ledger = aLedger([lineOf(document), ...byHand]);
  const match = {
    ...{ id: "3", pair: "acme", currency: "USD", findingIds: ["000777", "000778"] },
    ...{ madeAt: MADE_AT, madeBy: "maria", reason: "by mistake" },
    ...{ undoneAt: undefined, undoneBy: "" },
  };
  const proof = prove(anInput({ documents: [document], unowned: [], ledger, matches: [match] }));

  const page = pageOf(proof);

  expect(page).toContain("the difference is 0.00 USD, with 2 matched entries on clearing");
  expect(page).toContain("<h2>Matched on the clearing account</h2>");
  expect(page).toContain("matched by maria (match 3): by mistake");
  expect(page).toContain("Sum of 2");
  const table = [...proofCsv([proof])].filter((line) => line.includes(",matched,"));
  expect(table.map((line) => line.split(",").slice(4, 8))).toEqual([
    ["000777", "line-without-key", "", "0.07"],
    ["000778", "line-without-key", "", "-0.07"],
  ]);
});

test("ids of Stripe lead there, and the page to its other files", () => {
  const page = pageOf(aProof("txn_1"));

  expect(page).toContain('<a href="https://stripe.test/search?query=txn_1">txn_1</a>');
  expect(page).toContain('<a href="proof.pdf?date=2026-03-10&amp;currency=USD">PDF</a>');
});

test("a table of entries is told apart for narrow screens, where each takes some lines", () => {
  const page = pageOf(aProof("000777"));

  expect(page).toContain('<h2>Differences</h2><div class="entries"><table>');
  expect(page.split("<div").length).toBe(page.split("</div>").length);
});

test("no text of a stranger becomes markup in the page", () => {
  const page = pageOf(aProof(EVIL));

  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)");
});

test("the table has a row for each entry and difference, and no formula", () => {
  const csv = [...proofCsv([aProof("=cmd()")])].join("");

  expect(csv.split("\r\n").filter((line) => line.includes("'=cmd()"))).toHaveLength(2);
  expect(csv).toContain("acme,USD,2026-03-10,(1),'=cmd(),gross,2026-03-10,1.00,parked: =cmd()");
  expect(csv).toContain("acme,USD,2026-03-10,Difference,,,2026-03-10,0.07,");
});

test("the seal is the hash of the proof's own table, whenever the paper is made", () => {
  const proof = aProof("000777");
  const hash = createHash("sha256")
    .update([...proofCsv([proof])].join(""))
    .digest("hex");

  const seals = [MADE_AT, new Date()].map((at) => proofPaper(proof, at).seal.hash);

  expect(seals).toEqual([hash, hash]);
});

test("without SL's views the paper says that it is no proof", () => {
  const proof = prove(anInput({ documents: [], unowned: [], ledger: undefined }));

  expect(proofPaper(proof, MADE_AT).verdict).toEqual({
    words: "Own documents only, not a proof: SL's views are not installed",
    isGood: false,
  });
});

test("Stripe's report stands on the paper and in the table as it adds up", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const underWay = [{ payoutId: "po_1", amount: usd(-1_000) }];
  const report = { ending: usd(1_200), underWay, held: usd(200) };
  const proof = prove({ ...base, stripe: { ...base.stripe, report } });
  const { statement, parts } = proofPaper(proof, new Date());
  const told = [...statement.rows].filter(({ is }) => is === "small").map(({ cells }) => cells);

  expect(told.slice(1)).toEqual([
    ["Stripe's own report, ending balance", usd(1_200)],
    ["less 1 automatic payout that it counts on arrival", usd(-1_000)],
    ["less what Stripe holds back", usd(-200)],
    ["which makes, as the balance counts", usd(0)],
  ]);
  expect(parts.map(({ title }) => title)).toEqual(["Counted on arrival by Stripe's own report"]);
  const table = [...proofCsv([proof])].join("").split("\r\n");
  expect(table.filter((line) => /report/i.test(line))).toEqual([
    "acme,USD,2026-03-10,Stripe report,,,2026-03-10,12.00,",
    "acme,USD,2026-03-10,report,po_1,payout,,-10.00,the report counts it on arrival",
    "acme,USD,2026-03-10,report,,held,,-2.00,Stripe holds it back",
  ]);
});

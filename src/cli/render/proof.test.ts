import { expect, test } from "vitest";
import type { ProofOfCurrency } from "../../api/contract.ts";
import { choosePaint } from "../terminal.ts";
import { renderProof } from "./proof.ts";

type Report = ProofOfCurrency["stripe"]["report"];

function aProof(change: Partial<ProofOfCurrency> = {}, report: Report = null): string {
  const stripe = {
    ...{ start: null, opening: "0.00", rows: "1.00", rowCount: 1, closing: "1.00" },
    ...{ backward: "1.00", report },
  };
  const ledger = {
    ...{ account: "1095", subaccount: "000", released: "1.00", base: null, baseCurrency: null },
    ...{ revaluations: [], orphans: [] },
  };
  const proof: ProofOfCurrency = {
    ...{ pair: "acme-us", company: "0060", currency: "USD", zone: "UTC", day: "2026-03-31" },
    ...{ until: "2026-04-01T00:00:00.000Z", isOver: true, period: null, kind: "proof" as const },
    ...{
      isProven: true,
      stripe,
      ledger,
      lines: [],
      difference: "0.00",
      findings: [],
      matched: [],
      ...change,
    },
  };
  return renderProof(proof, { paint: choosePaint(false, {}) });
}

test("a day that is not over is proved so far, and one that is to the cent", () => {
  expect(aProof()).toMatch(/Proved to the cent\.$/);
  expect(aProof({ isOver: false })).toMatch(/Proved to the cent so far; 2026-03-31 is not over\.$/);
});

test("a period that is not over is not told as one that has ended", () => {
  expect(aProof({ period: "202603", isOver: false })).toContain("period 202603, ending 2026-03-31");
});

test("one row is one row", () => {
  expect(aProof()).toContain("Stripe closing, of 1 row ");
});

test("what differs is told whole, however long", () => {
  const words = `the rows differ from its documents: ${"KEY ".repeat(40)}end`;
  const findings = [{ kind: "rows-and-document", id: "ch_1", amount: "-1.00", words }];

  const told = aProof({ isProven: false, difference: "-1.00", findings });

  expect(told).toContain(`\nrows-and-document  ch_1   -1.00\n  ${words}\n`);
});

test("what is matched is listed with who and why, and the proof stands", () => {
  const match = { id: "3", madeBy: "maria", reason: "by mistake" };
  const words = "no key; matched by maria (match 3): by mistake";
  const matched = [
    { kind: "line-without-key", id: "000123", amount: "-7.00", words, match },
    { kind: "line-without-key", id: "000131", amount: "7.00", words, match },
  ];

  const told = aProof({ matched });

  expect(told).toContain("Matched           Id      Amount\nline-without-key  000123   -7.00\n");
  expect(told).toContain("  no key; matched by maria (match 3): by mistake");
  expect(told).toMatch(/Proved to the cent\.$/);
});

test("rows that are not read yet come first, with the way on", () => {
  const unread = ["txn_1", "txn_2"].map((id) => {
    return { kind: "row-not-read", id, amount: "0.00", words: "the hub has not read it" };
  });
  const differs = { isProven: false, difference: "-1.00" };

  const ofOne = aProof({ ...differs, findings: unread.slice(0, 1) });
  const [, told] = aProof({ ...differs, findings: unread }).split("\n\n");

  expect(told).toBe("2 rows of Stripe are not read yet: run `slipway rows sweep`, then ask again.");
  expect(ofOne).toContain("\n\n1 row of Stripe is not read yet: run");
  expect(aProof(differs)).not.toContain("not read yet");
});

test("a proof without SL's ledger says what it lacks", () => {
  const words = "nothing of it can be booked";
  const findings = [{ kind: "no-clearing-account", id: "USD", amount: "0.00", words }];
  const own = { kind: "own-documents" as const, isProven: false };

  expect(aProof(own)).toMatch(/SL's views are not installed \(site\/sql\)\.$/);
  expect(aProof({ ...own, findings })).toMatch(/accounts\.clearing\.USD is not set\.$/);
});

test("Stripe's report is told with what it counts otherwise, each payout by its id", () => {
  const underWay = [{ payoutId: "po_1", amount: "-10.00" }];
  const report = { ending: "13.00", underWay, held: "2.00", closing: "1.00" };

  expect(aProof({}, { ...report, underWay: [], held: "0.00" })).not.toContain("which makes");
  expect(aProof({}, report).replaceAll(/ +/g, " ")).toContain(
    [
      ...["Stripe's own report 13.00", "less po_1, counted on arrival -10.00"],
      ...["of which Stripe holds back 2.00", "which makes, as the balance counts 1.00"],
    ].join("\n"),
  );
});

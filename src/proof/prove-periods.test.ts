import { expect, test } from "vitest";
import { type ProofInput, prove } from "./prove.ts";
import { aDocument, aLedger, anInput, anUnowned, aSend, lineOf, usd } from "./testing/ledgers.ts";

/** The proof of March, with what its documents and parts are. */
function marchOf(
  made: Partial<Pick<ProofInput, "documents" | "unowned" | "ledger">>,
  stripe: Partial<ProofInput["stripe"]> = {},
) {
  const input = anInput({ documents: [], unowned: [], ledger: aLedger([]), ...made });
  const march = { day: "2026-03-31", period: "202603" };
  return prove({ ...input, ...march, stripe: { ...input.stripe, ...stripe } });
}

const late = { date: "2026-03-31", period: "202604" };

test("a document of April whose line somebody has dated into March is no line of March", () => {
  const document = aDocument("ch_1", 10_000, { date: "2026-04-02", period: "202604" });
  const ledger = aLedger([lineOf(document, { date: "2026-03-30" })]);

  const proof = marchOf({ documents: [document], ledger }, { before: usd(0), now: usd(0) });

  expect(proof.lines.at(-1)).toMatchObject({ number: 5, count: 0 });
  expect(proof.difference).toEqual(usd(0));
  expect(proof.findings).toMatchObject([{ kind: "other-period", amount: usd(0) }]);
});

test("a document that moves nothing of clearing is in no line, and not missing there", () => {
  const documents = [aDocument("in_1", 0, late), aDocument("ch_1", 10_000, late)];
  const ledger = aLedger([lineOf(aDocument("ch_1", 10_000, late))]);

  const proof = marchOf({ documents, ledger });

  expect(proof.lines.at(-1)).toMatchObject({ number: 5, count: 1, amount: usd(10_000) });
  expect(proof).toMatchObject({ findings: [], isProven: true });
});

test("what SL has released and not posted keeps its own period alone", () => {
  const documents = [aDocument("ch_1", 100), aDocument("ch_2", 200, late), aDocument("ch_3", 300)];
  const [first, second, third] = documents.map((one, at) => {
    return at < 2 ? lineOf(one, { isPosted: false }) : lineOf(one);
  });
  const lines = [first, second, third].flatMap((line) => line ?? []);

  const proof = marchOf({ documents, ledger: aLedger(lines) });

  expect(proof.ledger.unposted).toEqual(["B-ch_1"]);
});

test("without SL's views what is booked in a later period is not counted as released", () => {
  const documents = [aDocument("ch_1", 10_000), aDocument("ch_2", 5_000, late)];

  const proof = marchOf({ documents, ledger: undefined });

  expect(proof.ledger.released).toEqual(usd(10_000));
  expect(proof.difference).toEqual(usd(0));
});

test("a copy of a document in a later period is told, and no part of this one's difference", () => {
  const document = aDocument("ch_1", 10_000);
  const copy = lineOf(document, { batNbr: "TWICE", period: "202604" });

  const proof = marchOf({ documents: [document], ledger: aLedger([lineOf(document), copy]) });

  expect(proof.findings).toMatchObject([{ kind: "document-doubled", amount: usd(0) }]);
  expect(proof.difference).toEqual(usd(0));
});

test("a document that nobody has read as released is a difference where SL has parted it", () => {
  const sent = aSend("ch_1");
  const line = lineOf(aDocument("ch_1", 1_000, { batNbr: sent.batNbr }));
  const ledger = aLedger([line, { ...line, amount: usd(1_414), period: "202604" }]);

  const proof = marchOf({ unowned: [anUnowned("txn_1", 2_414, { sent })], ledger });

  expect(proof.lines[1]).toMatchObject({ amount: usd(2_414), count: 1 });
  expect(proof.findings.map(({ kind }) => kind)).toContain("line-of-unknown-key");
  expect(proof.isProven).toBe(false);
});

test("an opening entry has no rows behind it, and lacks none", () => {
  const opening = aDocument("opening", 123_456, { owned: usd(0), isOpening: true });
  const ledger = aLedger([lineOf(opening)]);

  const proof = marchOf(
    { documents: [opening], ledger },
    { opening: usd(123_456), now: usd(123_456) },
  );

  expect(proof).toMatchObject({ difference: usd(0), findings: [], isProven: true });
});

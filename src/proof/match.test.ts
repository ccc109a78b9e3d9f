import fc from "fast-check";
import { expect, test } from "vitest";
import type { Finding } from "./documents.ts";
import { type Match, pairOff } from "./match.ts";
import type { Standing } from "./parts.ts";
import { proposeMatch } from "./propose-match.ts";
import { prove } from "./prove.ts";
import { aDocument, aLedger, anInput, anUnowned, keyOf, lineOf, usd } from "./testing/ledgers.ts";

function aMatch(id: number, ...findingIds: string[]): Match {
  return {
    ...{ id: String(id), pair: "acme", currency: "USD", findingIds, reason: "by mistake" },
    ...{ madeAt: new Date("2026-03-12T00:00:00Z"), madeBy: "maria" },
    ...{ undoneAt: undefined, undoneBy: "" },
  };
}

const foreign = (batNbr: string, minor: number, date = "2026-03-10") =>
  lineOf(aDocument(batNbr, minor), { key: "", module: "GL", batNbr, date, user: "MARIA" });

/** A sale that is right, with these lines of somebody else on clearing beside it. */
function proofWith(
  lines: readonly ReturnType<typeof foreign>[],
  matches: readonly Match[] = [],
  day = "2026-03-10",
) {
  const sale = aDocument("ch_1", 5_000);
  const ledger = aLedger([lineOf(sale), ...lines]);
  return prove({ ...anInput({ documents: [sale], unowned: [], ledger, matches }), day });
}

test("a batch booked by hand and its reversal are proven once somebody matches them", () => {
  const lines = [foreign("000123", 700), foreign("000131", -700)];

  const before = proofWith(lines);
  const after = proofWith(lines, [aMatch(1, "000123", "000131")]);

  expect(before).toMatchObject({ difference: usd(0), isProven: false });
  expect(before.findings.map(({ id }) => id)).toEqual(["000123", "000131"]);
  expect(after).toMatchObject({ difference: usd(0), findings: [], isProven: true });
  expect(after.matched.map(({ id, amount, match }) => [id, amount, match.madeBy])).toEqual([
    ["000123", usd(-700), "maria"],
    ["000131", usd(700), "maria"],
  ]);
});

test("on a day before the reversal a matched batch is a difference still", () => {
  const lines = [foreign("000123", 700), foreign("000131", -700, "2026-03-12")];
  const matches = [aMatch(1, "000123", "000131")];

  const proof = proofWith(lines, matches, "2026-03-11");

  expect(proof).toMatchObject({ difference: usd(-700), matched: [], isProven: false });
  expect(proof.findings).toMatchObject([
    { id: "000123", amount: usd(-700) },
    { id: "000131", amount: usd(0) },
  ]);
});

test("a document on another account and its correction by a journal are matched", () => {
  const sale = aDocument("ch_1", 5_000);
  const key = keyOf("ch_1");
  const ledger = aLedger([foreign("000140", 5_000)], { shownElsewhere: new Set([key]) });
  const input = anInput({ documents: [sale], unowned: [], ledger });

  const before = prove(input);
  const after = prove({ ...input, matches: [aMatch(1, key, "000140")] });

  expect(before.findings.map(({ kind }) => kind)).toEqual([
    ...["line-without-key", "document-on-other-account"],
  ]);
  expect(after).toMatchObject({ findings: [], isProven: true });
});

test("a match counts no more once one of its own changes by a cent", () => {
  const matches = [aMatch(1, "000123", "000131")];

  const proof = proofWith([foreign("000123", 700), foreign("000131", -699)], matches);

  expect(proof).toMatchObject({ difference: usd(-1), matched: [], isProven: false });
  expect(proof.findings).toHaveLength(2);
});

test("what Stripe and the hub differ by is never matched away", () => {
  const one = (kind: Finding["kind"], id: string, minor: number): Finding => {
    return { kind, id, amount: usd(minor), words: "" };
  };
  const findings = [one("row-without-document", "txn_1", 5), one("line-without-key", "000123", -5)];

  const of = { findings, left: [] };
  const { open, matched } = pairOff(of, [aMatch(1, "txn_1", "000123")], "USD");

  expect(open).toEqual(findings);
  expect(matched).toEqual([]);
});

const SKIPPED = { stopped: { how: "skipped", what: "metadata slipway_sync, pi_1" } } as const;
const PARKED = { stopped: { how: "parked", what: "mapping.stock_item, case 7 of pi_1" } } as const;

/** A sale of 50.00 that is left alone, its fee of 1.75 with it, and what SL has on clearing. */
function leftAlone(
  lines: readonly ReturnType<typeof foreign>[],
  matches: readonly Match[] = [],
  standing: Standing = SKIPPED,
) {
  const fee = { ...anUnowned("txn_1", -175, standing), part: "fee" } as const;
  const unowned = [anUnowned("txn_1", 5_000, standing), fee];
  return prove(anInput({ documents: [], unowned, ledger: aLedger(lines), matches }));
}

test("a skipped row leaves line 1 once a person names the batch that books it", () => {
  const lines = [foreign("000123", 4_825)];

  const before = leftAlone(lines);
  const after = leftAlone(lines, [aMatch(1, "000123", "txn_1")]);

  expect(before).toMatchObject({ difference: usd(-4_825), isProven: false });
  expect(before.lines[0]).toMatchObject({ amount: usd(4_825), count: 2 });
  expect(after).toMatchObject({ difference: usd(0), findings: [], left: [], isProven: true });
  expect(after.lines[0]).toMatchObject({ amount: usd(0), count: 0, entries: [] });
  expect(after.matched.map(({ kind, id, amount }) => [kind, id, amount])).toEqual([
    ["line-without-key", "000123", usd(-4_825)],
    ["row-booked-by-hand", "txn_1", usd(5_000)],
    ["row-booked-by-hand", "txn_1", usd(-175)],
  ]);
});

test.each([
  ["before its batch is there", []],
  ["on a day before its batch", [foreign("000123", 4_825, "2026-03-12")]],
  ["where a cent is missing", [foreign("000123", 4_824)]],
])("a matched row stays in line 1 %s", (_, lines) => {
  const proof = leftAlone(lines, [aMatch(1, "000123", "txn_1")]);

  expect(proof.lines[0]).toMatchObject({ amount: usd(4_825), count: 2 });
  expect(proof).toMatchObject({ matched: [] });
});

test("a row that its run is yet to book is not matched before its case is dismissed", () => {
  const lines = [foreign("000123", 4_825)];

  const parked = leftAlone(lines, [aMatch(1, "000123", "txn_1")], PARKED);

  expect(parked).toMatchObject({ matched: [], difference: usd(-4_825) });
  expect(() => proposeMatch([parked], ["000123", "txn_1"])).toThrow(
    "A run is yet to book txn_1, which waits in line 1",
  );
});

test("a row is proposed with the batch that books it, and never alone", () => {
  const proof = leftAlone([foreign("000123", 4_825)]);

  const { findings } = proposeMatch([proof], ["000123", "txn_1"]);

  expect(findings.map(({ id }) => id)).toEqual(["000123", "txn_1", "txn_1"]);
  expect(() => proposeMatch([proof], ["txn_1"])).toThrow(
    "Nothing on clearing is named that books txn_1",
  );
});

test("rows that cancel each other are not matched without an entry on clearing", () => {
  const unowned = [anUnowned("txn_1", 500, SKIPPED), anUnowned("txn_2", -500, SKIPPED)];
  const matches = [aMatch(1, "txn_1", "txn_2")];

  const proof = prove(anInput({ documents: [], unowned, ledger: aLedger([]), matches }));

  expect(proof.lines[0]).toMatchObject({ amount: usd(0), count: 2 });
});

/** Small ones, of which many cancel each other. */
const amounts = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 8 });

test("whatever is matched, the findings that stay explain the whole difference", () => {
  fc.assert(
    fc.property(amounts, fc.array(fc.nat(7), { maxLength: 8 }), (all, chosen) => {
      const lines = all.map((minor, at) => foreign(`00012${at}`, minor));
      const ids = [...new Set(chosen)].map((at) => `00012${at}`);

      const proof = proofWith(lines, [aMatch(1, ...ids)]);

      const left = proof.findings.reduce((minor, { amount }) => minor + amount.minor, 0n);
      expect(left).toBe(proof.difference.minor);
      const named = all.filter((_, at) => ids.includes(`00012${at}`));
      const isNothing = named.length > 0 && named.reduce((a, b) => a + b, 0) === 0;
      expect(proof.matched).toHaveLength(isNothing ? named.length : 0);
    }),
  );
});

test("only what a proof shows, and what adds up to nothing, can be matched", () => {
  const proof = proofWith([foreign("000123", 700), foreign("000131", -699)]);
  const propose =
    (...ids: string[]) =>
    () =>
      proposeMatch([proof], ids);

  expect(propose("000123", "000131")).toThrow(
    "Only what adds up to nothing is matched, and these make -0.01 USD: 000123 -7.00, 000131 6.99",
  );
  expect(propose("000123", "000999")).toThrow(
    "This proof has no difference 000999 to be matched: it has 000123, 000131",
  );
  expect(propose("000999")).toThrow("no difference 000999 to be matched: it has 000123, 000131");
  expect(() => proposeMatch([proofWith([])], ["000123"])).toThrow("it has none that can be");
});

test("a row of Stripe cannot be matched, and the refusal says so", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const unread = [{ rowId: "txn_9", amount: usd(5) }];
  const proof = prove({ ...base, stripe: { ...base.stripe, now: usd(5), unread } });

  expect(() => proposeMatch([proof], ["txn_9"])).toThrow(
    "txn_9 is row-not-read: no line of clearing that another could cancel",
  );
});

test("what cancels is proposed with its currency", () => {
  const proof = proofWith([foreign("000123", 700), foreign("000131", -700)]);

  const { currency, findings } = proposeMatch([proof], ["000131", "000123"]);

  expect([currency, findings.map(({ id }) => id)]).toEqual(["USD", ["000123", "000131"]]);
});

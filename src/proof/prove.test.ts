import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BookLine, OwnDocument } from "./documents.ts";
import { explainedBy } from "./documents.ts";
import { prove } from "./prove.ts";
import {
  aDocument,
  aLedger,
  anInput,
  anUnowned,
  aSend,
  keyOf,
  lineOf,
  usd,
} from "./testing/ledgers.ts";

const linesOf = (documents: readonly OwnDocument[]) => documents.map((one) => lineOf(one));

describe("golden", () => {
  test("G58 a proof with all timing lines", () => {
    const documents = [
      aDocument("ch_1", 20_000),
      aDocument("po_5", -50_000, { purpose: "payout-out" }),
    ];
    const unowned = [
      { ...anUnowned("txn_1", -610, { openDay: "2026-03-10" }), part: "fee" as const },
      anUnowned("txn_2", 5_000, { stopped: { how: "parked", what: "mapping.item_missing" } }),
      anUnowned("txn_3", -3_000, { sent: aSend("re_3") }),
      anUnowned("txn_4", 8_000, { charge: "pending" }),
    ];
    const before = usd(100_000);
    const base = anInput({ documents, unowned, ledger: aLedger(linesOf(documents), { before }) });
    const stripe = { ...base.stripe, opening: before, now: usd(79_390) };

    const proof = prove({ ...base, stripe });

    expect(proof.stripe.closing).toEqual(usd(79_390));
    expect(proof.stripe.backward).toEqual(usd(79_390));
    expect(proof.ledger.released).toEqual(usd(70_000));
    expect(proof.lines.map(({ amount, count }) => [amount.minor, count])).toEqual([
      [5_000n, 1],
      [-3_000n, 1],
      [8_000n, 1],
      [-610n, 1],
    ]);
    expect(proof.lines.flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual([
      ...["txn_2", "txn_3", "txn_4", "txn_1"],
    ]);
    expect(proof).toMatchObject({ difference: usd(0), findings: [], isProven: true });
  });

  test("G53 a charge of March that is booked in April is line 5 of March", () => {
    const late = aDocument("ch_1", 10_000, { date: "2026-03-31", period: "202604" });
    const input = anInput({ documents: [late], unowned: [], ledger: aLedger(linesOf([late])) });

    const march = prove({ ...input, day: "2026-03-31", period: "202603" });
    const byDay = prove({ ...input, day: "2026-03-31" });
    const april = prove({ ...input, day: "2026-04-30", period: "202604" });

    expect(march.ledger.released).toEqual(usd(0));
    expect(march.lines.at(-1)).toMatchObject({ number: 5, amount: usd(10_000), count: 1 });
    expect(march.lines.at(-1)?.entries[0]?.why).toContain("202604");
    expect(byDay.ledger.released).toEqual(usd(10_000));
    expect(april.lines.at(-1)).toMatchObject({ number: 5, count: 0 });
    expect([march, byDay, april].map(({ isProven }) => isProven)).toEqual([true, true, true]);
  });

  test("G60 a held batch that is parked is line 1, not line 2", () => {
    const standing = {
      stopped: { how: "parked", what: "conflict.batch" },
      sent: aSend("ch_1"),
    } as const;
    const proof = prove(
      anInput({
        documents: [],
        unowned: [anUnowned("txn_1", 4_000, standing)],
        ledger: aLedger([]),
      }),
    );

    expect(proof.lines.map(({ amount }) => amount.minor)).toEqual([4_000n, 0n, 0n, 0n]);
  });

  test("G7 a debit that fails before success stays in line 3, and both rows cancel", () => {
    const unowned = [
      anUnowned("txn_1", 20_000, { charge: "failed" }),
      anUnowned("txn_2", -20_000, { charge: "failed" }),
    ];
    const proof = prove(anInput({ documents: [], unowned, ledger: aLedger([]) }));

    expect(proof.lines[2]).toMatchObject({ amount: usd(0), count: 2 });
    expect(proof.isProven).toBe(true);
  });
});

test("without SL's views only the hub's own documents are told of, and nothing is proved", () => {
  const input = anInput({ documents: [aDocument("ch_1", 100)], unowned: [], ledger: undefined });

  expect(prove(input)).toMatchObject({
    ...{ kind: "own-documents", difference: usd(0), findings: [], isProven: false },
    ledger: { released: usd(100) },
  });
});

test("rows that Stripe has and the hub has not read are a difference of Stripe's two sides", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const proof = prove({ ...base, stripe: { ...base.stripe, now: usd(1) } });

  expect(proof.findings.map(({ kind }) => kind)).toEqual(["stripe-sides"]);
  expect(proof.isProven).toBe(false);
});

test("a row that Stripe lists and the hub has not read is told with its id", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const unread = [{ rowId: "txn_9", amount: usd(5) }];
  const proof = prove({ ...base, stripe: { ...base.stripe, now: usd(5), unread } });

  expect(proof.findings).toMatchObject([{ kind: "row-not-read", id: "txn_9" }]);
  expect(proof.isProven).toBe(false);
});

test("what differs before the days that were looked at is said to do so", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([], { before: usd(7) }) });

  expect(prove(base).findings).toMatchObject([{ kind: "unexplained", amount: usd(-7) }]);
});

test("an unreleased batch on clearing that no line speaks of is listed apart", () => {
  const sent = aSend("ch_1");
  const orphan = { key: keyOf("ch_2"), batNbr: "000412", amount: usd(5) };
  const unreleased = [{ ...orphan, key: sent.key }, orphan];
  const unowned = [anUnowned("txn_1", 5, { sent })];

  const proof = prove(anInput({ documents: [], unowned, ledger: aLedger([], { unreleased }) }));

  expect(proof.ledger.orphans).toEqual([orphan]);
  expect(proof.isProven).toBe(true);
});

describe("what SL has released before the hub has read that", () => {
  const sent = aSend("ch_1");
  const ours = lineOf(aDocument("ch_1", 2_414, { batNbr: sent.batNbr }));
  const proofWith = (
    lines: readonly BookLine[],
    {
      minor = 2_414,
      how = sent,
      period,
    }: { minor?: number; how?: typeof sent; period?: string } = {},
  ) => {
    const unowned = [anUnowned("txn_1", minor, { sent: how })];
    return prove(anInput({ documents: [], unowned, ledger: aLedger(lines), period }));
  };

  test("is in its line with nothing, and in SL's balance", () => {
    const proof = proofWith([ours]);

    expect(proof.ledger.released).toEqual(usd(2_414));
    expect(proof.lines[1]).toMatchObject({ amount: usd(0), count: 1, entries: [{ id: "txn_1" }] });
    expect(proof.lines[1]?.entries[0]?.why).toContain("has yet to read");
    expect(proof).toMatchObject({ difference: usd(0), findings: [], isProven: true });
  });

  test("waits in its line where it stands in a later period than the one that is proved", () => {
    const proof = proofWith([{ ...ours, period: "202604" }], { period: "202603" });

    expect(proof.ledger.released).toEqual(usd(0));
    expect(proof.lines[1]).toMatchObject({ amount: usd(2_414), count: 1 });
    expect(proof).toMatchObject({ difference: usd(0), findings: [], isProven: true });
  });

  test.each([
    ["a cent more", [lineOf(aDocument("ch_1", 2_415, { batNbr: sent.batNbr }))], {}],
    ["another batch of the key", [{ ...ours, batNbr: "TWICE" }], {}],
    ["a second batch of the key", [ours, { ...ours, batNbr: "TWICE" }], {}],
    ["a document that others wait for", [ours], { how: { ...sent, isOfPart: false } }],
  ] as const)("is a difference where SL has %s", (_what, lines, more) => {
    const proof = proofWith(lines, more);

    expect(proof.findings.map(({ kind }) => kind)).toContain("line-of-unknown-key");
    expect(proof.isProven).toBe(false);
  });

  test("is a journal whose rows are all of it, and no other row of its day", () => {
    const fees = [-100, -250].map((minor, at) => anUnowned(`txn_${at}`, minor, { sent }));
    const open = anUnowned("txn_9", -30, { openDay: "2026-03-10" });
    const line = { ...ours, amount: usd(-350) };
    const ledger = aLedger([line]);

    const proof = prove(anInput({ documents: [], unowned: [...fees, open], ledger }));

    expect(proof.lines.map(({ count }) => count)).toEqual([0, 2, 0, 1]);
    expect(proof.lines.map(({ amount }) => amount.minor)).toEqual([0n, 0n, 0n, -30n]);
    expect(proof.isProven).toBe(true);
  });
});

type World = Readonly<{ documents: OwnDocument[]; lines: BookLine[] }>;

/** Each plants one error at the chosen document, and names what the proof must say of it. */
const ERRORS = {
  "one cent more in SL": ({ documents, lines }: World, at: number) => {
    const line = lines[at] as BookLine;
    lines[at] = { ...line, amount: usd(line.amount.minor + 1n) };
    return { kind: "other-amount", id: documents[at]?.key };
  },
  "a line deleted in SL": ({ documents, lines }: World, at: number) => {
    lines.splice(at, 1);
    return { kind: "document-missing", id: documents[at]?.key };
  },
  "a document doubled in SL": ({ documents, lines }: World, at: number) => {
    lines.push({ ...(lines[at] as BookLine), batNbr: "TWICE" });
    return { kind: "document-doubled", id: documents[at]?.key };
  },
  "another period in SL": ({ documents, lines }: World, at: number) => {
    lines[at] = { ...(lines[at] as BookLine), period: "202602" };
    return { kind: "other-period", id: documents[at]?.key };
  },
  "another day in SL": ({ documents, lines }: World, at: number) => {
    lines[at] = { ...(lines[at] as BookLine), date: "2026-03-11" };
    return { kind: "other-period", id: documents[at]?.key };
  },
  "a journal of somebody": ({ lines }: World, at: number) => {
    lines.push({ ...(lines[at] as BookLine), key: "", batNbr: "HAND", user: "MARIA" });
    return { kind: "line-without-key", id: "HAND" };
  },
  "a key that the hub does not know": ({ lines }: World, at: number) => {
    lines.push({ ...(lines[at] as BookLine), key: keyOf("ch_gone"), batNbr: "GONE" });
    return { kind: "line-of-unknown-key", id: "GONE" };
  },
  "a document that owns a cent too little": ({ documents }: World, at: number) => {
    const document = documents[at] as OwnDocument;
    documents[at] = { ...document, owned: usd(document.owned.minor - 1n) };
    return { kind: "rows-and-document", id: document.object };
  },
} as const;

const amount = fc.integer({ min: -1_000_000, max: 1_000_000 }).filter((minor) => minor !== 0);
const amounts = fc.array(amount, { minLength: 1, maxLength: 12 });
const standings = fc.constantFrom(
  { charge: "pending" as const },
  { stopped: { how: "skipped" as const, what: "slipway_sync" } },
  { sent: aSend("ch_sent") },
  { openDay: "2026-03-10" },
);
const parts = fc.array(fc.tuple(amount, standings), { maxLength: 8 });

function worldOf(minors: readonly number[]): World {
  const documents = minors.map((minor, index) => aDocument(`ch_${index}`, minor));
  return { documents, lines: linesOf(documents) };
}

function inputOf({ documents, lines }: World, waiting: readonly [number, object][]) {
  const unowned = waiting.map(([minor, standing], index) =>
    anUnowned(`txn_${index}`, minor, standing),
  );
  return anInput({ documents, unowned, ledger: aLedger(lines) });
}

test("books without an error have a difference of exactly nothing", () => {
  fc.assert(
    fc.property(amounts, parts, (minors, waiting) => {
      const proof = prove(inputOf(worldOf(minors), waiting));

      expect(proof.difference.minor).toBe(0n);
      expect(proof.findings).toEqual([]);
      expect(proof.isProven).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test.each(Object.keys(ERRORS) as (keyof typeof ERRORS)[])("%s is told with its id", (name) => {
  fc.assert(
    fc.property(amounts, parts, fc.nat(), (minors, waiting, pick) => {
      const world = worldOf(minors);
      const wanted = ERRORS[name](world, pick % minors.length);

      const proof = prove(inputOf(world, waiting));

      expect(proof.findings).toEqual([expect.objectContaining(wanted)]);
      expect(explainedBy(proof.findings, "USD")).toEqual(proof.difference);
      expect(proof.isProven).toBe(false);
    }),
    { numRuns: 25 },
  );
});

test("a row that nothing works on is told with its id and its amount", () => {
  fc.assert(
    fc.property(amounts, parts, amount, (minors, waiting, lost) => {
      const proof = prove(inputOf(worldOf(minors), [...waiting, [lost, {}]]));

      const wanted = {
        kind: "row-without-document",
        id: `txn_${waiting.length}`,
        amount: usd(lost),
      };
      expect(proof.findings).toEqual([expect.objectContaining(wanted)]);
      expect(proof.difference).toEqual(usd(lost));
    }),
    { numRuns: 25 },
  );
});

test("a document that went to another account is told from one that is gone", () => {
  const document = aDocument("ch_1", 100);
  const shownElsewhere = new Set([document.key]);
  const ledger = aLedger([], { shownElsewhere });

  const { findings } = prove(anInput({ documents: [document], unowned: [], ledger }));

  expect(findings).toMatchObject([{ kind: "document-on-other-account", amount: usd(100) }]);
});

test("a payment and its reversal that own one row between them are no difference", () => {
  const object = "ch_1";
  const documents = [
    aDocument(object, 60),
    aDocument(object, -60, { key: keyOf("r"), purpose: "reverse", owned: usd(0), batNbr: "R" }),
    aDocument(object, 60, { key: keyOf("g1"), owned: usd(0), batNbr: "G1" }),
  ];

  const proof = prove(anInput({ documents, unowned: [], ledger: aLedger(linesOf(documents)) }));

  expect(proof.isProven).toBe(true);
});

test("Stripe's report agrees once it is counted as the balance is", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const underWay = [{ payoutId: "po_1", amount: usd(-500) }];
  const report = { ending: usd(620), underWay, held: usd(120) };
  const reported = (change: Partial<typeof report>) =>
    prove({ ...base, stripe: { ...base.stripe, report: { ...report, ...change } } });

  expect(reported({})).toMatchObject({ findings: [], isProven: true });
  const off = reported({ ending: usd(621) });
  expect(off).toMatchObject({
    ...{ difference: usd(0), isProven: false },
    findings: [{ kind: "stripe-report", id: "USD", amount: usd(0) }],
  });
  expect(off.findings[0]?.words).toContain("says 6.21, which is 0.01 as the balance counts");
});

test("a row that the hub has not read is no second difference from Stripe's report", () => {
  const base = anInput({ documents: [], unowned: [], ledger: aLedger([]) });
  const unread = [{ rowId: "txn_9", amount: usd(5) }];
  const report = { ending: usd(5), underWay: [], held: usd(0) };
  const proof = prove({ ...base, stripe: { ...base.stripe, now: usd(5), unread, report } });

  expect(proof.findings.map(({ kind }) => kind)).toEqual(["row-not-read"]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate } from "../../src/base/money.ts";
import { creditShares } from "../../src/mapping/credit-shares.ts";
import { usd } from "../../src/mapping/testing/builders.ts";
import { Credit, spread } from "./credit.ts";
import { pairIn, report } from "./judge.ts";
import { judgeBooks } from "./judge-books.ts";
import type { Admin, Row } from "./rows.ts";

const PAIR_FILE = `
pairs:
  acme:
    sl: { base-currency: USD }
    time-zone: America/New_York
    accounts:
      ar: 1200/0
      sales: 4010/0
      tax: 2200/0
      clearing: { USD: 1095/0 }
      transit: { USD: 1090/0 }
      bank: { USD: 1010/0 }
      fee: { stripe: 6100/0, dispute: 6110/0 }
      dispute-receivable: 1250/0
      bad-debt: 6200/0
      returns: { requested: 4190/0 }
`;

/** Noon in New York of 10 March 2026, and so many days later. */
const onDay = (days: number) => 1_773_158_400 + days * 86_400;
const aRow = (id: string, category: string, row: object) => ({
  ...{ id, reporting_category: category, currency: "usd", balance_type: "payments", fee: 0 },
  ...row,
});

const STRIPE: Readonly<Record<string, readonly Row[]>> = {
  charge: [
    {
      ...{ id: "ch_1", status: "succeeded", captured: true, payment_intent: "pi_1" },
      ...{ amount_captured: 10_000, currency: "usd" },
    },
  ],
  payment_intent: [{ id: "pi_1" }],
  refund: [{ id: "re_1", charge: "ch_1", amount: 4_000, balance_transaction: "txn_2" }],
  payout: [{ id: "po_1", status: "paid", arrival_date: 1_773_705_600 }],
  balance_transaction: [
    aRow("txn_1", "charge", {
      ...{ source: "ch_1", amount: 10_000, fee: 320, net: 9_680, created: onDay(0) },
      fee_details: [{ type: "stripe_fee", amount: 320 }],
    }),
    aRow("txn_2", "refund", { source: "re_1", amount: -4_000, net: -4_000, created: onDay(2) }),
    aRow("txn_3", "payout", { source: "po_1", amount: -5_000, net: -5_000, created: onDay(4) }),
  ],
};

type Line = readonly [account: string, minor: number];
type Document = Readonly<{ id: string; type: string; day: string; lines: readonly Line[] }>;

/** The same in SL, as an accountant would have typed it. */
const BOOKED: readonly Document[] = [
  {
    id: "pi_1",
    type: "IN",
    day: "2026-03-10",
    lines: [
      ["1200", 10_000],
      ["4010", -10_000],
    ],
  },
  {
    id: "ch_1",
    type: "PA",
    day: "2026-03-10",
    lines: [
      ["1095", 10_000],
      ["1200", -10_000],
    ],
  },
  {
    id: "day:2026-03-10",
    type: "GL",
    day: "2026-03-10",
    lines: [
      ["6100", 320],
      ["1095", -320],
    ],
  },
  {
    id: "re_1",
    type: "DM",
    day: "2026-03-12",
    lines: [
      ["1200", 4_000],
      ["1095", -4_000],
    ],
  },
  {
    id: "re_1",
    type: "CM",
    day: "2026-03-12",
    lines: [
      ["4190", 4_000],
      ["1200", -4_000],
    ],
  },
  {
    id: "po_1",
    type: "GL",
    day: "2026-03-14",
    lines: [
      ["1090", 5_000],
      ["1095", -5_000],
    ],
  },
  {
    id: "po_1",
    type: "GL",
    day: "2026-03-17",
    lines: [
      ["1010", 5_000],
      ["1090", -5_000],
    ],
  },
];

function slOf(booked: readonly Document[]): Readonly<Record<string, readonly Row[]>> {
  const numbered = booked.map((document, nr) => ({ ...document, BatNbr: String(nr + 1) }));
  const isLedgers = ({ type }: Document) => type === "GL";
  return {
    GLTran: numbered.flatMap(({ BatNbr, type, day, lines }) =>
      lines.map(([Acct, minor], nr) => ({
        ...{ Module: type === "GL" ? "GL" : "AR", BatNbr, LineNbr: nr, Acct, Sub: "0", Rlsed: 1 },
        ...{ DrAmt: Math.max(minor, 0) / 100, CrAmt: Math.max(-minor, 0) / 100, Id: "C1" },
        ...{ TranDate: day, PerPost: day.slice(0, 7).replace("-", ""), RefNbr: BatNbr },
        TranType: type,
      })),
    ),
    Batch: numbered.filter(isLedgers).map(({ BatNbr, id }) => {
      return { Module: "GL", BatNbr, User1: id, User2: "K" };
    }),
    ARDoc: numbered
      .filter((document) => !isLedgers(document))
      .map(({ BatNbr, id, type }) => ({
        ...{ BatNbr, RefNbr: BatNbr, DocType: type, CustId: "C1", User1: id, User2: "K" },
        ...{ Rlsed: 1, DocBal: 0 },
      })),
    Customer: [{ CustId: "C1", ArAcct: "1200", ArSub: "0", EMailAddr: "" }],
  };
}

function rowsOnly(tables: Readonly<Record<string, readonly Row[]>>): Admin {
  return <T>(path: string): Promise<T> => {
    const table = new URLSearchParams(path.slice(path.indexOf("?"))).get("table") ?? "";
    return Promise.resolve((tables[table] ?? []) as T);
  };
}

const judge = (booked: readonly Document[], leftOut: readonly string[] = []) =>
  judgeBooks({
    stripe: rowsOnly(STRIPE),
    sl: rowsOnly(slOf(booked)),
    pairFile: pairIn(PAIR_FILE, "acme"),
    leftOut,
  });

test("books that are right have no difference, and say so", async () => {
  const verdict = await judge(BOOKED);

  expect(verdict.differences).toEqual([]);
  expect(verdict.days.at(-1)).toMatchObject({ stripe: 680, clearing: 680, waiting: 0 });
  expect(report(verdict)).toContain("every account agrees to the cent");
});

test("a sale that is left out waits, with its fee and its refund", async () => {
  const payout = BOOKED.filter(({ id }) => id === "po_1");

  const verdict = await judge(payout, ["pi_1"]);

  expect(verdict.differences).toEqual([]);
  expect(verdict.waiting).toEqual(["txn_1", "txn_2"]);
});

test.each(BOOKED.map((document, nr) => [`${document.type} of ${document.id}`, nr] as const))(
  "without the %s there is a difference that names it",
  async (_name, nr) => {
    const { differences } = await judge(BOOKED.filter((_, at) => at !== nr));

    expect(differences.join("\n")).toContain(BOOKED[nr]?.id);
  },
);

test("any cent on any line of any document is a difference that names it", async () => {
  const place = fc.tuple(fc.nat(BOOKED.length - 1), fc.nat(1), fc.constantFrom(-1, 1));

  await fc.assert(
    fc.asyncProperty(place, async ([at, line, cent]) => {
      const wrong = BOOKED.map((document, nr) => {
        if (nr !== at) return document;
        const lines = document.lines.map(([account, minor], own): Line => {
          return [account, own === line ? minor + cent : minor];
        });
        return { ...document, lines };
      });

      const { differences } = await judge(wrong);

      expect(differences.join("\n")).toContain(BOOKED[at]?.id);
    }),
    { numRuns: 40 },
  );
});

/** The sale once 40.00 went back, all of it was disputed, and half of that was reinstated. */
const DISPUTED: typeof STRIPE = {
  ...STRIPE,
  dispute: [{ id: "du_1", charge: "ch_1", status: "lost", amount: 10_000, currency: "usd" }],
  balance_transaction: [
    ...(STRIPE.balance_transaction ?? []),
    aRow("txn_4", "dispute", { source: "du_1", amount: -10_000, net: -10_000, created: onDay(3) }),
    aRow("txn_5", "dispute_reversal", {
      source: "du_1",
      amount: 5_000,
      net: 5_000,
      created: onDay(5),
    }),
  ],
};

const memo = (type: string, day: string, lines: readonly Line[]): Document => {
  return { id: "du_1", type, day, lines };
};

/** What the dispute books where it takes the sale back; so much of the part was no loss. */
const partBack = (loss: number): readonly Document[] => [
  memo("DM", "2026-03-13", [
    ["1200", 10_000],
    ["1095", -10_000],
  ]),
  memo("CM", "2026-03-13", [
    ["4194", 6_000],
    ["6120", 4_000],
    ["1200", -10_000],
  ]),
  memo("CM", "2026-03-15", [
    ["1095", 5_000],
    ["1200", -5_000],
  ]),
  memo("DM", "2026-03-15", [
    ["1200", 5_000],
    ["4194", loss - 5_000],
    ["6120", -loss],
  ]),
];

test.each([
  ["its share of each account", 2_000, []],
  ["a cent more of the loss", 2_001, ["du_1"]],
  ["all of it from what was returned", 0, ["du_1"]],
])("of a part of a dispute that comes back, %s is judged", async (_name, loss, named) => {
  const accounts = PAIR_FILE.replace("requested: 4190/0", "requested: 4190/0, dispute: 4194/0");
  const pairFile = pairIn(
    `${accounts}      dispute-loss: 6120/0\n    dispute: { policy: reverse-sale }\n`,
    "acme",
  );
  const sl = rowsOnly(slOf([...BOOKED, ...partBack(loss)]));

  const verdict = await judgeBooks({ stripe: rowsOnly(DISPUTED), sl, pairFile });

  expect(verdict.unjudged).toEqual([]);
  const words = verdict.differences.join("\n");
  expect(words.match(/du_1/)?.slice(0, 1) ?? []).toEqual(named);
  expect(verdict.differences.length > 0).toBe(named.length > 0);
});

test("its shares of any part are the hub's, though neither knows the other", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 4 });

  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 90_000 }), (minors, part) => {
      fc.pre(minors.some((minor) => minor > 0));
      const theirs = allocate(usd(part), minors.map(BigInt)).map(({ minor }) => Number(minor));

      expect(spread(part, minors)).toEqual(theirs);
    }),
  );
});

test("a setting that it has no rules for is refused instead of judged wrongly", async () => {
  const pairFile = { ...pairIn(PAIR_FILE), mode: "sales-order" };
  const asked = judgeBooks({ stripe: rowsOnly({}), sl: rowsOnly({}), pairFile });

  await expect(asked).rejects.toThrow("no rules for mode: sales-order");
});

test("its tax of any sequence of credits is the hub's, though neither knows the other", () => {
  const parts = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 8 });

  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 9_000 }), (sold, tax) => {
      const net = sold.reduce((so, part) => so + part, 0);
      const mine = new Credit(net + tax, tax);
      let cells = [
        { at: 0, tax: "", booked: BigInt(net), credited: 0n },
        { at: 1, tax: "line", booked: BigInt(tax), credited: 0n },
      ];
      for (const part of [...sold, tax].filter((minor) => minor > 0)) {
        const [goods = 0n, theirs = 0n] = creditShares(cells, usd(part));
        expect(mine.take(part)).toEqual({ net: Number(goods), tax: Number(theirs) });
        cells = cells.map((cell, at) => {
          return { ...cell, credited: cell.credited + (at === 0 ? goods : theirs) };
        });
      }
    }),
    { numRuns: 300 },
  );
});

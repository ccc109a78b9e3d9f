import { expect, test } from "vitest";
import { type CloseInput, checklist } from "./checklist.ts";
import { prove } from "./prove.ts";
import { aLedger, anInput, anUnowned, aSend, usd } from "./testing/ledgers.ts";

const proofOf = (...unowned: Parameters<typeof anUnowned>[]) =>
  prove({
    ...anInput({
      documents: [],
      unowned: unowned.map((one) => anUnowned(...one)),
      ledger: aLedger([]),
    }),
    period: "202603",
  });

const CLEAN: CloseInput = {
  proofs: [proofOf()],
  unknownRows: [],
  toBeEmpty: [{ role: "suspense", balance: usd(0) }],
  openBatches: [],
  transit: [{ currency: "USD", balance: usd(0), underWay: [] }],
  tampered: [],
  unsearched: [],
  eventTrouble: undefined,
  isOver: true,
};

const openOf = (change: Partial<CloseInput>) =>
  checklist({ ...CLEAN, ...change })
    .filter(({ state }) => state === "open")
    .map(({ name }) => name);

test("a period with nothing left is closed", () => {
  expect(openOf({})).toEqual([]);
});

const underWay = [{ id: "po_1", amount: usd(500) }];

test.each<[string, Partial<CloseInput>, string]>([
  ["a difference", { proofs: [proofOf(["txn_1", 5])] }, "proof USD"],
  [
    "a parked row",
    { proofs: [proofOf(["txn_1", 5, { stopped: { how: "parked", what: "x" } }])] },
    "line 1 USD",
  ],
  [
    "parked rows that cancel each other",
    {
      proofs: [
        proofOf(
          ["txn_1", 5, { stopped: { how: "parked", what: "x" } }],
          ["txn_2", -5, { stopped: { how: "parked", what: "x" } }],
        ),
      ],
    },
    "line 1 USD",
  ],
  [
    "a batch on its way",
    { proofs: [proofOf(["txn_1", 5, { sent: aSend("ch_1") }])] },
    "line 2 USD",
  ],
  ["an open day", { proofs: [proofOf(["txn_1", 5, { openDay: "2026-03-10" }])] }, "line 4 USD"],
  ["a row in a currency that is not known", { unknownRows: ["txn_1"] }, "currencies"],
  ["suspense", { toBeEmpty: [{ role: "suspense", balance: usd(1) }] }, "accounts.suspense"],
  ["an unreleased batch", { openBatches: ["000412"] }, "batches"],
  [
    "transit that no payout explains",
    { transit: [{ currency: "USD", balance: usd(501), underWay }] },
    "transit USD",
  ],
  ["an event that is missing", { eventTrouble: "a gap" }, "events"],
  ["a document that somebody changed", { tampered: ["7 edited: IN 000045"] }, "watch"],
  ["a day that is to come", { isOver: false }, "period"],
  ["no proof at all", { proofs: [] }, "proof"],
])("%s keeps a period open", (_name, change, item) => {
  expect(openOf(change)).toEqual([item]);
});

test("a line that has to be empty says how it is emptied", () => {
  const proofs = [proofOf(["txn_1", 5, { openDay: "2026-03-10" }])];

  const [open] = checklist({ ...CLEAN, proofs }).filter(({ state }) => state === "open");

  expect(open?.text).toMatch(/^Open collecting journals: 0\.05; `slipway rows unowned` lists them/);
});

test("what somebody has matched on clearing is to be signed", () => {
  const match = { id: "3", madeBy: "maria", reason: "by mistake" };
  const matched = [-7, 7].map((minor, at) => {
    const id = `00012${at}`;
    return { kind: "line-without-key" as const, id, amount: usd(minor), words: "", match };
  });

  const [, item] = checklist({ ...CLEAN, proofs: [{ ...proofOf(), matched }] });

  expect(item).toEqual({
    ...{ name: "proof USD", state: "listed", ids: ["000120", "000121"] },
    text: "no difference, with 2 on clearing that somebody has matched",
  });
});

test("charges not succeeded, payouts under way and returns unseen are to be signed", () => {
  const items = checklist({
    ...CLEAN,
    proofs: [proofOf(["txn_1", 5, { charge: "pending" }])],
    transit: [{ currency: "USD", balance: usd(500), underWay }],
    unsearched: ["C300"],
  });

  const listed = items.filter(({ state }) => state === "listed");
  expect(listed.map(({ name, ids }) => [name, ids])).toEqual([
    ["line 3 USD", ["txn_1"]],
    ["transit USD", ["po_1"]],
    ["returns", ["C300"]],
  ]);
});

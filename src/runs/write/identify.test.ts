import { expect, test } from "vitest";
import { HubError } from "../../base/errors.ts";
import { type IntentIdentity, intentKey, JOURNAL_PURPOSES } from "../../base/ids.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { anEntry } from "../../erp/testing/contract-drafts.ts";
import type { PairRuntime } from "../index.ts";
import { identify, type KeyedRecord } from "./identify.ts";

/**
 * A pair whose SL shows a ledger batch with lines of these balance rows, and whose Stripe knows a
 * dispute with those, or none.
 */
function aPair(rows: readonly string[], ofDispute?: readonly string[]): PairRuntime {
  const lines = rows.map((stripeId) => ({ ...anEntry("debit", 100, "1095"), stripeId }));
  const journal = { isPostedInDetail: true, lines };
  const readBatch = async () => ({ currency: "USD ", journal });
  const erp = { readBatch } as unknown as ErpConnector;
  const readDispute = async () => {
    if (ofDispute === undefined) throw new HubError("stripe.object_missing", "No such dispute");
    return { rows: ofDispute.map((id) => ({ id })) };
  };
  return { id: "acme", erp, stripe: { readDispute } } as unknown as PairRuntime;
}

function aJournalOf(identity: Omit<IntentIdentity, "pair">): KeyedRecord {
  const [purpose, ...orFor] = JOURNAL_PURPOSES;
  const key = intentKey({ ...identity, pair: "acme" });
  const stripeId = identity.object;
  return { key, stripeId, purpose, orFor, email: "", customerId: "", journal: "000101" };
}

test("a journal is told by the hash of its key, whatever it is for", async () => {
  const identity = { object: "po_1", purpose: "payout-in", part: "", generation: 1 } as const;

  const found = await identify(aPair([]), aJournalOf(identity));

  expect(found).toEqual({ ...identity, pair: "acme" });
});

test("a journal of a verdict is told by its number", async () => {
  const purpose = "dispute-close";
  const identity = { object: "du_1", purpose, part: "2", generation: 0 } as const;

  const found = await identify(aPair(["du_1"]), aJournalOf(identity));

  expect(found).toEqual({ ...identity, pair: "acme" });
});

test.each([
  ["the cash of a row", { purpose: "dispute-open", part: "txn_1", generation: 0 }],
  ["the sale behind a row", { purpose: "dispute-back", part: "txn_2/cause", generation: 1 }],
  ["a verdict", { purpose: "dispute-close", part: "bad-debt 2", generation: 0 }],
  ["a memo taken back", { purpose: "reverse", part: "dispute-open/txn_1#0", generation: 0 }],
] as const)("a memo of a dispute is told for %s by Stripe's rows", async (_, what) => {
  const identity = { object: "du_1", ...what };
  const key = intentKey({ ...identity, pair: "acme" });
  const memo = { key, stripeId: "du_1", purpose: "return", email: "", customerId: "C1" } as const;

  const found = await identify(aPair([], ["txn_1", "txn_2"]), memo);

  expect(found).toEqual({ ...identity, pair: "acme" });
});

test("a memo of a dispute of another account is left alone", async () => {
  const identity = {
    object: "du_1",
    purpose: "dispute-open",
    part: "txn_1",
    generation: 0,
  } as const;
  const key = intentKey({ ...identity, pair: "acme" });
  const memo = { key, stripeId: "du_1", purpose: "return", email: "", customerId: "C1" } as const;

  expect(await identify(aPair([]), memo)).toBeUndefined();
});

test("of several journals of one object the balance row in its lines tells which", async () => {
  const purpose = "dispute-open";
  const identity = { object: "du_1", purpose, part: "txn_2", generation: 0 } as const;

  const found = await identify(aPair(["txn_1", "txn_2"]), aJournalOf(identity));
  const other = await identify(aPair(["txn_3"]), aJournalOf(identity));

  expect(found).toEqual({ ...identity, pair: "acme" });
  expect(other).toBeUndefined();
});

test.each(["fee", "category"] as const)(
  "a day's %s journal is told, of hundreds",
  async (purpose) => {
    const part = `${purpose}:USD:950`;
    const identity = { object: "day:2026-03-10", purpose, part, generation: 0 } as const;

    const found = await identify(aPair([]), aJournalOf(identity));

    expect(found).toEqual({ ...identity, pair: "acme" });
  },
);

test("a payout's journal of fees is told by its period, among those of late payments", async () => {
  const part = "fee:USD:202603:150";
  const identity = { object: "fees:po_1", purpose: "fee", part, generation: 0 } as const;
  const journal = { ...aJournalOf(identity), stripeId: "po_1" };

  expect(await identify(aPair(["txn_1"]), journal)).toEqual({ ...identity, pair: "acme" });
});

test.each([
  ["invoice", "summary"],
  ["payment", "payment"],
  ["return", "refund-cash"],
  ["reverse", "refund-cause"],
] as const)("a day's %s is told by its number, of hundreds", async (ofSale, purpose) => {
  const settings = { accounts: { clearing: { EUR: {}, USD: {} } } };
  const pair = { id: "acme", settings } as unknown as PairRuntime;
  const part = "USD:SHOP:250";
  const identity = { object: "day:2026-03-10", purpose, part, generation: 0 } as const;
  const key = intentKey({ ...identity, pair: "acme" });
  const record = { key, stripeId: identity.object, purpose: ofSale, email: "", customerId: "SHOP" };

  expect(await identify(pair, record)).toEqual({ ...identity, pair: "acme" });
});

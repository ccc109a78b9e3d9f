import { expect, test } from "vitest";
import { type IntentIdentity, intentKey, JOURNAL_PURPOSES } from "../../base/ids.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { anEntry } from "../../erp/testing/contract-drafts.ts";
import type { PairRuntime } from "../index.ts";
import { identify, type KeyedRecord } from "./identify.ts";

/** A pair whose SL shows a ledger batch with lines of these balance rows. */
function aPair(rows: readonly string[]): PairRuntime {
  const lines = rows.map((stripeId) => ({ ...anEntry("debit", 100, "1095"), stripeId }));
  const readBatch = async () => ({ journal: { isPostedInDetail: true, lines } });
  const erp = { readBatch } as unknown as ErpConnector;
  return { id: "acme", erp } as unknown as PairRuntime;
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

test("of several journals of one object the balance row in its lines tells which", async () => {
  const purpose = "dispute-open";
  const identity = { object: "du_1", purpose, part: "txn_2", generation: 0 } as const;

  const found = await identify(aPair(["txn_1", "txn_2"]), aJournalOf(identity));
  const other = await identify(aPair(["txn_3"]), aJournalOf(identity));

  expect(found).toEqual({ ...identity, pair: "acme" });
  expect(other).toBeUndefined();
});

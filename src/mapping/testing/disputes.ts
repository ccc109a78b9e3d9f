import type { LedgerRow } from "../../canonical/balance.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { JournalDraft } from "../../erp/port.ts";
import { closePostings, disputeState, mapDisputeJournal, movePostings } from "../index.ts";
import { someSettings, usd } from "./builders.ts";

const settings = someSettings();

export function aDisputeRow(change: Partial<LedgerRow> = {}): LedgerRow {
  const gross = change.gross ?? usd(-10000);
  const fee = change.fee ?? usd(1500);
  return {
    id: "txn_1",
    created: new Date("2026-04-02T15:00:00Z"),
    category: gross.minor > 0n ? "dispute_reversal" : "dispute",
    type: "adjustment",
    gross,
    fee,
    net: usd(gross.minor - fee.minor),
    feeDetails: [],
    balanceType: "payments",
    status: "available",
    availableOn: undefined,
    sourceId: "du_1",
    description: "",
    exchangeRate: undefined,
    ...change,
  };
}

/** What brings it back: 100.00 on 20 May without its fee, unless changed. */
export function aReversal(change: Partial<LedgerRow> = {}): LedgerRow {
  const created = new Date("2026-05-20T15:00:00Z");
  return aDisputeRow({ id: "txn_2", gross: usd(10000), fee: usd(0), created, ...change });
}

export function aDispute(change: Partial<Dispute> = {}): Dispute {
  return {
    disputeId: "du_1",
    chargeId: "ch_1",
    paymentIntentId: "pi_1",
    amount: usd(10000),
    status: "needs_response",
    reason: "fraudulent",
    networkReasonCode: "10.4",
    openedAt: new Date("2026-04-02T15:00:00Z"),
    evidenceDueAt: new Date("2026-04-11T15:00:00Z"),
    hasEvidence: false,
    rows: [aDisputeRow()],
    metadata: {},
    livemode: false,
    ...change,
  };
}

/** What the hub has booked of a dispute: each row once, then what a verdict asks for. */
export type DisputeBooks = { rows: Set<string>; journals: JournalDraft[] };

/** Books what is missing under policy `receivable`, as a run does with what Stripe shows it now. */
export function bookMissing(
  books: DisputeBooks,
  dispute: Dispute,
  closings: readonly DisputeClosing[],
): void {
  const state = disputeState(dispute, closings);
  const base = {
    settings,
    key: "J".repeat(26),
    period: "202604",
    slDecimals: 2,
    reference: "000123",
  };
  for (const move of state.moves) {
    const { row } = move;
    if (books.rows.has(row.id)) continue;
    books.rows.add(row.id);
    const postings = movePostings(move, settings);
    if (postings.length === 0) continue;
    const about = { at: row.created, words: "Dispute of", postings, rowId: row.id };
    books.journals.push(mapDisputeJournal(dispute, { ...base, ...about }).draft);
  }
  const booked = books.journals.flatMap(({ lines }) => lines);
  const postings = closePostings(dispute, state, { settings, booked });
  if (postings.length === 0) return;
  const at = state.closedAt ?? dispute.openedAt;
  const about = { at, words: "Dispute closed", postings, rowId: undefined };
  books.journals.push(mapDisputeJournal(dispute, { ...base, ...about }).draft);
}

/** A journal as the golden examples write it: `2026-04-02 Dr 1250 10000 | Cr 1095 11500`. */
export function journalText({ documentDate, lines }: JournalDraft): string {
  const entries = lines.map(
    ({ side, account, amount }) =>
      `${side === "debit" ? "Dr" : "Cr"} ${account.account} ${amount.minor}`,
  );
  return `${documentDate} ${entries.join(" | ")}`;
}

/** What journals leave on each account, debits positive; what is even is left out. */
export function balancesOf(journals: readonly JournalDraft[]): Readonly<Record<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const { side, account, amount } of journals.flatMap(({ lines }) => lines)) {
    const minor = side === "debit" ? amount.minor : -amount.minor;
    found.set(account.account, (found.get(account.account) ?? 0n) + minor);
  }
  return Object.fromEntries([...found].filter(([, minor]) => minor !== 0n).sort());
}

import { intentKey, type Purpose } from "../../base/ids.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { JournalLine } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  closePostings,
  type DisputeState,
  disputeState,
  documentDate,
  isBeforeStart,
  mapDisputeJournal,
  movePostings,
  openOnly,
  type Posting,
} from "../../mapping/index.ts";
import { valuerOf } from "../write/value.ts";
import type { ForeseeingReturns } from "./foresee-memos.ts";

/** A dispute with its verdicts, and how it stands in the currency of its rows. */
export type ForeseenDispute = Readonly<{
  dispute: Dispute;
  closings: readonly DisputeClosing[];
  state: DisputeState;
}>;

type Journal = Readonly<{
  purpose: Purpose;
  part: string;
  at: Date;
  words: string;
  postings: readonly Posting[];
  rowId: string | undefined;
}>;

const VERDICTS = ["won", "lost"];

/** The disputes of a sale as they stand at Stripe. */
export async function readForeseenDisputes(
  { pair, signal }: ForeseeingReturns,
  { payments }: Sale,
): Promise<readonly ForeseenDispute[]> {
  const found: ForeseenDispute[] = [];
  for (const { chargeId } of payments.filter(({ isDisputed }) => isDisputed)) {
    for (const dispute of await pair.stripe.readDisputes(chargeId, signal)) {
      const { status, rows } = dispute;
      const isJudged = VERDICTS.includes(status) || status.startsWith("appeal_");
      const closings =
        isJudged && rows.length > 0 ? await pair.stripe.readDisputeClosings(dispute, signal) : [];
      found.push({ dispute, closings, state: disputeState(dispute, closings) });
    }
  }
  return found;
}

/**
 * The journals of a dispute under policy `receivable`, as if none was booked.
 *
 * @throws HubError as a run that books them
 */
export async function foreseeReceivable(
  of: ForeseeingReturns,
  one: ForeseenDispute,
): Promise<void> {
  const { settings } = of.pair;
  const { dispute, closings, state } = one;
  const lines: JournalLine[] = [];
  const keep = async (journal: Journal) => {
    lines.push(...(await foreseeJournal(of, one, journal)));
  };
  for (const move of state.moves) {
    const { row, kind } = move;
    const isNothing = row.gross.minor === 0n && row.fee.minor === 0n;
    if (isNothing || isBeforeStart(row.created, settings)) continue;
    const isOut = kind === "withdrawn";
    await keep({
      ...{ purpose: isOut ? "dispute-open" : "dispute-back", part: row.id, rowId: row.id },
      ...{ at: row.created, words: isOut ? "Disputed" : "Dispute paid back" },
      postings: movePostings(move, settings),
    });
  }
  const postings = closePostings(dispute, state, { settings, booked: lines });
  if (postings.length === 0) return;
  const newest = state.moves.at(-1)?.row.created;
  await keep({
    ...{ purpose: "dispute-close", part: "1", rowId: undefined, postings },
    at: closings.at(-1)?.at ?? newest ?? dispute.openedAt,
    words: state.lost.minor > 0n ? "Dispute lost" : "Dispute closed",
  });
}

/** One journal of a dispute, in the period of its own day. */
export async function foreseeJournal(
  { pair, documents }: ForeseeingReturns,
  { dispute, state }: ForeseenDispute,
  { purpose, part, ...asked }: Journal,
): Promise<readonly JournalLine[]> {
  const { settings, reference } = pair;
  const object = dispute.disputeId;
  const date = documentDate(asked.at, bookingZone(settings));
  const chosen = openOnly(choosePeriod(date, await reference.calendar(), settings.closedPeriod));
  const { draft, notes } = mapDisputeJournal(dispute, {
    ...{ ...asked, settings, period: chosen.period, reference: "" },
    key: intentKey({ pair: pair.id, object, purpose, part, generation: 0 }),
    slDecimals: await reference.decimals(state.currency),
  });
  const valued = await valuerOf(pair)({ draft, notes: [...chosen.notes, ...notes] });
  documents.push({ purpose, object, ...valued });
  return draft.lines;
}

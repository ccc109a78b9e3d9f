import { intentKey, type Purpose } from "../../base/ids.ts";
import type { Dispute, DisputeClosing } from "../../canonical/dispute.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { JournalLine } from "../../erp/port.ts";
import {
  bookingZone,
  choosePeriod,
  closePostings,
  disputeState,
  documentDate,
  isBeforeStart,
  mapDisputeJournal,
  movePostings,
  type Posting,
} from "../../mapping/index.ts";
import type { ForeseeingReturns } from "./foresee-returns.ts";
import { tell } from "./foreseen.ts";

type Journal = Readonly<{
  purpose: Purpose;
  part: string;
  at: Date;
  words: string;
  postings: readonly Posting[];
  rowId: string | undefined;
}>;

const VERDICTS = ["won", "lost"];

/**
 * The journals of what is disputed of a sale under policy `receivable`, as if none was booked. The
 * memos of the other policies follow from what is left of the sale row by row: those are not shown,
 * and it is said so.
 *
 * @throws HubError as a run that books them
 */
export async function foreseeDisputes(of: ForeseeingReturns, sale: Sale): Promise<void> {
  const { pair, signal, documents } = of;
  const disputed = sale.payments.filter(({ isDisputed }) => isDisputed);
  if (disputed.length === 0) return;
  if (pair.settings.dispute.policy !== "receivable") {
    tell(documents, "The sale is disputed: what its disputes would book is not shown here.");
    return;
  }
  for (const { chargeId } of disputed) {
    for (const dispute of await pair.stripe.readDisputes(chargeId, signal)) {
      await foreseeOne(of, dispute);
    }
  }
}

async function foreseeOne(of: ForeseeingReturns, dispute: Dispute): Promise<void> {
  const { pair, signal } = of;
  const { settings } = pair;
  const isJudged = VERDICTS.includes(dispute.status) || dispute.status.startsWith("appeal_");
  const closings: readonly DisputeClosing[] =
    isJudged && dispute.rows.length > 0
      ? await pair.stripe.readDisputeClosings(dispute, signal)
      : [];
  const state = disputeState(dispute, closings);
  const lines: JournalLine[] = [];
  const keep = async (journal: Journal) => {
    lines.push(...(await foreseeJournal(of, { dispute, currency: state.currency, journal })));
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

async function foreseeJournal(
  { pair, documents }: ForeseeingReturns,
  of: Readonly<{ dispute: Dispute; currency: string; journal: Journal }>,
): Promise<readonly JournalLine[]> {
  const { settings, reference } = pair;
  const { dispute, currency, journal } = of;
  const { purpose, part, ...asked } = journal;
  const object = dispute.disputeId;
  const date = documentDate(asked.at, bookingZone(settings));
  const chosen = choosePeriod(date, await reference.calendar(), settings.closedPeriod);
  const { draft, notes } = mapDisputeJournal(dispute, {
    ...{ ...asked, settings, period: chosen.period, reference: "" },
    key: intentKey({ pair: pair.id, object, purpose, part, generation: 0 }),
    slDecimals: await reference.decimals(currency),
  });
  documents.push({ purpose, object, draft, notes: [...chosen.notes, ...notes] });
  return draft.lines;
}

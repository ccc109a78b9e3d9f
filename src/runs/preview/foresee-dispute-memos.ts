import { type Money, negate } from "../../base/money.ts";
import type { Sale } from "../../canonical/sale.ts";
import type { InvoiceLineDraft, MemoDraft } from "../../erp/port.ts";
import {
  type Creditable,
  type Credited,
  type DisputeMove,
  type DisputeState,
  type DisputeTaken,
  disputeCharged,
  disputeState,
  feePostings,
  isBeforeStart,
  type MemoContext,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
  remainderRole,
} from "../../mapping/index.ts";
import { CAUSE, partOfVerdict, type VerdictRole } from "../disputes/dispute-parts.ts";
import { type ForeseenDispute, foreseeJournal } from "./foresee-disputes.ts";
import type { ForeseeingReturns, SaleMemos } from "./foresee-memos.ts";

/** What a row takes the sale back from. */
type LeftOfSale = Readonly<{ document: Creditable; credited: Credited }>;

/** The memos of a dispute under policies `reverse-sale` and `customer`, as if none was booked. */
export class DisputeMemos {
  readonly #of: ForeseeingReturns;
  readonly #memos: SaleMemos;
  readonly #one: ForeseenDispute;
  /** In the currency that its memos are in. */
  readonly state: DisputeState;
  /** What its memos have taken of the sale so far, and given back. */
  readonly #taken: DisputeTaken[number][] = [];
  /** The newest memo of money that was withdrawn. */
  #out: MemoDraft | undefined;

  constructor(
    of: ForeseeingReturns,
    at: Readonly<{ memos: SaleMemos; sale: Sale }>,
    one: ForeseenDispute,
  ) {
    this.#of = of;
    this.#memos = at.memos;
    this.#one = one;
    const { policy, lost } = of.pair.settings.dispute;
    const isWrittenOff = policy === "customer" && lost === "bad-debt";
    const closings = one.closings.filter(({ status }) => isWrittenOff || status !== "lost");
    const inMemos = at.sale.presentment === undefined ? disputeCharged : disputeState;
    this.state = inMemos(one.dispute, closings);
  }

  /**
   * The fee of a row and its memo on clearing. Returns whether there is a memo.
   *
   * @throws HubError `mapping.refund_shared` where several customers share the charge
   */
  async cash(move: DisputeMove): Promise<boolean> {
    const { row, amount, kind } = move;
    const { settings } = this.#of.pair;
    // A run asks whose it is before it books anything of the dispute.
    this.#memos.customerOf(this.#one.dispute.chargeId);
    if (isBeforeStart(row.created, settings)) return false;
    const { dispute } = this.#one;
    if (row.fee.minor !== 0n) {
      await foreseeJournal(this.#of, this.#one, {
        ...{ purpose: "fee", part: row.id, at: row.created, words: "Fee of dispute" },
        ...{ postings: feePostings(row, settings), rowId: row.id },
      });
    }
    if (amount.minor === 0n) return false;
    const isOut = kind === "withdrawn";
    const make = (context: MemoContext) => mapDisputeCash(dispute, move, context);
    const [draft] = await this.#memos.cash({
      ...{ object: dispute.disputeId, purpose: isOut ? "dispute-open" : "dispute-back" },
      ...{ part: row.id, row, isOut, amount, of: dispute, parts: [{ amount, make }] },
    });
    if (isOut) this.#out = draft;
    return true;
  }

  /** What a row takes of the sale, or gives back of it: lines as they count against the sale. */
  async cause(move: DisputeMove, left: LeftOfSale): Promise<readonly InvoiceLineDraft[]> {
    const { dispute } = this.#one;
    const { row, kind } = move;
    const isBack = kind === "reinstated";
    const purpose = isBack ? "dispute-back" : "dispute-open";
    const taken = [...this.#taken];
    const { lines } = await this.#memos.memo(
      {
        ...{ object: dispute.disputeId, purpose, part: `${row.id}${CAUSE}`, at: row.created },
        chargeId: dispute.chargeId,
        notes: [
          isBack
            ? "The dispute's memo of the cash pays it."
            : "It pays the dispute's memo of the cash.",
        ],
        make: (context) =>
          isBack
            ? mapDisputeCauseBack(dispute, move, { ...context, taken })
            : mapDisputeCause(dispute, move, { ...context, ...left }),
      },
      await this.#memos.worthOfSale(),
    );
    this.#taken.push({ lines, isBack });
    const own = lines.filter(({ credits }) => credits !== undefined);
    return isBack ? own.map((line) => ({ ...line, amount: negate(line.amount) })) : own;
  }

  /** What a verdict makes of what the customer owes. */
  async losses(): Promise<void> {
    const { dispute } = this.#one;
    const { lost, remainder } = this.state;
    await this.#loss("bad-debt", lost);
    await this.#loss(remainderRole(dispute.amount, this.state), remainder);
  }

  async #loss(role: VerdictRole, target: Money): Promise<void> {
    if (target.minor === 0n) return;
    const { dispute, closings } = this.#one;
    const part = partOfVerdict(role, 1);
    const at = closings.at(-1)?.at ?? this.state.moves.at(-1)?.row.created ?? dispute.openedAt;
    await this.#memos.memo(
      {
        ...{ object: dispute.disputeId, purpose: "dispute-close", part, at },
        chargeId: dispute.chargeId,
        make: (context) => mapDisputeLoss(dispute, { amount: target, role, at }, context),
        notes: ["It is applied to what the dispute's other memos leave open."],
      },
      await this.#memos.worthOf(this.#out),
    );
  }
}

import { describe, expect, test } from "vitest";
import { present } from "../base/assert.ts";
import type { Dispute } from "../canonical/dispute.ts";
import type { MemoDraft } from "../erp/port.ts";
import {
  type Credited,
  creditableInvoice,
  type DisputeMove,
  disputeState,
  mapDisputeCash,
  mapDisputeCause,
  mapDisputeCauseBack,
  mapDisputeLoss,
  mapInvoice,
  mapRefundCause,
} from "./index.ts";
import {
  aLine,
  aMemoContext,
  anInvoiceContext,
  aRefund,
  aRow,
  aSale,
  entriesOf,
  usd,
} from "./testing/builders.ts";
import { aDispute, aDisputeRow, aReversal } from "./testing/disputes.ts";

// G29 to G31 of the booking rules, section 17. 1095 is clearing, 4194 returns by disputes, 2200
// tax, 6120 dispute loss, 6200 bad debt.

const context = aMemoContext("202604");

/** The invoice of G1, 100.00 and 8.25 tax, or one of 100.00 without tax. */
function invoiceOf(tax: number) {
  const lines = [aLine({ tax: usd(tax) })];
  const sale = aSale({ document: { lines, total: usd(10_000 + tax) } });
  const { draft } = mapInvoice(sale, anInvoiceContext());
  return creditableInvoice({ refNbr: "000123", total: draft.total, lines: draft.lines }, sale);
}

function movesOf(dispute: Dispute): readonly DisputeMove[] {
  return disputeState(dispute, []).moves;
}

const textOf = ({ type, documentDate, total, lines }: MemoDraft) =>
  `${type} ${documentDate} ${total.minor}: ${entriesOf(lines).join(" | ")}`;

function causeOf(dispute: Dispute, tax: number, credited: Credited = []): MemoDraft {
  const move = present(movesOf(dispute)[0], "A withdrawal");
  const document = invoiceOf(tax);
  return mapDisputeCause(dispute, move, { ...context, document, credited }).draft;
}

/** The cause leg of a refund of the sale of G1 that disputes have taken something of. */
function refundOf(minor: number, credited: Credited, isDisputed = true): MemoDraft {
  const row = aRow({ gross: usd(-minor), created: new Date("2026-06-01T16:00:00Z") });
  const refund = aRefund({ amount: usd(minor), row });
  const document = invoiceOf(825);
  const asked = { ...context, row, amount: refund.amount, document, credited, isDisputed };
  return mapRefundCause(refund, asked).draft;
}

describe("a refund after a dispute under reverse-sale", () => {
  const taken = (minor: number): Credited => {
    const rows = [aDisputeRow({ gross: usd(-minor) })];
    return [{ lines: causeOf(aDispute({ amount: usd(minor), rows }), 825).lines }];
  };

  test("is a loss where the dispute took all of the sale", () => {
    expect(textOf(refundOf(4_000, taken(10_825)))).toBe("CM 2026-06-01 4000: 6120 4000");
  });

  test("takes back what the dispute has left, and only the rest is a loss", () => {
    const cause = refundOf(10_825, taken(5_000));

    expect(entriesOf(cause.lines)).toEqual(
      expect.arrayContaining(["4190 5381", "2200 444", "6120 5000"]),
    );
    expect(cause.lines).toHaveLength(3);
    expect(cause.total).toEqual(usd(10_825));
  });

  test("loses nothing while enough is left", () => {
    expect(entriesOf(refundOf(2_000, taken(5_000)).lines).join()).not.toContain("6120");
  });

  test("beyond the sale without a dispute is refused", () => {
    expect(() => refundOf(4_000, taken(10_825), false)).toThrow("is left to credit");
  });
});

describe("policy reverse-sale", () => {
  test("G29: what is withdrawn takes the sale back with its tax until it is won", () => {
    const rows = [aDisputeRow({ gross: usd(-10_825) }), aReversal({ gross: usd(10_825) })];
    const dispute = aDispute({ amount: usd(10_825), rows });
    const [out, back] = movesOf(dispute);

    const cause = causeOf(dispute, 825);
    const taken = [{ lines: cause.lines }];
    const memos = [
      mapDisputeCash(dispute, present(out, "A withdrawal"), context).draft,
      cause,
      mapDisputeCash(dispute, present(back, "A reversal"), context).draft,
      mapDisputeCauseBack(dispute, present(back, "A reversal"), { ...context, taken }).draft,
    ];

    expect(memos.map(textOf)).toEqual([
      "DM 2026-04-02 10825: 1095 10825",
      "CM 2026-04-02 10825: 4194 10000 | 2200 825",
      "CM 2026-05-20 10825: 1095 10825",
      "DM 2026-05-20 10825: 4194 10000 | 2200 825",
    ]);
  });

  test("G31: at most what is not credited yet comes back from the sale, the rest is a loss", () => {
    const refunded = { ...causeOf(aDispute({ rows: [aDisputeRow({ gross: usd(-4_000) })] }), 0) };

    const cause = causeOf(aDispute(), 0, [{ lines: refunded.lines }]);

    expect(textOf(cause)).toBe("CM 2026-04-02 10000: 4194 6000 | 6120 4000");
  });

  test("parts that come back add up to what was taken, to the last cent", () => {
    const parts = [3_333, 3_333, 4_159];
    const rows = [
      aDisputeRow({ gross: usd(-10_825) }),
      ...parts.map((minor, nr) => aReversal({ id: `txn_${nr + 2}`, gross: usd(minor) })),
    ];
    const dispute = aDispute({ amount: usd(10_825), rows });
    const cause = causeOf(dispute, 825);
    const done: { lines: MemoDraft["lines"]; isBack: boolean }[] = [
      { lines: cause.lines, isBack: false },
    ];

    for (const move of movesOf(dispute).slice(1)) {
      const { draft } = mapDisputeCauseBack(dispute, move, { ...context, taken: done });
      expect(draft.total).toEqual(move.amount);
      done.push({ lines: draft.lines, isBack: true });
    }

    const back = done.slice(1).flatMap(({ lines }) => [...lines]);
    const sumOn = (account: string) =>
      back.reduce((so, l) => so + (l.sales.account === account ? l.amount.minor : 0n), 0n);
    expect([sumOn("4194"), sumOn("2200")]).toEqual([10_000n, 825n]);
  });

  test("more than was taken lowers the loss", () => {
    const rows = [aDisputeRow(), aReversal({ gross: usd(10_100) })];
    const dispute = aDispute({ rows });
    const taken = [{ lines: causeOf(dispute, 0).lines }];
    const back = present(movesOf(dispute)[1], "A reversal");

    const { draft } = mapDisputeCauseBack(dispute, back, { ...context, taken });

    expect(textOf(draft)).toBe("DM 2026-05-20 10100: 4194 10000 | 6120 100");
  });
});

describe("policy customer", () => {
  test("G30: what is withdrawn is owed by the customer, and lost it is a bad debt", () => {
    const dispute = aDispute({ rows: [aDisputeRow({ gross: usd(-8_000) })], status: "lost" });
    const at = new Date("2026-06-11T12:00Z");
    const loss = { amount: usd(8_000), role: "bad-debt", at } as const;

    const memos = [
      mapDisputeCash(dispute, present(movesOf(dispute)[0], "A withdrawal"), context).draft,
      mapDisputeLoss(dispute, loss, context).draft,
    ];

    expect(memos.map(textOf)).toEqual([
      "DM 2026-04-02 8000: 1095 8000",
      "CM 2026-06-11 8000: 6200 8000",
    ]);
    expect(memos[0]).toMatchObject({ customerId: "C300", original: "000123", terms: "01" });
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { LedgerRow } from "../canonical/balance.ts";
import type { DisputeClosing } from "../canonical/dispute.ts";
import { usd } from "./testing/builders.ts";
import {
  aDispute,
  aDisputeRow,
  balancesOf,
  bookMissing,
  type DisputeBooks,
} from "./testing/disputes.ts";

type News =
  | Readonly<{ kind: "row"; row: LedgerRow }>
  | Readonly<{ kind: "verdict"; verdict: DisputeClosing }>;

const at = fc.integer({ min: 0, max: 60 }).map((day) => new Date(Date.UTC(2026, 3, 1 + day, 12)));
const aRowOf = (id: string) =>
  fc
    .tuple(at, fc.integer({ min: -20_000, max: 20_000 }), fc.integer({ min: -1500, max: 1500 }))
    .map(([created, gross, fee]): News => {
      const row = aDisputeRow({ id, created, gross: usd(gross), fee: usd(fee) });
      return { kind: "row", row };
    });
const aVerdict = fc
  .tuple(at, fc.constantFrom("lost", "won"))
  .map(([when, status]): News => ({ kind: "verdict", verdict: { status, at: when } }));

const aStory = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }).chain((rows) => {
      return fc.tuple(...Array.from({ length: rows }, (_, nr) => aRowOf(`txn_${nr}`)));
    }),
    fc.array(aVerdict, { maxLength: 3 }),
    fc.constantFrom("needs_response", "won", "lost", "appeal_under_review"),
  )
  .chain(([rows, verdicts, status]) => {
    const news: readonly News[] = [...rows, ...verdicts];
    const order = fc.shuffledSubarray([...news], { minLength: news.length });
    const words = fc.array(fc.constantFrom("needs_response", "won", "lost"), {
      minLength: news.length,
      maxLength: news.length,
    });
    return fc.record({ news: fc.constant(news), order, words, status: fc.constant(status) });
  });

function bookedAfter(seen: readonly (readonly [readonly News[], string])[]): DisputeBooks {
  const books: DisputeBooks = { rows: new Set(), journals: [] };
  for (const [news, status] of seen) {
    const rows = news.flatMap((one) => (one.kind === "row" ? [one.row] : []));
    const closings = news.flatMap((one) => (one.kind === "verdict" ? [one.verdict] : []));
    bookMissing(books, aDispute({ rows, status }), closings);
  }
  return books;
}

test("any order of a dispute's rows and verdicts leaves the same books", () => {
  fc.assert(
    fc.property(aStory, ({ news, order, words, status }) => {
      const heard = order.map((_, nr) => [order.slice(0, nr + 1), words[nr] ?? ""] as const);

      const atOnce = bookedAfter([[news, status]]);
      const oneByOne = bookedAfter([...heard, [order, status]]);

      expect(balancesOf(oneByOne.journals)).toEqual(balancesOf(atOnce.journals));
    }),
    { numRuns: 150 },
  );
});

test("what the books show of a dispute is what its rows took from the balance", () => {
  fc.assert(
    fc.property(aStory, ({ news, status }) => {
      const { journals } = bookedAfter([[news, status]]);

      const net = news.reduce((so, one) => so + (one.kind === "row" ? one.row.net.minor : 0n), 0n);
      expect(balancesOf(journals)["1095"] ?? 0n).toBe(net);
    }),
    { numRuns: 100 },
  );
});

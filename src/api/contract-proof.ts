import { z } from "zod";
import { bookDay, fileQuery, fiscalPeriod, instant, pairId } from "./contract-parts.ts";

const day = bookDay.meta({ example: "2026-03-31" });
const month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month, YYYY-MM")
  .regex(/^20/, "must be a month from 2000 to 2099")
  .meta({ example: "2026-03" });
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, "must be an ISO currency code in upper case")
  .meta({ example: "USD" });

/** `true` or `false` beside a proof that is no JSON: whether all of it is proved. */
export const PROVEN_HEADER = "slipway-proven";
export const ProofParams = z.strictObject({ pair: pairId });
/** The end of a day, of a fiscal period, or of that in which a month ends; default: yesterday's. */
export const ProofQuery = z.strictObject({
  date: day.optional(),
  month: month.optional(),
  period: fiscalPeriod.optional(),
  currency: currency.optional(),
});
/** The same as a file; `paper` is for the PDF alone, `links` for the page. */
export const ProofFileQuery = ProofQuery.extend(fileQuery);
export type ProofFileQuery = z.output<typeof ProofFileQuery>;

/** An amount is signed as it moves Stripe's balance. */
export const ProofEntry = z.object({
  /** A row `txn_…`, or what a document is for. */
  id: z.string(),
  /** `gross` or `fee` of a row, or `document`. */
  part: z.string(),
  day: z.string(),
  amount: z.string(),
  /** Why it stands in this line. */
  why: z.string(),
});
export const ProofLine = z.object({
  number: z.number().int(),
  name: z.string(),
  amount: z.string(),
  count: z.number().int(),
  entries: z.array(ProofEntry),
});
export const ProofFinding = z.object({
  kind: z.string(),
  /** A row, an intent key, a batch of SL or a Stripe object. */
  id: z.string(),
  /** What of the difference it explains. */
  amount: z.string(),
  words: z.string(),
});
/** A finding that somebody has matched: with the others of its match it adds up to nothing. */
export const MatchedFinding = ProofFinding.extend({
  match: z.object({ id: z.string(), madeBy: z.string(), reason: z.string() }),
});
/** One currency: `stripe.closing` = `ledger.released` + lines + `difference`. */
export const ProofOfCurrency = z.object({
  pair: z.string(),
  /** The company in SL. */
  company: z.string(),
  currency: z.string(),
  zone: z.string(),
  day: z.string(),
  /** The end of the day: rows from then on are not counted. */
  until: instant,
  /** Whether that end has come: before it a proof is of what there is so far. */
  isOver: z.boolean(),
  /** The fiscal period, where one is proved. */
  period: z.string().nullable(),
  /** `own-documents` where SL's views are missing: then nothing is proved. */
  kind: z.enum(["proof", "own-documents"]),
  isProven: z.boolean(),
  stripe: z.object({
    /** The first day of the hub's books: all before it is in the opening balance. */
    start: z.string().nullable(),
    opening: z.string(),
    rows: z.string(),
    rowCount: z.number().int(),
    closing: z.string(),
    /** From the balance at Stripe now, less later rows. */
    backward: z.string().nullable(),
    /** Stripe's own report on the balance; null where there is none of the day. */
    report: z
      .object({
        ending: z.string(),
        /** Automatic payouts that it counts on arrival, and what they do to the balance. */
        underWay: z.array(z.object({ payoutId: z.string(), amount: z.string() })),
        /** What it counts and Stripe holds back from the balance of payments. */
        held: z.string(),
        /** What is left, which has to be the closing balance. */
        closing: z.string(),
      })
      .nullable(),
  }),
  ledger: z.object({
    account: z.string(),
    subaccount: z.string(),
    released: z.string(),
    /** The base value, where the account is kept in another currency. */
    base: z.string().nullable(),
    baseCurrency: z.string().nullable(),
    revaluations: z.array(z.object({ batNbr: z.string(), base: z.string() })),
    /** Unreleased batches on clearing that no line speaks of: they book nothing. */
    orphans: z.array(z.object({ batNbr: z.string(), key: z.string(), amount: z.string() })),
  }),
  lines: z.array(ProofLine),
  difference: z.string(),
  findings: z.array(ProofFinding),
  /** No differences any more; a proof is proven with them. */
  matched: z.array(MatchedFinding),
});
export type ProofOfCurrency = z.output<typeof ProofOfCurrency>;
export const ProofAnswer = z.object({ proofs: z.array(ProofOfCurrency) });
export type ProofAnswer = z.output<typeof ProofAnswer>;
/** How far this hub is with a proof of the pair; null while it makes none. */
export const ProofProgress = z.object({ progress: z.string().nullable() });

/** Both days are counted in; by default the last five weeks, and 2,000 proofs at most. */
export const DayProofsQuery = z.strictObject({ from: day.optional(), to: day.optional() });
/** A day when it was last proved: `closing` = `released` + `waiting` + `difference`. */
export const DayProof = z.object({
  day: z.string(),
  currency: z.string(),
  kind: z.enum(["proof", "own-documents"]),
  isProven: z.boolean(),
  closing: z.string(),
  released: z.string(),
  /** What the timing lines come to. */
  waiting: z.string(),
  difference: z.string(),
  /** The first of what differed, and how much there was. */
  findings: z.array(ProofFinding),
  findingCount: z.number().int(),
  madeAt: instant,
});
export type DayProof = z.output<typeof DayProof>;
export const DayProofs = z.object({
  /** Newest first. */
  days: z.array(DayProof),
  /** The last day that the hub has proved by itself; null before it has met the pair. */
  provedUntil: z.string().nullable(),
  /** What has kept it from the next one. */
  trouble: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
});
export type DayProofs = z.output<typeof DayProofs>;

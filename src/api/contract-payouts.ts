import { z } from "zod";
import { fileQuery, instant, pairId, word } from "./contract-parts.ts";

const payoutId = z
  .string()
  .regex(
    /^(po|tu|ibt)_[A-Za-z0-9]{1,200}$/,
    "must be the id of a payout (po_…), a top-up (tu_…) or an inbound transfer (ibt_…)",
  )
  .meta({ example: "po_1PqR7sLkdIwHu7ix1a2b3c4d" });

export const PayoutParams = z.strictObject({ pair: pairId, id: payoutId });
export const PayoutRowsQuery = z.strictObject({
  /** The `next` of the page before. */
  after: word.meta({ example: "txn_1PqR7sLkdIwHu7ix1a2b3c4d" }).optional(),
});

/** The same as a file; `paper` is for the PDF alone, `links` for the page. */
export const PayoutFileQuery = z.strictObject(fileQuery);
export type PayoutFileQuery = z.output<typeof PayoutFileQuery>;

/** A document of SL that owns a part of a row. */
const Booking = z.object({
  part: z.enum(["gross", "fee"]),
  purpose: z.string(),
  object: z.string(),
  batNbr: z.string(),
});

/** A row that a payout took along; `waiting` are the parts that are not booked yet. */
export const PayoutRow = z.object({
  id: z.string(),
  created: instant,
  category: z.string(),
  type: z.string(),
  /** The object that caused it, or empty. */
  source: z.string(),
  description: z.string(),
  line: z.enum(["gross", "refunds", "disputes", "fees", "other"]),
  gross: z.string(),
  fee: z.string(),
  net: z.string(),
  currency: z.string(),
  bookings: z.array(Booking),
  waiting: z.array(z.enum(["gross", "fee"])),
});
export type PayoutRow = z.output<typeof PayoutRow>;
export const PayoutRows = z.object({ rows: z.array(PayoutRow), next: z.string().nullable() });
export type PayoutRows = z.output<typeof PayoutRows>;

/** One payout with all that it took along; the lines add up to `net`. */
export const PayoutAnswer = z.object({
  id: z.string(),
  kind: z.enum(["payout", "topup", "inbound-transfer"]),
  status: z.string(),
  amount: z.string(),
  currency: z.string(),
  isAutomatic: z.boolean(),
  /** `standard` or `instant`; empty for what comes in. */
  method: z.string(),
  createdAt: instant,
  /** When the bank has it, or is to; a date stands as midnight UTC. */
  arrivesAt: instant.nullable(),
  /** The day that it is in the pair's zone, by which its journal is dated. */
  bankDate: z.string().nullable(),
  /** The bank's own number of it, or empty. */
  traceId: z.string(),
  failure: z.string(),
  reversalOf: z.string().nullable(),
  reversedBy: z.string().nullable(),
  /** The journals of the payout itself, oldest first. */
  journals: z.array(
    z.object({
      purpose: z.string(),
      batNbr: z.string(),
      period: z.string(),
      documentDate: z.string(),
    }),
  ),
  /** Why there are no lines, in words; null where there are. */
  notItemised: z.string().nullable(),
  rows: z.number(),
  lines: z.object({
    gross: z.string(),
    refunds: z.string(),
    disputes: z.string(),
    fees: z.string(),
    other: z.string(),
  }),
  net: z.string(),
  /** What the lines lack of the amount. */
  difference: z.string(),
  categories: z.array(
    z.object({
      category: z.string(),
      rows: z.number(),
      gross: z.string(),
      fee: z.string(),
      net: z.string(),
      /** Rows that are not wholly booked yet. */
      waiting: z.number(),
      /** Batches of SL that have something of it: how many, and the first of them. */
      batches: z.object({ count: z.number(), first: z.array(z.string()) }),
    }),
  ),
  /** The first rows that are not wholly booked yet. */
  firstWaiting: z.array(z.string()),
});
export type PayoutAnswer = z.output<typeof PayoutAnswer>;

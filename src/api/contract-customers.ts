import { z } from "zod";
import { by, cursor, instant, limit, page, pairId } from "./contract-parts.ts";

const REVIEW_STATES = ["open", "linked", "create"] as const;
const reviewState = z.enum(REVIEW_STATES).meta({ example: "open" });
const comment = z.string().trim().max(1_000).optional();

export const ReviewsQuery = z.strictObject({
  pair: pairId.optional(),
  state: reviewState.default("open"),
  before: cursor.optional(),
  limit,
});
/** An SL customer that the buyer may be, with what speaks for and against it. */
export const ReviewCandidate = z.object({
  customerId: z.string(),
  name: z.string(),
  email: z.string(),
  phone: z.string(),
  addressLine1: z.string(),
  city: z.string(),
  zip: z.string(),
  country: z.string(),
  status: z.string(),
  currency: z.string(),
  classId: z.string(),
  terms: z.string(),
  /** The Stripe customer that SL's record names, or empty. */
  stripeId: z.string(),
  why: z.array(z.string()),
});
/** A buyer of whom a person is to say which SL customer it is. */
export const ReviewRow = z.object({
  id: z.string(),
  version: z.number(),
  pair: z.string(),
  /** The Stripe customer, `guest_…`, or the sale. */
  object: z.string(),
  laneKey: z.string(),
  state: reviewState,
  code: z.string(),
  reasons: z.array(z.object({ code: z.string(), words: z.string() })),
  buyer: z.object({
    stripeCustomerId: z.string().nullable(),
    name: z.string(),
    email: z.string(),
    phone: z.string(),
    address: z.string(),
    taxIds: z.array(z.string()),
  }),
  candidates: z.array(ReviewCandidate),
  money: z.string(),
  /** Runs that wait for the decision. */
  waiting: z.number(),
  openedAt: instant,
  closedAt: instant.nullable(),
  closedBy: z.string().nullable(),
  comment: z.string().nullable(),
  customerId: z.string().nullable(),
});
export type ReviewRow = z.output<typeof ReviewRow>;
export const ReviewPage = page(ReviewRow);

const decision = {
  version: z.number().int().min(1),
  by,
  comment,
  dryRun: z.boolean().default(false),
};
export const ReviewLinkRequest = z.strictObject({
  ...decision,
  customerId: z.string().trim().min(1).max(15).meta({ example: "C300" }),
});
export const ReviewCreateRequest = z.strictObject(decision);
export const ReviewAnswer = z.object({
  isDryRun: z.boolean(),
  effects: z.array(z.string()),
  review: ReviewRow,
});
export type ReviewAnswer = z.output<typeof ReviewAnswer>;

/** Corrects the link of a buyer to its SL customer; what is booked stays until it is reversed. */
export const LinkRequest = z.strictObject({
  pair: pairId,
  /** The Stripe customer, the guest's e-mail address, or what an earlier link is under. */
  object: z.string().trim().min(1).max(255).meta({ example: "cus_Nf1" }),
  customerId: z.string().trim().min(1).max(15).meta({ example: "C300" }),
  reason: z.string().trim().min(1).max(500).meta({ example: "linked to a namesake" }),
  by,
  /** Links a customer that Stripe does not have, or has deleted. */
  force: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});
export const LinkAnswer = z.object({
  isDryRun: z.boolean(),
  object: z.string(),
  customerId: z.string(),
  /** The customer before; null where there was no link. */
  before: z.string().nullable(),
  effects: z.array(z.string()),
});
export type LinkAnswer = z.output<typeof LinkAnswer>;

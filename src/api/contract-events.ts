import { z } from "zod";
import { cursor, instant, limit, page, pairId, word } from "./contract-parts.ts";
import { WalkRow } from "./contract-walks.ts";

export const EVENT_ENDS = ["open", "booked", "not_applicable", "parked"] as const;
export const EventsQuery = z.strictObject({
  pair: pairId.optional(),
  type: word.meta({ example: "charge.succeeded" }).optional(),
  end: z.enum(EVENT_ENDS).meta({ example: "parked" }).optional(),
  lane: word.meta({ example: "pi_3Pq" }).optional(),
  before: cursor.optional(),
  limit,
});
export const GapsQuery = z.strictObject({
  pair: pairId.optional(),
  before: cursor.optional(),
  limit,
});
/** A Stripe event as received, with its one end. */
export const EventRow = z.object({
  seq: z.string(),
  pair: z.string(),
  id: z.string(),
  type: z.string(),
  apiVersion: z.string().nullable(),
  isLive: z.boolean(),
  objectId: z.string().nullable(),
  laneKey: z.string().nullable(),
  createdAt: instant,
  receivedAt: instant,
  /** Delivered, pulled, or found missing by the check for gaps. */
  via: z.enum(["webhook", "pull", "gap"]),
  end: z.enum(EVENT_ENDS),
  endReason: z.string().nullable(),
  endedAt: instant.nullable(),
});
export type EventRow = z.output<typeof EventRow>;
export const EventPage = page(EventRow);
/** What was found missing, newest first, and how far was looked. */
export const GapsAnswer = EventPage.extend({ walks: z.array(WalkRow) });
export type GapsAnswer = z.output<typeof GapsAnswer>;
export const EventQuery = z.strictObject({ pair: pairId.optional() });
/** One event with its body as text, at most 256 KiB of it. */
export const EventAnswer = EventRow.extend({
  body: z.object({ text: z.string(), sizeBytes: z.number(), isCut: z.boolean() }),
});
export type EventAnswer = z.output<typeof EventAnswer>;
export const EventParams = z.strictObject({ id: word.meta({ example: "evt_1Pq" }) });
/** What Stripe is told: the event is on disk. */
export const WebhookAnswer = z.object({ received: z.literal(true) });

import { z } from "zod";
import { DOMAIN_EVENT_TYPES, type DomainEventType } from "../hub-events/index.ts";
import { instant, pairId } from "./contract-parts.ts";

const position = z
  .string()
  .regex(/^\d{1,18}$/, "must be the position of an event, such as 1042")
  .meta({ example: "1042" });
const subscriberId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 lower-case letters, digits and dashes")
  .meta({ example: "shop" });
const eventType = z
  .enum(DOMAIN_EVENT_TYPES as [DomainEventType, ...DomainEventType[]])
  .meta({ example: "order.booked" });
/** Where to begin: behind this position, or at this instant; `start` is everything. */
const startAt = z
  .union([z.literal(["start", "now"]), position, instant], {
    error: "must be start, now, a position such as 1042, or an instant",
  })
  .meta({ example: "now" });

export const SubscriberRow = z.object({
  id: z.string(),
  url: z.string(),
  types: z.array(z.string()),
  pairs: z.array(z.string()),
  state: z.enum(["enabled", "disabled"]),
  disabledReason: z.string().nullable(),
  position: z.string(),
  behind: z.string(),
  waiting: z.number(),
  failing: z.number(),
  delivered: z.string(),
  lastDeliveredAt: instant.nullable(),
  lastError: z.string().nullable(),
  lastFailedAt: instant.nullable(),
  failingSince: instant.nullable(),
  createdAt: instant,
});
export type SubscriberRow = z.output<typeof SubscriberRow>;
export const SubscriberList = z.object({ subscribers: z.array(SubscriberRow) });
export const SubscriberAnswer = SubscriberRow.extend({
  /** The oldest deliveries that it has not taken yet, at most fifty. */
  deliveries: z.array(
    z.object({
      position: z.string(),
      type: z.string(),
      key: z.string(),
      tries: z.number(),
      dueAt: instant,
      lastError: z.string().nullable(),
    }),
  ),
});
export type SubscriberAnswer = z.output<typeof SubscriberAnswer>;

const dryRun = z.boolean().default(false);
export const SubscriberParams = z.strictObject({ id: subscriberId });
export const SubscriberAddRequest = z.strictObject({
  id: subscriberId,
  url: z.string().min(1).meta({ example: "https://shop.example.com/slipway" }),
  types: z.array(eventType).max(50).default([]).meta({ example: "order.booked" }),
  pairs: z.array(pairId).max(100).default([]).meta({ example: "acme-us" }),
  from: startAt.default("now"),
  dryRun,
});
/** The secret is told here alone; `null` on a dry run. */
export const SubscriberSecret = z.object({
  isDryRun: z.boolean(),
  id: z.string(),
  secret: z.string().nullable(),
  /** After a roll: the old secret signs beside the new one until then. */
  oldSecretUntil: instant.nullable(),
});
export type SubscriberSecret = z.output<typeof SubscriberSecret>;
export const SubscriberReplayRequest = z.strictObject({ from: startAt, dryRun });
export const SubscriberDisableRequest = z.strictObject({
  reason: z.string().trim().min(1).max(300).default("a person disabled it"),
  dryRun,
});
export const SubscriberChangeRequest = z.strictObject({ dryRun });
/** What a command did, or with `dryRun` would do, in sentences. */
export const SubscriberEffects = z.object({ isDryRun: z.boolean(), effects: z.array(z.string()) });
export type SubscriberEffects = z.output<typeof SubscriberEffects>;

/** Lists are parted by commas. */
export const StreamQuery = z.strictObject({
  pair: z.string().meta({ example: "acme-us" }).optional(),
  types: z.string().meta({ example: "order.booked,document.parked" }).optional(),
  from: startAt.optional(),
  follow: z.enum(["true", "false"]).default("true"),
});
export const StreamTypes = z.strictObject({ types: z.array(eventType) });

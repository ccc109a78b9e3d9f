import { z } from "zod";
import { cursor, instant, limit, page, pairId } from "./contract-parts.ts";

export const AlertsQuery = z.strictObject({
  pair: pairId.optional(),
  /** `open` are those that hold now. */
  state: z.enum(["open", "all"]).default("open").meta({ example: "all" }),
  before: cursor.optional(),
  limit,
});
/** A trouble that somebody is told of, from its begin to its end. */
export const AlertRow = z.object({
  id: z.string(),
  rule: z.string(),
  /** Null where it is the hub's own. */
  pair: z.string().nullable(),
  key: z.string(),
  title: z.string(),
  cure: z.string(),
  records: z.array(z.string()),
  count: z.number(),
  openedAt: instant,
  notifiedAt: instant.nullable(),
  notices: z.number(),
  resolvedAt: instant.nullable(),
});
export type AlertRow = z.output<typeof AlertRow>;
/** Where notices go, and how it went of late. */
export const AlertChannelRow = z.object({
  name: z.string(),
  type: z.enum(["mail", "webhook", "slack", "teams"]),
  takenAt: instant.nullable(),
  /** What the newest try met, where it was not taken. */
  error: z.string().nullable(),
  waiting: z.number(),
});
export type AlertChannelRow = z.output<typeof AlertChannelRow>;
export const AlertsAnswer = page(AlertRow).extend({ channels: z.array(AlertChannelRow) });
export type AlertsAnswer = z.output<typeof AlertsAnswer>;
/** What each channel said to a test notice; `error` is null where it was taken. */
export const AlertsTestAnswer = z.object({
  channels: z.array(
    z.object({
      name: z.string(),
      type: AlertChannelRow.shape.type,
      error: z.string().nullable(),
    }),
  ),
});
export type AlertsTestAnswer = z.output<typeof AlertsTestAnswer>;

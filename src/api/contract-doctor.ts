import { z } from "zod";
import { instant, pairId } from "./contract-parts.ts";

/** What a check found; a problem names its cure. */
export const Check = z.object({
  pair: z.string().nullable(),
  name: z.string(),
  /** `skipped`: nothing was looked at, and the text says why. */
  state: z.enum(["ok", "warning", "problem", "skipped"]),
  text: z.string(),
  cure: z.string().optional(),
});
export type Check = z.output<typeof Check>;
/** What the checks found, in the order in which they were made. */
export const ChecksAnswer = z.object({ checks: z.array(Check) });
/** One thing that an SL site can do or not, and how that is known. */
export const CapabilityRow = z.object({
  pair: z.string(),
  capability: z.string(),
  meaning: z.string(),
  answer: z.enum(["yes", "no", "unknown"]),
  source: z.enum(["contract", "settings", "server", "probe", "unknown"]),
  probedAt: instant.nullable(),
  serverVersion: z.string().nullable(),
  detail: z.string().nullable(),
});
export type CapabilityRow = z.output<typeof CapabilityRow>;
/** The checks, and what each SL site can do. */
export const DoctorAnswer = ChecksAnswer.extend({ capabilities: z.array(CapabilityRow) });
export type DoctorAnswer = z.output<typeof DoctorAnswer>;

/** Whom to look at, and what a person allows the probes to do. */
export const DoctorRequest = z.strictObject({
  pair: pairId.optional(),
  /** Also asks the SL sites what they can do, by writing empty held batches into them. */
  probe: z.boolean().default(false),
  /** Lists what a probe would ask and write. */
  dryRun: z.boolean().default(false),
  /** Writes empty batches also for questions that the site has answered before. */
  again: z.boolean().default(false),
  /** Consent to test documents, some of them released: the id of the pair's company, a test one. */
  testCompany: z.string().min(1).max(10).optional(),
  /** SL customer of the test documents. */
  customer: z.string().min(1).max(15).optional(),
  autoApplyCustomer: z.string().min(1).max(15).optional(),
  foreignCurrency: z
    .string()
    .regex(/^[A-Z]{3}$/, "must be an ISO currency code in upper case")
    .optional(),
});

/** Everything of an SL site that the hub touches; no table is ever altered. */
export const TouchesAnswer = z.object({
  tablesAltered: z.number(),
  services: z.array(
    z.object({
      service: z.string(),
      screen: z.string(),
      writes: z.array(z.string()),
      reads: z.array(z.string()),
    }),
  ),
  tables: z.array(
    z.object({ table: z.string(), isWritten: z.boolean(), fields: z.array(z.string()) }),
  ),
  views: z.array(z.object({ view: z.string(), reads: z.array(z.string()) })),
});
export type TouchesAnswer = z.output<typeof TouchesAnswer>;

import { z } from "zod";
import { PairAnswer } from "./contract-pairs.ts";
import { by, facts, pairId } from "./contract-parts.ts";
import { Preview } from "./contract-preview.ts";

const text = (max: number) => z.string().trim().min(1).max(max);
const url = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** A key of Stripe's, to be looked at before a pair is made with it. */
export const WizardStripeRequest = z.strictObject({
  secretKey: text(255),
  apiBase: url.meta({ example: "https://api.stripe.com" }).optional(),
});
export const WizardStripeAnswer = z.object({
  accountId: z.string(),
  isLive: z.boolean(),
  permissions: z.array(
    z.object({
      resource: z.string(),
      right: z.enum(["read", "write"]),
      why: z.string(),
      isGranted: z.boolean(),
    }),
  ),
});
export type WizardStripeAnswer = z.output<typeof WizardStripeAnswer>;

/** How an SL site is reached, to see what it has to choose from. */
export const WizardSlRequest = z.strictObject({
  url: url.meta({ example: "https://sl.example.com/ctDynamicsSL" }),
  user: text(100).meta({ example: "slipway" }),
  password: text(255),
  siteId: text(50).meta({ example: "DEFAULT" }),
  siteKey: text(255).optional(),
  companyId: text(10).meta({ example: "0060" }),
});
const choice = z.object({ id: z.string(), description: z.string() });
export const WizardSlAnswer = z.object({
  version: z.string(),
  companies: z.array(choice.extend({ baseCurrency: z.string() })),
  accounts: z.array(choice),
  subaccounts: z.array(choice),
  classes: z.array(choice),
  terms: z.array(choice),
  /** First open periods; null where the site lacks the set-up view. */
  open: z.object({ receivables: z.string(), ledger: z.string() }).nullable(),
});
export type WizardSlAnswer = z.output<typeof WizardSlAnswer>;

/** Charges that a new pair is tried on at most. */
export const WIZARD_PREVIEWS_MAX = 50;
/** A new pair as a whole: checked, tried on real charges, and with `dryRun` false switched on. */
export const WizardPairRequest = z.strictObject({
  id: pairId,
  settings: facts,
  /** Makes a webhook endpoint at Stripe that leads there, at the hub's version. */
  webhookUrl: url.meta({ example: "https://hub.example.com/webhooks/stripe/acme-us" }).optional(),
  /** The newest so many charges are mapped and shown; nothing of them is written. */
  preview: z.int().min(0).max(WIZARD_PREVIEWS_MAX).default(0).meta({ example: "50" }),
  by,
  dryRun: z.boolean().default(false),
});
export const WizardPairAnswer = z.object({
  isDryRun: z.boolean(),
  pair: PairAnswer,
  /** The settings as they are saved, `<kept>` in the place of each secret. */
  yaml: z.string(),
  previews: z.array(Preview),
  /** The endpoint that was made at Stripe. */
  webhookEndpoint: z.string().nullable(),
});
export type WizardPairAnswer = z.output<typeof WizardPairAnswer>;
